"""Workers that average in pairs without rounds: AD-PSGD."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heapreplace
from typing import Any

import numpy as np

from numerics.cluster import Cluster
from numerics.events import Numbers
from numerics.mixing import MixingSchedule
from numerics.streams import Streams
from numerics.timeline import pairs
from numerics.timeline.bipartite import active
from numerics.timeline.clock import ClockedCompletions, Span
from numerics.timeline.completions import STRETCH, Columns, Piece, Rows, interleaved, interval, merged, paces, together
from numerics.typing import Floats
from straggler import InputError, UnknownName

PARTNERS = ("random", "scheduled")
INITIATORS = ("active", "all")

Computations = Callable[[Floats], Piece]
Source = tuple[Callable[[np.random.Generator], Computations], list[Numbers | None]]
"""How computations are described, given a replica's stream, and the groups of workers who have such."""


class Pairwise(ClockedCompletions):
    """Every worker computes on and on; meanwhile it exchanges its model with a partner, and an iteration ends with both.

    With ``active`` initiators, the graph has two sides. When an active worker begins an iteration it asks a passive partner
    for an exchange. The passive worker's network card serves one exchange after the other, in the order of asking (of equals,
    the one first that has completed less, then the lower number), and each takes as long as one message. The active
    worker's iteration ends when its gradient and the exchange are ready; then the two models are averaged, at once and
    as a whole, and the gradient is applied. A passive worker never waits: it applies its gradient when it is ready, and is
    its own partner in this completion.

    With ``all``, every worker has a partner in every iteration, on any graph, and nobody queues: the logical view of the
    algorithm, in which an iteration takes the time of a gradient or of an exchange, whichever is longer.

    Parameters
    ----------
    cluster
        The cluster.
    schedule
        Its edges are the pairs that may average.
    partners
        ``random``: a uniformly drawn neighbour, one uniform number for each entry of the table of compute times, in its
        order. ``scheduled``: a worker goes through the matchings of the schedule, one per iteration of its own. Or the
        partners themselves, shape (phases, n), gone through in the same way.
    initiators
        ``active`` or ``all``.
    flows
        Messages at a time on a shared link, by default one per initiator.

    Raises
    ------
    InputError
        If the graph has an odd cycle but only active workers initiate, or a partner is not a neighbour.

    References
    ----------
    Lian et al. (ICML 2018), Algorithm 1 and its implementation on bipartite graphs.
    """

    def __init__(
        self,
        cluster: Cluster,
        schedule: MixingSchedule,
        partners: str | Sequence[Sequence[int]] = "random",
        initiators: str = "active",
        flows: int | None = None,
    ) -> None:
        super().__init__(cluster, "pairwise", schedule)
        if initiators not in INITIATORS:
            raise UnknownName("initiators", initiators, INITIATORS)
        self.schedule, self.initiators, self.flows = schedule, initiators, flows
        self.slots, self.gradients, self.events = self.n, 1, self.n
        linked = pairs.neighbours(schedule)
        self._active = active(linked, schedule.name) if initiators == "active" else np.ones(self.n, dtype=bool)
        self._network = self.shared(flows, int(self._active.sum()))
        self._table, self._degrees = pairs.ranked(linked)
        self._linked = linked
        self.partners = partners if isinstance(partners, str) else "given"
        self._phases: Numbers | None = None
        if not isinstance(partners, str):
            self._phases = _given(partners, linked)
        elif partners == "scheduled":
            self._phases = pairs.matchings(schedule)
        elif partners != "random":
            raise UnknownName("partners", partners, PARTNERS)

    def rho(self) -> float | None:
        """Return the contraction of random pairs if all workers complete equally often: see `pairs.rho`; else None."""
        if self._phases is not None:
            return None
        return pairs.rho(pairs.probabilities(self._linked) * self._active[:, None])

    def spans(self, iterations: int, streams: Streams) -> Iterator[Span]:
        """Yield the completions; see `ClusterTimeline.spans`."""
        sources = self._sources()
        readers = [streams.generators("timeline") for source in sources for _ in source[1]]
        feeds = [self._feed(sources, iter(each)) for each in zip(*readers, strict=True)]
        seen, first = np.full((self.n, len(feeds)), -1), 0
        for times, workers, partners, idle in together(feeds, iterations):
            ages = interval(workers, seen, first) - 1
            first += len(workers)
            exchanges = (partners != workers).sum(axis=0)
            sent = 2 * self.cluster.message_bytes * exchanges
            yield Span(times, idle.sum(axis=0), sent, ages[:, None], workers[:, None], partners=partners)

    def options(self) -> dict[str, Any]:
        """Return partners, initiators and flows."""
        phases = None if self.partners != "given" or self._phases is None else self._phases.tolist()
        return {"partners": phases or self.partners, "initiators": self.initiators, "flows": self.flows}

    def _sources(self) -> list[Source]:
        """Return what computations of which workers are described by: of all, or of passive and active workers apart."""
        size = self.cluster.message_bytes
        if self.initiators == "all" or self._network.send(size) == self._network.inside.send(size) == 0:
            return [(self._lasting, paces(self.cluster))]
        passive, asking = np.flatnonzero(~self._active), np.flatnonzero(self._active)
        return [(self._alone, paces(self.cluster, passive)), (self._choosing, paces(self.cluster, asking))]

    def _feed(self, sources: list[Source], generators: Iterator[np.random.Generator]) -> Iterator[Piece]:
        """Yield (times, workers, partners, idle) of one replica's completions, from its stream, as often at its beginning."""
        rows: list[list[Rows]] = []
        for describe, groups in sources:
            readers = zip(groups, generators, strict=False)
            rows.append([Rows(self.cluster, generator, describe(generator), group) for group, generator in readers])
        return merged(rows[0]) if len(rows) == 1 else interleaved(merged(rows[0]), self._queued(rows[1]))

    def _choosing(self, generator: np.random.Generator) -> Computations:
        """Return what adds the partners of computations to their times."""
        drawn = 0

        def computations(times: Floats) -> Piece:
            nonlocal drawn
            partners = self._partners(drawn, generator, times.shape)
            drawn += len(times)
            return times, partners

        return computations

    def _lasting(self, generator: np.random.Generator) -> Computations:
        """Return what makes computations last as long as the exchange, and adds partners and waiting times."""
        computations = self._choosing(generator)

        def durations(times: Floats) -> Piece:
            compute, partners = computations(times)
            exchange = self._network.pair_exchange(self.cluster.message_bytes, np.arange(self.n)[None, :], partners)
            lasting = np.maximum(compute, exchange)
            return lasting, partners, lasting - compute

        return durations

    def _alone(self, _: np.random.Generator) -> Computations:
        """Return what describes the computations of workers that ask nobody."""
        return lambda times: (times, np.broadcast_to(np.arange(self.n), times.shape), np.zeros(times.shape))

    def _partners(self, row: int, generator: np.random.Generator, shape: tuple[int, ...]) -> Numbers:
        if self._phases is None:
            position = (generator.random(shape) * self._degrees).astype(np.intp)
            found: Numbers = self._table[np.arange(self.n), position]
        else:
            found = self._phases[(row + np.arange(shape[0])) % len(self._phases)]
        return np.where(self._active, found, np.arange(self.n))

    def _queued(self, rows: list[Rows]) -> Iterator[Piece]:
        """Yield the completions of active workers from a queue of their iterations, by the time these will end."""
        columns, size = Columns(rows, 2), self.cluster.message_bytes
        ahead, chosen = columns.queues
        here, n, per_node = columns.workers, len(columns.workers), self._network.workers_per_node
        outer, inner = self._network.send(size), self._network.inside.send(size)
        free = [0.0] * self.n
        heap = [(0.0, position - n) for position in range(n)]
        waits, partners = [0.0] * n, [0] * n
        beginning = n  # the entries of the heap that stand for the start
        while True:
            times: list[float] = []
            workers, found, idle = [], [], []
            while len(times) < STRETCH:
                now, code = heap[0]
                position = code % n
                worker = here[position]
                if beginning:
                    beginning -= 1
                else:
                    times.append(now)
                    workers.append(worker)
                    found.append(partners[position])
                    idle.append(waits[position])
                try:
                    end = now + ahead[position].popleft()
                except IndexError:
                    columns.refill(position)
                    end = now + ahead[position].popleft()
                partners[position] = partner = chosen[position].popleft()
                waits[position] = 0.0
                if partner != worker:
                    asked = free[partner]
                    served = (asked if asked > now else now) + (outer if worker // per_node != partner // per_node else inner)
                    free[partner] = served
                    if served > end:
                        waits[position] = served - end
                        end = served
                heapreplace(heap, (end, code + n))
            yield np.array(times), np.array(workers), np.array(found), np.array(idle)


def _given(partners: Sequence[Sequence[int]], linked: np.ndarray[Any, Any]) -> Numbers:
    phases = np.atleast_2d(np.asarray(partners, dtype=np.intp))
    n = len(linked)
    if phases.ndim != 2 or phases.shape[1] != n or not len(phases):
        raise InputError("shape of partners", phases.shape, f"(phases, {n})")
    for phase in phases:
        for worker, partner in enumerate(phase.tolist()):
            if partner != worker and not (0 <= partner < n and linked[worker, partner]):
                near = np.flatnonzero(linked[worker]).tolist()
                raise InputError(f"partner of worker {worker}", partner, f"one of its neighbours in the graph: {near}")
    return phases
