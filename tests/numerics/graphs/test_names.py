"""Graphs by name and from files, drawn graphs, and everything that is refused."""

import networkx as nx
import numpy as np
import pytest

from numerics import graphs
from straggler import InputError, StragglerError, UnknownName


@pytest.mark.parametrize("name", ["erdos-renyi", "random-regular"])
@pytest.mark.parametrize("n", [2, 5, 12, 33])
def test_drawn_graphs_belong_to_their_seed_and_are_connected(name, n):
    one, two = graphs.get(name, n, seed=3), graphs.get(name, n, seed=3)
    np.testing.assert_array_equal(one.phases[0], two.phases[0])
    assert nx.is_connected(nx.from_numpy_array(one.phases[0]))
    assert one.params["seed"] == 3
    if n == 33:
        assert (one.phases[0] != graphs.get(name, n, seed=4).phases[0]).any()


def test_a_draw_that_is_not_connected_is_repeated():
    # Below the threshold of connectivity most draws fail, so that the first of seed 0 cannot be the one taken.
    graph = graphs.erdos_renyi(12, p=0.15, seed=0)
    first = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(0,))).random((12, 12)) < 0.15
    assert not nx.is_connected(nx.from_numpy_array(np.triu(first, 1)))
    assert nx.is_connected(nx.from_numpy_array(graph.phases[0]))


@pytest.mark.parametrize(("n", "degree"), [(8, 3), (9, 4), (10, 2), (6, 5)])
def test_random_regular_graphs_are_regular_at_every_node(n, degree):
    np.testing.assert_array_equal(graphs.random_regular(n, degree, seed=1).phases[0].sum(axis=0), degree)


@pytest.mark.parametrize(
    ("ending", "write"),
    [
        ("graphml", nx.write_graphml),
        ("gml", nx.write_gml),
        ("edgelist", nx.write_edgelist),
        ("adjlist", nx.write_adjlist),
        ("g6", nx.write_graph6),
    ],
)
def test_files_networkx_can_read(tmp_path, ending, write):
    path = tmp_path / f"graph.{ending}"
    write(nx.cycle_graph(12), path)
    graph = graphs.get(str(path), 12)
    np.testing.assert_array_equal(graph.phases[0], graphs.ring(12).phases[0])
    assert graph.name == path.name


def test_arcs_of_a_directed_graph_send_forward():
    graph = graphs.from_networkx(nx.DiGraph([(0, 1), (1, 2), (2, 0), (2, 2)]))
    assert graph.directed
    np.testing.assert_array_equal(graph.phases[0], np.roll(np.eye(3, dtype=bool), 1, axis=0))
    assert graph.schedule().doubly_stochastic


def test_nodes_with_names_keep_their_order():
    graph = graphs.from_networkx(nx.Graph([("b", "a"), ("a", "c")]))
    np.testing.assert_array_equal(graph.phases[0], graphs.from_networkx(nx.path_graph(3)).phases[0])


REFUSED = [
    *[(name, {"nodes": nodes}, InputError, "nodes") for name in graphs.NAMES for nodes in (1, 0, -3, None)],
    ("torus", {"nodes": 7}, InputError, "product of two sides"),
    ("torus", {"nodes": 12, "shape": (3, 5)}, InputError, "product of the sides"),
    ("torus", {"shape": (1, 4)}, InputError, "side"),
    ("hypercube", {"nodes": 12}, InputError, "power of two"),
    ("bipartite-exponential", {"nodes": 9}, InputError, "even"),
    ("k-peer-exponential", {"nodes": 4, "peers": 4}, InputError, "peers"),
    ("k-peer-exponential", {"nodes": 4, "peers": 0}, InputError, "peers"),
    ("erdos-renyi", {"nodes": 8, "p": 0.0}, InputError, "p"),
    ("erdos-renyi", {"nodes": 40, "p": 0.001}, InputError, "connected graph"),
    ("random-regular", {"nodes": 7, "degree": 3}, InputError, "even"),
    ("random-regular", {"nodes": 7, "degree": 7}, InputError, "< 7"),
    ("random-regular", {"nodes": 8, "degree": 1}, InputError, "connected graph"),
    ("ringg", {"nodes": 8}, UnknownName, "ring"),
    ("ring", {"nodes": 8, "degree": 3}, UnknownName, "degree"),
    ("one-peer-exponential", {"nodes": 2.5}, InputError, "whole number"),
]


@pytest.mark.parametrize(("name", "options", "kind", "says"), REFUSED)
def test_bad_input_is_one_line(name, options, kind, says):
    with pytest.raises(kind, match=says) as caught:
        graphs.get(name, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("cut.graphml", "<graphml><graph>", "cannot read graph file"),
        ("empty.edgelist", "", "nodes"),
        ("broken.gml", "graph [ node [ id ] ]", "cannot read graph file"),
        ("halves.edgelist", "0 1\n2 3\n", "strongly connected"),
        ("graph.xlsx", "0 1\n", "a name ending in"),
    ],
)
def test_bad_files_are_one_line(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(StragglerError, match=says) as caught:
        graphs.get(str(path))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_a_file_and_the_number_of_nodes_must_agree(tmp_path):
    path = tmp_path / "graph.edgelist"
    nx.write_edgelist(nx.cycle_graph(5), path)
    with pytest.raises(InputError, match="nodes = 6"):
        graphs.get(str(path), 6)
    with pytest.raises(StragglerError, match="option"):
        graphs.get(str(path), 5, seed=1)
