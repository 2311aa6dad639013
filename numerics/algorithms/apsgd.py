"""A-PSGD: asynchronous SGD with a parameter server that applies stale gradients as they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from numerics.algorithms.asynchronous import ReadState, Rows
from numerics.algorithms.base import Algorithm, Pattern, State
from numerics.algorithms.sgd import shared
from numerics.events import Completion
from numerics.mixing import MixingSchedule
from numerics.typing import Array


@dataclass
class ServerState(ReadState):
    """The server's model ``x``, shape (1, R, d), and the copies its workers have read."""

    def open(self, readers: Array) -> None:
        """Let everybody read the server's model into the slots of an asynchronous timeline, shape (slots, R)."""
        super().open(0 * readers)


@dataclass(frozen=True, kw_only=True)
class APSGD(Algorithm):
    """Asynchronous parallel SGD with consistent reads (AsySG-con).

    x_{k+1} = x_k - gamma sum_m g_m(x_{k - tau_m}): the server applies the gradients of the workers that have finished, as a
    rule a single one, each taken at the model its worker read when it began. Gradients are added up, not averaged. Who
    finishes when, and so every tau_m, is up to the timeline.

    References
    ----------
    Lian et al. (NeurIPS 2015), Algorithm 1 with update (5), consistent reads.
    """

    name: ClassVar[str] = "apsgd"
    references: ClassVar[tuple[str, ...]] = ("lian-2015",)
    pattern: ClassVar[Pattern] = "server"

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: workers talk to the server only."""

    def weight(self, n: int) -> float:
        """Return 1: the server adds the gradients of its workers up."""
        return 1.0

    def init(self, x0: Array, n: int) -> ServerState:
        """Return the state of a server at ``x0``, shape (R, d), that nobody has read yet."""
        x = shared(x0)
        return ServerState(x=x, reads=x[:0])

    def view(self, state: State, event: Any) -> Array:
        """Return the read copies the finished gradients were taken at, shape (m, R, d), or all that are waiting."""
        assert isinstance(state, ServerState)
        return state.reads if event is None else Rows(event.slots).of(state.reads)

    def step(self, state: State, gradients: Array, event: Completion) -> None:
        """Apply the gradients that have arrived, and let their workers read."""
        assert isinstance(state, ServerState)
        total = gradients if gradients.shape[0] == 1 else gradients.sum(0)[None, ...]
        state.descend(self.gamma(event.k), self.direction(state, total))
        Rows(event.refilled).put(state.reads, state.x)
