"""Logistic regression with a non-convex regulariser: the real-data problem."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numerics.objectives.base import Constant, Workers, differ
from numerics.objectives.finite_sum import FiniteSum
from numerics.objectives.logistic_bounds import Bounds
from numerics.objectives.rational import STEEPEST, rational_gradient
from numerics.typing import Floats
from straggler import InputError, positive


class Logistic(FiniteSum):
    """``f_i(x) = (1/m_i) sum_j log(1 + exp(-y_ij <a_ij, x>)) + lambda sum_k x_k^2/(1+x_k^2)``.

    Workers with fewer samples than the largest are padded with zero rows, which contribute nothing to a gradient.

    Attributes
    ----------
    counts
        Numbers of samples m_i, shape (n,).

    Parameters
    ----------
    shards
        For each worker its samples a_i, shape (m_i, d), and labels y_i in {-1, 1}, shape (m_i,).
    regularisation
        lambda >= 0.
    radius
        Radius of the ball around the start 0 on which zeta and the sample variances are certified; None for bounds that hold
        everywhere.
    """

    def __init__(
        self, shards: Sequence[tuple[Floats, Floats]], *, regularisation: float = 0.01, radius: float | None = None
    ) -> None:
        super().__init__(len(shards), shards[0][0].shape[1] if shards else 1)
        self.regularisation = positive("regularisation", regularisation, zero_ok=True)
        self.radius = None if radius is None else positive("radius", radius)
        self.counts: NDArray[np.intp] = np.array([len(labels) for _, labels in shards], dtype=np.intp)
        if self.counts.min() < 1:
            raise InputError("samples of a worker", 0, "at least one sample for every worker")
        self._width = int(self.counts.max())
        # h = y a / 2, because log(1 + exp(-y<a,x>)) has gradient (tanh<h,x> - 1) h.
        self._halves = np.zeros((self.n, self._width, self.dim))
        for half, (samples, labels) in zip(self._halves, shards, strict=True):
            np.multiply(samples, 0.5 * labels[:, None], out=half[: len(labels)])
        self._weights: Floats = (np.arange(self._width) < self.counts[:, None]) / self.counts[:, None]

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d)."""
        rows = x.reshape(-1, self.dim)
        margins = 2.0 * rows @ self._halves.reshape(-1, self.dim).T
        total: Floats = np.logaddexp(0.0, -margins) @ self._weights.ravel() / self.n + self._penalty(rows)
        return total.reshape(x.shape[:-1])

    def local_value(self, points: Floats, workers: Workers = slice(None)) -> Floats:
        """Return f_i at worker i's points, (m, R, d) -> (m, R)."""
        if differ(workers):
            return self.local_value(points.reshape(-1, 1, self.dim), workers.reshape(-1)).reshape(workers.shape)
        margins = 2.0 * points @ self._halves[workers].swapaxes(1, 2)
        losses: Floats = np.einsum("irj,ij->ir", np.logaddexp(0.0, -margins), self._weights[workers])
        return losses + self._penalty(points)

    def gradient(self, x: Floats, out: Floats | None = None) -> Floats:
        """Return the gradient of f at points of shape (R, d)."""
        halves = self._halves.reshape(-1, self.dim)
        pulls = np.tanh(x @ halves.T)
        pulls -= 1.0
        pulls *= self._weights.ravel() / self.n
        gradient: Floats = np.matmul(pulls, halves, out=out)
        self._add_penalty_gradient(x, gradient)
        return gradient

    def tile_gradients(self, points: Floats, workers: Workers, out: Floats) -> None:
        """Write the full-batch gradients of f_i at worker i's points into ``out``: two batched products."""
        if differ(workers):  # every replica with workers of its own: as many workers with one replica
            workers, points, out = workers.reshape(-1), points.reshape(-1, 1, self.dim), out.reshape(-1, 1, self.dim)
        halves = self._halves[workers]
        pulls = np.matmul(points, halves.swapaxes(1, 2))
        np.tanh(pulls, out=pulls)
        pulls -= 1.0
        pulls *= self._weights[workers][:, None]
        np.matmul(pulls, halves, out=out)
        self._add_penalty_gradient(points, out)

    def sampled_gradients(self, points: Floats, workers: Workers, rows: NDArray[np.intp], out: Floats) -> None:
        """Write the mean gradients of the samples ``rows`` (m, R, b) at worker i's points into ``out``."""
        flat = self._flat(workers, rows)
        halves = self._halves.reshape(-1, self.dim)
        chosen = np.empty(points.shape)
        for k in range(rows.shape[2]):
            np.take(halves, flat[:, :, k], axis=0, out=chosen, mode="clip")
            pulls = np.tanh(np.vecdot(chosen, points))
            pulls -= 1.0
            if k == 0:
                np.multiply(chosen, pulls[:, :, None], out=out)
            else:
                chosen *= pulls[:, :, None]
                out += chosen
        if rows.shape[2] > 1:
            out /= rows.shape[2]
        self._add_penalty_gradient(points, out)

    def sampled_losses(self, points: Floats, workers: Workers, rows: NDArray[np.intp]) -> Floats:
        """Return the mean losses of the samples ``rows`` (m, R, b) at worker i's points (m, R, d), shape (m, R)."""
        halves, flat = self._halves.reshape(-1, self.dim), self._flat(workers, rows)
        total = self._penalty(points)
        for k in range(rows.shape[2]):
            margins = 2.0 * np.vecdot(np.take(halves, flat[:, :, k], axis=0, mode="clip"), points)
            total += np.logaddexp(0.0, -margins) / rows.shape[2]
        return total

    def start(self) -> Floats:
        """Return the origin, shape (d,), where every loss is log 2."""
        return np.zeros(self.dim)

    def constants(self) -> dict[str, Constant]:
        """Return L and M (upper bounds), f_star (lower bound), zeta (upper bound, or certified on the ball) and radius."""
        bounds = self._bounds()
        constants = {
            "L": Constant(
                float(bounds.curvatures.max()) + 2.0 * self.regularisation,
                "upper bound",
                "max_i ||A_i||^2/(4 m_i) + 2 lambda: the logistic loss has curvature at most 1/4, the regulariser 2",
            ),
            "f_star": Constant(0.0, "lower bound", "losses and regulariser are not negative"),
            "zeta": bounds.zeta(),
            "M": Constant(
                float(bounds.slopes.max()) + 2.0 * STEEPEST * self.regularisation * math.sqrt(self.dim),
                "upper bound",
                "logistic losses have slope at most 1, the regulariser 9/(8 sqrt 3) in every coordinate",
            ),
        }
        if self.radius is not None:
            constants["radius"] = Constant(self.radius, "exact", "radius of the ball around 0 for zeta and minibatch sigma")
        return constants

    def sample_variances(self, x: Floats) -> Floats:
        """Return ``(1/m_i) sum_j ||grad f_ij(x) - grad f_i(x)||^2`` at points (R, d), shape (n, R)."""
        variances = np.empty((self.n, len(x)))
        for i, (half, count) in enumerate(zip(self._halves, self.counts, strict=True)):
            pulls = np.tanh(x @ half[:count].T) - 1.0
            mean = pulls @ half[:count] / count
            variances[i] = pulls**2 @ np.sum(half[:count] ** 2, axis=1) / count - np.sum(mean**2, axis=1)
        return np.maximum(variances, 0.0)

    def sample_variance_bounds(self) -> list[Constant]:
        """Return an upper bound on each worker's sample variance, on the ball where ``radius`` is given, else everywhere."""
        return self._bounds().sample_variances(self.sample_variances(self.start()[None])[:, 0])

    def _bounds(self) -> Bounds:
        signed = [2.0 * half[:count] for half, count in zip(self._halves, self.counts, strict=True)]
        return Bounds(signed, self.radius, float(self.heterogeneity(self.start()[None])[0]))

    def _flat(self, workers: Workers, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return where the samples ``rows`` (m, R, b) of each worker are among the padded samples of all, same shape."""
        first = np.arange(0, self.n * self._width, self._width)[workers]
        flat: NDArray[np.intp] = rows + (first[:, :, None] if differ(workers) else first[:, None, None])
        return flat

    def _penalty(self, x: Floats) -> Floats:
        square = x * x
        total: Floats = self.regularisation * np.sum(square / (1.0 + square), axis=-1)
        return total

    def _add_penalty_gradient(self, x: Floats, out: Floats) -> None:
        if self.regularisation:
            scratch = np.empty(x.shape)
            rational_gradient(x, scratch)
            scratch *= 2.0 * self.regularisation
            out += scratch
