"""Quadratics with a chosen spectrum and one Hessian for all workers, which makes zeta exact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.objectives.base import Constant, finite
from numerics.objectives.spectrum import checked_spectrum, default_spectrum, random_basis
from numerics.objectives.tilted import Tilted
from numerics.typing import Floats
from straggler import at_least, positive


class Quadratic(Tilted):
    """``f_i(x) = (1/2) (x-c)' A (x-c) + <b_i, x>``: what distinguishes the workers is the tilt alone.

    Attributes
    ----------
    eigenvalues
        Spectrum of A, shape (d,).
    basis
        Eigenvectors of A as columns, shape (d, d); None where A is diagonal.
    center
        The minimiser c, shape (d,).
    tilts
        b_i, shape (n, d).

    Parameters
    ----------
    workers, dim, zeta, seed, tilt
        See `Tilted`; the seed also draws the basis.
    spectrum
        Eigenvalues of A; by default spaced evenly in logarithm from ``smoothness`` to ``mu``.
    smoothness, mu
        Ends of the default spectrum.
    levels
        Number of different eigenvalues of the default spectrum; all d by default.
    rotate
        Turn A by a random orthogonal matrix instead of leaving it diagonal.
    center
        Every coordinate of c.
    start
        Every coordinate of the starting point.
    radius
        Radius of the ball around c on which gradients are bounded; None for no bound.
    """

    def __init__(
        self,
        workers: int,
        dim: int,
        *,
        spectrum: Sequence[float] | Floats | None = None,
        smoothness: float = 1.0,
        mu: float = 0.1,
        levels: int | None = None,
        rotate: bool = False,
        center: float = 0.0,
        start: float = 1.0,
        zeta: float = 0.0,
        seed: int = 0,
        tilt: str = "gaussian",
        radius: float | None = None,
    ) -> None:
        super().__init__(workers, dim, zeta, seed, tilt)
        self.radius = None if radius is None else positive("radius", radius)
        chosen = default_spectrum(self.dim, positive("smoothness", smoothness), mu, levels) if spectrum is None else spectrum
        self.eigenvalues = checked_spectrum(chosen, self.dim)
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
        self.basis = random_basis(self.dim, generator) if rotate else None
        self._matrix = None if self.basis is None else (self.basis * self.eigenvalues) @ self.basis.T
        self.center, self._start = np.full(self.dim, finite("center", center)), finite("start", start)

    def hessian(self, worker: int = 0) -> Floats:
        """Return the Hessian of f_i, the same for every worker, shape (d, d)."""
        at_least("worker", worker, 0)
        return np.diag(self.eigenvalues) if self._matrix is None else self._matrix

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d)."""
        moved = x - self.center
        rotated = moved if self.basis is None else moved @ self.basis
        total: Floats = 0.5 * (rotated**2 @ self.eigenvalues)
        return total

    def common_gradient(self, x: Floats, out: Floats) -> None:
        """Write ``A (x-c)`` into ``out``."""
        shifted = self.center.any()
        if self._matrix is None:
            if shifted:
                np.subtract(x, self.center, out=out)
                np.multiply(out, self.eigenvalues, out=out)
            else:
                np.multiply(x, self.eigenvalues, out=out)
        else:
            np.matmul(x - self.center if shifted else x, self._matrix, out=out)

    def start(self) -> Floats:
        """Return the default starting point, shape (d,)."""
        return np.full(self.dim, self._start)

    def minimiser(self) -> Floats:
        """Return the center c, shape (d,)."""
        return self.center

    def constants(self) -> dict[str, Constant]:
        """Return L, mu, f_star and zeta, all exact, and where there is a radius M, certified on the ball around c."""
        return self._on_ball() | {
            "L": Constant(float(self.eigenvalues.max()), "exact", "largest eigenvalue of the Hessian"),
            "mu": Constant(float(self.eigenvalues.min()), "exact", "smallest eigenvalue of the Hessian"),
            "f_star": Constant(0.0, "exact", "attained at the center c; the tilts cancel in the mean"),
            "zeta": self.zeta_constant(),
        }

    def ball_center(self) -> Floats:
        """Return the minimiser c, shape (d,)."""
        return self.center

    def _on_ball(self) -> dict[str, Constant]:
        """Return M and the radius, where there is one: ``||A (x-c) + b_i|| <= L radius + ||b_i||``."""
        if self.radius is None:
            return {}
        slope = float(self.eigenvalues.max()) * self.radius + float(np.linalg.norm(self.tilts, axis=1).max())
        return {
            "M": Constant(slope, "certified on ball", f"||x - c|| <= {self.radius:.6g}: L radius + max_i ||b_i||"),
            "radius": Constant(self.radius, "exact", "radius of the ball around the minimiser c on which M is certified"),
        }
