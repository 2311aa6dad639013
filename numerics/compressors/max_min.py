"""Uniform levels between the least and the largest number of every bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from numerics.compressors.base import REAL_BITS, Compressor, fits_numpy, in_range, native
from numerics.compressors.draws import Draws
from numerics.typing import Array, Floats
from straggler import InputError, at_least

MOST_PRECISE = 32


@dataclass(frozen=True)
class MaxMin(Compressor):
    """Round every number of a bucket to one of ``2^b`` levels, evenly spaced from the bucket's least to its largest number.

    ``unit = (max - min)/(2^b - 1)``; level ``floor((x - min)/unit + r)``, where r is 1/2 (to the nearest) or uniform on (0, 1).
    An error is at most unit/2, or has variance at most unit^2/4; least and largest number have none. With
    ``(max - min)^2 <= 2 (max^2 + min^2)``, a bucket of m numbers is off by at most ``(m - 2) unit^2/4``, that is by
    ``(m - 2) / (2 (2^b - 1)^2)`` of its ``||x||^2``. Attained: numbers a, -a, and m - 2 zeros, half-way between two levels.
    Source: CGX (arXiv 2111.08617) and its code; the constant is derived here.

    Parameters
    ----------
    precision
        Bits b of each number, 1 <= b <= 32; CGX's benchmarks take 4.
    bucket
        Numbers of a bucket, >= 1; the last one of a vector may have fewer.
    stochastic
        Round up or down at random, so that the expectation is kept, rather than to the nearest level.
    """

    precision: int = 4
    bucket: int = 1024
    stochastic: bool = False
    name: ClassVar[str] = "max-min"

    def __post_init__(self) -> None:
        object.__setattr__(self, "precision", at_least("precision of max-min", self.precision, 1))
        if self.precision > MOST_PRECISE:
            raise InputError("precision of max-min", self.precision, f"1 <= precision <= {MOST_PRECISE} bits")
        object.__setattr__(self, "bucket", at_least("bucket of max-min", self.bucket, 1))
        object.__setattr__(self, "stochastic", bool(self.stochastic))

    @property
    def random(self) -> bool:  # type: ignore[override]
        """Whether it is stochastic."""
        return self.stochastic

    @property
    def unbiased(self) -> bool:
        """Whether it is stochastic."""
        return self.stochastic

    def bits(self, d: int) -> float:
        """Return d b, and 64 for each bucket."""
        return float(d * self.precision + 2 * REAL_BITS * -(-d // self.bucket))

    def _error(self, d: int) -> float:
        return float(max(0, min(d, self.bucket) - 2) / (2 * (2**self.precision - 1) ** 2))

    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        shift = None
        if self.stochastic:
            assert draws is not None
            shift = native(draws.uniforms(x.shape[0], x.shape[-1]), x)
        full = x.shape[-1] - x.shape[-1] % self.bucket
        parts = []
        for part, width in ((slice(0, full), self.bucket), (slice(full, None), x.shape[-1] - full)):
            if width:
                shape = (*x.shape[:2], -1, width)
                drawn = 0.5 if shift is None else xp.reshape(shift[..., part], shape)
                rounded = self._buckets(xp.reshape(x[..., part], shape), drawn, xp)
                parts.append(xp.reshape(rounded, (*x.shape[:2], -1)))
        return xp.concat(parts, axis=-1) if len(parts) > 1 else parts[0]

    def _buckets(self, x: Array, shift: Any, xp: Any) -> Array:
        """Round along the last axis."""
        top = 2**self.precision - 1
        least, most = xp.min(x, axis=-1, keepdims=True), xp.max(x, axis=-1, keepdims=True)
        unit = (most - least) / top
        level = xp.floor((x - least) / xp.where(unit > 0, unit, xp.ones_like(unit)) + shift)
        rounded = least + unit * xp.where(level > top, xp.full_like(level, top), level)
        if fits_numpy(x) and not np.all(np.isfinite(unit)):
            wrong = ~np.isfinite(unit[..., 0])
            more = (shift,) if self.stochastic else ()
            in_range(self._rows, wrong, x, rounded, *more)
        return rounded

    def _rows(self, x: Floats, shift: Any = 0.5) -> Floats:
        # One more power of two, so that the range of numbers of both signs is at most 1.
        result: Floats = 2 * self._buckets(x / 2, shift, np)
        return result
