"""AllReduce SGD: every worker holds the same model and all gradients are averaged exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from array_api_compat import array_namespace

from numerics.algorithms.base import Algorithm, State, worker_mean
from numerics.events import Round
from numerics.mixing import MixingSchedule
from numerics.typing import Array
from straggler import InputError


@dataclass
class SharedState(State):
    """One model for all: ``x`` has shape (1, R, d) and ``n`` workers look at it."""

    n: int = 1


@dataclass(frozen=True, kw_only=True)
class SGD(Algorithm):
    """Parallel minibatch SGD with an exact average of the n gradients (AllReduce).

    x_{k+1} = x_k - gamma_k (1/n) sum_i g_i(x_k). The workers' models coincide, so one is stored.

    References
    ----------
    Ghadimi and Lan (2013), algorithm RSG, with the variance of a minibatch of n.
    """

    name: ClassVar[str] = "sgd"
    references: ClassVar[tuple[str, ...]] = ("ghadimi-lan-2013",)

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: exact averaging does not use the graph."""

    def init(self, x0: Array, n: int) -> SharedState:
        """Return the state of ``n`` workers that share the model ``x0``, shape (R, d)."""
        return SharedState(x=shared(x0), n=n)

    def view(self, state: State, event: Round | None) -> Array:
        """Return the shared model, seen by every worker, shape (n, R, d), read-only."""
        assert isinstance(state, SharedState)
        return array_namespace(state.x).broadcast_to(state.x, (state.n, *state.x.shape[1:]))

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Move the model against the average gradient."""
        state.descend(self.gamma(event.k), self.direction(state, worker_mean(gradients)[None, ...]))


def shared(x0: Array) -> Array:
    """Return a fresh model (1, R, d) for all workers at ``x0``, shape (R, d); `InputError` for one start per worker."""
    if x0.ndim == 3:
        raise InputError("x0", tuple(x0.shape), "a common starting point, shape (R, d): the model is shared")
    return array_namespace(x0).asarray(x0[None, ...], copy=True)
