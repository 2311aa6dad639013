"""One bit per coordinate: the means of the positive and of the negative ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from numerics.compressors.base import REAL_BITS, Compressor, fits_numpy, in_range, times_rows
from numerics.compressors.draws import Draws
from numerics.typing import Array, Floats


@dataclass(frozen=True)
class OneBit(Compressor):
    """Replace the coordinates >= 0 by their mean, and those < 0 by theirs.

    Q projects x on the span of the indicators of both groups, so ``||Q(x) - x||^2 = ||x||^2 - ||Q(x)||^2``, where
    ``||Q(x)||^2 = ||x+||_1^2/n+ + ||x-||_1^2/n- >= ||x||_1^2/d >= ||x||^2/d``: gamma is ``1 - 1/d``. It is attained by vectors
    with one positive coordinate and zeros; with one that is not zero in either group, only in a limit.
    Source: Seide et al. (2014); Elastic Consistency (Nadiradze et al. 2021), table of B.
    """

    name: ClassVar[str] = "one-bit"

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    def bits(self, d: int) -> float:
        """Return d + 64: the signs and both means."""
        return float(d + 2 * REAL_BITS)

    def _error(self, d: int) -> float:
        return 1 - 1 / d

    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        positive = xp.astype(x >= 0, x.dtype)
        negative = 1 - positive
        return positive * _mean(x, positive, xp) + negative * _mean(x, negative, xp)

    def _kernel(self, x: Array, draws: Draws | None, out: Array) -> None:
        if not fits_numpy(x):
            super()._kernel(x, draws, out)
            return
        positive = np.empty(x.shape)
        np.copyto(positive, x >= 0)
        negative = np.subtract(1.0, positive)
        count = np.matmul(positive, np.ones(x.shape[-1]))
        above = np.vecdot(x, positive) / np.maximum(count, 1.0)
        below = np.vecdot(x, negative) / np.maximum(x.shape[-1] - count, 1.0)
        times_rows(positive, above, out)
        times_rows(negative, below, positive)
        out += positive
        wrong = ~np.isfinite(above - below)
        if wrong.any():
            in_range(self._means, wrong, x, out)

    def _means(self, x: Floats) -> Floats:
        result: Floats = self._portable(x, None, np)
        return result


def _mean(x: Array, group: Array, xp: Any) -> Array:
    count = xp.sum(group, axis=-1, keepdims=True)
    # An empty group has the sum 0, whatever it is divided by.
    return xp.sum(x * group, axis=-1, keepdims=True) / xp.where(count > 0, count, xp.ones_like(count))
