"""The sinc landscape: rings of minima and maxima around the origin, of which the innermost ring is the lowest."""

from __future__ import annotations

import math

import numpy as np

from numerics.objectives.base import Constant, finite
from numerics.objectives.tilted import Tilted
from numerics.typing import Floats

SERIES = tuple(-((-1.0) ** k) / (3.0 * scale) for k, scale in enumerate((1.0, 10.0, 280.0, 15120.0, 1330560.0, 172972800.0)))
"""Coefficients of ``(cos u - sin(u)/u)/u^2`` in powers of u^2."""

SERIES_BELOW = 0.3
"""For u below this the six terms of the series are exact in double precision, and the quotient is not."""

STEEPEST = 2.0815759778181  # where d/du sin(u)/u is lowest


def lowest() -> float:
    """Return u > 0 where sin(u)/u is lowest: the first solution of tan u = u, by Newton's method."""
    u = 4.5
    for _ in range(6):
        u -= (math.sin(u) - u * math.cos(u)) / (u * math.sin(u))
    return u


class Sinc(Tilted):
    """``f_i(x) = sin(pi r)/(pi r) + <b_i, x>``, ``r = ||x||``.

    The minima are the rings of radius 1.43, 3.47, 5.47, ..., each less deep than the one before. In the plane this is the
    landscape on which the leader's algorithm is compared with elastic averaging.

    Parameters
    ----------
    workers, dim, zeta, seed, tilt
        See `Tilted`.
    start
        Every coordinate of the starting point.

    References
    ----------
    Teng et al. (NeurIPS 2019), poster: a non-convex function of two variables whose drawn levels are those of sinc.
    """

    def __init__(
        self, workers: int, dim: int, *, zeta: float = 0.0, start: float = 3.0, seed: int = 0, tilt: str = "gaussian"
    ) -> None:
        super().__init__(workers, dim, zeta, seed, tilt)
        self._start = finite("start", start)

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d)."""
        total: Floats = np.sinc(np.sqrt(np.vecdot(x, x)))
        return total

    def common_gradient(self, x: Floats, out: Floats) -> None:
        """Write ``pi^2 x (cos u - sin(u)/u)/u^2``, ``u = pi r``, into ``out``."""
        square = math.pi**2 * np.vecdot(x, x)
        near = square < SERIES_BELOW**2
        u = np.sqrt(np.where(near, 1.0, square))
        factor = (np.cos(u) - np.sin(u) / u) / (u * u)
        if near.any():
            factor = np.where(near, np.polynomial.polynomial.polyval(np.where(near, square, 0.0), SERIES), factor)
        np.multiply(x, math.pi**2 * factor[..., None], out=out)

    def start(self) -> Floats:
        """Return the default starting point, shape (d,)."""
        return np.full(self.dim, self._start)

    def constants(self) -> dict[str, Constant]:
        """Return L, f_star and zeta (exact) and M (upper bound)."""
        u = STEEPEST
        slope = math.pi * abs(math.cos(u) - math.sin(u) / u) / u
        steepest_tilt = float(np.linalg.norm(self.tilts, axis=1).max())
        return {
            "L": Constant(
                math.pi**2 / 3.0,
                "exact",
                "sinc is the mean of cos(pi r t) over 0 < t < 1: |second derivative| <= pi^2 times the mean of t^2, "
                "attained at 0; across the radius the curvature is a mean of second derivatives",
            ),
            "f_star": Constant(math.cos(lowest()), "exact", "attained where tan(pi r) = pi r for the first time, r = 1.4303"),
            "zeta": self.zeta_constant(),
            "M": Constant(slope + steepest_tilt, "upper bound", "largest slope of sinc, at r = 0.6626, plus the largest tilt"),
        }
