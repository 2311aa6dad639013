"""The smooth zero-chain behind the lower bounds for finding stationary points of non-convex functions."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from numerics.objectives.base import Constant
from numerics.objectives.tilted import Tilted
from numerics.typing import Floats
from straggler import positive

SMOOTHNESS = 152.0
"""Lipschitz constant of the gradient of the unscaled chain (upper bound)."""

SLOPE = 23.0
"""Bound on every partial derivative of the unscaled chain."""

PHI_MAX = math.sqrt(2.0 * math.pi * math.e)
"""Supremum of Phi."""


def psi(x: Floats) -> tuple[Floats, Floats]:
    """Return ``Psi(x) = exp(1 - 1/(2x-1)^2)`` for x > 1/2, 0 elsewhere, and its derivative."""
    # Below 1e-3 the exponential is zero in double precision anyway, and the clip keeps the quotients finite.
    width = np.maximum(2.0 * x - 1.0, 1e-3)
    value = np.exp(1.0 - width**-2.0)
    return value, value * 4.0 * width**-3.0


def phi(x: Floats) -> Floats:
    """Return ``Phi(x) = sqrt(e) int_{-inf}^x exp(-t^2/2) dt``."""
    value: Floats = PHI_MAX * ndtr(x)
    return value


class HardInstance(Tilted):
    """``f_i(x) = (L s^2/152) F(x/s) + <b_i, x>`` with the zero-chain F of length T = d.

    ``F(x) = -Psi(1) Phi(x_1) + sum_{j=2}^T [Psi(-x_{j-1}) Phi(-x_j) - Psi(x_{j-1}) Phi(x_j)]``: started at 0, a method that
    only sees gradients discovers one coordinate per step, and the gradient stays large until it has discovered all.

    Parameters
    ----------
    workers, dim, zeta, seed, tilt
        See `Tilted`; d is the length T of the chain.
    smoothness
        L > 0.
    scale
        s > 0, the length by which the chain is stretched.

    References
    ----------
    Carmon, Duchi, Hinder, Sidford, "Lower bounds for finding stationary points I", Math. Program. 184 (2020), section 3.1.
    """

    def __init__(
        self,
        workers: int,
        dim: int,
        *,
        smoothness: float = 1.0,
        scale: float = 1.0,
        zeta: float = 0.0,
        seed: int = 0,
        tilt: str = "gaussian",
    ) -> None:
        super().__init__(workers, dim, zeta, seed, tilt)
        self.smoothness, self.scale = positive("smoothness", smoothness), positive("scale", scale)
        self._height = self.smoothness * self.scale**2 / SMOOTHNESS

    def _gates(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Return sign, Psi and Psi' of ``|z_{j-1}|`` for every link j, with z_0 = 1; of Psi(z) and Psi(-z) one is always zero."""
        previous = np.concatenate([np.ones((*z.shape[:-1], 1)), z[..., :-1]], axis=-1)
        return np.where(previous < 0, -1.0, 1.0), *psi(np.abs(previous))

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d)."""
        z = x / self.scale
        sign, gate, _ = self._gates(z)
        total: Floats = -self._height * np.sum(sign * gate * phi(sign * z), axis=-1)
        return total

    def common_gradient(self, x: Floats, out: Floats) -> None:
        """Write the gradient of f into ``out``: of link j, by z_j and by z_{j-1}."""
        z = x / self.scale
        sign, gate, slope = self._gates(z)
        np.multiply(gate, np.exp(0.5 - 0.5 * z * z), out=out)
        out[..., :-1] += (slope * phi(sign * z))[..., 1:]
        out *= -self._height / self.scale

    def start(self) -> Floats:
        """Return the origin, shape (d,), where nothing is discovered yet."""
        return np.zeros(self.dim)

    def constants(self) -> dict[str, Constant]:
        """Return L (upper bound), f_star (exact infimum), zeta (exact) and M (upper bound)."""
        source = "recalled from Carmon, Duchi, Hinder, Sidford (2020)"
        infimum = -self._height * PHI_MAX * (1.0 + math.e * (self.dim - 1))
        slope = SLOPE * self.smoothness * self.scale / SMOOTHNESS
        return {
            "L": Constant(self.smoothness, "upper bound", f"the unscaled chain has constant at most 152: {source}, Lemma 3"),
            "f_star": Constant(infimum, "exact", "infimum, approached as all x_j -> inf: Psi < e and Phi < sqrt(2 pi e)"),
            "zeta": self.zeta_constant(),
            "M": Constant(
                self.gradient_bound(slope, "").value, "upper bound", f"partial derivatives of the unscaled chain <= 23: {source}"
            ),
        }
