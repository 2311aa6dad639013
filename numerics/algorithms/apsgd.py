"""A-PSGD: a parameter server that applies gradients taken at a model it no longer holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from array_api_compat import array_namespace

from numerics.algorithms.base import Algorithm, State
from numerics.algorithms.sgd import SharedState, shared
from numerics.events import Round
from numerics.mixing import MixingSchedule
from numerics.typing import Array
from straggler import InputError, at_least

MOST_STALE = 1000


@dataclass
class ServerState(SharedState):
    """The server's model ``x``, shape (1, R, d), and its last T models, oldest first."""

    past: deque[Array] = field(default_factory=deque)

    def slabs(self) -> list[Array]:
        """Return the server's model, the velocity, and the past models."""
        return [*super().slabs(), *self.past]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other.past = deque(slabs[1 if self.velocity is None else 2 :])
        return other


@dataclass(frozen=True, kw_only=True)
class APSGD(Algorithm):
    """Asynchronous parallel SGD with consistent reads (AsySG-con), under the worst delays the theorem admits.

    x_{k+1} = x_k - gamma sum_i g_i(x_{k-T}): every update collects one gradient of each of the n workers (the paper's
    minibatch, M = n), each taken exactly T updates ago (at x_0 while k < T). The gradients are added up, not averaged.

    Parameters
    ----------
    delay
        Staleness T >= 0 of every gradient, in updates of the server; 0 is SGD with step size n gamma.

    References
    ----------
    Lian et al. (NeurIPS 2015), Algorithm 1 with update (5), consistent reads.
    """

    delay: int = 1

    name: ClassVar[str] = "apsgd"
    references: ClassVar[tuple[str, ...]] = ("lian-2015",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if at_least("delay", self.delay, 0) > MOST_STALE:
            raise InputError("delay", self.delay, f"at most {MOST_STALE}: the server keeps so many of its models")

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: workers talk to the server only."""

    def weight(self, n: int) -> float:
        """Return 1: the server adds the gradients of its workers up."""
        return 1.0

    def init(self, x0: Array, n: int) -> ServerState:
        """Return the state of a server and ``n`` workers at ``x0``, shape (R, d)."""
        x = shared(x0)
        # the past models are never written to, so that one copy of the start serves for all of them
        past = array_namespace(x).asarray(x, copy=True)
        return ServerState(x=x, n=n, past=deque([past] * self.delay))

    def view(self, state: State, event: Round | None) -> Array:
        """Return the stale model x_{k-T}, seen by every worker, shape (n, R, d), read-only."""
        assert isinstance(state, ServerState)
        seen = state.past[0] if state.past else state.x
        return array_namespace(seen).broadcast_to(seen, (state.n, *seen.shape[1:]))

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Apply the sum of the gradients, and let every read grow one update older."""
        assert isinstance(state, ServerState)
        if state.past:
            state.past.popleft()
            state.past.append(array_namespace(state.x).asarray(state.x, copy=True))
        state.descend(self.gamma(event.k), self.direction(state, gradients.sum(0)[None, ...]))
