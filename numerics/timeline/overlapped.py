"""Waiting for neighbours only, at once or up to tau rounds later."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.cluster import Cluster
from numerics.mixing import MixingOperator, MixingSchedule
from numerics.streams import Streams
from numerics.timeline.clock import ClockedRounds, Span
from numerics.timeline.neighbourhood import Neighbourhoods
from numerics.typing import Floats
from straggler import at_least


class Overlapped(ClockedRounds):
    """Messages are sent while workers compute on; a worker waits for those that were sent to it tau rounds ago (tau-OSGP).

    With c_i(k) the compute times and f_i(k) = t_i(k) + c_i(k), the messages of round k pass the network card of worker i
    from max(f_i(k), f_j(k) of all that write to it, the end of its last transfer), one after the other, until h_i(k). Then
    t_i(k+1) = max(f_i(k), h_i(k - tau)).

    Parameters
    ----------
    cluster
        The cluster.
    schedule
        Who writes to whom in which round.
    overlap
        Delay tau >= 0 in rounds; 0 is `NeighbourBarrier`.
    send_every
        Messages are sent in every ``send_every``-th round only.
    flows
        Messages at a time on a shared link, by default one per worker.
    """

    def __init__(
        self, cluster: Cluster, schedule: MixingSchedule, overlap: int = 1, send_every: int = 1, flows: int | None = None
    ) -> None:
        super().__init__(cluster, "overlapped", schedule)
        self.schedule, self.overlap = schedule, at_least("overlap", overlap, 0)
        self.lag, self.send_every, self.flows = overlap, at_least("send_every", send_every, 1), flows
        self._graph = Neighbourhoods(schedule, self.shared(flows, self.n), cluster.message_bytes)

    def spans(self, iterations: int, streams: Streams) -> Iterator[Span]:
        """Yield the rounds; see `ClusterTimeline.spans`."""
        clock, k = np.zeros((self.n, len(streams.replicas))), 0
        card = np.zeros_like(clock)
        flight: deque[Floats | None] = deque([None] * self.overlap)
        for table in self.tables(iterations, streams):
            times, before, messages = np.empty((len(table), clock.shape[1])), clock.sum(axis=0), 0
            for row, compute in enumerate(table):
                clock += compute
                if k % self.send_every == 0:
                    graph = self._graph.at(k)
                    card = np.maximum(card, graph.latest(clock))
                    card += graph.seconds
                    messages += graph.messages
                    flight.append(card)
                else:
                    flight.append(None)
                due = flight.popleft()
                if due is not None:
                    np.maximum(clock, due, out=clock)
                clock.max(axis=0, out=times[row])
                k += 1
            idle = clock.sum(axis=0) - before - table.sum(axis=(0, 1))
            yield Span(times, idle, messages * self.cluster.message_bytes)

    def mixing(self, k: int) -> MixingOperator:
        """Return W_k of the schedule."""
        return self.schedule.at(k)

    def options(self) -> dict[str, Any]:
        """Return overlap, sending interval and flows."""
        return {"overlap": self.overlap, "send_every": self.send_every, "flows": self.flows}


class NeighbourBarrier(Overlapped):
    """Every worker waits for those that write to it: t_i(k+1) = max_j (t_j(k) + c_j(k)) + the time of its messages.

    Parameters
    ----------
    cluster, schedule, flows
        See `Overlapped`; j runs over i and all that write to i in round k.
    """

    def __init__(self, cluster: Cluster, schedule: MixingSchedule, flows: int | None = None) -> None:
        super().__init__(cluster, schedule, 0, 1, flows)
        self.name = "neighbour-barrier"
