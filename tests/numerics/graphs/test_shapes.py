"""Every graph has the edges it should, at every node, and mixes as its weights promise."""

import networkx as nx
import numpy as np
import pytest

from numerics import graphs
from straggler import InputError

REFERENCES = [
    ("ring", 7, nx.cycle_graph(7)),
    ("ring", 2, nx.path_graph(2)),
    ("path", 6, nx.path_graph(6)),
    ("complete", 5, nx.complete_graph(5)),
    ("star", 6, nx.star_graph(5)),
    ("torus", 12, nx.convert_node_labels_to_integers(nx.grid_2d_graph(3, 4, periodic=True), ordering="sorted")),
    ("torus", 10, nx.convert_node_labels_to_integers(nx.grid_2d_graph(2, 5, periodic=True), ordering="sorted")),
    ("hypercube", 8, nx.convert_node_labels_to_integers(nx.hypercube_graph(3), ordering="sorted")),
]
SIZES = {"hypercube": (2, 4, 16), "torus": (4, 12, 16), "bipartite-exponential": (2, 6, 12), "k-peer-exponential": (3, 8, 9)}
EVERY = [(name, n) for name in graphs.NAMES for n in SIZES.get(name, (2, 5, 8, 12))]


@pytest.mark.parametrize(("name", "n", "reference"), REFERENCES)
def test_edges_are_those_of_networkx(name, n, reference):
    (adjacency,) = graphs.get(name, n).phases
    np.testing.assert_array_equal(adjacency, nx.to_numpy_array(reference, nodelist=range(n)) > 0)


def receivers(phase):
    return [sorted(np.flatnonzero(phase[:, sender]).tolist()) for sender in range(len(phase))]


@pytest.mark.parametrize("n", [2, 5, 8, 12])
def test_one_peer_exponential_sends_forward_by_powers_of_two(n):
    graph = graphs.one_peer_exponential(n)
    assert len(graph.phases) == int(np.ceil(np.log2(n)))
    for k, phase in enumerate(graph.phases):
        assert receivers(phase) == [[(i + 2**k) % n] for i in range(n)]


@pytest.mark.parametrize("n", [2, 6, 8, 13])
def test_exponential_is_the_union_of_one_peer_exponential(n):
    np.testing.assert_array_equal(graphs.exponential(n).phases[0], graphs.one_peer_exponential(n).union)


@pytest.mark.parametrize(("n", "peers"), [(9, 2), (32, 2), (10, 3), (6, 2), (7, 1)])
def test_k_peer_exponential_sends_over_multiples_of_powers(n, peers):
    graph = graphs.k_peer_exponential(n, peers)
    power, phases = 1, iter(graph.phases)
    while power < n:
        expected = {j * power % n for j in range(1, peers + 1)} - {0}
        assert receivers(next(phases)) == [sorted((i + hop) % n for hop in expected) for i in range(n)]
        power *= peers + 1
    assert next(phases, None) is None


@pytest.mark.parametrize(("n", "hops"), [(2, [1]), (4, [1, 3]), (8, [1, 3, 5]), (12, [1, 3, 5, 9]), (16, [1, 3, 5, 9])])
def test_bipartite_exponential_matches_odd_with_even(n, hops):
    graph = graphs.bipartite_exponential(n)
    assert len(graph.phases) == len(hops)
    for phase, hop in zip(graph.phases, hops, strict=True):
        partner = [row[0] for row in receivers(phase)]
        for i in range(1, n, 2):
            assert partner[i] == (i + hop) % n
            assert partner[partner[i]] == i
            assert partner[i] % 2 == 0
    assert not graph.directed


def test_torus_in_three_dimensions():
    graph = graphs.torus(shape=(3, 4, 5))
    reference = nx.convert_node_labels_to_integers(nx.grid_graph((5, 4, 3), periodic=True), ordering="sorted")
    np.testing.assert_array_equal(graph.phases[0], nx.to_numpy_array(reference, nodelist=range(60)) > 0)
    assert graph.max_degree == 6


@pytest.mark.parametrize(("name", "n"), EVERY)
def test_default_weights_keep_constants_and_the_mean(name, n):
    schedule = graphs.get(name, n).schedule()
    assert schedule.doubly_stochastic
    for operator in schedule.operators(schedule.period):
        np.testing.assert_allclose(operator.matrix().sum(axis=1), 1, atol=1e-14)
        np.testing.assert_allclose(operator.matrix().sum(axis=0), 1, atol=1e-14)


@pytest.mark.parametrize(("name", "n"), EVERY)
def test_operators_of_every_graph_are_their_matrices(name, n):
    schedule = graphs.get(name, n).schedule()
    x = np.random.default_rng(n).standard_normal((n, 3, 5))
    for operator in schedule.operators(schedule.period):
        np.testing.assert_allclose(
            operator.apply(x, np.full_like(x, np.nan)), np.tensordot(operator.matrix(), x, 1), rtol=0, atol=1e-13
        )


@pytest.mark.parametrize(
    ("graph", "diameter", "degree"),
    [
        (graphs.ring(9), 4, 2),
        (graphs.path(9), 8, 2),
        (graphs.star(9), 2, 8),
        (graphs.hypercube(16), 4, 4),
        (graphs.torus(16), 4, 4),
        (graphs.complete(9), 1, 8),
        (graphs.one_peer_exponential(32), 5, 1),
        (graphs.exponential(32), 5, 5),
    ],
    ids=repr,
)
def test_diameter_and_degree(graph, diameter, degree):
    assert (graph.diameter, graph.max_degree) == (diameter, degree)


def test_a_graph_must_hold_together():
    halves = np.kron(np.eye(2), np.ones((2, 2))) > 0
    np.fill_diagonal(halves, False)
    with pytest.raises(InputError, match="strongly connected"):
        graphs.Graph("halves", 4, (halves,))
    one_way = np.zeros((3, 3), dtype=bool)
    one_way[1, 0] = one_way[2, 1] = True
    with pytest.raises(InputError, match="strongly connected"):
        graphs.Graph("one way", 3, (one_way,), directed=True)
    bridge = np.zeros((4, 4), dtype=bool)
    bridge[1, 2] = bridge[2, 1] = True
    assert graphs.Graph("in turns", 4, (halves, bridge)).diameter == 3
    with pytest.raises(InputError, match="self-loops"):
        graphs.Graph("loops", 2, (np.ones((2, 2), dtype=bool),))
