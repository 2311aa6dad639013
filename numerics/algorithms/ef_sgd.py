"""SGD with error feedback, attached or detached: what compression loses is kept and sent later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from array_api_compat import array_namespace

from numerics.algorithms.base import State, worker_mean
from numerics.algorithms.compressed_sgd import CompressedSharedState
from numerics.algorithms.compression import Compressing
from numerics.algorithms.sgd import shared
from numerics.compressors import Compressor
from numerics.events import Round
from numerics.mixing import MixingSchedule
from numerics.typing import Array
from straggler import InputError, positive


def share(source: str, value: float) -> None:
    """Refuse a share of the residual outside [0, 1]."""
    if positive(source, value, zero_ok=True) > 1:
        raise InputError(source, value, f"0 <= {source} <= 1")


@dataclass(frozen=True, kw_only=True)
class EFSGD(Compressing):
    """Parallel SGD with compressed messages and error feedback.

    Worker i sends Delta_i = C(p_i), p_i = gamma g_i + e_i, and keeps e_i <- p_i - Delta_i; x_{k+1} = x_k - (1/n) sum_i Delta_i.
    Momentum, where it is asked for, is each worker's own, before compression. The center is the virtual iterate
    x - (1/n) sum_i e_i, which moves by gamma times the mean gradient whatever the compressor.

    Parameters
    ----------
    detached
        Share lambda in [0, 1] of its residual that a worker subtracts before it takes a gradient, at x - lambda e_i.

    References
    ----------
    Karimireddy, Rebjock, Stich, Jaggi (ICML 2019), Algorithm 2, with a residual for each worker; detached: Xu, Huang (ICML 2022).
    """

    compressor: str | Compressor = "scaled-sign"
    detached: float = 0.0

    name: ClassVar[str] = "ef-sgd"
    references: ClassVar[tuple[str, ...]] = ("karimireddy-2019",)

    def __post_init__(self) -> None:
        super().__post_init__()
        share("detached", self.detached)

    def symbols(self, n: int) -> dict[str, float]:
        """Return beta, the share that is detached and, for ``qsgd``, the number of levels."""
        return super().symbols(n) | {"detached": self.detached}

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: exact averaging does not use the graph."""

    def init(self, x0: Array, n: int) -> CompressedSharedState:
        """Return the state of ``n`` workers that share the model ``x0``, shape (R, d), and have sent all they have."""
        x = shared(x0)
        return CompressedSharedState(x=x, n=n, **self.settings(x, n, keep=True))

    def view(self, state: State, event: Round | None) -> Array:
        """Return the shared model, less a share of each worker's residual, shape (n, R, d); read-only."""
        assert isinstance(state, CompressedSharedState)
        if self.detached:
            return state.x - self.detached * state.residual
        return array_namespace(state.x).broadcast_to(state.x, (state.n, *state.x.shape[1:]))

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Send what can be sent of gradients and residuals, and keep the rest."""
        assert isinstance(state, CompressedSharedState)
        gradients = self.direction(state, gradients)
        gradients *= self.gamma(event.k)
        state.residual += gradients
        sent = self.compress(state, state.residual, gradients)
        state.residual -= sent
        state.x -= worker_mean(sent)

    def center(self, state: State) -> Array:
        """Return the virtual iterate: the model less the mean residual, shape (R, d)."""
        assert isinstance(state, CompressedSharedState)
        return state.x[0] - worker_mean(state.residual)


@dataclass(frozen=True, kw_only=True)
class DEF(EFSGD):
    """Detached error feedback: gradients are taken on the way from the model to the virtual iterate.

    With ``(1/n) sum_i ||x - lambda e_i - center||^2 = (1 - lambda)^2 ||mean e||^2 + lambda^2 (1/n) sum_i ||e_i - mean e||^2``,
    detaching trades the second moment of the residuals for their variance.

    References
    ----------
    Xu, Huang (ICML 2022), with blocks that all workers draw together.
    """

    compressor: str | Compressor = "random-block"
    detached: float = 0.3

    name: ClassVar[str] = "def"
    references: ClassVar[tuple[str, ...]] = ("xu-2022",)
