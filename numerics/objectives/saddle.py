"""A quartic saddle: double wells in half of the coordinates, continued quadratically so that L is global and exact."""

from __future__ import annotations

import math

import numpy as np

from numerics.objectives.base import Constant
from numerics.objectives.tilted import Separable
from numerics.typing import Floats
from straggler import InputError, positive


class Saddle(Separable):
    """``f_i(x) = (L/k) sum_{j <= h} w(x_j) + (L/2) sum_{j > h} x_j^2 + <b_i, x>``, ``w(x) = (x^2-1)^2/4``, ``h = ceil(d/2)``.

    Beyond ``|x| = r`` the well w is continued by its second-order Taylor polynomial at +-r, which keeps it twice continuously
    differentiable; ``k = 3r^2-1`` is its curvature there and the largest anywhere. The origin is a strict saddle with curvature
    -L/k along the wells; the minima are at ``x_j = +-1``, ``j <= h``, and ``x_j = 0``, ``j > h``.

    Parameters
    ----------
    workers, dim, smoothness, zeta, seed, tilt
        See `Separable`.
    reach
        r >= 1; by default ``sqrt(5/3)``, which makes the curvature range over [-L/4, L].
    start
        Every coordinate of the starting point; by default close to the saddle.
    """

    def __init__(
        self,
        workers: int,
        dim: int,
        *,
        smoothness: float = 1.0,
        reach: float = math.sqrt(5 / 3),
        zeta: float = 0.0,
        start: float = 0.1,
        seed: int = 0,
        tilt: str = "gaussian",
    ) -> None:
        super().__init__(workers, dim, smoothness=smoothness, zeta=zeta, start=start, seed=seed, tilt=tilt)
        self.reach = positive("reach", reach)
        if self.reach < 1:
            raise InputError("reach", reach, "a finite number >= 1, so that the wells lie inside")
        self.wells = -(-self.dim // 2)
        self._curvature = 3.0 * self.reach**2 - 1.0

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d)."""
        well, bowl = x[..., : self.wells], x[..., self.wells :]
        inner = np.clip(well, -self.reach, self.reach)
        beyond = well - inner
        depth = 0.25 * (inner**2 - 1.0) ** 2 + (inner**3 - inner) * beyond + 0.5 * self._curvature * beyond**2
        total: Floats = self.smoothness * (np.sum(depth, axis=-1) / self._curvature + 0.5 * np.sum(bowl**2, axis=-1))
        return total

    def common_gradient(self, x: Floats, out: Floats) -> None:
        """Write the gradient of f into ``out``: ``L x`` everywhere, plus ``(L/k) t (t^2 - 3r^2)`` in the wells, t = x clipped."""
        inner = np.clip(x[..., : self.wells], -self.reach, self.reach)
        bend = inner * inner
        bend -= 3.0 * self.reach**2
        bend *= inner
        bend *= self.smoothness / self._curvature
        np.multiply(x, self.smoothness, out=out)
        out[..., : self.wells] += bend

    def constants(self) -> dict[str, Constant]:
        """Return L, f_star and zeta, all exact; the gradients are not bounded."""
        reason = f"curvature of a well is between -L/{self._curvature:.4g} at 0 and L from |x| = {self.reach:.4g} on"
        return {
            "L": Constant(self.smoothness, "exact", reason),
            "f_star": Constant(0.0, "exact", "attained where the wells are at +-1 and the rest at 0"),
            "zeta": self.zeta_constant(),
        }
