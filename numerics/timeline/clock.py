"""What timelines with a wall clock share: they play a cluster, stretch by stretch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from numerics.cluster import Cluster, Network
from numerics.events import Completion, Event, Numbers, Round
from numerics.mixing import MixingOperator, MixingSchedule
from numerics.streams import Streams
from numerics.timeline.base import Timeline
from numerics.typing import Floats
from straggler import InputError, at_least

BLOCK = 1 << 16
"""Compute times that are prepared at a time, over workers and replicas."""


@dataclass(slots=True)
class Span:
    """Consecutive events of all replicas.

    Parameters
    ----------
    times
        Wall-clock time of each event in seconds, shape (events, R).
    idle
        Seconds that workers have spent not computing, all workers together, shape (R,).
    sent
        Bytes that have been sent, all messages together, a number or shape (R,).
    ages
        Ages of the contributions (rounds, shape (events, n, R)) or of the reads (completions, shape (events, m, R)), see
        `Round` and `Completion`; None where nothing is stale.
    workers, slots, refilled, partners
        Of completions, shapes (events, m, R), (events, m, R), (events, q, R) and (events, R); None for slots that are the
        workers' own, refilled at once.
    """

    times: Floats
    idle: Floats
    sent: Any
    ages: Numbers | None = None
    workers: Numbers | None = None
    slots: Numbers | None = None
    refilled: Numbers | None = None
    partners: Numbers | None = None


class ClusterTimeline(Timeline):
    """A timeline that follows from a model of a cluster.

    Compute time j of worker i is entry (j, i) of the cluster's table, which is read from the replica's ``timeline`` stream
    (see `numerics.cluster.cluster.ComputeTimes`); a worker takes the entries of its column one after the other. What else a
    timeline draws is read from the same stream by ``Generator.random``, which the table leaves untouched.

    Attributes
    ----------
    cluster
        The cluster.
    gradients
        Gradients that are used per event and replica.
    events
        Events in one iteration, as throughput is reported: 1 for rounds, and as many as bring n gradients where workers do
        not wait for each other.
    lag
        Rounds by which what a worker receives is late, all messages alike.
    """

    gradients: int
    events: int = 1
    lag: int = 0

    def __init__(self, cluster: Cluster, name: str, schedule: MixingSchedule | None = None) -> None:
        if schedule is not None and schedule.n != cluster.workers:
            raise InputError("workers of the cluster", cluster.workers, f"the {schedule.n} nodes of {schedule.name}")
        self.cluster, self.n, self.name = cluster, cluster.workers, name
        self.gradients = self.n

    @abstractmethod
    def spans(self, iterations: int, streams: Streams) -> Iterator[Span]:
        """Yield the events 0 .. iterations - 1 in stretches."""

    def tables(self, iterations: int, streams: Streams) -> Iterator[Floats]:
        """Yield the compute times of the first iterations in blocks, shape (rows, n, R), each in an array of its own."""
        rows = max(1, BLOCK // (self.n * max(1, len(streams.replicas))))
        return self.cluster.blocks(iterations, streams.generators("timeline"), rows)

    def shared(self, flows: int | None, usual: int) -> Network:
        """Return the network as each of ``flows`` messages that are under way at a time sees it, by default ``usual``."""
        return self.cluster.network.at(usual if flows is None else at_least("flows", flows, 1))

    def provenance(self) -> dict[str, Any]:
        """Return name, cluster and options; a schedule has a provenance of its own."""
        return {"timeline": self.name, "cluster": self.cluster.provenance()} | self.options()

    def options(self) -> dict[str, Any]:
        """Return what was chosen besides the cluster, ready for JSON."""
        return {}


class ClockedRounds(ClusterTimeline):
    """Rounds whose times follow from a cluster."""

    @abstractmethod
    def mixing(self, k: int) -> MixingOperator:
        """Return the mixing operator of round ``k``."""

    def play(self, iterations: int, streams: Streams) -> Iterator[Event]:
        """Yield one round per iteration."""
        k = 0
        for span in self.spans(iterations, streams):
            for row, time in enumerate(span.times):
                yield Round(k, self.mixing(k), time, None if span.ages is None else span.ages[row])
                k += 1


class ClockedCompletions(ClusterTimeline):
    """Completions whose times, workers, partners and ages follow from a cluster."""

    def play(self, iterations: int, streams: Streams) -> Iterator[Event]:
        """Yield one completion per iteration."""
        k = 0
        for span in self.spans(iterations, streams):
            workers, ages = span.workers, span.ages
            assert workers is not None
            assert ages is not None
            slots = workers if span.slots is None else span.slots
            refilled = workers if span.refilled is None else span.refilled
            partners = [None] * len(workers) if span.partners is None else span.partners
            own = span.slots is None and span.refilled is None
            for who, slot, fill, age, partner, time in zip(workers, slots, refilled, ages, partners, span.times, strict=True):
                if own:
                    yield Completion(k, who, who, who, who, age, partner, None, time)
                else:
                    yield Completion(k, who, slot, fill, fill, age, partner, None, time)
                k += 1
