"""SGD with compressed gradients: what compression loses is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from array_api_compat import array_namespace

from numerics.algorithms.base import State, worker_mean
from numerics.algorithms.compression import CompressedState, Compressing
from numerics.algorithms.sgd import SharedState, shared
from numerics.compressors import Compressor
from numerics.events import Round
from numerics.mixing import MixingSchedule
from numerics.typing import Array


@dataclass
class CompressedSharedState(CompressedState, SharedState):
    """One model for all, shape (1, R, d), the residuals of those who keep them, and the compressor's random numbers."""


@dataclass(frozen=True, kw_only=True)
class CompressedSGD(Compressing):
    """Parallel SGD in which every worker sends a compressed gradient.

    x_{k+1} = x_k - gamma (1/n) sum_i Q(g_i(x_k)); momentum, where it is asked for, is of this mean. An unbiased Q adds variance
    (`ours.unbiased-compression`); a biased one may lead astray, and never to a minimum (Karimireddy et al. 2019, section 3).

    References
    ----------
    Alistarh, Grubic, Li, Tomioka, Vojnovic (NIPS 2017), Algorithm 1.
    """

    compressor: str | Compressor = "qsgd"

    name: ClassVar[str] = "compressed-sgd"
    references: ClassVar[tuple[str, ...]] = ("alistarh-2017",)

    @property
    def conserves(self) -> bool:  # type: ignore[override]
        """Whether nothing is lost."""
        return self.plain

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: exact averaging does not use the graph."""

    def init(self, x0: Array, n: int) -> CompressedSharedState:
        """Return the state of ``n`` workers that share the model ``x0``, shape (R, d)."""
        x = shared(x0)
        return CompressedSharedState(x=x, n=n, **self.settings(x, n, keep=False))

    def view(self, state: State, event: Round | None) -> Array:
        """Return the shared model, seen by every worker, shape (n, R, d), read-only."""
        assert isinstance(state, CompressedSharedState)
        return array_namespace(state.x).broadcast_to(state.x, (state.n, *state.x.shape[1:]))

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Move the model against the average of what is sent."""
        assert isinstance(state, CompressedSharedState)
        sent = worker_mean(self.compress(state, gradients))
        state.descend(self.gamma(event.k), self.direction(state, sent[None, ...]))
