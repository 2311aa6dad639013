"""EASGD: workers on springs to a center variable, in synchronous rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from array_api_compat import array_namespace

from numerics.algorithms.base import Algorithm, State, stack, worker_mean
from numerics.events import Round
from numerics.mixing import MixingSchedule
from numerics.typing import Array
from straggler import at_least, positive


@dataclass
class ElasticState(State):
    """Models of the workers and ``anchor``, the center variable, shape (1, R, d)."""

    anchor: Array = field(default=None)

    def slabs(self) -> list[Array]:
        """Return the models, the velocity, and the center variable."""
        return [*super().slabs(), self.anchor]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other.anchor = slabs[-1]
        return other


@dataclass(frozen=True, kw_only=True)
class Elastic(Algorithm):
    """What all elastic averaging shares: the moving rate, the period, and a center variable as the center.

    The center variable starts where the workers start, in the mean of their models if those differ.

    Parameters
    ----------
    alpha
        Moving rate alpha >= 0: the share of its distance to the center variable that a worker gives way, and by which it draws
        the center variable. In terms of the penalty rho of the objective alpha = gamma rho, and the center moves with rate
        beta = n alpha; the paper recommends beta = 0.9.
    period
        Communication period tau >= 1: workers exchange before each of their steps t with tau | t.
    """

    alpha: float = 0.1
    period: int = 1

    references: ClassVar[tuple[str, ...]] = ("zhang-2015",)
    conserves: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("alpha", self.alpha, zero_ok=True)
        at_least("period", self.period, 1)

    @property
    def cycle(self) -> int:
        """The period tau, in steps of one worker."""
        return self.period

    def symbols(self, n: int) -> dict[str, float]:
        """Return momentum, period, the moving rate, and with a constant step size the penalty rho = alpha / gamma."""
        found = super().symbols(n) | {"tau": self.period, "pull": self.alpha}
        return found if callable(self.step_size) else found | {"lambda_": self.alpha / self.step_size}

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: workers talk to the center variable only."""


@dataclass(frozen=True, kw_only=True)
class EASGD(Elastic):
    """Synchronous elastic averaging SGD.

    With the center variable c, x_i <- x_i - gamma g_i(x_i) - alpha (x_i - c) and c <- c + alpha sum_i (x_i - c), both from the
    values before the round, in the rounds k with tau | k; in the others x_i <- x_i - gamma g_i(x_i). Momentum is that of
    `Algorithm`; Nesterov's as the paper has it is `EAMSGD`.

    References
    ----------
    Zhang, Choromanska, LeCun (NIPS 2015), updates (5) and (6).
    """

    name: ClassVar[str] = "easgd"

    def init(self, x0: Array, n: int) -> ElasticState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d)."""
        x = stack(x0, n)
        return ElasticState(x=x, anchor=anchored(x0))

    def view(self, state: State, event: Round | None) -> Array:
        """Return every worker's own model, shape (n, R, d)."""
        return state.x

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Step locally, with the elastic difference of the models before the step where the period is over."""
        assert isinstance(state, ElasticState)
        if event.k % self.period:
            self.advance(state, gradients, event.k)
            return
        pull = state.scratch
        pull[...] = state.x
        pull -= state.anchor
        pull *= self.alpha
        self.advance(state, gradients, event.k)
        state.x -= pull
        state.anchor += pull.sum(0)

    def advance(self, state: ElasticState, gradients: Array, k: int) -> None:
        """Move the models by what the gradients, which may be overwritten, ask for."""
        state.descend(self.gamma(k), self.direction(state, gradients))

    def center(self, state: State) -> Array:
        """Return the center variable, shape (R, d); read-only."""
        assert isinstance(state, ElasticState)
        return state.anchor[0]


def anchored(x0: Array) -> Array:
    """Return a fresh center variable, shape (1, R, d), at ``x0``, shape (R, d), or in the mean of (n, R, d)."""
    start = worker_mean(x0) if x0.ndim == 3 else x0
    return array_namespace(start).asarray(start[None, ...], copy=True)
