"""Weights entry by entry, against plain loops."""

import numpy as np
import pytest

from numerics import graphs
from straggler import InputError, UnknownName

UNDIRECTED = [graphs.ring(6), graphs.path(5), graphs.star(6), graphs.torus(6), graphs.erdos_renyi(9, seed=1), graphs.complete(4)]


def by_loops(adjacency, weights):
    n = len(adjacency)
    degree = [sum(adjacency[i]) for i in range(n)]
    result = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j and adjacency[i, j]:
                result[i, j] = {
                    "uniform": 1 / (degree[i] + 1),
                    "push": 1 / (degree[j] + 1),
                    "metropolis": 1 / (1 + max(degree[i], degree[j])),
                    "max-degree": 1 / (1 + max(degree)),
                    "lazy": 0.5 / (1 + max(degree[i], degree[j])),
                }[weights]
    for i in range(n):
        result[i, i] = 1 - (result[:, i].sum() if weights == "push" else result[i].sum())
    return result


@pytest.mark.parametrize("weights", graphs.WEIGHTS)
@pytest.mark.parametrize("graph", UNDIRECTED, ids=repr)
def test_entries(graph, weights):
    schedule = graph.schedule(weights)
    matrix = schedule.at(0).matrix()
    np.testing.assert_allclose(matrix, by_loops(graph.phases[0], weights), atol=1e-15)
    assert matrix.min() >= 0
    assert schedule.row_stochastic is (weights != "push" or matrix.sum(axis=1) == pytest.approx(1))
    assert schedule.column_stochastic is (weights != "uniform" or matrix.sum(axis=0) == pytest.approx(1))
    if weights in ("metropolis", "max-degree", "lazy"):
        np.testing.assert_array_equal(matrix, matrix.T)
        assert schedule.doubly_stochastic


@pytest.mark.parametrize("graph", UNDIRECTED, ids=repr)
def test_lazy_weights_have_no_negative_eigenvalue(graph):
    assert np.linalg.eigvalsh(graph.schedule("lazy").at(0).matrix()).min() >= -1e-14


@pytest.mark.parametrize(
    ("graph", "value"), [(graphs.ring(8), 1 / 3), (graphs.complete(7), 1 / 7), (graphs.one_peer_exponential(8), 0.5)]
)
def test_familiar_weights_are_exact(graph, value):
    for operator in graph.schedule().operators(3):
        assert set(operator.matrix().ravel().tolist()) - {0.0} == {value}


def test_push_on_a_directed_irregular_graph_is_only_column_stochastic():
    adjacency = np.zeros((4, 4), dtype=bool)
    for sender, receiver in ((0, 1), (1, 2), (2, 3), (3, 0), (0, 2)):
        adjacency[receiver, sender] = True
    graph = graphs.Graph("irregular", 4, (adjacency,), directed=True)
    matrix = graph.schedule().at(0).matrix()
    np.testing.assert_allclose(matrix[:, 0], [1 / 3, 1 / 3, 1 / 3, 0])
    np.testing.assert_allclose(matrix[:, 3], [1 / 2, 0, 0, 1 / 2])
    assert graph.schedule().column_stochastic
    assert not graph.schedule().doubly_stochastic


@pytest.mark.parametrize("weights", ["metropolis", "max-degree", "lazy"])
def test_two_way_weights_refuse_one_way_links(weights):
    with pytest.raises(InputError, match=f"'{weights}'.*two-way links"):
        graphs.one_peer_exponential(8).schedule(weights)


def test_unknown_weights_name_the_nearest():
    with pytest.raises(UnknownName, match="metropolis"):
        graphs.ring(4).schedule("metropolys")
