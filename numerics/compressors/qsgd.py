"""QSGD: unbiased rounding of every coordinate to s levels of the norm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from numerics.compressors.base import REAL_BITS, Compressor, fits_numpy, in_range, native, times_rows
from numerics.compressors.draws import Draws
from numerics.compressors.elias import expected_bits
from numerics.typing import Array, Floats
from straggler import InputError, at_least

CODINGS = ("elias", "fixed")


@dataclass(frozen=True)
class QSGD(Compressor):
    """Round ``s |x_i| / ||x||`` up or down at random, so that the expectation is kept; keep sign and norm.

    Adding a number that is uniform on (0, 1) to ``s x_i / ||x||`` and rounding down is the same in law, signs included.

    Lemma 3.1: E Q(x) = x, and ``E||Q(x) - x||^2 <= min(d/s^2, sqrt(d)/s) ||x||^2``. Proof, with 1/4 for the first term: let
    ``y_i = s |x_i| / ||x||`` and p_i its fractional part. Coordinate i is off by ``(1 - p_i) ||x||/s`` with probability p_i and
    by ``p_i ||x||/s`` otherwise, so its variance is ``p_i (1 - p_i) ||x||^2/s^2``. Now ``p_i (1 - p_i) <= 1/4`` gives
    ``d/(4 s^2)`` over all coordinates, and ``p_i (1 - p_i) <= y_i`` gives ``sum y_i / s^2 = ||x||_1/(s ||x||) <= sqrt(d)/s``.
    Hence ``min(d/(4 s^2), sqrt(d)/s)``, which is what `blow_up` returns. The first is attained where all p_i are 1/2.
    Source: QSGD (Alistarh et al. 2017), section 3.1; the factor 1/4 is derived here.

    Parameters
    ----------
    levels
        Number of levels s >= 1.
    coding
        ``elias``: positions of what is not zero, signs and levels in Elias' recursive code, or the levels of all where that is
        shorter; ``fixed``: every coordinate in ``ceil(log2(2 s + 1))`` bits.
    """

    levels: int
    coding: str = "elias"
    name: ClassVar[str] = "qsgd"
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", at_least("levels of qsgd", self.levels, 1))
        if self.coding not in CODINGS:
            raise InputError("coding of qsgd", self.coding, f"one of {', '.join(CODINGS)}")

    @property
    def unbiased(self) -> bool:
        """True."""
        return True

    def bits(self, d: int) -> float:
        """Return the bits of norm and levels: exact if fixed, otherwise a bound on the expectation; see `expected_bits`."""
        if self.coding == "fixed":
            return float(REAL_BITS + d * math.ceil(math.log2(2 * self.levels + 1)))
        return REAL_BITS + expected_bits(d, self.levels)

    def _error(self, d: int) -> float:
        return min(d / (4 * self.levels**2), math.sqrt(d) / self.levels)

    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        assert draws is not None
        uniforms = native(draws.uniforms(x.shape[0], x.shape[-1]), x)
        norm = xp.sqrt(xp.sum(x * x, axis=-1, keepdims=True))
        divisor = xp.where(norm > 0, norm, xp.ones_like(norm))
        return xp.floor(x * (self.levels / divisor) + uniforms) * (norm / self.levels)

    def _kernel(self, x: Array, draws: Draws | None, out: Array) -> None:
        if not fits_numpy(x):
            super()._kernel(x, draws, out)
            return
        assert draws is not None
        uniforms = draws.uniforms(x.shape[0], x.shape[-1])
        squares = np.vecdot(x, x)
        wrong = ~((squares > 1e-270) & (squares < 1e300))
        again = uniforms.copy() if wrong.any() else None
        self._round(x, squares, uniforms, out)
        if again is not None:
            in_range(self._rows, wrong, x, out, again)

    def _round(self, x: Floats, squares: Floats, uniforms: Floats, out: Floats) -> None:
        """Write Q(x) into ``out``; the uniform numbers are used up."""
        norm = np.sqrt(squares)
        times_rows(x, self.levels / np.where(norm > 0, norm, 1.0), out)
        uniforms += out
        np.floor(uniforms, out=uniforms)
        times_rows(uniforms, norm / self.levels, out)

    def _rows(self, x: Floats, uniforms: Floats) -> Floats:
        out = np.empty_like(x)
        self._round(x, np.vecdot(x, x), uniforms, out)
        return out
