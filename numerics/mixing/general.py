"""Operators for matrices without exploitable structure: dense, and sparse by rows."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from numerics.mixing.base import SMALL_PRODUCT, MixingOperator
from numerics.typing import Array, Floats
from straggler import InputError


class Dense(MixingOperator):
    """An arbitrary W, applied as one matrix product on ``x.reshape(n, -1)``.

    Parameters
    ----------
    matrix
        W, shape (n, n).

    Raises
    ------
    InputError
        If ``matrix`` is not square.
    """

    structure = "dense"

    def __init__(self, matrix: Floats) -> None:
        matrix = np.array(matrix, dtype=np.float64, order="C")
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise InputError("mixing matrix shape", matrix.shape, "a square matrix")
        super().__init__(matrix.shape[0])
        self._given = matrix

    def apply(self, x: Array, out: Array) -> Array:
        """Write W x into ``out``; see `MixingOperator.apply`."""
        return self._product(x, out)

    def _dense(self) -> Floats:
        return self._given


class Sparse(Dense):
    """A W with few entries per row, applied as a sparse product over blocks of rows.

    The blocks keep the temporary that scipy allocates to a fraction of the state.
    """

    structure = "sparse"

    _BLOCKS = 8

    def apply(self, x: Array, out: Array) -> Array:
        """Write W x into ``out``; see `MixingOperator.apply`."""
        if not isinstance(x, np.ndarray) or self.n * x.size <= SMALL_PRODUCT or not out.flags.c_contiguous:
            return self._product(x, out)
        columns, result = x.reshape(self.n, -1), out.reshape(self.n, -1)
        for start, stop, block in self._blocks:
            result[start:stop] = block @ columns
        return out

    @cached_property
    def _blocks(self) -> list[tuple[int, int, Any]]:
        from scipy.sparse import csr_array

        edges = np.linspace(0, self.n, min(self._BLOCKS, self.n) + 1).astype(int).tolist()
        return [(start, stop, csr_array(self._given[start:stop])) for start, stop in pairwise(edges)]
