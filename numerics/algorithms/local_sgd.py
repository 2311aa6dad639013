"""Local SGD: independent steps, and an average every tau of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from numerics.algorithms.base import Algorithm, State, stack
from numerics.events import Round
from numerics.typing import Array
from straggler import at_least


@dataclass(frozen=True, kw_only=True)
class LocalSGD(Algorithm):
    """Local SGD, post-local SGD and, on a graph, cooperative SGD.

    X_{k+1} = W_k (X_k - gamma G(X_k)) when tau divides k + 1, else X_k - gamma G(X_k); W_k = J on the complete graph.
    Post-local SGD averages after every step before iteration ``switch`` and every ``period`` steps from there on.

    Parameters
    ----------
    period
        Number tau >= 1 of local steps between two averages; 1 is AllReduce SGD on the complete graph.
    switch
        First iteration of the local phase; 0 is plain local SGD.

    References
    ----------
    Stich (2019), local SGD; Wang and Joshi (2021), cooperative SGD (PASGD); Lin et al. (2020), post-local SGD.
    """

    period: int = 8
    switch: int = 0

    name: ClassVar[str] = "local-sgd"
    references: ClassVar[tuple[str, ...]] = ("wang-joshi-2021", "stich-2019", "lin-2020")

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("period", self.period, 1)
        at_least("switch", self.switch, 0)

    @property
    def cycle(self) -> int:
        """The period tau."""
        return self.period

    @property
    def warmup(self) -> int:
        """The first iteration of the local phase."""
        return self.switch

    def symbols(self, n: int) -> dict[str, float]:
        """Return beta, and the period tau."""
        return super().symbols(n) | {"tau": self.period}

    def init(self, x0: Array, n: int) -> State:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d)."""
        return State(x=stack(x0, n))

    def view(self, state: State, event: Round | None) -> Array:
        """Return every worker's own model, shape (n, R, d)."""
        return state.x

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Step locally, and average at the end of a period."""
        state.descend(self.gamma(event.k), self.direction(state, gradients))
        if event.k < self.switch or (event.k + 1 - self.switch) % self.period == 0:
            state.mix(event.mixing)
