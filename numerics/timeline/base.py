"""What a timeline is: something that turns the random streams of a block of replicas into events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.events import Completion, Event, Numbers, Round, rounds
from numerics.mixing import MixingSchedule
from numerics.streams import Streams


class Timeline(ABC):
    """Who is active when, and what everybody has seen by then.

    Attributes
    ----------
    n
        Number of workers.
    name
        Name shown to people and stored in provenance.
    slots
        Number of read copies that wait at a time; synchronous timelines have none.
    staleness
        Largest age of a read, in updates, that the timeline can produce; None where there is no bound known beforehand.
    deterministic
        Whether every replica sees the same events, whatever the seed.
    quorum
        Smallest number of workers that can be in time in a round; None where it is not known, or there are no rounds.
    """

    n: int
    name: str
    slots: int = 0
    staleness: int | None = None
    deterministic: bool = False
    quorum: int | None = None

    @abstractmethod
    def play(self, iterations: int, streams: Streams) -> Iterator[Event]:
        """Yield the events k = 0 .. iterations - 1 of the replicas of ``streams``."""

    def opening(self, streams: Streams) -> Numbers:
        """Return which worker has read into each slot before the first event, shape (slots, R): as a rule its own."""
        return np.repeat(np.arange(self.slots)[:, None], len(streams.replicas), axis=1)

    @abstractmethod
    def provenance(self) -> dict[str, Any]:
        """Return what determines the timeline besides the seed, ready for JSON."""

    def chances(self, k: int) -> list[tuple[float, Event]] | None:
        """Return the events that may be number ``k`` of one replica, with probabilities, where draws are independent over k.

        None where they are not, or where there are too many to tell. They are about slots as `chances_opening` lays them
        out, which may be others than in `play`, with the same law of all models.
        """
        return None

    def chances_opening(self) -> Numbers:
        """Return which worker has read into each slot before the first event of `chances`, shape (slots, 1)."""
        return self.opening(Streams(0, (0,)))

    def rho(self) -> float | None:
        """Return the contraction of the pairwise averaging that it leads to (see `pairwise.rho`), or None without any."""
        return None


class Rounds(Timeline):
    """Synchronous rounds of a mixing schedule, without a clock.

    Parameters
    ----------
    schedule
        Its operators, round by round.
    """

    def __init__(self, schedule: MixingSchedule) -> None:
        self.schedule, self.n, self.name = schedule, schedule.n, "rounds"
        self.quorum = schedule.n
        self.deterministic = True  # a random schedule is drawn once, from its own seed, for all replicas

    def play(self, iterations: int, streams: Streams) -> Iterator[Round]:
        """Yield one round per iteration."""
        return rounds(self.schedule, iterations)

    def provenance(self) -> dict[str, Any]:
        """Return the name; the schedule has a provenance of its own."""
        return {"timeline": self.name}


STRETCH = 1024
"""Events that are prepared at a time."""


class AsynchronousTimeline(Timeline):
    """A timeline of single completions: each worker reads into a slot of its own as soon as it has finished.

    A subclass gives, stretch by stretch, who finishes and with whom it averages.
    """

    @abstractmethod
    def stretches(self, iterations: int, streams: Streams) -> Iterator[tuple[Numbers, Numbers | None, Any]]:
        """Yield (workers, partners or None, times or None) of consecutive events, each of shape (events, R)."""

    def play(self, iterations: int, streams: Streams) -> Iterator[Completion]:
        """Yield one completion per iteration."""
        seen = np.zeros((self.n, len(streams.replicas)), dtype=np.intp)
        k = 0
        for workers, partners, times in self.stretches(iterations, streams):
            age = ages(workers, seen, k)
            for event in range(len(workers)):
                who = workers[event : event + 1]
                partner = None if partners is None else partners[event]
                time = None if times is None else times[event]
                yield Completion(k, who, who, who, who, age[event : event + 1], partner, None, time)
                k += 1


def ages(workers: Numbers, seen: Numbers, first: int) -> Numbers:
    """Return how many updates each completion's read is old, shape (events, R), and bring ``seen`` up to date.

    Parameters
    ----------
    workers
        Who finishes in the events ``first``, ``first + 1``, ..., shape (events, R).
    seen
        Number of updates that each worker's read includes, shape (n, R); overwritten.
    first
        Number of the first event.
    """
    order = np.argsort(workers, axis=0, kind="stable")
    ranked = np.take_along_axis(workers, order, axis=0)
    # a worker has read right after its previous completion, k', and so includes k' + 1 updates
    included = np.empty_like(order)
    included[1:] = np.where(ranked[1:] == ranked[:-1], order[:-1] + (first + 1), 0)
    fresh = np.ones(order.shape, dtype=bool)
    fresh[1:] = ranked[1:] != ranked[:-1]
    replica = np.broadcast_to(np.arange(order.shape[1]), order.shape)
    included[fresh] = seen[ranked[fresh], replica[fresh]]
    last = np.ones(order.shape, dtype=bool)
    last[:-1] = fresh[1:]
    seen[ranked[last], replica[last]] = order[last] + (first + 1)
    age = np.empty_like(order)
    np.put_along_axis(age, order, order + first - included, axis=0)
    return age
