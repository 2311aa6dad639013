"""The idealised timeline of the theorems: every update is by a worker drawn uniformly and independently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.events import Completion, Event, Numbers
from numerics.mixing import MixingSchedule
from numerics.streams import Reservoir, Streams
from numerics.timeline import pairs
from numerics.timeline.base import STRETCH, AsynchronousTimeline
from numerics.typing import Array
from straggler import UnknownName

PARTNERS = ("random", "scheduled", "mixing", "none")

DRAWN_AHEAD = 1 << 17
"""Bytes of uniform numbers drawn ahead per block of replicas."""


class Independent(AsynchronousTimeline):
    """Updates by workers that are uniform and independent of each other, each read being made at the last completion.

    This is what independent, identically distributed exponential computing times lead to when nothing else takes time.
    A read's age is geometric: unbounded, n - 1 on average. A replica's stream is read by ``Generator.random``, in the order
    update, then worker and (where partners are random) partner.

    Parameters
    ----------
    schedule
        Gives the number of workers and, by its edges, who may average with whom.
    partners
        ``random``: a uniformly drawn neighbour; ``scheduled``: a worker goes through the phases of the schedule, one per
        update of its own, and averages with whom it is matched in that phase; ``mixing``: before update k, all workers average
        with the schedule's W_k; ``none``: no averaging
        (parameter server).
    """

    def __init__(self, schedule: MixingSchedule, partners: str = "random") -> None:
        if partners not in PARTNERS:
            raise UnknownName("partners", partners, PARTNERS)
        self.schedule, self.partners, self.name = schedule, partners, "independent"
        self.n = self.slots = schedule.n
        if partners == "random":
            linked = pairs.neighbours(schedule)
            self._chances = pairs.probabilities(linked)
            self._table, self._degrees = pairs.ranked(linked)
        elif partners == "scheduled":
            self._matches = pairs.matchings(schedule)

    def rho(self) -> float | None:
        """Return the largest modulus of an eigenvalue of E[W'W] besides that of the consensus, for random partners."""
        return pairs.rho(self._chances) if self.partners == "random" else None

    def chances(self, k: int) -> list[tuple[float, Event]] | None:
        """Return every (worker, partner) with its probability; None where partners or W_k change from event to event."""
        if self.partners == "scheduled" or (self.partners == "mixing" and self.schedule.period != 1):
            return None
        mixing = self.schedule.at(k) if self.partners == "mixing" else None
        age = np.zeros((1, 1), dtype=np.intp)
        found: list[tuple[float, Event]] = []
        drawn = pairs.each(self._chances) if self.partners == "random" else [(1 / self.n, i, -1) for i in range(self.n)]
        for chance, i, j in drawn:
            who = np.array([[i]])
            found.append((chance, Completion(k, who, who, who, who, age, None if j < 0 else np.array([j]), mixing)))
        return found

    def play(self, iterations: int, streams: Streams) -> Iterator[Completion]:
        """Yield one completion per iteration, with the schedule's W_k where all workers average."""
        for event in super().play(iterations, streams):
            if self.partners == "mixing":
                event.mixing = self.schedule.at(event.k)
            yield event

    def stretches(self, iterations: int, streams: Streams) -> Iterator[tuple[Numbers, Numbers | None, None]]:
        """Yield workers and partners, shape (events, R) each."""
        draw = Draws(streams, 2 if self.partners == "random" else 1)
        counts = np.zeros((self.n, len(streams.replicas)), dtype=np.intp)
        for first in range(0, iterations, STRETCH):
            uniforms = draw.take(min(STRETCH, iterations - first))
            workers = (uniforms[..., 0] * self.n).astype(np.intp)
            yield workers, self._partners(workers, uniforms, counts), None

    def _partners(self, workers: Numbers, uniforms: Array, counts: Numbers) -> Numbers | None:
        if self.partners in ("none", "mixing"):
            return None
        if self.partners == "random":
            position = (uniforms[..., 1] * self._degrees[workers]).astype(np.intp)
            partner: Numbers = self._table[workers, position]
            return partner
        replica = np.arange(workers.shape[1])
        partner = np.empty_like(workers)
        for event, who in enumerate(workers):
            partner[event] = self._matches[counts[who, replica] % len(self._matches), who]
            counts[who, replica] += 1
        return partner

    def provenance(self) -> dict[str, Any]:
        """Return the name and how partners are found; the schedule has a provenance of its own."""
        return {"timeline": self.name, "partners": self.partners}


class Draws:
    """Uniform numbers from the ``timeline`` streams, ``width`` per event.

    Parameters
    ----------
    streams
        The replicas, each with its own stream.
    width
        Numbers per event.
    """

    def __init__(self, streams: Streams, width: int) -> None:
        generators = streams.generators("timeline")

        def fill(row: int, out: Array) -> None:
            generators[row].random(out=out)

        self._uniforms = Reservoir(fill, len(generators), np.float64, DRAWN_AHEAD)
        self._shape = (len(generators), -1, width)

    def take(self, events: int) -> Array:
        """Return the numbers of the next events, shape (events, R, width)."""
        replicas, _, width = self._shape
        return self._uniforms.take(events * width).reshape(replicas, events, width).swapaxes(0, 1)
