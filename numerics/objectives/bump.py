"""Tails that fall off on both sides of a bump: where elastic averaging comes to rest away from stationary points."""

from __future__ import annotations

import numpy as np

from numerics.objectives.base import Constant, finite
from numerics.objectives.tilted import Tilted
from numerics.typing import Floats
from straggler import InputError, positive


class Bump(Tilted):
    """``f(x) = sum_j h(x_j)``, h(t) = exp(1 - |t|) where |t| > 1 and (3 - t^2)/2 + c t (1 - t^2)^2 elsewhere.

    h is positive and falls to zero on both sides; its derivative is continuous, with h'(0) = c and h'(+-1) = -+1.

    Parameters
    ----------
    workers, dim, zeta, seed, tilt
        See `Tilted`.
    slope
        The slope c at zero, 0 < c <= 4.
    start
        Every coordinate of the starting point.
    """

    def __init__(
        self,
        workers: int,
        dim: int,
        *,
        slope: float = 0.5,
        zeta: float = 0.0,
        start: float = 1.0,
        seed: int = 0,
        tilt: str = "gaussian",
    ) -> None:
        super().__init__(workers, dim, zeta, seed, tilt)
        if positive("slope", slope) > 4:
            raise InputError("slope", slope, "0 < slope <= 4, which keeps f positive")
        self.slope, self._start = slope, finite("start", start)

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d)."""
        square = x * x
        inside = (3 - square) / 2 + self.slope * x * (1 - square) ** 2
        total: Floats = np.where(square > 1, np.exp(1 - np.abs(x)), inside).sum(-1)
        return total

    def common_gradient(self, x: Floats, out: Floats) -> None:
        """Write ``-sign(x) exp(1 - |x|)``, or ``-x + c (1 - x^2)(1 - 5 x^2)``, into ``out``."""
        square = x * x
        inside = self.slope * (1 - square) * (1 - 5 * square) - x
        out[...] = np.where(square > 1, -np.sign(x) * np.exp(1 - np.abs(x)), inside)

    def start(self) -> Floats:
        """Return the default starting point, shape (d,)."""
        return np.full(self.dim, self._start)

    def constants(self) -> dict[str, Constant]:
        """Return f_star and zeta, exact, bounds L and M, and the slope c under its name in the theory."""
        steepest = float(np.linalg.norm(1 + self.slope + np.abs(self.tilts), axis=1).max())
        return {
            "L": Constant(1 + 8 * self.slope, "upper bound", "the limit of |h''| at -1, from within"),
            "M": Constant(steepest, "upper bound", "|h'| <= 1 + c; tilts added coordinate by coordinate"),
            "f_star": Constant(0.0, "exact", "infimum, in the tails; the tilts cancel in the mean"),
            "zeta": self.zeta_constant(),
            "tilt": Constant(self.slope, "exact", "slope of h at zero"),
        }
