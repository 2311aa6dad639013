"""Mixing weights on a graph: from an adjacency ``A[receiver, sender]`` to a matrix W."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from numerics.typing import Floats
from straggler import InputError

Adjacency = NDArray[np.bool_]


def uniform(adjacency: Adjacency) -> Floats:
    """Return row-stochastic W, shape (n, n): a worker weighs itself and each in-neighbour 1 / (in-degree + 1)."""
    heard = adjacency | np.eye(len(adjacency), dtype=bool)
    shares: Floats = heard / heard.sum(axis=1, keepdims=True)
    return shares


def push(adjacency: Adjacency) -> Floats:
    """Return column-stochastic W, shape (n, n): a worker keeps and sends each out-neighbour 1 / (out-degree + 1).

    Source: SGP (Assran et al. 2019), uniform mixing; doubly stochastic where in- and out-degrees are all equal.
    """
    sent = adjacency | np.eye(len(adjacency), dtype=bool)
    shares: Floats = sent / sent.sum(axis=0, keepdims=True)
    return shares


def metropolis(adjacency: Adjacency) -> Floats:
    """Return symmetric W, shape (n, n): 1 / (1 + max(deg_i, deg_j)) per link, the rest on the diagonal.

    Source: Metropolis-Hastings weights of Xiao, Boyd and Lall (2005). Raises `InputError` on one-way links.
    """
    degree = _two_way(adjacency, "metropolis").sum(axis=1)
    return _fill(adjacency / (1.0 + np.maximum(degree[:, None], degree[None, :])))


def max_degree(adjacency: Adjacency) -> Floats:
    """Return symmetric W, shape (n, n): 1 / (1 + largest degree) per link; raises `InputError` on one-way links."""
    return _fill(adjacency / (1.0 + _two_way(adjacency, "max-degree").sum(axis=1).max()))


def lazy(adjacency: Adjacency) -> Floats:
    """Return (I + W) / 2 of the Metropolis weights, without negative eigenvalues; raises `InputError` on one-way links."""
    _two_way(adjacency, "lazy")
    return _fill(0.5 * (adjacency * metropolis(adjacency)))


WEIGHTS: dict[str, Callable[[Adjacency], Floats]] = {
    "uniform": uniform,
    "metropolis": metropolis,
    "max-degree": max_degree,
    "lazy": lazy,
    "push": push,
}


def _two_way(adjacency: Adjacency, weights: str) -> Adjacency:
    one_way = np.argwhere(adjacency & ~adjacency.T)
    if len(one_way):
        receiver, sender = one_way[0]
        raise InputError(
            "weights",
            weights,
            f"two-way links, but {sender} sends to {receiver} and hears nothing back (try 'push' or 'uniform')",
        )
    return adjacency


def _fill(links: Floats) -> Floats:
    """Put on the diagonal what is missing from one, counting links of equal weight together so that 1 - 2/3 is 1/3."""
    result = np.array(links)
    for worker, row in enumerate(links):
        values, counts = np.unique(row[row > 0], return_counts=True)
        result[worker, worker] = 1.0 - float(values @ counts)
        if len(values) == 1 and round(1 / values[0]) == counts[0] + 1:
            result[worker, worker] = values[0]
    return result
