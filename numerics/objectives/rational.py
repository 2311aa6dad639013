"""The tilted rational function x^2/(1+x^2): one minimum, flat and non-convex far away, and cheap to evaluate."""

from __future__ import annotations

import math

import numpy as np

from numerics.objectives.base import Constant
from numerics.objectives.tilted import Separable
from numerics.typing import Floats

STEEPEST = 9 / (16 * math.sqrt(3))
"""Largest slope of ``(1/2) x^2/(1+x^2)``, attained at +-1/sqrt(3)."""


def rational_gradient(x: Floats, out: Floats) -> None:
    """Write the derivative ``x/(1+x^2)^2`` of ``(1/2) x^2/(1+x^2)`` into ``out``, in four passes and without scratch."""
    np.multiply(x, x, out=out)
    np.add(out, 1.0, out=out)
    np.multiply(out, out, out=out)
    np.divide(x, out, out=out)


class Rational(Separable):
    """``f_i(x) = (L/2) sum_j x_j^2/(1+x_j^2) + <b_i, x>``.

    Parameters are those of `Separable`.
    """

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d)."""
        square = x * x
        total: Floats = 0.5 * self.smoothness * np.sum(square / (1.0 + square), axis=-1)
        return total

    def common_gradient(self, x: Floats, out: Floats) -> None:
        """Write ``L x/(1+x^2)^2`` into ``out``."""
        rational_gradient(x, out)
        if self.smoothness != 1:
            np.multiply(out, self.smoothness, out=out)

    def constants(self) -> dict[str, Constant]:
        """Return L, f_star, zeta and M, all exact."""
        return {
            "L": Constant(self.smoothness, "exact", "second derivatives L (1 - 3x^2)/(1 + x^2)^3 in [-L/4, L], L at 0"),
            "f_star": Constant(0.0, "exact", "attained at 0; the tilts cancel in the mean"),
            "zeta": self.zeta_constant(),
            "M": self.gradient_bound(STEEPEST * self.smoothness, "at +-1/sqrt(3)"),
        }
