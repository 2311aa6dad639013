"""Circulant mixing: every worker does the same with the workers at the same distances."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from numerics.mixing.base import SMALL_PRODUCT, MixingOperator
from numerics.typing import Array, Floats
from straggler import InputError


class Circulant(MixingOperator):
    """Circulant mixing ``x_new[i] = sum_o w_o x[(i - o) mod n]``, by sums of whole slabs.

    Offsets of equal weight are summed first and scaled once, so a ring with weights 1/3 costs two additions and one
    multiplication of the state, in five calls.

    Parameters
    ----------
    n
        Number of workers.
    weights
        Weight of each offset; worker i sends to worker i + offset (mod n). Offsets that agree mod n are added up.

    Raises
    ------
    InputError
        If no weight differs from zero, or one is not finite.
    """

    structure = "circulant"

    def __init__(self, n: int, weights: Mapping[int, float]) -> None:
        super().__init__(n)
        merged: dict[int, float] = {}
        for offset, weight in weights.items():
            merged[offset % n] = merged.get(offset % n, 0.0) + float(weight)
        self.weights = {offset: weight for offset, weight in sorted(merged.items()) if weight != 0}
        if not self.weights or not np.all(np.isfinite(list(self.weights.values()))):
            raise InputError("circulant weights", dict(weights), "finite weights, at least one of them not zero")
        self._groups = _equal_weights(self.weights)

    def apply(self, x: Array, out: Array) -> Array:
        """Write W x into ``out``; see `MixingOperator.apply`."""
        if not isinstance(x, np.ndarray):
            return self._slabs(x, out)
        if len(self.weights) > 2 and self.n * x.size <= SMALL_PRODUCT:
            return self._product(x, out)
        return self._slabs(x, out)

    def _slabs(self, x: Array, out: Array) -> Array:
        scale = 0.0
        for weight, offsets in self._groups:
            if scale == 0.0:
                _put(x, offsets, out)
                rest = offsets[2:]
            else:
                # Horner in the weights: what is already summed is brought to the scale of the next group.
                out *= scale / weight
                rest = offsets
            for offset in rest:
                _add(x, offset, out)
            scale = weight
        if scale != 1.0:
            out *= scale
        return out

    def _dense(self) -> Floats:
        matrix = np.zeros((self.n, self.n))
        receivers = np.arange(self.n)
        for offset, weight in self.weights.items():
            matrix[receivers, (receivers - offset) % self.n] = weight
        return matrix

    def __repr__(self) -> str:
        return f"Circulant(n={self.n}, weights={self.weights})"


def _equal_weights(weights: Mapping[int, float]) -> list[tuple[float, tuple[int, ...]]]:
    """Group offsets by weight, the largest group first, offset 0 first within its group."""
    groups: dict[float, list[int]] = {}
    for offset, weight in weights.items():
        groups.setdefault(weight, []).append(offset)
    return [(weight, tuple(offsets)) for weight, offsets in sorted(groups.items(), key=lambda g: -len(g[1]))]


def _put(x: Array, offsets: tuple[int, ...], out: Array) -> None:
    """Write the sum of the first two shifts (or the first one alone) without reading ``out``."""
    first = offsets[0]
    if len(offsets) == 1:
        out[first:] = x[: len(x) - first]
        out[:first] = x[len(x) - first :]
        return
    second, n = offsets[1], len(x)
    # Within each of these pieces both shifted states are contiguous slabs.
    for lo, hi in ((0, first), (first, second), (second, n)):
        if lo == hi:
            continue
        a, b = (lo - first) % n, (lo - second) % n
        if isinstance(x, np.ndarray):
            np.add(x[a : a + hi - lo], x[b : b + hi - lo], out[lo:hi])
        else:
            out[lo:hi] = x[a : a + hi - lo]
            out[lo:hi] += x[b : b + hi - lo]


def _add(x: Array, offset: int, out: Array) -> None:
    """Add one shift of ``x`` to ``out``, in place."""
    if offset == 0:
        out += x
        return
    head, tail = out[offset:], out[:offset]
    head += x[: len(x) - offset]
    tail += x[len(x) - offset :]
