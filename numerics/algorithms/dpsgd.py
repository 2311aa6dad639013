"""D-PSGD: decentralised parallel SGD, where a worker averages with its neighbours only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from numerics.algorithms.base import Algorithm, State, stack
from numerics.events import Round
from numerics.typing import Array
from straggler import UnknownName

ORDERS = ("mix-then-step", "step-then-mix")


@dataclass(frozen=True, kw_only=True)
class DPSGD(Algorithm):
    """Decentralised parallel SGD with doubly stochastic mixing W_k.

    ``mix-then-step`` is the paper's X_{k+1} = W_k X_k - gamma G(X_k), where mixing overlaps with the gradient
    (combine while adapt); ``step-then-mix`` is X_{k+1} = W_k (X_k - gamma G(X_k)) (adapt then combine).

    Parameters
    ----------
    order
        ``mix-then-step`` or ``step-then-mix``.

    References
    ----------
    Lian et al. (NeurIPS 2017), Algorithm 1.
    """

    order: str = "mix-then-step"

    name: ClassVar[str] = "dpsgd"
    references: ClassVar[tuple[str, ...]] = ("lian-2017",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.order not in ORDERS:
            raise UnknownName("order", str(self.order), ORDERS)

    def init(self, x0: Array, n: int) -> State:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d)."""
        return State(x=stack(x0, n))

    def view(self, state: State, event: Round | None) -> Array:
        """Return every worker's own model, shape (n, R, d)."""
        return state.x

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Mix and step, in the order asked for."""
        gamma, direction = self.gamma(event.k), self.direction(state, gradients)
        if self.order == "mix-then-step":
            state.mix(event.mixing)
            state.descend(gamma, direction)
        else:
            state.descend(gamma, direction)
            state.mix(event.mixing)
