"""A network of two layers, written in numpy: the smallest real-data problem that is not convex by nature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numerics.objectives.base import Constant, Workers, differ
from numerics.objectives.finite_sum import FiniteSum
from numerics.objectives.network_bounds import NetworkBounds
from numerics.typing import Floats
from straggler import InputError, at_least, positive


class Network(FiniteSum):
    """``f_i(x) = (1/m_i) sum_j log(1 + exp(-y_ij s(x; a_ij)))`` with the score ``s = <v, tanh(W a)> + c``.

    A point x is W row by row, then v and c: d = h p + h + 1 for h hidden units and p features.

    Attributes
    ----------
    counts
        Numbers of samples m_i, shape (n,).

    Parameters
    ----------
    shards
        For each worker its samples a_i, shape (m_i, p), and labels y_i in {-1, 1}, shape (m_i,).
    hidden
        Number h >= 1 of hidden units.
    seed
        The start has normal weights, of variance 1/p in W and 1/h in v, from ``SeedSequence(seed, spawn_key=(4,))``; c is 0.
    radius
        Radius of the ball around the start on which constants are certified: products of weights have none everywhere.
    """

    def __init__(self, shards: Sequence[tuple[Floats, Floats]], *, hidden: int = 8, seed: int = 0, radius: float = 1.0) -> None:
        self.hidden, self.radius = at_least("hidden", hidden, 1), positive("radius", radius)
        self.features = shards[0][0].shape[1] if shards else 1
        super().__init__(len(shards), self.hidden * (self.features + 1) + 1)
        self.counts: NDArray[np.intp] = np.array([len(labels) for _, labels in shards], dtype=np.intp)
        if self.counts.min() < 1:
            raise InputError("samples of a worker", 0, "at least one sample for every worker")
        self._samples: Floats = np.concatenate([samples for samples, _ in shards])
        self._labels: Floats = np.concatenate([labels for _, labels in shards])
        self._first: NDArray[np.intp] = np.concatenate([[0], np.cumsum(self.counts)])
        self._weights: Floats = np.repeat(1.0 / (self.n * self.counts), self.counts)
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(4,)))
        first = rng.standard_normal((self.hidden, self.features)) / np.sqrt(self.features)
        self._start: Floats = np.concatenate([first.ravel(), rng.standard_normal(self.hidden) / np.sqrt(self.hidden), [0.0]])

    def layers(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Return W, v and c of points (..., d): shapes (..., h, p), (..., h) and (...)."""
        split = self.hidden * self.features
        return x[..., :split].reshape(*x.shape[:-1], self.hidden, self.features), x[..., split:-1], x[..., -1]

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d)."""
        rows = x.reshape(-1, self.dim)
        total: Floats = self._losses(rows, slice(None)) @ self._weights
        return total.reshape(x.shape[:-1])

    def local_value(self, points: Floats, workers: Workers = slice(None)) -> Floats:
        """Return f_i at worker i's points, (m, R, d) -> (m, R)."""
        if differ(workers):
            return self.local_value(points.reshape(-1, 1, self.dim), workers.reshape(-1)).reshape(workers.shape)
        return np.stack(
            [self._losses(x, self._rows(i)).mean(axis=-1) for x, i in zip(points, self._numbers(workers), strict=True)]
        )

    def gradient(self, x: Floats, out: Floats | None = None) -> Floats:
        """Return the gradient of f at points of shape (R, d)."""
        result = np.empty(x.shape) if out is None else out
        self._add_up(x, slice(None), self._weights, result)
        return result

    def tile_gradients(self, points: Floats, workers: Workers, out: Floats) -> None:
        """Write the full-batch gradients of f_i at worker i's points into ``out``."""
        if differ(workers):  # every replica with workers of its own: as many workers with one replica
            workers, points, out = workers.reshape(-1), points.reshape(-1, 1, self.dim), out.reshape(-1, 1, self.dim)
        for x, i, result in zip(points, self._numbers(workers), out, strict=True):
            self._add_up(x, self._rows(i), np.full(self.counts[i], 1.0 / self.counts[i]), result)

    def sampled_gradients(self, points: Floats, workers: Workers, rows: NDArray[np.intp], out: Floats) -> None:
        """Write the mean gradients of the samples ``rows`` (m, R, b) at worker i's points into ``out``."""
        first, second, shift = self.layers(points)
        flat, split = self._flat(workers, rows), self.hidden * self.features
        out[...] = 0.0
        steps = out[..., :split].reshape(first.shape)  # a copy where the pieces of ``out`` are not contiguous
        for k in range(rows.shape[2]):
            samples, labels = self._samples[flat[..., k]], self._labels[flat[..., k]]
            units = np.tanh(np.matmul(first, samples[..., None])[..., 0])
            pulls = _pulls(np.vecdot(units, second) + shift, labels) / rows.shape[2]
            steps += (pulls[..., None] * second * (1.0 - units**2))[..., None] * samples[..., None, :]
            out[..., split:-1] += pulls[..., None] * units
            out[..., -1] += pulls
        out[..., :split] = steps.reshape(*out.shape[:-1], split)

    def sampled_losses(self, points: Floats, workers: Workers, rows: NDArray[np.intp]) -> Floats:
        """Return the mean losses of the samples ``rows`` (m, R, b) at worker i's points (m, R, d), shape (m, R)."""
        first, second, shift = self.layers(points)
        flat = self._flat(workers, rows)
        units = np.tanh(np.matmul(self._samples[flat], first.swapaxes(-1, -2)))
        scores = np.vecdot(units, second[..., None, :]) + shift[..., None]
        losses: Floats = np.logaddexp(0.0, -self._labels[flat] * scores).mean(axis=-1)
        return losses

    def start(self) -> Floats:
        """Return the random first weights, shape (d,)."""
        return self._start.copy()

    def constants(self) -> dict[str, Constant]:
        """Return L and zeta, certified on the ball of radius ``radius`` around the start, f_star (lower bound) and radius."""
        bounds = self._bounds()
        return {
            "L": Constant(float(bounds.curvatures.max()), "certified on ball", bounds.note("largest curvature of a score")),
            "f_star": Constant(0.0, "lower bound", "losses are not negative"),
            "zeta": Constant(
                bounds.zeta(float(self.heterogeneity(self._start[None])[0])), "certified on ball", bounds.note("zeta")
            ),
            "radius": Constant(
                self.radius, "exact", "radius of the ball around the start on which L, zeta and sigma are certified"
            ),
        }

    def sample_variances(self, x: Floats) -> Floats:
        """Return ``(1/m_i) sum_j ||grad f_ij(x) - grad f_i(x)||^2`` at points (R, d), shape (n, R)."""
        means = self.local_gradients(np.broadcast_to(x, (self.n, *x.shape)))
        first, second, shift = self.layers(x)
        units = np.tanh(np.matmul(self._samples, first.swapaxes(-1, -2)))
        pulls = _pulls(np.matmul(units, second[..., None])[..., 0] + shift[:, None], self._labels)
        inner = np.sum((second[:, None] * (1.0 - units**2)) ** 2, axis=-1) * np.sum(self._samples**2, axis=1)
        squares = pulls**2 * (inner + np.sum(units**2, axis=-1) + 1.0)
        seconds = np.add.reduceat(squares, self._first[:-1], axis=1) / self.counts
        variances: Floats = np.maximum(seconds.T - np.sum(means**2, axis=-1), 0.0)
        return variances

    def sample_variance_bounds(self) -> list[Constant]:
        """Return an upper bound on each worker's sample variance, on the ball."""
        bounds = self._bounds()
        variances = bounds.variances(self.sample_variances(self._start[None])[:, 0])
        return [Constant(float(variance), "certified on ball", bounds.note("sample variance")) for variance in variances]

    def _bounds(self) -> NetworkBounds:
        lengths = np.linalg.norm(self._samples, axis=1)
        _, second, _ = self.layers(self._start)
        return NetworkBounds([lengths[self._rows(i)] for i in range(self.n)], second, self.radius)

    def _losses(self, x: Floats, rows: slice) -> Floats:
        """Return the losses of some samples at points (R, d), shape (R, samples)."""
        first, second, shift = self.layers(x)
        units = np.tanh(np.matmul(self._samples[rows], first.swapaxes(-1, -2)))
        scores = np.matmul(units, second[..., None])[..., 0] + shift[:, None]
        losses: Floats = np.logaddexp(0.0, -self._labels[rows] * scores)
        return losses

    def _add_up(self, x: Floats, rows: slice, weights: Floats, out: Floats) -> None:
        """Write the weighted sum of the gradients of some samples at points (R, d) into ``out``: batched products."""
        first, second, shift = self.layers(x)
        samples, split = self._samples[rows], self.hidden * self.features
        units = np.tanh(np.matmul(samples, first.swapaxes(-1, -2)))
        pulls = _pulls(np.matmul(units, second[..., None])[..., 0] + shift[:, None], self._labels[rows]) * weights
        out[:, -1] = pulls.sum(axis=-1)
        out[:, split:-1] = np.matmul(pulls[:, None], units)[:, 0]
        inner = (pulls[..., None] * second[:, None] * (1.0 - units**2)).swapaxes(-1, -2)
        out[:, :split] = np.matmul(inner, samples).reshape(len(x), split)

    def _rows(self, worker: int) -> slice:
        return slice(self._first[worker], self._first[worker + 1])

    def _numbers(self, workers: Workers) -> Sequence[int]:
        return range(self.n)[workers] if isinstance(workers, slice) else workers.tolist()

    def _flat(self, workers: Workers, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return where the samples ``rows`` (m, R, b) of each worker are among those of all, same shape."""
        first = self._first[:-1][workers]
        flat: NDArray[np.intp] = rows + (first[:, :, None] if differ(workers) else first[:, None, None])
        return flat


def _pulls(scores: Floats, labels: Floats) -> Floats:
    """Return the slopes of the losses in the scores: ``-y / (1 + exp(y s))``."""
    pulls: Floats = 0.5 * labels * (np.tanh(0.5 * labels * scores) - 1.0)
    return pulls
