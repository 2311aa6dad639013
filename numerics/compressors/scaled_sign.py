"""Signs, times the mean magnitude."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from numerics.compressors.base import REAL_BITS, Compressor, fits_numpy, in_range
from numerics.compressors.draws import Draws
from numerics.typing import Array, Floats


@dataclass(frozen=True)
class ScaledSign(Compressor):
    """``Q(x) = (||x||_1/d) sign(x)``, where the sign of zero is +1: one bit tells no third value.

    ``||Q(x) - x||^2 = ||x||^2 - ||x||_1^2/d <= (1 - 1/d) ||x||^2``, attained where one coordinate alone is not zero.
    Source: EF-SGD (Karimireddy et al. 2019), scaled sign.
    """

    name: ClassVar[str] = "scaled-sign"

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    def bits(self, d: int) -> float:
        """Return d + 32: the signs and the scale."""
        return float(d + REAL_BITS)

    def _error(self, d: int) -> float:
        return 1 - 1 / d

    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        scale = xp.mean(xp.abs(x), axis=-1, keepdims=True)
        # Twice the scale or nothing, less the scale: both are exact.
        return xp.astype(x >= 0, x.dtype) * (2 * scale) - scale

    def _kernel(self, x: Array, draws: Draws | None, out: Array) -> None:
        super()._kernel(x, draws, out)
        if fits_numpy(x):
            wrong = ~np.isfinite(out[..., 0])
            if wrong.any():
                in_range(self._signs, wrong, x, out)

    def _signs(self, x: Floats) -> Floats:
        result: Floats = self._portable(x, None, np)
        return result
