"""What a worst-case instance says, as an objective and as a compressor that know no more than that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from numerics.compressors import REAL_BITS, Compressor, Draws
from numerics.objectives.base import Constant, Objective, Workers
from numerics.typing import Array, Floats
from straggler import InputError, StragglerError

if TYPE_CHECKING:
    from theory.worst_case import Instance

NEAR = 1e-7
"""Distance, over the largest coordinate of all points, at which a point is a recorded one."""


class Recorded(Objective):
    """Functions known at finitely many points only: those of a worst-case instance.

    The functions exist everywhere (that is what interpolation inequalities say), but they are asked where they were recorded.

    Parameters
    ----------
    instance
        Points, gradients and values of every worker.
    delta, zeta
        What f(start) - f* and the heterogeneity are at most.
    """

    def __init__(self, instance: Instance, delta: float, zeta: float = 0.0) -> None:
        super().__init__(instance.n, instance.dim)
        self.instance, self._delta, self._zeta = instance, delta, zeta
        self._near = NEAR * max(float(np.abs(points).max()) for points in instance.points)

    def _lookup(self, points: Floats, worker: int) -> Any:
        """Return the numbers of recorded points of a worker, shape of ``points`` (..., d) without its last axis."""
        known = self.instance.points[worker]
        distance = np.linalg.norm(points[..., None, :] - known, axis=-1)
        found = distance.argmin(axis=-1)
        missed = float(np.take_along_axis(distance, found[..., None], -1).max())
        if not missed <= self._near:
            raise StragglerError(f"worker {worker} asks at a point {missed:.3g} away from all {len(known)} it is recorded at")
        return found

    def tile_gradients(self, points: Floats, workers: Workers, out: Floats) -> None:
        """Write the recorded gradients at each worker's own points, (m, R, d), into ``out``."""
        for row, column, worker in self._each(points, workers):
            out[row, column] = self.instance.gradients[worker][self._lookup(points[row, column], worker)]

    def local_value(self, points: Floats, workers: Workers = slice(None)) -> Floats:
        """Return the recorded values at each worker's own points, (m, R, d) -> (m, R)."""
        out = np.empty(points.shape[:-1])
        for row, column, worker in self._each(points, workers):
            out[row, column] = self.instance.values[worker][self._lookup(points[row, column], worker)]
        return out

    def _each(self, points: Floats, workers: Workers) -> list[tuple[int, slice | int, int]]:
        if isinstance(workers, slice):
            return [(row, slice(None), worker) for row, worker in enumerate(range(self.n)[workers])]
        numbers = np.broadcast_to(workers.reshape(len(points), -1), points.shape[:2])
        return [(row, column, int(worker)) for (row, column), worker in np.ndenumerate(numbers)]

    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d) that are recorded for all workers."""
        value: Floats = np.mean([self.instance.values[i][self._lookup(x, i)] for i in range(self.n)], axis=0)
        return value

    def gradient(self, x: Floats, out: Floats | None = None) -> Floats:
        """Return the gradient of f at points of shape (..., d) that are recorded for all workers."""
        gradient: Floats = np.mean([self.instance.gradients[i][self._lookup(x, i)] for i in range(self.n)], axis=0)
        if out is not None:
            out[...] = gradient
            return out
        return gradient

    def constants(self) -> dict[str, Constant]:
        """Return the constants of the class the instance belongs to."""
        lowest = float(self.value(self.start())) - self._delta if self.minimiser() is None else 0.0
        found = {
            "L": Constant(self.instance.smoothness, "upper bound", "of the class"),
            "f_star": Constant(lowest, "lower bound", "of the class"),
            "zeta": Constant(self._zeta, "upper bound", "of the class"),
        }
        if self.instance.curvature > 0:
            found["mu"] = Constant(self.instance.curvature, "lower bound", "of the class")
        return found

    def start(self) -> Floats:
        """Return where the algorithm starts."""
        return self.instance.start

    def minimiser(self) -> Floats | None:
        """Return the origin for convex functions, whose minimiser is one of the recorded points."""
        return np.zeros(self.dim) if self.instance.curvature >= 0 else None


@dataclass(frozen=True, eq=False)
class RecordedCompressor(Compressor):
    """The compressors of a worst-case instance: each worker and round has its own, known at the one vector it is handed.

    They are used where all workers send at once, as in `numerics.algorithms.EFSGD`.

    Parameters
    ----------
    instance
        One of `theory.worst_case.error_feedback`.

    Raises
    ------
    InputError
        If nothing is compressed in the instance.
    """

    instance: Instance
    name: ClassVar[str] = "recorded"

    def __post_init__(self) -> None:
        if self.instance.handed is None:
            raise InputError("instance", "one without compressed vectors", "one of error feedback over two rounds or more")

    @property
    def unbiased(self) -> bool:
        """False."""
        return False

    def bits(self, d: int) -> float:
        """Return 32 d: nothing is known about how the vectors could be written."""
        return float(REAL_BITS * d)

    def check(self, d: int) -> None:
        """Raise `InputError` unless vectors have the dimension of the instance."""
        if d != self.instance.dim:
            raise InputError("coordinates", d, f"{self.instance.dim}, as in the instance")

    def _error(self, d: int) -> float:
        return self.instance.lost

    def _tiles(self, x: Array, draws: Draws | None, out: Array) -> None:
        out[...] = self._portable(x, draws, np)  # all workers at a time: which one it is decides

    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        handed, residuals = self.instance.handed, self.instance.residuals
        assert handed is not None
        assert residuals is not None
        n = self.instance.n
        if len(x) != n:
            raise InputError("vectors to compress", len(x), f"{n}, one of each worker of the instance")
        distance = np.linalg.norm(x[None] - handed[:, :, None, :], axis=-1)
        missed = float(distance.min(axis=0).max())
        if not missed <= NEAR * float(np.abs(handed).max()):
            raise StragglerError(f"a vector {missed:.3g} away from all that its worker is recorded to have compressed")
        return x - residuals[distance.argmin(axis=0), np.arange(n)[:, None]]

    def provenance(self) -> dict[str, Any]:
        """Return the name, and the share of the squared norm that may be lost."""
        return {"name": self.name, "lost": self.instance.lost}
