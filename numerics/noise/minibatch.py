"""Minibatch noise: the gradient of a few samples instead of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.noise.base import Losses, Noise, Oracle
from numerics.objectives.base import Constant, Objective, Workers
from numerics.objectives.finite_sum import FiniteSum
from numerics.streams import Reservoir, Streams
from numerics.typing import Array, Floats
from straggler import InputError, at_least

DRAWN_AHEAD = 1 << 16
"""Bytes of uniform numbers drawn ahead per block of replicas."""


class Minibatch(Noise):
    """Mean gradients of ``batch`` samples, drawn afresh by every worker at every event: unbiased.

    A replica's stream is read by ``Generator.random``, in the order iteration, worker, draw.

    Parameters
    ----------
    batch
        Samples per gradient b >= 1; without replacement at most the samples of the poorest worker.
    replacement
        Draw with replacement (variance of one sample over b) or without (times ``(m-b)/(m-1)``).
    """

    kind = "minibatch"

    def __init__(self, batch: int = 1, *, replacement: bool = True) -> None:
        self.batch, self.replacement = at_least("batch", batch, 1), bool(replacement)

    def check(self, objective: Objective) -> None:
        """Raise `InputError` unless the objective is a mean over samples, enough of them for the batch."""
        self._samples(objective)

    def oracle(self, objective: Objective, streams: Streams) -> Oracle:
        """Return an oracle that evaluates the gradients of sampled rows."""
        sum_ = self._samples(objective)
        draw = self._draws(sum_, streams)

        def kernel(points: Floats, workers: Workers, out: Floats) -> None:
            sum_.sampled_gradients(points, workers, draw(points, workers), out)

        def oracle(points: Floats, workers: Workers, out: Floats | None = None) -> Floats:
            return objective.in_tiles(kernel, points, workers, out)

        return oracle

    def losses(self, objective: Objective, streams: Streams) -> Losses:
        """Return the losses of the very samples the oracle draws: another reader of the same streams, asked event by event."""
        sum_ = self._samples(objective)
        draw = self._draws(sum_, streams)

        def losses(points: Floats, workers: Workers) -> Floats:
            return sum_.sampled_losses(points, workers, draw(points, workers))

        return losses

    def _draws(self, sum_: FiniteSum, streams: Streams) -> Callable[[Floats, Workers], NDArray[np.intp]]:
        """Return a function that draws the rows (m, R, b) of the next workers, which have points (m, R, d)."""
        generators = streams.generators("minibatch")

        def fill(row: int, out: Array) -> None:
            generators[row].random(out=out)

        uniforms = Reservoir(fill, len(generators), np.float64, DRAWN_AHEAD)

        def draw(points: Floats, workers: Workers) -> NDArray[np.intp]:
            m, replicas, _ = points.shape
            drawn = uniforms.take(m * self.batch).reshape(replicas, m, self.batch).swapaxes(0, 1)
            return self._rows(drawn, _spread(sum_.counts[workers]))

        return draw

    def _rows(self, uniforms: Floats, counts: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return row numbers below ``counts``, (m, 1) or (m, R), from uniform numbers (m, R, b), same shape."""
        if self.replacement or self.batch == 1:
            return (uniforms * counts[:, :, None]).astype(np.intp)
        # Floyd's sampling: the k-th draw is from the first count - b + k + 1 rows, and takes the last of these if it hits one
        # that is already in the sample.
        rows = np.empty(uniforms.shape, dtype=np.intp)
        for k in range(self.batch):
            last = counts - self.batch + k
            row = (uniforms[:, :, k] * (last + 1)).astype(np.intp)
            taken = np.any(rows[:, :, :k] == row[:, :, None], axis=2)
            rows[:, :, k] = np.where(taken, last, row)
        return rows

    def constant(self, objective: Objective) -> Constant:
        """Return a bound on sigma, the largest over the workers."""
        sum_ = self._samples(objective)
        bounds = sum_.sample_variance_bounds()
        factors = self._factors(sum_)
        worst = int(np.argmax([bound.value * factor for bound, factor in zip(bounds, factors, strict=True)]))
        # One worker's bound may hold everywhere while another's needs the ball: what is claimed for all is the weaker kind.
        local = [bound for bound in bounds if bound.kind == "certified on ball"]
        witness = local[0] if local else bounds[worst]
        return Constant(float(np.sqrt(bounds[worst].value * factors[worst])), witness.kind, witness.note)

    def deviation(self, objective: Objective, x: Floats) -> Floats:
        """Return the largest of the workers' standard deviations at points (R, d), exactly, shape (R,)."""
        sum_ = self._samples(objective)
        variances = sum_.sample_variances(x) * self._factors(sum_)[:, None]
        largest: Floats = np.sqrt(variances.max(axis=0))
        return largest

    def provenance(self) -> dict[str, Any]:
        """Return kind, batch size and whether with replacement."""
        return {"kind": self.kind, "batch": self.batch, "replacement": self.replacement}

    def _factors(self, objective: FiniteSum) -> Floats:
        """Return the ratio of the variance of a batch to that of one sample for each worker, shape (n,)."""
        if self.replacement:
            return np.full(objective.n, 1.0 / self.batch)
        counts = objective.counts
        factors: Floats = (counts - self.batch) / (self.batch * np.maximum(counts - 1, 1))
        return factors

    def _samples(self, objective: Objective) -> FiniteSum:
        if not isinstance(objective, FiniteSum):
            raise InputError("noise", self.kind, "gaussian, rademacher or none for an objective that is not a mean over samples")
        if not self.replacement and self.batch > objective.counts.min():
            poorest = int(objective.counts.min())
            raise InputError("batch", self.batch, f"1 <= batch <= {poorest} without replacement (samples of the poorest worker)")
        return objective


def _spread(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return counts (m,) with an axis for the replicas, (m, 1); counts (m, R) have it."""
    return counts[:, None] if counts.ndim == 1 else counts
