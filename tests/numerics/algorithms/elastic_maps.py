"""The matrix of one lap of taking turns, read off an algorithm."""

from __future__ import annotations

import numpy as np

from numerics import graphs
from numerics.algorithms import Algorithm
from numerics.algorithms.asynchronous import ReadState
from numerics.moments.linear import linearise
from numerics.streams import Streams
from numerics.timeline import RoundRobin


def lap(algorithm: Algorithm, n: int, hessian: float = 1.0, laps: int = 1) -> np.ndarray:
    """The linear map of ``laps`` laps of n workers that take turns, with gradients ``hessian * x``."""
    timeline, streams = RoundRobin(graphs.complete(n).schedule()), Streams(0, (0,))
    state = algorithm.init(np.zeros((1, 1)), n)
    assert isinstance(state, ReadState)
    state.open(timeline.opening(streams))
    whole = np.eye(sum(slab.shape[0] for slab in state.slabs()))
    for event in timeline.play(laps * n, streams):
        linear, state = linearise(algorithm, state, event)
        whole = (linear.transition + hessian * linear.response @ linear.view) @ whole
    return whole


def radius(matrix: np.ndarray) -> float:
    """Spectral radius."""
    return float(np.abs(np.linalg.eigvals(matrix)).max())
