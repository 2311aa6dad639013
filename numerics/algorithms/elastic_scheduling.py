"""Elastic scheduling: a worker goes on before all gradients of a round have come, and makes up for it in the next one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from array_api_compat import array_namespace

from numerics.algorithms.base import Algorithm, State, worker_mean
from numerics.algorithms.message_passing import LaggingState, gathered
from numerics.algorithms.sgd import shared
from numerics.events import Numbers, Round
from numerics.mixing import MixingSchedule
from numerics.typing import Array, Floats
from straggler import InputError, UnknownName, positive

BOUNDS = ("norm", "variance")


@dataclass
class ScheduledState(LaggingState):
    """The model, what the workers lack of the last round, and the norm that they expect of the next.

    Parameters
    ----------
    expected
        Norm of the sum of all gradients of the last round, shape (R,); None before the first.
    foreign
        Whether replicas hold something else than the models of a run (unit vectors, say), with norms that mean nothing.
    """

    expected: Array | None = None
    foreign: bool = False

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays; those of the first replicas, where there are fewer."""
        other = super().with_slabs(slabs)
        replicas, dim = slabs[0].shape[1:]
        other.foreign = self.foreign or replicas > self.x.shape[1] or dim != self.x.shape[2]
        other.expected = None if self.expected is None or other.foreign else self.expected[:replicas]
        return other


@dataclass(frozen=True, kw_only=True)
class ElasticScheduling(Algorithm):
    """Synchronous SGD whose workers do not wait for the last gradients of a round.

    In round k all p workers send their gradients to all. A worker has its own at once, gets those of the others in the order of
    ``Round.order``, and goes on when it has enough. What it lacks comes while it takes its next gradient. The center is the
    model from which nothing is missing, x_{k+1} = x_k - (gamma_k/p) sum_i g_i. A view is behind it by the last round alone:

    * ``norm``: v_i = x + (gamma/p) sum_{j missing} g_j. Enough is a sum of norm at least beta times the norm expected,
      that of the sum of all gradients of the last round; in the first round it is all gradients.
    * ``variance``: v_i = x + (gamma/p) sum_{j missing} (g_j - g_i), as a worker puts its own gradient in the place of each
      missing one, and corrects that in the next round. Enough are ceil(beta p) gradients, its own included.

    On timelines that do not order messages all come at once, and this is `SGD`. Where there is momentum, it is directions
    that are sent, each worker having a velocity of its own.

    Parameters
    ----------
    bound
        ``norm`` or ``variance``.
    beta
        Share of the norm, or of the gradients, that is waited for, 0 < beta <= 1.

    References
    ----------
    Nadiradze, Markov, Chatterjee, Kungurtsev, Alistarh (AAAI 2021), elastic scheduling.
    """

    bound: str = "norm"
    beta: float = 0.5

    name: ClassVar[str] = "elastic-scheduling"
    references: ClassVar[tuple[str, ...]] = ("nadiradze-2021",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bound not in BOUNDS:
            raise UnknownName("bound", str(self.bound), BOUNDS)
        if positive("beta", self.beta) > 1:
            raise InputError("beta", self.beta, "0 < beta <= 1")

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: all workers send to all."""

    def init(self, x0: Array, n: int) -> ScheduledState:
        """Return the state of ``n`` workers at a common ``x0``, shape (R, d)."""
        return ScheduledState(x=shared(x0), n=n)

    def view(self, state: State, event: Round | None) -> Array:
        """Return what the workers go on with, shape (n, R, d), read-only."""
        assert isinstance(state, ScheduledState)
        return state.views()

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Move the center by all gradients, and put the views where the workers go on."""
        assert isinstance(state, ScheduledState)
        gamma, directions = self.gamma(event.k), self.direction(state, gradients)
        mean = worker_mean(directions)
        state.lag = None
        if event.order is not None:
            state.lag = (
                self._by_norm(state, directions, event) if self.bound == "norm" else self._by_count(directions, event.order)
            )
            if state.lag is not None:
                state.lag *= gamma / state.n
        if self.bound == "norm" and not state.foreign:
            state.expected = state.n * array_namespace(mean).sqrt((mean * mean).sum(-1))
        state.descend(gamma, mean[None, ...])

    def center(self, state: State) -> Array:
        """Return the model from which no gradient is missing, shape (R, d)."""
        return state.x[0]

    def enough(self, n: int) -> int:
        """Return the number of gradients that a worker waits for under ``variance``, its own included."""
        return math.ceil(self.beta * n * (1 - 1e-12))

    def _by_count(self, directions: Array, order: Numbers) -> Array | None:
        """Return the sum of what is missing, own gradients put in its place, shape (n, R, d); None where nothing is."""
        count = self.enough(n := len(directions))
        if count == n:
            return None
        return gathered(np.ascontiguousarray((order >= count).transpose(2, 0, 1)), directions) - (n - count) * directions

    def _by_norm(self, state: ScheduledState, directions: Array, event: Round) -> Array | None:
        """Return the sum of what is missing, shape (n, R, d); None where nothing is."""
        if state.foreign:
            raise InputError("bound", self.bound, "variance for exact moments: who goes on depends on the gradients")
        if state.expected is None:
            return None
        assert event.order is not None
        xp, (n, replicas, dim) = array_namespace(directions), directions.shape
        coming, goal = _arrivals(event.order, replicas), np.tile(self.beta * np.asarray(state.expected), n)
        sent = xp.reshape(directions, (-1, dim))
        received, complete = sent + 0, np.zeros(n * replicas, dtype=bool)
        waiting = np.flatnonzero(_norms(sent) < goal)
        total = received[waiting]
        for place in range(1, n):
            if not waiting.size:
                break
            complete[waiting] = place == n - 1
            total += sent[coming[place, waiting]]
            enough = _norms(total) >= goal[waiting]
            if enough.any():
                received[waiting[enough]] = total[enough]
                waiting, total = waiting[~enough], total[~enough]
        if complete.all():
            return None
        missing = directions.sum(0) - xp.reshape(received, directions.shape)
        xp.reshape(missing, (-1, dim))[complete] = 0
        return missing


def _arrivals(order: Numbers, replicas: int) -> Numbers:
    """Return whose gradient comes to each receiver in each place, as rows of the gradients laid flat, shape (n, n R)."""
    n = len(order)
    senders = np.empty((n, n, replicas), dtype=np.intp)
    np.put_along_axis(senders, np.broadcast_to(order, senders.shape).transpose(1, 0, 2), np.arange(n)[:, None, None], axis=0)
    senders *= replicas
    senders += np.arange(replicas)
    return senders.reshape(n, -1)


def _norms(rows: Array) -> Floats:
    """Return the norms of rows (m, d) as a numpy array."""
    squares = np.vecdot(rows, rows) if isinstance(rows, np.ndarray) else (rows * rows).sum(-1)
    norms: Floats = np.sqrt(np.asarray(squares, dtype=float))
    return norms
