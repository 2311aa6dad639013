"""The tilted Huber function: a bowl whose walls are straight, so that gradients are bounded and often all the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from numerics.objectives.base import Constant, finite
from numerics.objectives.tilted import Separable
from numerics.typing import Floats
from straggler import positive


class Huber(Separable):
    """``f_i(x) = sum_j h(x_j) + <b_i, x>``, ``h'(t) = L t`` for ``-c <= t <= s c``, ``-L c`` and ``L s c`` beyond.

    Parameters
    ----------
    workers, dim, smoothness, zeta, start, seed, tilt
        See `Separable`.
    knee
        Where the slope stops growing, c > 0.
    skew
        How much farther it grows to the right, s > 0. Points that lie around the minimiser, s > 1, have a mean slope above the
        slope at their mean: workers that disagree come to rest away from it.
    spread
        Coordinates of the starting point are evenly spaced from ``start - spread`` to ``start + spread``.

    References
    ----------
    Huber (Annals of Mathematical Statistics 1964).
    """

    def __init__(
        self,
        workers: int,
        dim: int,
        *,
        smoothness: float = 1.0,
        knee: float = 1.0,
        skew: float = 1.0,
        zeta: float = 0.0,
        start: float = 1.0,
        spread: float = 0.0,
        seed: int = 0,
        tilt: str = "gaussian",
    ) -> None:
        super().__init__(workers, dim, smoothness=smoothness, zeta=zeta, start=start, seed=seed, tilt=tilt)
        self.knee, self.skew, self.spread = positive("knee", knee), positive("skew", skew), finite("spread", spread)

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d): with t_j the part of x_j between the knees, L times the sum of t (x - t/2)."""
        inner = np.clip(x, -self.knee, self.skew * self.knee)
        total: Floats = self.smoothness * np.sum(inner * (x - 0.5 * inner), axis=-1)
        return total

    def common_gradient(self, x: Floats, out: Floats) -> None:
        """Write ``L clip(x, -c, s c)`` into ``out``."""
        np.clip(x, -self.knee, self.skew * self.knee, out=out)
        if self.smoothness != 1:
            np.multiply(out, self.smoothness, out=out)

    def start(self) -> Floats:
        """Return the default starting point, shape (d,)."""
        return self._start + self.spread * np.linspace(-1.0, 1.0, self.dim)

    def minimiser(self) -> Floats:
        """Return the origin, shape (d,)."""
        return np.zeros(self.dim)

    def constants(self) -> dict[str, Constant]:
        """Return L, f_star, zeta and M, all exact; M is an upper bound where there are tilts and the slopes differ."""
        steepest = self.gradient_bound(self.smoothness * self.knee * max(1.0, self.skew), "beyond the knee")
        return {
            "L": Constant(self.smoothness, "exact", "second derivatives are L up to the knee, and 0 beyond"),
            "f_star": Constant(0.0, "exact", "attained at 0; the tilts cancel in the mean"),
            "zeta": self.zeta_constant(),
            "M": steepest if self.skew == 1 or not self.zeta else replace(steepest, kind="upper bound"),
        }
