"""Every link of a drawing ends at its two nodes or, on a torus, leaves the grid at one border and comes back at the other."""

import networkx as nx
import numpy as np
import pytest

from experiments.mixing.layout import crowding, lines, places
from numerics import graphs


def drawn(graph):
    net = nx.from_numpy_array(graph.phases[0])
    place = places(graph, net)
    edges = [list(edge) for edge in net.edges()]
    return place, edges, lines(graph, place, edges)


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (2, 6)])
def test_torus_is_a_grid(shape):
    """All pieces are horizontal or vertical, none longer than a step, and stubs end outside the grid, two for each link."""
    graph = graphs.torus(shape=shape)
    place, edges, pieces = drawn(graph)
    assert len({tuple(at) for at in place.values()}) == graph.n
    stubs = 0
    for (one, other), parts in zip(edges, pieces, strict=True):
        np.testing.assert_array_equal(parts[0][0], place[one])
        for piece in parts:
            step = np.abs(piece[1] - piece[0])
            assert step.min() == 0
            assert step.max() == (1 if len(parts) == 1 else 0.5)
        if len(parts) == 2:
            np.testing.assert_array_equal(parts[1][0], place[other])
            stubs += 1
            inside = np.array(shape[::-1]) - 1
            for piece in parts:
                column, row = piece[1] * [1, -1]
                assert not (0 <= column <= inside[0] and 0 <= row <= inside[1])
        else:
            np.testing.assert_array_equal(parts[0][1], place[other])
    assert stubs == sum(shape[1 - axis] for axis in (0, 1) if shape[axis] > 2)


@pytest.mark.parametrize("graph", [graphs.hypercube(64), graphs.ring(9), graphs.torus(shape=(3, 3, 3)), graphs.star(6)])
def test_nodes_are_apart_and_links_are_straight(graph):
    place, edges, pieces = drawn(graph)
    at = np.array([place[node] for node in range(graph.n)])
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) + 9 * np.eye(graph.n)
    assert apart.min() > 1e-2 * np.ptp(at)
    for (one, other), parts in zip(edges, pieces, strict=True):
        np.testing.assert_array_equal(np.stack(parts), [[place[one], place[other]]])


def test_long_grids_are_crowded():
    assert crowding(graphs.torus(64)) == crowding(graphs.hypercube(64)) == 64
    assert crowding(graphs.torus(shape=(4, 16))) > 64
