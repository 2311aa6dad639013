"""Collectives that do not wait for late workers: eager-SGD and WAGMA-SGD."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.algorithms.grouping import Grouping
from numerics.cluster import Cluster, collectives
from numerics.events import Numbers
from numerics.mixing import GroupMean, MixingOperator
from numerics.streams import Streams
from numerics.timeline.clock import ClockedRounds, Span
from numerics.timeline.traffic import traffic
from numerics.typing import Floats
from straggler import InputError, UnknownName, at_least

MODES = ("solo", "majority", "group")


class WaitAvoiding(ClockedRounds):
    """Collectives that one worker starts for all; who is late takes part with what it had ready before.

    ``solo``: round k's all-reduce is started by the first worker that has computed its k-th gradient. ``majority``: by a
    uniformly drawn worker, when it has (floor(n u) for one uniform number u per round), so that half of the others are in
    time on average. ``group``: in each group of the round, by the first of the group.

    The initiator's call reaches the others after the activation time; who has not written its contribution by then is late.
    Calls are answered in order: a collective begins when, besides, those of the round before are over for all that take
    part. It is over after the time of the whole operation. A worker goes on when it is, or at once if it comes later. The
    round's time is that of its last worker. With a period tau, the rounds whose k + 1 tau divides are blocking all-reduces
    of all workers instead.

    The age of a contribution is 0 in time, and a if it is what the worker had ready after its iteration k - a; k + 1 is the
    start. Rounds carry the mean over their groups as mixing operator: of all workers where there are no groups.

    Parameters
    ----------
    cluster
        The cluster.
    mode
        ``solo``, ``majority`` or ``group``.
    group_size, grouping
        The groups of mode ``group``, see `numerics.algorithms.grouping.Grouping`.
    period
        Rounds tau >= 1 between two blocking all-reduces; None for none.
    collective
        Algorithm of the all-reduces.
    flows
        Messages at a time on a shared link, by default one per node.

    References
    ----------
    Li et al. (PPoPP 2020), eager-SGD; Li et al. (TPDS 2021), WAGMA-SGD.
    """

    def __init__(
        self,
        cluster: Cluster,
        mode: str = "solo",
        group_size: int | None = None,
        period: int | None = None,
        collective: str = "rabenseifner",
        grouping: str = "dynamic",
        flows: int | None = None,
    ) -> None:
        super().__init__(cluster, f"wait-avoiding-{mode}")
        if mode not in MODES:
            raise UnknownName("mode", mode, MODES)
        if (group_size is None) == (mode == "group"):
            raise InputError("group_size", group_size, "a power of two in mode group, and none in the others")
        if collective not in collectives.NAMES:
            raise UnknownName("all-reduce", collective, collectives.NAMES)
        self.mode, self.group_size, self.grouping = mode, group_size, grouping
        self.collective, self.flows = collective, flows
        self.period = None if period is None else at_least("period", period, 1)
        n, size = self.n, cluster.message_bytes
        network = self.shared(flows, -(-n // cluster.network.workers_per_node))
        self._call = collectives.activation(network, n)
        self._whole = GroupMean(n, n)
        groups = None if group_size is None else Grouping(n, group_size, grouping)
        self._phases = [Phase(np.arange(n)[None], self._whole)] if groups is None else phases(groups)
        self._cost = [
            (collectives.group(collective, network, n, each.size, size), n // each.size * traffic(collective, each.size, size))
            for each in self._phases
        ]
        self._blocking = collectives.allreduce(collective, network, n, size), traffic(collective, n, size)
        if self.period is not None:
            self.staleness = self.period - 1

    def blocks(self, k: int) -> bool:
        """Return whether round ``k`` is a blocking all-reduce of all workers."""
        return self.period is not None and (k + 1) % self.period == 0

    def mixing(self, k: int) -> MixingOperator:
        """Return the mean over the groups of round ``k``, the same object in every such round."""
        return self._whole if self.blocks(k) else self._phases[k % len(self._phases)].mixing

    def spans(self, iterations: int, streams: Streams) -> Iterator[Span]:
        """Yield the rounds; see `ClusterTimeline.spans`."""
        generators = streams.generators("timeline")
        clock = over = np.zeros((self.n, len(generators)))
        history, k = History(min(iterations, self.period or iterations), *clock.shape), 0
        for table in self.tables(iterations, streams):
            times, ages = np.empty((len(table), len(generators))), np.zeros(table.shape, dtype=np.intp)
            drawn = None
            if self.mode == "majority":
                drawn = np.stack([generator.random(len(table)) for generator in generators], axis=1)
            before, sent = clock.sum(axis=0), 0.0
            for row, compute in enumerate(table):
                ready = clock + compute
                if self.blocks(k):
                    seconds, size = self._blocking
                    clock = over = np.repeat(ready.max(axis=0, keepdims=True) + seconds, self.n, axis=0)
                    history.forget(k)
                else:
                    seconds, size = self._cost[k % len(self._cost)]
                    begin = self._begin(k, ready, over, None if drawn is None else drawn[row])
                    ages[row] = history.ages(k, ready, begin + self._call)
                    over = begin + seconds
                    clock = np.maximum(ready, over)
                sent += size
                clock.max(axis=0, out=times[row])
                k += 1
            yield Span(times, clock.sum(axis=0) - before - table.sum(axis=(0, 1)), sent, ages)

    def _begin(self, k: int, ready: Floats, over: Floats, uniform: Floats | None) -> Floats:
        """Return when the collective that each worker takes part in begins, shape (n, R)."""
        if uniform is not None:
            initiators = (uniform * self.n).astype(np.intp)
            called = np.take_along_axis(ready, initiators[None, :], axis=0)
            return np.maximum(over, called)
        groups = self._phases[k % len(self._phases)]
        return groups.spread(np.maximum(groups.reduce(np.minimum, ready), groups.reduce(np.maximum, over)))

    def options(self) -> dict[str, Any]:
        """Return mode, group size, period, collective and flows."""
        names = ("mode", "group_size", "grouping", "period", "collective", "flows")
        return {name: getattr(self, name) for name in names}


class Phase:
    """The groups of a round, all of the same size.

    Parameters
    ----------
    members
        Workers by group, shape (groups, size).
    mixing
        The operator that averages within them.
    """

    def __init__(self, members: Numbers, mixing: MixingOperator) -> None:
        self.mixing, self.size = mixing, members.shape[1]
        self._order, self._back = members.ravel(), members.ravel().argsort()
        self._natural = bool((self._order == self._back).all() and (np.diff(self._order) == 1).all())

    def reduce(self, ufunc: np.ufunc, values: Floats) -> Floats:
        """Return the smallest or largest value of each group, shape (groups, R), from shape (n, R)."""
        ordered = values if self._natural else values.take(self._order, axis=0)
        found: Floats = ufunc.reduce(ordered.reshape(-1, self.size, values.shape[1]), axis=1)
        return found

    def spread(self, values: Floats) -> Floats:
        """Return the value of each worker's group, shape (n, R), from shape (groups, R)."""
        repeated = np.repeat(values, self.size, axis=0)
        return repeated if self._natural else repeated.take(self._back, axis=0)


def phases(grouping: Grouping) -> list[Phase]:
    """Return the groups of iterations 0, 1, ... until they repeat."""
    everyone, found = np.arange(grouping.n), []
    for t in range(grouping.period):
        mask = sum(1 << digit for digit in grouping.digits(t)) if grouping.size > 1 else 0
        order = np.lexsort((everyone, everyone & ~mask))
        found.append(Phase(order.reshape(-1, grouping.size_at(t)), grouping.at(t)))
    return found


class History:
    """When each worker has finished which round, as long as somebody may still have to know.

    Parameters
    ----------
    rounds
        Rounds that are kept: all since the last blocking one.
    n, replicas
        Shape of the times.
    """

    def __init__(self, rounds: int, n: int, replicas: int) -> None:
        self._finished = np.empty((rounds, n * replicas))
        self._count = np.zeros(n * replicas, dtype=np.intp)
        self._first = 0

    def forget(self, k: int) -> None:
        """Start over after the blocking round ``k``, which everybody has finished."""
        self._first, self._count[...] = k + 1, 0

    def ages(self, k: int, ready: Floats, limit: Floats) -> Numbers:
        """Return how old what each worker has written by ``limit`` is in round ``k``, which it finishes at ``ready``: (n, R).

        A worker's limits must not decrease from round to round: how much it had written is looked for from there.
        """
        done = k - self._first + 1
        self._finished[done - 1] = ready.ravel()
        late = np.flatnonzero((ready > limit).ravel())
        count = self._count[late]
        self._count[...] = done
        if late.size:
            limits = np.broadcast_to(limit, ready.shape).ravel()[late]
            moving = np.arange(late.size)
            while moving.size:  # every step is made once per worker and round
                moving = moving[self._finished[count[moving], late[moving]] <= limits[moving]]
                count[moving] += 1
            self._count[late] = count
        return (done - self._count).reshape(ready.shape)
