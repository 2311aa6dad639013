"""Mem-SGD: sparsified SGD with memory, and the weighted average of its models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from numerics.algorithms.base import State
from numerics.algorithms.compressed_sgd import CompressedSharedState
from numerics.algorithms.ef_sgd import EFSGD
from numerics.compressors import Compressor
from numerics.events import Round
from numerics.typing import Array
from straggler import InputError, positive


@dataclass
class MemoryState(CompressedSharedState):
    """Model and memories, and ``average``, the weighted mean of the models so far, shape (1, R, d), whose weight is ``mass``."""

    average: Array = field(default=None)
    mass: float = 0.0

    def slabs(self) -> list[Array]:
        """Return the model, the velocity, the memories, and the weighted mean."""
        return [*super().slabs(), self.average]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other.average = slabs[-1]
        return other


@dataclass(frozen=True, kw_only=True)
class MemSGD(EFSGD):
    """Sparsified SGD with memory.

    With one worker g_k = C(m_k + gamma_k grad f_i(x_k)), x_{k+1} = x_k - g_k, m_{k+1} = m_k + gamma_k grad f_i(x_k) - g_k, which
    is `EFSGD`; with more, each has a memory of its own. The theorem wants steps ``gamma_k = 8/(mu (k + k_0))`` (``step_size`` may
    be a function of k) and speaks about `average`, the mean of the models before iterations 0 .. K - 1 with weights
    ``(k + k_0)^2``.

    Parameters
    ----------
    offset
        k_0 >= 1.

    References
    ----------
    Stich, Cordonnier, Jaggi (NeurIPS 2018), Algorithm 1.
    """

    compressor: str | Compressor = "top-k"
    offset: float = 1.0

    name: ClassVar[str] = "mem-sgd"
    references: ClassVar[tuple[str, ...]] = ("stich-2018",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if positive("offset", self.offset) < 1:
            raise InputError("offset", self.offset, "a finite number >= 1")

    def symbols(self, n: int) -> dict[str, float]:
        """Return what `EFSGD` does, and k_0."""
        return super().symbols(n) | {"k_0": self.offset}

    def init(self, x0: Array, n: int) -> MemoryState:
        """Return the state of ``n`` workers that share the model ``x0``, shape (R, d), with empty memories."""
        state = super().init(x0, n)
        return MemoryState(x=state.x, n=n, residual=state.residual, plain=state.plain, average=state.x + 0)

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Count the model in, and take the step."""
        assert isinstance(state, MemoryState)
        weight = (event.k + self.offset) ** 2
        state.mass += weight
        state.average += (state.x - state.average) * (weight / state.mass)
        super().step(state, gradients, event)

    def average(self, state: State) -> Array:
        """Return the weighted mean of the models before each iteration so far, shape (R, d); the start before the first."""
        assert isinstance(state, MemoryState)
        return state.average[0]
