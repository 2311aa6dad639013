"""What cannot be solved, or was not, is said in one line."""

import re

import numpy as np
import pytest

from straggler import InputError, StragglerError, UnknownName
from tests.theory.best_mixing.plain_graphs import adjacency, random_graph
from theory.best_mixing import (
    best_schedule,
    cone,
    deviation,
    edges,
    fastest_averaging,
    fastest_chain,
    fastest_gossip,
    interior,
    least_deviation,
    links,
    smoothing,
    solving,
    work,
)


@pytest.mark.parametrize(
    ("graph", "line"),
    [
        ([(0, 1), (2, 3)], "number of connected components = 2 is not admissible"),
        ([(0, 1), (1, 3)], "number of connected components = 2"),  # nobody knows node 2
        ([(0, 1), (1, 1)], "self-loop at node = 1"),
        (np.eye(3, dtype=bool), "self-loop at node = 0"),
        (np.zeros((3, 3), dtype=bool), "number of connected components = 3"),
        (np.zeros((2, 3), dtype=bool), "shape of the adjacency"),
        (np.triu(np.ones((3, 3), dtype=bool), 1), r"link = \(0, 1\) is not admissible: needs two-way links"),
        ([(0, -1)], "edges"),
        ([(0.5, 1.0)], "edges"),
        (np.zeros((0, 2), dtype=int), "nodes = 0"),
    ],
)
@pytest.mark.parametrize("find", [fastest_chain, fastest_averaging, fastest_gossip, least_deviation])
def test_bad_graphs(find, graph, line):
    with pytest.raises(InputError, match=line):
        find(graph)


def test_bad_choices():
    ring, path = adjacency("ring", 5), adjacency("path", 5)
    with pytest.raises(UnknownName, match="unknown method 'cones'; did you mean cone"):
        fastest_chain(ring, method="cones")
    with pytest.raises(InputError, match="number of edge orbits = 2 is not admissible"):
        fastest_chain(path, method="symmetry")
    with pytest.raises(InputError, match="number of orbits = 4 is not admissible: needs 3"):
        fastest_gossip(path, method="symmetry")
    with pytest.raises(InputError, match="tolerance = 0"):
        fastest_chain(ring, tolerance=0)
    with pytest.raises(UnknownName, match="unknown clocks 'node'; did you mean nodes"):
        fastest_gossip(ring, clocks="node")
    with pytest.raises(InputError, match="pairs of round 1"):
        best_schedule([[(0, 1)], [(0, 1), (1, 2)]])
    with pytest.raises(InputError, match="rounds = 0"):
        best_schedule([])
    with pytest.raises(InputError, match="number of connected components = 2"):
        best_schedule([[(0, 1)], [(2, 3)], [(0, 1), (2, 3)]])


@pytest.mark.parametrize("method", ["cone", "interior", "conjugate", "first-order"])
def test_memory_is_estimated_before_anything_is_built(monkeypatch, method):
    monkeypatch.setattr(edges.os, "sysconf", lambda name: 4096 if name == "SC_PAGE_SIZE" else 2)
    with pytest.raises(InputError, match=r"nodes = 12 is not admissible: needs fewer: this method would take .* GiB"):
        fastest_chain(random_graph(12, 0.3, 0), method=method)


@pytest.mark.parametrize(
    ("find", "counted"),
    [(fastest_averaging, "nodes"), (fastest_gossip, "nodes"), (least_deviation, "links"), (best_schedule, "nodes")],
)
def test_every_program_estimates_its_memory(monkeypatch, find, counted):
    monkeypatch.setattr(edges.os, "sysconf", lambda name: 4096 if name == "SC_PAGE_SIZE" else 2)
    monkeypatch.setattr(deviation, "few", lambda *_: False)
    graph = random_graph(12, 0.3, 0)
    given = [[pair] for pair in np.argwhere(np.triu(graph))] if find is best_schedule else graph
    with pytest.raises(InputError, match=rf"{counted} = \d+ is not admissible: needs fewer: this method would take .* GiB"):
        find(given)


def regular(n):
    """A circulant of degree four with a chord, so that no two links need be alike."""
    graph = np.roll(np.eye(n, dtype=bool), 1, axis=1) | np.roll(np.eye(n, dtype=bool), 7, axis=1)
    graph[0, n // 2] = True
    return graph | graph.T


@pytest.mark.parametrize("find", [fastest_chain, fastest_averaging, fastest_gossip, least_deviation])
def test_designs_that_would_take_hours_are_refused_at_once(find):
    """The largest number of nodes in the message is where the refusal ends."""
    with pytest.raises(InputError, match=r"^nodes = 7000 .* needs at most about 6299 even if all links are alike: 1.4e\+13 op"):
        find([(node, node + 1) for node in range(6999)])
    with pytest.raises(InputError, match=r"^nodes = 2600 .* needs at most about \d+ with 2 links per node and \d+ weights"):
        find(regular(2600), symmetry=False)


def test_the_range_in_a_refusal_is_that_of_the_next_size():
    for method, steps in (("interior", 20), ("conjugate", 15), ("cone", 20), ("first-order", 600), ("newton", 8)):
        edges = links(regular(4000))
        with pytest.raises(InputError) as refused:
            work.affordable(edges, edges.m, method, steps)
        largest = int(re.search(r"at most about (\d+)", str(refused.value))[1])
        if method != "cone":  # grows faster than the cube: what is named is admissible, and more is too
            fewer = links(regular(largest + 20))
            with pytest.raises(InputError):
                work.affordable(fewer, fewer.m, method, steps)
            fewer = links(regular(largest - 20))
            work.affordable(fewer, fewer.m, method, steps)


def test_schedules_of_many_nodes_are_refused():
    rounds = [[(i, (i + 1) % 60) for i in range(start, 60, 2)] for start in (0, 1)]
    with pytest.raises(InputError, match=r"^nodes = 60 is not admissible: needs at most about 44 in 2 rounds: .* operations"):
        best_schedule(rounds)


def solvers(monkeypatch, *, clarabel, scs):
    """Let the first and the second solver stop after that many iterations."""
    limits = {"CLARABEL": {"max_iter": clarabel}, "SCS": {"eps_abs": 1e-9, "eps_rel": 1e-9, "max_iters": scs}}
    monkeypatch.setattr(cone, "SOLVERS", limits)


def test_second_solver_is_tried(monkeypatch):
    graph = random_graph(8, 0.3, 0)
    wanted = fastest_chain(graph)
    solvers(monkeypatch, clarabel=2, scs=50_000)
    found = fastest_chain(graph, method="cone")
    assert found.value == pytest.approx(wanted.value, abs=1e-6)
    assert found.gap <= 1e-6


def test_short_answers_are_not_taken(monkeypatch):
    solvers(monkeypatch, clarabel=2, scs=5)
    with pytest.raises(StragglerError, match=r"no solver closed the gap: CLARABEL .*; SCS "):
        fastest_chain(random_graph(8, 0.3, 0), method="cone")


def test_cone_solvers_stand_in_for_the_interior_point_method(monkeypatch):
    graph = random_graph(8, 0.3, 0)
    monkeypatch.setattr(interior, "_STEPS", 2)
    with pytest.raises(StragglerError, match=r"the interior-point method stopped at value .*, certified to be at least"):
        fastest_chain(graph, method="interior")
    assert fastest_chain(graph).method == "cone"


def test_least_deviation_starts_again_from_a_cone_solver(monkeypatch):
    """Three steps are too few from afar and enough from nearby."""
    graph = random_graph(8, 0.3, 0)
    wanted = least_deviation(graph)
    monkeypatch.setattr(deviation, "_STEPS", 3)
    found = least_deviation(graph)
    assert (wanted.method, found.method) == ("newton", "cone")
    assert found.value == pytest.approx(wanted.value, rel=1e-7)
    assert found.gap <= 1e-8 * found.value
    monkeypatch.setattr(deviation, "CONE_LARGEST", 7)
    with pytest.raises(StragglerError, match=r"Newton's method stopped at deviation .*, certified to be at least"):
        least_deviation(graph)


def test_least_deviation_gives_up_in_one_line(monkeypatch):
    monkeypatch.setattr(deviation, "_STEPS", 2)
    monkeypatch.setattr(cone, "SOLVERS", {"CLARABEL": {"max_iter": 1}, "SCS": {"max_iters": 1}})
    with pytest.raises(StragglerError, match=r"^Newton's method stopped at deviation [^\n]*$"):
        least_deviation(random_graph(8, 0.3, 0))


def test_first_order_steps_stand_in_for_conjugate_gradients(monkeypatch):
    graph = random_graph(24, 0.2, 0)
    for name, value in (("FACTORED", 1), ("CONE_LARGEST", 10)):
        monkeypatch.setattr(solving, name, value)
    assert fastest_chain(graph, tolerance=1e-2).method == "conjugate"
    monkeypatch.setattr(interior, "_STEPS", 2)
    assert fastest_chain(graph, tolerance=1e-2).method == "first-order"
    monkeypatch.setattr(smoothing, "_STEPS", 2)
    with pytest.raises(StragglerError, match=r"the interior-point method stopped .*; first-order steps stopped at value"):
        fastest_chain(graph, tolerance=1e-2)
