"""Graphs whose best weights are known on paper."""

import numpy as np
import pytest

from tests.theory.best_mixing.plain_graphs import adjacency, modulus
from theory.best_mixing import (
    best_schedule,
    call_orbits,
    edge_orbits,
    fastest_averaging,
    fastest_chain,
    fastest_gossip,
    least_deviation,
    links,
)

METHODS = ("auto", "cone", "interior")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [5, 6, 9])
@pytest.mark.parametrize("find", [fastest_chain, fastest_averaging])
def test_ring(find, n, method):
    """Laplacian eigenvalues 2 - 2 cos(2 pi k / n): the best common weight is 2 / (smallest + largest)."""
    spectrum = np.sort(2 - 2 * np.cos(2 * np.pi * np.arange(n) / n))
    low, high = spectrum[1], spectrum[-1]
    found = find(adjacency("ring", n), method=method)
    assert found.value == pytest.approx((high - low) / (high + low), rel=1e-5)
    np.testing.assert_allclose(found.weights, 2 / (low + high), rtol=1e-3)


@pytest.mark.parametrize("n", [4, 7, 12])
def test_path(n):
    """The fastest chain on a path moves with chance one half, and has cos(pi / n) (Boyd, Diaconis, Sun and Xiao 2006)."""
    for find in (fastest_chain, fastest_averaging):
        found = find(adjacency("path", n))
        assert found.value == pytest.approx(np.cos(np.pi / n), abs=1e-6)
    np.testing.assert_allclose(fastest_chain(adjacency("path", n)).weights, 0.5, atol=1e-2)


@pytest.mark.parametrize("n", [3, 5, 10])
def test_star(n):
    """Laplacian eigenvalues 1 and n: 2/(n+1) where it may be negative, else all the centre can give, 1/(n-1)."""
    links_of_star = adjacency("star", n)
    assert fastest_averaging(links_of_star).value == pytest.approx((n - 1) / (n + 1))
    assert fastest_chain(links_of_star).value == pytest.approx(1 - 1 / (n - 1))
    full = fastest_averaging(links_of_star, symmetry=False)
    assert full.value == pytest.approx((n - 1) / (n + 1), abs=1e-5)


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_hypercube(dimension):
    """Laplacian eigenvalues 2, ..., 2d: weights 1/(d + 1), value (d - 1)/(d + 1)."""
    found = fastest_chain(adjacency("hypercube", dimension))
    assert (found.method, found.orbits) == ("symmetry", 1)
    np.testing.assert_allclose(found.weights, 1 / (dimension + 1))
    assert found.value == pytest.approx((dimension - 1) / (dimension + 1))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("find", [fastest_chain, fastest_averaging])
def test_complete_graph_averages_exactly(find, method):
    found = find(adjacency("complete", 6), method=method)
    np.testing.assert_allclose(found.matrix, 1 / 6, atol=1e-5)
    assert found.value == pytest.approx(0, abs=1e-6)


def test_complete_graph_has_the_least_deviation_and_uniform_gossip():
    """W = J leaves n - 1 of the noise; a uniform call multiplies the deviation by 1 - 1/(n - 1)."""
    complete = adjacency("complete", 7)
    assert least_deviation(complete).value == pytest.approx(6)
    for clocks in ("nodes", "links"):
        assert fastest_gossip(complete, clocks=clocks).value == pytest.approx(1 - 1 / 6, abs=1e-6)
    np.testing.assert_allclose(fastest_gossip(complete).probabilities, (1 - np.eye(7)) / 6, atol=1e-3)


def test_least_deviation_of_a_path_of_three():
    """Both weights are equal; eigenvalues 1 - w and 1 - 3w; the minimum by a fine grid."""
    w = np.linspace(0.3, 0.66, 200_001)
    wanted = (1 / (1 - (1 - w) ** 2) + 1 / (1 - (1 - 3 * w) ** 2)).min()
    found = least_deviation(adjacency("path", 3))
    assert found.value == pytest.approx(wanted, rel=1e-8)
    assert found.gap <= 1e-8 * found.value


def test_gossip_on_a_star():
    """Leaves can only call the centre, which calls one of n - 1: the spectrum is that of n/(2n(n-1)) times the Laplacian."""
    n = 6
    found = fastest_gossip(adjacency("star", n))
    assert found.value == pytest.approx(1 - 1 / (2 * n) * (1 + 1 / (n - 1)), abs=1e-6)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


@pytest.mark.parametrize("clocks", ["nodes", "links"])
@pytest.mark.parametrize(
    ("name", "size", "slow"),
    [("ring", 60, 2 - 2 * np.cos(np.pi / 30)), ("torus", 16, 2 - 2 * np.cos(np.pi / 8)), ("hypercube", 8, 2.0)],
)
def test_gossip_on_graphs_whose_links_are_all_alike(name, size, slow, clocks):
    """Every neighbour is called equally often: 1 - slow / (n d), by the second Laplacian eigenvalue; nothing is iterated."""
    graph = adjacency(name, size)
    found = fastest_gossip(graph, clocks=clocks, tolerance=1e-6)
    assert (found.method, found.orbits) == ("symmetry", 1)
    assert 1 - found.value == pytest.approx(slow / graph.sum(), rel=1e-8)
    if clocks == "nodes":
        np.testing.assert_allclose(found.probabilities, graph / graph.sum(axis=1)[:, None], atol=1e-15)


@pytest.mark.parametrize(
    ("name", "n", "orbits"), [("ring", 7, 1), ("path", 4, 3), ("path", 5, 4), ("star", 9, 2), ("wheel", 6, 3)]
)
def test_orbits_of_calls(name, n, orbits):
    """A call and the call back are one orbit only where a symmetry reverses the link: in the middle of a path of four."""
    assert call_orbits(links(adjacency(name, n))).max() + 1 == orbits


def test_values_are_those_of_the_matrices():
    for find in (fastest_chain, fastest_averaging):
        found = find(adjacency("path", 6))
        assert modulus(found.matrix) == pytest.approx(found.value, rel=1e-12)
        np.testing.assert_allclose(found.matrix.sum(axis=1), 1)
        assert (found.matrix[~(adjacency("path", 6) | np.eye(6, dtype=bool))] == 0).all()


@pytest.mark.parametrize(
    ("name", "n", "orbits"),
    [("ring", 7, 1), ("torus", 4, 1), ("torus", 5, 1), ("hypercube", 3, 1), ("path", 7, 3), ("star", 9, 1)],
)
def test_orbits(name, n, orbits):
    assert edge_orbits(links(adjacency(name, n))).max() + 1 == orbits


def hypercube_rounds(dimension):
    nodes = range(2**dimension)
    return [[(i, i ^ (1 << k)) for i in nodes if i < i ^ (1 << k)] for k in range(dimension)]


def test_one_peer_hypercube_averages_exactly():
    found = best_schedule(hypercube_rounds(3))
    assert found.value == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(found.weights, 0.5)


@pytest.mark.parametrize(("n", "value"), [(6, 0.5), (8, 0.5**0.5)])
def test_ring_in_two_rounds(n, value):
    """Even, then odd links: weights of one half are best over all weights of both rounds, and the bound says so."""
    rounds = [[(i, (i + 1) % n) for i in range(start, n, 2)] for start in (0, 1)]
    found = best_schedule(rounds)
    assert found.value == pytest.approx(value)
    assert found.lower_bound == pytest.approx(value, rel=1e-9)
    assert found.round_gap <= 1e-5


def test_schedule_finds_weights_other_than_one_half():
    """On a path of four in three rounds, swapping the middle averages exactly; halves do not."""
    found = best_schedule([[(0, 1), (2, 3)], [(1, 2)], [(0, 1), (2, 3)]])
    assert found.value == pytest.approx(0, abs=1e-6)
    first, second, third = found.matrices
    np.testing.assert_allclose(third @ second @ first, 0.25, atol=1e-6)
