"""Workers that average in pairs without rounds: AD-PSGD."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from numerics.timeline.completions import STRETCH, Columns, Piece, Rows, interleaved, interval, merged, together
from numerics.typing import Floats
from straggler import InputError, UnknownName

PARTNERS = ("random", "scheduled")
INITIATORS = ("active", "all")


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
        twice = zip(streams.generators("timeline"), streams.generators("timeline"), strict=True)
        feeds = [self._feed(*generators) for generators in twice]
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

    def _feed(self, generator: np.random.Generator, again: np.random.Generator) -> Iterator[Piece]:
        """Yield (times, workers, partners, idle) of one replica's completions, from its stream, twice at its beginning."""
        drawn = 0

        def computations(times: Floats) -> Piece:
            nonlocal drawn
            partners = self._partners(drawn, generator, times.shape)
            drawn += len(times)
            return times, partners

        def durations(times: Floats) -> Piece:
            compute, partners = computations(times)
            exchange = self._network.pair_exchange(self.cluster.message_bytes, np.arange(self.n)[None, :], partners)
            lasting = np.maximum(compute, exchange)
            return lasting, partners, lasting - compute

        def alone(times: Floats) -> Piece:
            return times, np.broadcast_to(np.arange(self.n), times.shape), np.zeros(times.shape)

        size, asking = self.cluster.message_bytes, np.flatnonzero(self._active)
        if self.initiators == "all" or self._network.send(size) == self._network.inside.send(size) == 0:
            return merged(Rows(self.cluster, generator, durations))
        passive = merged(Rows(self.cluster, again, alone, np.flatnonzero(~self._active)))
        return interleaved(passive, self._queued(Rows(self.cluster, generator, computations, asking)))

    def _partners(self, row: int, generator: np.random.Generator, shape: tuple[int, ...]) -> Numbers:
        if self._phases is None:
            position = (generator.random(shape) * self._degrees).astype(np.intp)
            found: Numbers = self._table[np.arange(self.n), position]
        else:
            found = self._phases[(row + np.arange(shape[0])) % len(self._phases)]
        return np.where(self._active, found, np.arange(self.n))

    def _queued(self, rows: Rows) -> Iterator[Piece]:
        """Yield the completions of active workers from a queue of their iterations, by the time these will end."""
        columns, n, size = Columns(rows, 2), rows.n, self.cluster.message_bytes
        ahead, chosen = columns.queues
        here, per_node = rows.workers.tolist(), self._network.workers_per_node
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
                    columns.refill()
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
