"""Vectors that are hard on compressors."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

NUMBERS = st.floats(-1e3, 1e3, allow_subnormal=False) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0])
SCALES = st.sampled_from([1.0, 1.0, 1e-280, 1e-160, 1e-9, 1e9, 1e160, 1e300])


def vectors(least=1, most=24):
    """Vectors of all sizes, with zeros, ties, and scales whose squares or sums leave the range of floating point."""
    shapes = st.integers(least, most)
    free = shapes.flatmap(lambda d: hnp.arrays(np.float64, d, elements=NUMBERS))
    ties = shapes.flatmap(lambda d: hnp.arrays(np.float64, d, elements=st.sampled_from([-1.0, 1.0, 0.0, 2.0])))
    spike = st.builds(lambda d, i, v: v * (np.arange(d) == i % d), shapes, st.integers(0, most), st.sampled_from([-3.0, 1.0]))
    flat = st.builds(lambda d, v: np.full(d, v), shapes, st.sampled_from([0.0, -2.0, 1.0, 1 / 3]))
    uneven = shapes.map(lambda d: 10.0 ** -np.arange(d) * (-1.0) ** np.arange(d))
    return st.builds(lambda x, scale: x * scale, free | ties | spike | flat | uneven, SCALES)


def error(x, q):
    """Return ||q - x||^2 / ||x||^2 along the last axis, safe from overflow; 0 where both vectors are zero."""
    size = np.max(np.abs(x))
    if size == 0:
        assert not np.any(q)
        return np.zeros(q.shape[:-1])
    x, q = x / size, q / size
    return np.sum((q - x) ** 2, axis=-1) / np.sum(x**2, axis=-1)
