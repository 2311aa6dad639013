"""Linearised ADMM on the elastic objective, worker after worker: what EASGD's stability is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from array_api_compat import array_namespace

from numerics.algorithms.asynchronous import Rows
from numerics.algorithms.base import Algorithm, Pattern, State, stack
from numerics.algorithms.clocks import ClockedState
from numerics.algorithms.easgd import anchored
from numerics.events import Completion
from numerics.mixing import MixingSchedule
from numerics.typing import Array
from straggler import positive


@dataclass
class ADMMState(ClockedState):
    """Models and scaled multipliers of the workers, shape (n, R, d), and ``anchor``, the center variable, shape (1, R, d).

    Only worker i writes x_i, so that no read copies are needed: gradients are taken at the models themselves.
    """

    multipliers: Array = field(default=None)
    anchor: Array = field(default=None)

    def open(self, readers: Array) -> None:
        """Accept a timeline whose workers have a slot each; `InputError` for another."""
        self.wind(readers)

    def slabs(self) -> list[Array]:
        """Return the models, the velocity, no read copies, the multipliers, and the center variable."""
        return [*super().slabs(), self.multipliers, self.anchor]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other.multipliers, other.anchor = slabs[-2:]
        return other


@dataclass(frozen=True, kw_only=True)
class ADMM(Algorithm):
    """Alternating direction method of multipliers with a linearised local step, one worker at a time.

    With r = gamma rho, a worker i that has finished its gradient replaces, one after the other, its multiplier y_i by
    y_i - (x_i - c), its model x_i by (x_i - gamma g_i(x_i) + r (y_i + c)) / (1 + r), and the center variable c by the mean of
    x_j - y_j over all workers j. Multipliers start at zero, c in the mean of the models. Each of these maps is stable, yet
    under `RoundRobin` their product need not be.

    Parameters
    ----------
    penalty
        Penalty rho > 0 of the distance to the center variable.

    References
    ----------
    Zhang, Choromanska, LeCun (NIPS 2015), section 4, ADMM in the round-robin scheme with scaled multipliers.
    """

    penalty: float = 1.0

    name: ClassVar[str] = "admm"
    references: ClassVar[tuple[str, ...]] = ("zhang-2015",)
    pattern: ClassVar[Pattern] = "server"
    conserves: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("penalty", self.penalty)

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: workers talk to the center variable only."""

    def symbols(self, n: int) -> dict[str, float]:
        """Return momentum and the penalty."""
        return super().symbols(n) | {"lambda_": self.penalty}

    def init(self, x0: Array, n: int) -> ADMMState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), with multipliers of zero."""
        x = stack(x0, n)
        return ADMMState(x=x, reads=x[:0], n=n, multipliers=array_namespace(x).zeros_like(x), anchor=anchored(x0))

    def view(self, state: State, event: Any) -> Array:
        """Return the models of the finished workers, shape (m, R, d), or of all of them."""
        return state.x if event is None else Rows(event.workers).of(state.x)

    def step(self, state: State, gradients: Array, event: Completion) -> None:
        """Update multiplier, model and center variable, in this order."""
        assert isinstance(state, ADMMState)
        mine, gamma = Rows(event.workers), self.gamma(event.k)
        if self.momentum:
            gradients = state.push(self.momentum, self.nesterov, mine, gradients)
        models, multipliers = mine.of(state.x), mine.of(state.multipliers)
        multipliers -= models
        multipliers += state.anchor
        mine.put(state.multipliers, multipliers)
        gradients *= gamma
        models -= gradients
        models += gamma * self.penalty * (multipliers + state.anchor)
        models /= 1 + gamma * self.penalty
        mine.put(state.x, models)
        apart = state.scratch
        apart[...] = state.x
        apart -= state.multipliers
        state.anchor[...] = apart.sum(0)
        state.anchor /= state.n

    def center(self, state: State) -> Array:
        """Return the center variable, shape (R, d); read-only."""
        assert isinstance(state, ADMMState)
        return state.anchor[0]
