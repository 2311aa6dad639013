"""The adversary: reads that are exactly as stale as the theorem admits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.events import Completion, Event, Numbers
from numerics.mixing import MixingSchedule
from numerics.streams import Streams
from numerics.timeline import pairs
from numerics.timeline.base import STRETCH, Timeline
from numerics.timeline.independent import Draws
from straggler import InputError, at_least

MOST_STALE = 1000


class WorstDelay(Timeline):
    """Every gradient was taken exactly T updates ago (at the start while k < T), T being the largest delay admitted.

    Parameters
    ----------
    schedule
        Gives the number of workers and, by its edges, who may average with whom.
    delay
        Age T >= 0 of every read, in updates.
    partners
        ``none``: each update collects one gradient of every worker, all of them T old (a parameter server that adds up
        minibatches). ``random``: each update is by one uniformly drawn worker, which averages with a uniformly drawn
        neighbour and applies a gradient taken at its own model of T updates ago.
    """

    def __init__(self, schedule: MixingSchedule, delay: int, partners: str = "random") -> None:
        if partners not in ("random", "none"):
            raise InputError("partners", partners, "random or none")
        if at_least("delay", delay, 0) > MOST_STALE:
            raise InputError("delay", delay, f"at most {MOST_STALE}: so many read copies are kept")
        self.schedule, self.partners, self.name, self.n = schedule, partners, "worst-delay", schedule.n
        self.staleness, self.slots, self.deterministic = delay, delay + 1, partners == "none"
        if partners == "random":
            linked = pairs.neighbours(schedule)
            self._chances = pairs.probabilities(linked)
            self._table, self._degrees = pairs.ranked(linked)

    def rho(self) -> float | None:
        """Return the largest modulus of an eigenvalue of E[W'W] besides that of the consensus, where there are pairs."""
        return pairs.rho(self._chances) if self.partners == "random" else None

    def opening(self, streams: Streams) -> Numbers:
        """Return the workers of the first T + 1 updates, whose reads are of the start, shape (T + 1, R)."""
        if self.partners == "none":
            return np.zeros((self.slots, len(streams.replicas)), dtype=np.intp)
        return self._pairs(Draws(streams, 2), self.slots)[0]

    def chances(self, k: int) -> list[tuple[float, Event]] | None:
        """Return every (worker, partner) with its probability; all workers read after every event, each into a slot of its own.

        Only the read of the worker that is drawn T + 1 updates later is ever used, and it is drawn independently.
        """
        if self.partners == "none":
            return None
        first, everyone = (k % self.slots) * self.n, np.arange(self.n)[:, None]
        age = np.full((1, 1), min(k, self.slots - 1))
        return [
            (chance, Completion(k, np.array([[i]]), np.array([[first + i]]), everyone, first + everyone, age, np.array([j])))
            for chance, i, j in pairs.each(self._chances)
        ]

    def chances_opening(self) -> Numbers:
        """Return every worker T + 1 times, shape ((T + 1) n, 1), where there are pairs."""
        if self.partners == "none":
            return super().chances_opening()
        return np.tile(np.arange(self.n), self.slots)[:, None]

    def play(self, iterations: int, streams: Streams) -> Iterator[Completion]:
        """Yield one completion per iteration; event k uses slot k mod (T + 1), refilled for event k + T + 1."""
        return self._rotation(iterations, streams) if self.partners == "none" else self._walk(iterations, streams)

    def _rotation(self, iterations: int, streams: Streams) -> Iterator[Completion]:
        replicas = len(streams.replicas)
        everyone = np.repeat(np.arange(self.n)[:, None], replicas, axis=1)
        server = np.zeros((1, replicas), dtype=np.intp)
        for k in range(iterations):
            slot = np.full((self.n, replicas), k % self.slots)
            yield Completion(k, everyone, slot, server, slot[:1], np.full(slot.shape, min(k, self.slots - 1)))

    def _walk(self, iterations: int, streams: Streams) -> Iterator[Completion]:
        draws = Draws(streams, 2)
        workers, partners = self._pairs(draws, self.slots)
        for first in range(0, iterations, STRETCH):
            count = min(STRETCH, iterations - first)
            more = self._pairs(draws, count)
            workers, partners = np.concatenate([workers, more[0]]), np.concatenate([partners, more[1]])
            for event in range(count):
                k, later = first + event, event + self.slots
                slot = np.full((1, workers.shape[1]), k % self.slots)
                age = np.full_like(slot, min(k, self.slots - 1))
                yield Completion(k, workers[event : event + 1], slot, workers[later : later + 1], slot, age, partners[event])
            workers, partners = workers[count:], partners[count:]

    def _pairs(self, draws: Draws, events: int) -> tuple[Numbers, Numbers]:
        uniforms = draws.take(events)
        workers = (uniforms[..., 0] * self.n).astype(np.intp)
        position = (uniforms[..., 1] * self._degrees[workers]).astype(np.intp)
        return workers, self._table[workers, position]

    def provenance(self) -> dict[str, Any]:
        """Return name, delay and how partners are found; the schedule has a provenance of its own."""
        return {"timeline": self.name, "delay": self.staleness, "partners": self.partners}
