"""Quadratics with a chosen spectrum: one Hessian for all workers (zeta exact), or a Hessian of its own for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.objectives.base import Constant, Objective, Workers, finite
from numerics.objectives.tilted import Tilted, tilts
from numerics.typing import Floats
from straggler import InputError, at_least, positive


def default_spectrum(dim: int, smoothness: float, mu: float) -> Floats:
    """Return d eigenvalues spaced evenly in logarithm from ``smoothness`` down to ``mu``, shape (d,)."""
    positive("mu", mu)
    if mu > smoothness:
        raise InputError("mu", mu, f"0 < mu <= L = {smoothness:g}")
    return np.geomspace(smoothness, mu, dim) if dim > 1 else np.array([smoothness])


def checked_spectrum(spectrum: Sequence[float] | Floats, dim: int) -> Floats:
    """Return ``spectrum`` as an array of d finite eigenvalues >= 0, not all zero."""
    values = np.array(spectrum, dtype=float)
    if values.shape != (dim,):
        raise InputError("spectrum", list(values.shape), f"one eigenvalue for each of the {dim} dimensions")
    for value in values:
        positive("eigenvalue of the spectrum", float(value), zero_ok=True)
    positive("largest eigenvalue of the spectrum", float(values.max()))
    return values


def random_basis(dim: int, generator: np.random.Generator) -> Floats:
    """Return an orthogonal matrix drawn from the Haar measure, shape (d, d)."""
    q, r = np.linalg.qr(generator.standard_normal((dim, dim)))
    basis: Floats = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return basis


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
    workers, dim, zeta, seed
        See `Tilted`; the seed also draws the basis.
    spectrum
        Eigenvalues of A; by default spaced evenly in logarithm from ``smoothness`` to ``mu``.
    smoothness, mu
        Ends of the default spectrum.
    rotate
        Turn A by a random orthogonal matrix instead of leaving it diagonal.
    center
        Every coordinate of c.
    start
        Every coordinate of the starting point.
    """

    def __init__(
        self,
        workers: int,
        dim: int,
        *,
        spectrum: Sequence[float] | Floats | None = None,
        smoothness: float = 1.0,
        mu: float = 0.1,
        rotate: bool = False,
        center: float = 0.0,
        start: float = 1.0,
        zeta: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__(workers, dim, zeta, seed)
        chosen = default_spectrum(self.dim, positive("smoothness", smoothness), mu) if spectrum is None else spectrum
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

    def constants(self) -> dict[str, Constant]:
        """Return L, mu, f_star and zeta, all exact; the gradients are not bounded."""
        return {
            "L": Constant(float(self.eigenvalues.max()), "exact", "largest eigenvalue of the Hessian"),
            "mu": Constant(float(self.eigenvalues.min()), "exact", "smallest eigenvalue of the Hessian"),
            "f_star": Constant(0.0, "exact", "attained at the center c; the tilts cancel in the mean"),
            "zeta": self.zeta_constant(),
        }


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
        np.matmul(points - self.center, self.hessians[workers], out=out)
        np.add(out, self.tilts[workers][:, None], out=out)

    def local_value(self, points: Floats, workers: Workers = slice(None)) -> Floats:
        """Return f_i at worker i's points, (m, R, d) -> (m, R)."""
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
