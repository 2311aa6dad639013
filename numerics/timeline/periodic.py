"""Barriers: everybody waits for everybody, in every round or in every tau-th."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.cluster import Cluster, collectives
from numerics.mixing import MixingOperator, MixingSchedule
from numerics.streams import Streams
from numerics.timeline.clock import ClockedRounds, Span
from numerics.timeline.neighbourhood import Neighbourhoods
from numerics.timeline.traffic import traffic
from straggler import UnknownName, at_least


class Periodic(ClockedRounds):
    """A global barrier after every tau-th gradient, and none in between (local SGD).

    A round that meets ends for all when the last worker has computed and the communication is over; in other rounds, a
    worker goes on by itself. Post-local SGD meets in every round before ``switch``.

    Parameters
    ----------
    cluster
        The cluster.
    schedule
        The mixing operators of the rounds.
    period
        Rounds tau >= 1 between two barriers: round k meets if tau divides k + 1 - switch.
    collective
        Algorithm of the all-reduce, one of `collectives.NAMES`; None for the messages of the round's own graph.
    switch
        First round of the local phase.
    flows
        Messages at a time on a shared link; by default one per node for an all-reduce, one per worker for a graph.
    """

    def __init__(
        self,
        cluster: Cluster,
        schedule: MixingSchedule,
        period: int,
        collective: str | None = "ring",
        switch: int = 0,
        flows: int | None = None,
    ) -> None:
        super().__init__(cluster, "periodic", schedule)
        self.schedule, self.collective = schedule, collective
        self.period, self.switch = at_least("period", period, 1), at_least("switch", switch, 0)
        nodes = -(-self.n // cluster.network.workers_per_node)
        network = self.shared(flows, self.n if collective is None else nodes)
        self.flows, self._graph, size = flows, Neighbourhoods(schedule, network, cluster.message_bytes), cluster.message_bytes
        if collective is None:
            return
        if collective not in collectives.NAMES:
            raise UnknownName("all-reduce", collective, collectives.NAMES)
        self._cost = collectives.allreduce(collective, network, self.n, size), traffic(collective, self.n, size)

    def meets(self, k: int) -> bool:
        """Return whether there is a barrier at the end of round ``k``."""
        return k < self.switch or (k + 1 - self.switch) % self.period == 0

    def communication(self, k: int) -> tuple[float, float]:
        """Return the seconds and the bytes of the communication in round ``k``, if it meets."""
        if self.collective is not None:
            return self._cost
        found = self._graph.at(k)
        return float(found.seconds.max()), found.messages * self.cluster.message_bytes

    def spans(self, iterations: int, streams: Streams) -> Iterator[Span]:
        """Yield the rounds; see `ClusterTimeline.spans`."""
        clock, k = np.zeros((self.n, len(streams.replicas))), 0
        for table in self.tables(iterations, streams):
            times, before, sent = np.empty((len(table), clock.shape[1])), clock.sum(axis=0), 0.0
            for row, compute in enumerate(table):
                clock += compute
                latest = clock.max(axis=0, out=times[row])
                if self.meets(k):
                    seconds, size = self.communication(k)
                    latest += seconds
                    clock[...] = latest
                    sent += size
                k += 1
            yield Span(times, clock.sum(axis=0) - before - table.sum(axis=(0, 1)), sent)

    def mixing(self, k: int) -> MixingOperator:
        """Return W_k of the schedule; whether it is used is up to the algorithm."""
        return self.schedule.at(k)

    def options(self) -> dict[str, Any]:
        """Return period, switch, collective and flows."""
        return {"period": self.period, "switch": self.switch, "collective": self.collective, "flows": self.flows}


class Barrier(Periodic):
    """A global barrier in every round: all-reduce SGD or, without a collective, gossip behind a barrier.

    Parameters
    ----------
    cluster, schedule, collective, flows
        See `Periodic`.
    """

    def __init__(
        self, cluster: Cluster, schedule: MixingSchedule, collective: str | None = "ring", flows: int | None = None
    ) -> None:
        super().__init__(cluster, schedule, 1, collective, 0, flows)
        self.name = "barrier"
