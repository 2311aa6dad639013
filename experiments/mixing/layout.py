"""Where the nodes of a graph are drawn, and its links: a torus as a grid cut open, a hypercube as a cube."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numerics.graphs import Graph
    from numerics.typing import Floats

_STUB = 0.5


def places(graph: Graph, net: Any) -> dict[int, Floats]:
    """Return positions of the nodes: a circle or a grid where the graph is one by nature, a layout by distances elsewhere."""
    import networkx as nx

    if is_grid(graph):
        columns = graph.params["shape"][1]
        return {node: np.array([node % columns, -(node // columns)], dtype=np.float64) for node in range(graph.n)}
    if graph.name == "hypercube":
        bits = np.arange(graph.n)[:, None] >> np.arange(graph.n.bit_length() - 1) & 1
        return dict(enumerate(bits @ _directions(bits.shape[1])))
    if graph.name in ("ring", "complete", "exponential"):
        found = nx.circular_layout(net)
    elif graph.n <= 150:
        found = nx.kamada_kawai_layout(net.to_undirected())
    else:
        found = nx.spring_layout(net, seed=0)
    return {int(node): np.asarray(place, dtype=np.float64) for node, place in found.items()}


def _directions(dimension: int) -> Floats:
    """Return where every bit of a hypercube leads, shape (dimension, 2): cubes in oblique projection, then cubes of cubes."""
    cube = np.array([1.0, 1j, 0.45 + 0.35j])
    levels = np.arange(dimension) // 3
    reached = cube[np.arange(dimension) % 3] * (2.3 * np.exp(0.25j)) ** levels
    return np.stack([reached.real, reached.imag], axis=1)


def crowding(graph: Graph) -> float:
    """Return the number of nodes, more for a long grid: those of a square half-way between it and its longer side squared."""
    return float(max(graph.params["shape"]) * np.sqrt(graph.n)) if is_grid(graph) else float(graph.n)


def is_grid(graph: Graph) -> bool:
    """Return whether a graph is a torus of two dimensions, which is drawn as a grid."""
    return graph.name == "torus" and len(graph.params["shape"]) == 2


def lines(graph: Graph, place: Mapping[int, Floats], edges: Sequence[Sequence[int]]) -> list[list[Floats]]:
    """Return the straight pieces of every link, each of shape (2, 2): one, or two stubs where a torus closes around.

    A stub leaves the border of the grid and comes back in on the opposite side, in the same row or column.
    """
    drawn = []
    for one, other in edges:
        between = place[other] - place[one]
        length = float(np.abs(between).max())
        if is_grid(graph) and length > 1.5:
            out = _STUB * between / length
            drawn.append([np.stack([place[one], place[one] - out]), np.stack([place[other], place[other] + out])])
        else:
            drawn.append([np.stack([place[one], place[other]])])
    return drawn
