"""Asynchronous EASGD: every worker pulls at the center variable when its own clock says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from array_api_compat import array_namespace

from numerics.algorithms.asynchronous import Rows
from numerics.algorithms.base import Pattern, State, stack
from numerics.algorithms.clocks import ClockedState, where
from numerics.algorithms.easgd import Elastic, anchored
from numerics.events import Completion
from numerics.typing import Array


@dataclass
class AsyncElasticState(ClockedState):
    """Models of the workers, the points of the gradients under way, and ``anchor``, the center variable, shape (1, R, d)."""

    anchor: Array = field(default=None)
    alpha: float = 0.0

    def open(self, readers: Array) -> None:
        """Begin the first step of worker 0, 1, ...: each reads its model and then exchanges."""
        super().open(readers)
        for model in self.x:
            pull = self.alpha * (model - self.anchor[0])
            model -= pull
            self.anchor += pull

    def slabs(self) -> list[Array]:
        """Return the models, the velocity, the read copies, and the center variable."""
        return [*super().slabs(), self.anchor]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other.anchor = slabs[-1]
        return other


@dataclass(frozen=True, kw_only=True)
class AsyncEASGD(Elastic):
    """Asynchronous elastic averaging SGD.

    A step of worker i begins with x <- x_i and, if tau divides its own clock t_i, with the exchange
    x_i <- x_i - alpha (x - c), c <- c + alpha (x - c); it ends, when the gradient at x is there, with
    x_i <- x_i - gamma g_i(x) and t_i <- t_i + 1. An event is the end of one step and the beginning of the next, so that c is
    the one of the moment when computing begins. Workers of one event exchange with the same c. Only worker i writes x_i: when
    workers take turns, the events are, up to the order of operations that do not meet, the maps F_1, F_2, ..., F_n of the
    paper's analysis, each of which exchanges and steps at once.

    References
    ----------
    Zhang, Choromanska, LeCun (NIPS 2015), Algorithm 1.
    """

    name: ClassVar[str] = "easgd-async"
    pattern: ClassVar[Pattern] = "server"

    def init(self, x0: Array, n: int) -> AsyncElasticState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), none of which has begun a step."""
        x = stack(x0, n)
        return AsyncElasticState(x=x, reads=x[:0], n=n, anchor=anchored(x0), alpha=self.alpha)

    def view(self, state: State, event: Any) -> Array:
        """Return the models of the finished workers before their last exchange, shape (m, R, d), or everybody's."""
        assert isinstance(state, AsyncElasticState)
        return state.reads if event is None else Rows(event.slots).of(state.reads)

    def step(self, state: State, gradients: Array, event: Completion) -> None:
        """Apply the gradients, then begin the next step: read and, when the clock says so, exchange."""
        assert isinstance(state, AsyncElasticState)
        mine = Rows(event.workers)
        models = self.advance(state, mine, gradients, event.k)
        mine.put(state.x, models)
        Rows(event.refilled).put(state.reads, self.points(state, Rows(event.readers)))
        due = state.tick(event.workers, self.period)
        if due.any():
            pull = models - state.anchor
            pull *= self.alpha
            pull = where(due, pull, array_namespace(pull).zeros_like(pull))
            models -= pull
            mine.put(state.x, models)
            state.anchor += pull if pull.shape[0] == 1 else pull.sum(0)

    def advance(self, state: AsyncElasticState, rows: Rows, gradients: Array, k: int) -> Array:
        """Return the models of these workers after their gradients, which may be overwritten, shape (m, R, d)."""
        if self.momentum:
            gradients = state.push(self.momentum, self.nesterov, rows, gradients)
        gradients *= self.gamma(k)
        models = rows.of(state.x)
        models -= gradients
        return models

    def points(self, state: AsyncElasticState, rows: Rows) -> Array:
        """Return where these workers take their next gradient, shape (m, R, d)."""
        return rows.of(state.x)

    def center(self, state: State) -> Array:
        """Return the center variable, shape (R, d); read-only."""
        assert isinstance(state, AsyncElasticState)
        return state.anchor[0]
