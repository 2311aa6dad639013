"""Memory for slabs: arrays that begin on a cache line, which passes over large arrays repay with some five per cent."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from array_api_compat import array_namespace, device

from numerics.typing import Array, Floats

CACHE_LINE = 64


LARGE_BYTES = 1 << 18


def is_large(*arrays: Array) -> bool:
    """Return whether these are contiguous float64 numpy arrays of at least 256 KiB: out of a fast cache, and fit for BLAS."""
    return all(
        isinstance(array, np.ndarray) and array.nbytes >= LARGE_BYTES and array.dtype == np.float64 and array.flags.c_contiguous
        for array in arrays
    )


def aligned(shape: Sequence[int]) -> Floats:
    """Return an uninitialised float64 array of this shape whose first element lies on a cache line."""
    count = math.prod(shape)
    raw = np.empty(count + CACHE_LINE // 8)
    skip = -raw.ctypes.data % CACHE_LINE // 8
    return raw[skip : skip + count].reshape(shape)


def empty(shape: Sequence[int], like: Array) -> Array:
    """Return an uninitialised array of this shape, of the kind, type and device of ``like``; aligned where it is numpy's."""
    if isinstance(like, np.ndarray) and like.dtype == np.float64:
        return aligned(shape)
    return array_namespace(like).empty(tuple(shape), dtype=like.dtype, device=device(like))
