"""What every mixing operator can do: apply itself to the worker axis and show its matrix."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np

from numerics.typing import Array, Floats
from straggler import at_least

STOCHASTIC_TOLERANCE = 1e-12
# Below this many multiplications one GEMM costs less than the calls a structured operator would need instead.
SMALL_PRODUCT = 1 << 15


class MixingOperator(ABC):
    """A mixing matrix W that knows its structure, acting on a stacked state as ``x_new[i] = sum_j W[i, j] x[j]``.

    Parameters
    ----------
    n
        Number of workers; the leading axis of every array it is applied to.
    """

    structure: str = "dense"

    def __init__(self, n: int) -> None:
        self.n = at_least("workers", n, 1)
        self._native: dict[tuple[object, ...], Array] = {}

    @abstractmethod
    def apply(self, x: Array, out: Array) -> Array:
        """Write W x into ``out`` and return it.

        Parameters
        ----------
        x
            State, shape (n,), (n, d) or (n, R, d); numpy array or torch tensor. Left unchanged.
        out
            Memory for the result, same shape and kind; must not overlap ``x``.
        """

    @abstractmethod
    def _dense(self) -> Floats:
        """Build W, shape (n, n)."""

    @cached_property
    def _matrix(self) -> Floats:
        matrix = self._dense()
        matrix.flags.writeable = False
        return matrix

    def matrix(self) -> Floats:
        """Return W as a read-only array of shape (n, n)."""
        return self._matrix

    @cached_property
    def row_stochastic(self) -> bool:
        """Whether W is non-negative with W 1 = 1, to 1e-12."""
        return bool(self._nonnegative and np.abs(self._matrix.sum(axis=1) - 1).max() <= STOCHASTIC_TOLERANCE)

    @cached_property
    def column_stochastic(self) -> bool:
        """Whether W is non-negative with 1'W = 1', to 1e-12."""
        return bool(self._nonnegative and np.abs(self._matrix.sum(axis=0) - 1).max() <= STOCHASTIC_TOLERANCE)

    @property
    def doubly_stochastic(self) -> bool:
        """Whether W is row- and column-stochastic, so that it keeps constants and the mean."""
        return self.row_stochastic and self.column_stochastic

    @cached_property
    def keeps_mean(self) -> bool:
        """Whether W 1 = 1 and 1'W = 1', to 1e-12, whatever the signs of its entries."""
        return bool(max(np.abs(self._matrix.sum(axis=axis) - 1).max() for axis in (0, 1)) <= STOCHASTIC_TOLERANCE)

    @property
    def _nonnegative(self) -> bool:
        return bool(self._matrix.min() >= 0)

    def _product(self, x: Array, out: Array) -> Array:
        """Write W x by one matrix product; what the structured operators fall back on for small states."""
        if isinstance(x, np.ndarray):
            if x.dtype == np.float64 and x.flags.c_contiguous and out.flags.c_contiguous:
                self._matrix.dot(x.reshape(self.n, -1), out.reshape(self.n, -1))
            else:
                out[...] = (self._matrix @ x.reshape(self.n, -1)).reshape(out.shape)
            return out
        out[...] = (self._as_native(x) @ x.reshape((self.n, -1))).reshape(x.shape)
        return out

    def _as_native(self, x: Array) -> Array:
        """Return W in the library, type and place of ``x``; made once for each."""
        from array_api_compat import array_namespace, device

        key = (type(x), x.dtype, device(x))
        if key not in self._native:
            self._native[key] = array_namespace(x).asarray(self._matrix.copy(), dtype=x.dtype, device=device(x))
        return self._native[key]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n})"
