"""The tilted cosine: bounded curvature and gradients, infinitely many minima, maxima and saddles."""

from __future__ import annotations

import numpy as np

from numerics.objectives.base import Constant
from numerics.objectives.tilted import Separable
from numerics.typing import Floats


class Cosine(Separable):
    """``f_i(x) = sum_j L (1 - cos x_j) + <b_i, x>``.

    Parameters are those of `Separable`.
    """

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d); 1 - cos is taken as 2 sin^2(x/2), which does not cancel near a minimum."""
        total: Floats = 2.0 * self.smoothness * np.sum(np.sin(0.5 * x) ** 2, axis=-1)
        return total

    def common_gradient(self, x: Floats, out: Floats) -> None:
        """Write ``L sin x`` into ``out``."""
        np.sin(x, out=out)
        if self.smoothness != 1:
            np.multiply(out, self.smoothness, out=out)

    def constants(self) -> dict[str, Constant]:
        """Return L, f_star, zeta and M, all exact."""
        return {
            "L": Constant(self.smoothness, "exact", "the second derivatives are L cos x_j"),
            "f_star": Constant(0.0, "exact", "attained at 0; the tilts cancel in the mean"),
            "zeta": self.zeta_constant(),
            "M": self.gradient_bound(self.smoothness, "at odd multiples of pi/2"),
        }
