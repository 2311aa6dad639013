"""What a compressor that rounds every coordinate at random does to vectors, in exact expectation.

Its coordinates are rounded up where a uniform number is at least some threshold. Where all thresholds of a vector are multiples
of 1/N, the mean over the N midpoints of the unit interval is the expectation, coordinate by coordinate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.measures.base import computed
from numerics.algorithms.compression import Compressing
from numerics.typing import Floats

if TYPE_CHECKING:
    from experiments.settings import Setting

RANDOM_VECTORS = 24


class Midpoints:
    """Random numbers that are not random: replica j has (j + 1/2) / N for every coordinate.

    Parameters
    ----------
    replicas
        N.
    """

    def __init__(self, replicas: int) -> None:
        self.replicas = replicas

    def uniforms(self, workers: int, count: int) -> Floats:
        """Return the midpoints, shape (workers, N, count)."""
        points = (np.arange(self.replicas) + 0.5) / self.replicas
        return np.broadcast_to(points[:, None], (workers, self.replicas, count)).copy()

    def keys(self, workers: int, count: int) -> NDArray[np.uint64]:
        """Return nothing but zeros: rounding asks for no words."""
        return np.zeros((workers, self.replicas, count), dtype=np.uint64)


def vectors(dim: int) -> Iterator[tuple[Floats, int]]:
    """Yield vectors of integers whose norms are integers, with these: |x_i| / ||x|| is a multiple of 1/norm then.

    Some have m^2 coordinates 1 and no others, m = 1, 2, ...; the others lie on lines through integer points and the pole, which
    meet the sphere in rational points.
    """
    for m in range(1, int(np.sqrt(dim)) + 1):
        yield np.where(np.arange(dim) < m**2, 1.0, 0.0), m
    generator = np.random.default_rng(0)
    for _ in range(RANDOM_VECTORS if dim > 1 else 0):
        t = generator.integers(-2, 3, dim - 1)
        square = int(t @ t)
        yield np.append(2.0 * t, square - 1.0), square + 1


def _outcomes(setting: Setting) -> Iterator[tuple[Floats, Floats]]:
    """Yield vectors, shape (d,), and the equally likely values of their coordinates, shape (N, d)."""
    algorithm = setting.claim.build_algorithm(1.0)
    assert isinstance(algorithm, Compressing)
    for x, norm in vectors(setting.problem.dim):
        values: Any = algorithm.compression.compress(np.broadcast_to(x, (1, norm, x.size)).copy(), Midpoints(norm))
        yield x, values[0]


def _nonzero(_: Floats, values: Floats) -> float:
    return float((values != 0).mean(axis=0).sum())


def _worst(judge: Callable[[Floats, Floats], float]) -> Callable[[Setting], float]:
    return lambda setting: max(judge(x, values) for x, values in _outcomes(setting))


bias = _worst(lambda x, values: float(np.linalg.norm(values.mean(axis=0) - x) / np.linalg.norm(x)))
variance_ratio = _worst(lambda x, values: float(((values - x) ** 2).mean(axis=0).sum() / (x @ x)))
nonzero = _worst(_nonzero)

_HOW = "exact expectations over a few vectors"
MEASURES = {
    "compression_bias": computed(bias, _HOW),
    "compression_variance_ratio": computed(variance_ratio, _HOW),
    "nonzero_entries": computed(nonzero, _HOW),
}
