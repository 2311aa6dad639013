"""K coordinates at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from array_api_compat import device

from numerics.compressors.base import REAL_BITS, Compressor
from numerics.compressors.draws import Draws
from numerics.compressors.top_k import check_k, partitioned
from numerics.typing import Array
from straggler import at_least


@dataclass(frozen=True)
class RandomK(Compressor):
    """Keep k coordinates, drawn without replacement and for every vector afresh; set the others to zero.

    ``E||Q(x) - x||^2`` is exactly ``(1 - k/d) ||x||^2``, or ``(d/k - 1) ||x||^2`` for the scaled one, which is unbiased.
    Source: Mem-SGD (Stich, Cordonnier, Jaggi 2018), rand_k.

    Parameters
    ----------
    k
        Coordinates to keep, 1 <= k <= d: those with the k largest of d random words.
    scaled
        Multiply by d/k what is kept.
    """

    k: int
    scaled: bool = False
    name: ClassVar[str] = "random-k"
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", at_least("k of random-k", self.k, 1))
        object.__setattr__(self, "scaled", bool(self.scaled))

    @property
    def unbiased(self) -> bool:
        """Whether it is scaled."""
        return self.scaled

    def check(self, d: int) -> None:
        """Raise `InputError` unless k <= d."""
        check_k(self.name, self.k, d)

    def bits(self, d: int) -> float:
        """Return 32 k: who receives the values draws the positions from the sender's stream."""
        self.check(d)
        return float(REAL_BITS * self.k)

    def _error(self, d: int) -> float:
        return (d - self.k) / (self.k if self.scaled else d)

    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        assert draws is not None
        workers, _, d = x.shape
        keys = draws.keys(workers, d)
        chosen = partitioned(keys, self.k)
        kept = xp.where(xp.asarray(chosen, device=device(x)), x, xp.zeros_like(x))
        return kept * (d / self.k) if self.scaled else kept
