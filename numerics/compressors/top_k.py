"""The K largest coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from numerics.compressors.base import REAL_BITS, Compressor, fits_numpy, index_bits
from numerics.compressors.draws import Draws
from numerics.typing import Array
from straggler import InputError, at_least


@dataclass(frozen=True)
class TopK(Compressor):
    """Keep the k coordinates of largest magnitude, the first ones among equals, and set the others to zero.

    Deterministic and biased; ``||Q(x) - x||^2 <= (1 - k/d) ||x||^2``, since those that go are on average no larger than those
    that stay; attained where all magnitudes are equal.
    Source: Mem-SGD (Stich, Cordonnier, Jaggi 2018), top_k; Alistarh et al. (2018); Elastic Consistency, table of B.

    Parameters
    ----------
    k
        Coordinates to keep, 1 <= k <= d.
    """

    k: int
    name: ClassVar[str] = "top-k"

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", at_least("k of top-k", self.k, 1))

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    def check(self, d: int) -> None:
        """Raise `InputError` unless k <= d."""
        check_k(self.name, self.k, d)

    def bits(self, d: int) -> float:
        """Return k (32 + ceil(log2 d)): values and their positions."""
        self.check(d)
        return float(self.k * (REAL_BITS + index_bits(d)))

    def _error(self, d: int) -> float:
        return (d - self.k) / d

    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        return xp.where(largest(xp.abs(x), self.k, xp), x, xp.zeros_like(x))

    def _kernel(self, x: Array, draws: Draws | None, out: Array) -> None:
        if not fits_numpy(x):
            super()._kernel(x, draws, out)
            return
        np.multiply(x, partitioned(np.abs(x), self.k), out=out)


def check_k(name: str, k: int, d: int) -> None:
    """Raise `InputError` unless k <= d."""
    if k > d:
        raise InputError(f"k of {name}", k, f"1 <= k <= {d} (coordinates of the vector)")


def largest(sizes: Array, k: int, xp: Any) -> Array:
    """Return which k of the sizes along the last axis are largest, the first ones among equals; by sorting."""
    threshold = xp.sort(sizes, axis=-1)[..., -k, None]
    above, equal = sizes > threshold, sizes == threshold
    room = k - xp.sum(xp.astype(above, xp.int64), axis=-1, keepdims=True)
    return above | (equal & (xp.cumulative_sum(xp.astype(equal, xp.int64), axis=-1) <= room))


def partitioned(sizes: Any, k: int) -> Any:
    """Return `largest` of a numpy array by partition; where the k-th is zero, all that are zero too may be among them."""
    last = sizes.shape[-1] - k
    threshold = np.partition(sizes, last, axis=-1)[..., last, None]
    chosen = sizes >= threshold
    if np.count_nonzero(chosen) != threshold.size * k:
        # Vectors with ties at the threshold; at zero it makes no difference which ones stay.
        tied = (threshold[..., 0] > 0) & (np.count_nonzero(chosen, axis=-1) > k)
        chosen[tied] = largest(sizes[tied], k, np)
    return chosen
