"""Random graphs, drawn once from a seed: Erdos-Renyi and random regular."""

from __future__ import annotations

import math

import numpy as np

from numerics.graphs.graph import Adjacency, Graph, node_count
from straggler import InputError, at_least

ATTEMPTS = 200


def erdos_renyi(n: int, p: float | None = None, seed: int = 0) -> Graph:
    """Return a connected Erdos-Renyi graph.

    Parameters
    ----------
    n
        Number of workers.
    p
        Probability of each link; default min(1, 2 ln(n) / n), twice the threshold of connectivity.
    seed
        Attempt a draws from ``SeedSequence(seed, spawn_key=(a,))``; the first connected graph of 200 attempts is taken.

    Raises
    ------
    InputError
        If p is not in (0, 1], or no attempt is connected.
    """
    node_count("nodes of erdos-renyi", n)
    p = min(1.0, 2 * math.log(n) / n) if p is None else float(p)
    if not 0 < p <= 1:
        raise InputError("link probability p", p, "0 < p <= 1")
    params = {"p": p, "seed": seed}
    for attempt in range(ATTEMPTS):
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(attempt,)))
        upper = np.triu(generator.random((n, n)) < p, 1)
        adjacency = upper | upper.T
        if _connected(adjacency):
            return Graph("erdos-renyi", n, (adjacency,), params=params)
    raise InputError(
        "link probability p",
        p,
        f"a connected graph on {n} nodes within {ATTEMPTS} draws; connectivity sets in at {math.log(n) / n:.3g}",
    )


def random_regular(n: int, degree: int | None = None, seed: int = 0) -> Graph:
    """Return a connected random regular graph.

    Parameters
    ----------
    n
        Number of workers.
    degree
        Links of every worker, n * degree even; default min(4, n - 1).
    seed
        Attempt a uses a generator from ``SeedSequence(seed, spawn_key=(a,))``; the first connected graph of 200
        attempts is taken.

    Raises
    ------
    InputError
        If no such graph exists, or no attempt is connected.
    """
    import networkx as nx

    node_count("nodes of random-regular", n)
    degree = at_least("degree", min(4, n - 1) if degree is None else degree, 1)
    if degree >= n or n * degree % 2:
        raise InputError("degree", degree, f"a whole number < {n} with {n} * degree even")
    params = {"degree": degree, "seed": seed}
    for attempt in range(ATTEMPTS):
        state = int(np.random.SeedSequence(seed, spawn_key=(attempt,)).generate_state(1)[0])
        adjacency = nx.to_numpy_array(nx.random_regular_graph(degree, n, seed=state), nodelist=range(n)) > 0
        if _connected(adjacency):
            return Graph("random-regular", n, (adjacency,), params=params)
    raise InputError("degree", degree, f"a connected graph on {n} nodes within {ATTEMPTS} draws")


def _connected(adjacency: Adjacency) -> bool:
    from scipy.sparse.csgraph import connected_components

    parts, _ = connected_components(adjacency, directed=False)
    return bool(parts == 1)
