"""Quadratics with a chosen spectrum and a Hessian of its own for every worker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.objectives.base import Constant, Objective, Workers, differ, finite
from numerics.objectives.spectrum import checked_spectrum, default_spectrum, random_basis
from numerics.objectives.tilted import tilts
from numerics.typing import Floats
from straggler import positive


class MixedQuadratic(Objective):
    """``f_i(x) = (1/2) (x-c)' A_i (x-c) + <b_i, x>``: one spectrum, turned differently for each worker.

    Attributes
    ----------
    hessians
        A_i, shape (n, d, d); all have the spectrum ``eigenvalues``.
    center, tilts
        c, shape (d,), the minimiser of the mean; b_i, shape (n, d).

    Parameters
    ----------
    workers, dim, spectrum, smoothness, mu, center, start, zeta, seed
        As for `Quadratic`; ``zeta`` is the heterogeneity at the minimiser.
    radius
        Radius of the ball around c on which zeta is certified; by default twice the distance from the start to c.
    """

    def __init__(
        self,
        workers: int,
        dim: int,
        *,
        spectrum: Sequence[float] | Floats | None = None,
        smoothness: float = 1.0,
        mu: float = 0.1,
        center: float = 0.0,
        start: float = 1.0,
        zeta: float = 0.0,
        radius: float | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(workers, dim)
        chosen = default_spectrum(self.dim, positive("smoothness", smoothness), mu) if spectrum is None else spectrum
        self.eigenvalues = checked_spectrum(chosen, self.dim)
        self.center, self._start = np.full(self.dim, finite("center", center)), finite("start", start)
        self.tilts, self._zeta_center = tilts(self.n, self.dim, zeta, seed), positive("zeta", zeta, zero_ok=True)
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
        bases = np.stack([random_basis(self.dim, generator) for _ in range(self.n)])
        self.hessians: Floats = (bases * self.eigenvalues) @ bases.transpose(0, 2, 1)
        self._mean: Floats = self.hessians.mean(axis=0)
        far = 2.0 * float(np.linalg.norm(self.start() - self.center))
        self.radius = positive("radius", far if radius is None else radius, zero_ok=True)

    def hessian(self, worker: int = 0) -> Floats:
        """Return the Hessian A_i, shape (d, d)."""
        matrix: Floats = self.hessians[worker]
        return matrix

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d)."""
        moved = x - self.center
        total: Floats = 0.5 * np.einsum("...j,...j->...", moved @ self._mean, moved)
        return total

    def gradient(self, x: Floats, out: Floats | None = None) -> Floats:
        """Return ``mean_i A_i (x-c)``."""
        return np.matmul(x - self.center, self._mean, out=out)

    def tile_gradients(self, points: Floats, workers: Workers, out: Floats) -> None:
        """Write ``A_i (x-c) + b_i`` into ``out``."""
        if differ(workers):  # every replica with workers of its own: as many workers with one replica
            workers, points, out = workers.reshape(-1), points.reshape(-1, 1, self.dim), out.reshape(-1, 1, self.dim)
        np.matmul(points - self.center, self.hessians[workers], out=out)
        np.add(out, self.tilts[workers][:, None], out=out)

    def local_value(self, points: Floats, workers: Workers = slice(None)) -> Floats:
        """Return f_i at worker i's points, (m, R, d) -> (m, R)."""
        if differ(workers):
            return self.local_value(points.reshape(-1, 1, self.dim), workers.reshape(-1)).reshape(workers.shape)
        moved = points - self.center
        curved = 0.5 * np.einsum("irj,irj->ir", moved @ self.hessians[workers], moved)
        total: Floats = curved + np.einsum("irj,ij->ir", points, self.tilts[workers])
        return total

    def start(self) -> Floats:
        """Return the default starting point, shape (d,)."""
        return np.full(self.dim, self._start)

    def ball_center(self) -> Floats:
        """Return the minimiser c, shape (d,)."""
        return self.center

    def minimiser(self) -> Floats:
        """Return the center c, shape (d,)."""
        return self.center

    def constants(self) -> dict[str, Constant]:
        """Return L and f_star (exact), mu (of f, exact) and zeta (certified on the ball of radius ``radius`` around c).

        With ``D_i = A_i - mean A``, the deviation at ``c + u`` is ``D_i u + b_i``; by the triangle inequality the root of its
        mean square is at most ``zeta(c) + ||u|| ||(1/n) sum_i D_i^2||^(1/2)``.
        """
        deviations = self.hessians - self._mean
        spread = np.linalg.norm(np.mean(deviations @ deviations, axis=0), 2)
        zeta = self._zeta_center + self.radius * float(np.sqrt(spread))
        return {
            "L": Constant(float(self.eigenvalues.max()), "exact", "max_i ||A_i||, the same for all i"),
            "mu": Constant(float(np.linalg.eigvalsh(self._mean)[0]), "exact", "smallest eigenvalue of the mean Hessian"),
            "f_star": Constant(0.0, "exact", "attained at the center c; the tilts cancel in the mean"),
            "zeta": Constant(zeta, "certified on ball", f"||x - c|| <= {self.radius:.6g}: zeta(c) + radius ||mean D_i^2||^(1/2)"),
            "radius": Constant(self.radius, "exact", "radius of the ball around the minimiser c on which zeta is certified"),
        }
