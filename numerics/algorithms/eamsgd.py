"""EAMSGD: elastic averaging with Nesterov's momentum inside every worker, in rounds and asynchronously."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from array_api_compat import array_namespace

from numerics.algorithms.asynchronous import Rows
from numerics.algorithms.base import State
from numerics.algorithms.easgd import EASGD, ElasticState
from numerics.algorithms.easgd_async import AsyncEASGD, AsyncElasticState
from numerics.events import Round
from numerics.typing import Array


@dataclass(frozen=True, kw_only=True)
class EAMSGD(EASGD):
    """Synchronous elastic averaging momentum SGD.

    v_i <- delta v_i - gamma g_i(x_i + delta v_i) and x_i <- x_i + v_i - alpha (x_i - c), c being the center variable, which
    moves as in `EASGD`; the elastic difference is that of the models before the round.

    Parameters
    ----------
    momentum
        Coefficient delta in [0, 1); the paper uses 0.99. Zero is `EASGD`.
    nesterov
        Take gradients at x_i + delta v_i, as the paper does; otherwise at x_i (heavy ball).

    References
    ----------
    Zhang, Choromanska, LeCun (NIPS 2015), Algorithm 2 in its synchronous form.
    """

    momentum: float = 0.99
    nesterov: bool = True

    name: ClassVar[str] = "eamsgd"

    def init(self, x0: Array, n: int) -> ElasticState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), at rest."""
        state = super().init(x0, n)
        state.velocity = array_namespace(state.x).zeros_like(state.x)
        return state

    def view(self, state: State, event: Round | None) -> Array:
        """Return the point to which momentum alone would carry every worker, shape (n, R, d)."""
        assert state.velocity is not None
        return state.x + self.momentum * state.velocity if self.nesterov else state.x

    def advance(self, state: ElasticState, gradients: Array, k: int) -> None:
        """Give every worker its new velocity, and move by it."""
        gradients *= self.gamma(k)
        velocity = state.velocity
        assert velocity is not None
        velocity *= self.momentum
        velocity -= gradients
        state.x += velocity


@dataclass(frozen=True, kw_only=True)
class AsyncEAMSGD(AsyncEASGD):
    """Asynchronous elastic averaging momentum SGD.

    As `AsyncEASGD`, with a step of worker i that ends in v_i <- delta v_i - gamma g_i(x + delta v_i) and x_i <- x_i + v_i; the
    elastic difference is that of x, the model when the step began. Velocities are not exchanged.

    Parameters
    ----------
    momentum
        Coefficient delta in [0, 1); the paper uses 0.99. Zero is `AsyncEASGD`.
    nesterov
        Take gradients at x + delta v_i, as the paper does; otherwise at x (heavy ball).

    References
    ----------
    Zhang, Choromanska, LeCun (NIPS 2015), Algorithm 2.
    """

    momentum: float = 0.99
    nesterov: bool = True

    name: ClassVar[str] = "eamsgd-async"

    def init(self, x0: Array, n: int) -> AsyncElasticState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), at rest."""
        state = super().init(x0, n)
        state.velocity = array_namespace(state.x).zeros_like(state.x)
        return state

    def advance(self, state: AsyncElasticState, rows: Rows, gradients: Array, k: int) -> Array:
        """Return the models of these workers after their new velocities, shape (m, R, d)."""
        gradients *= self.gamma(k)
        velocities = rows.of(state.velocity)
        velocities *= self.momentum
        velocities -= gradients
        rows.put(state.velocity, velocities)
        velocities += rows.of(state.x)
        return velocities

    def points(self, state: AsyncElasticState, rows: Rows) -> Array:
        """Return the points to which momentum alone would carry these workers, shape (m, R, d)."""
        return rows.of(state.x) + self.momentum * rows.of(state.velocity) if self.nesterov else rows.of(state.x)
