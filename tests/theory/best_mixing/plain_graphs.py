"""Small graphs, written down without the code under test."""

import networkx as nx
import numpy as np

ADJACENCY = {
    "ring": lambda n: nx.cycle_graph(n),
    "path": lambda n: nx.path_graph(n),
    "star": lambda n: nx.star_graph(n - 1),
    "complete": lambda n: nx.complete_graph(n),
    "torus": lambda n: nx.grid_2d_graph(n, n, periodic=True),
    "hypercube": lambda n: nx.hypercube_graph(n),
    "wheel": lambda n: nx.wheel_graph(n),
    "lollipop": lambda n: nx.lollipop_graph(n // 2, n - n // 2),
}


def adjacency(name, n):
    return nx.to_numpy_array(ADJACENCY[name](n)) > 0


def random_graph(n, p, seed):
    """A random tree with extra links, so that it is connected."""
    draw = np.random.default_rng(seed)
    found = np.triu(draw.random((n, n)) < p, 1)
    for node in range(1, n):
        found[draw.integers(node), node] = True
    return found | found.T


def modulus(matrix):
    """Second largest eigenvalue modulus by sorting, not by taking J away."""
    return float(np.sort(np.abs(np.linalg.eigvalsh(matrix)))[-2])


def metropolis(links):
    degree = links.sum(axis=1)
    matrix = links / (1.0 + np.maximum(degree[:, None], degree[None, :]))
    return matrix + np.diag(1 - matrix.sum(axis=1))


def max_degree(links):
    matrix = links / (1.0 + links.sum(axis=1).max())
    return matrix + np.diag(1 - matrix.sum(axis=1))
