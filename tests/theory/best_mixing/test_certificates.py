"""Lower bounds: below every admissible point, whatever dual matrix they come from, and tight where solvers say so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.theory.best_mixing.plain_graphs import adjacency, max_degree, metropolis, modulus, random_graph
from theory.best_mixing import fastest_averaging, fastest_chain, fastest_gossip, least_deviation, links
from theory.best_mixing.chain import averaging_program, chain_program
from theory.best_mixing.conjugate import conjugate_solver
from theory.best_mixing.gossip import calling_program, drawing_program
from theory.best_mixing.newton import newton_solver
from theory.best_mixing.polytopes import substochastic_support
from theory.best_mixing.schedule import best_schedule, unheard_bound

RANDOM = st.tuples(st.integers(3, 12), st.floats(0.0, 0.6), st.integers(0, 10_000))


@settings(max_examples=25, deadline=None)
@given(RANDOM)
def test_fastest_is_no_slower_than_weights_with_a_name(what):
    """And its lower bound is below all of them; averaging without sign constraints is at least as fast again."""
    graph = random_graph(*what)
    chain, averaging = fastest_chain(graph), fastest_averaging(graph)
    named = [modulus(metropolis(graph)), modulus(max_degree(graph))]
    assert chain.value <= min(named) + 1e-6
    assert chain.lower_bound <= min(named) + 1e-12
    assert averaging.value <= chain.value + 1e-6
    assert chain.matrix.min() >= 0
    assert 0 <= chain.gap <= 1e-6
    if len({*graph.sum(axis=1)}) == 1:  # equal shares are symmetric on regular graphs only
        uniform = (graph | np.eye(len(graph), dtype=bool)) / (1.0 + graph.sum(axis=1))
        assert chain.value <= modulus(uniform) + 1e-6


def random_weights(program, draw):
    """A random point of the polytope: a random direction, scaled to stay inside."""
    x = draw.random(program.size) if len(program.limits) else draw.normal(size=program.size)
    ratio = (program.rows @ x)[program.limits > 0] / program.limits[program.limits > 0]
    return x * draw.random() / max(ratio.max(initial=1e-9), 1e-9) if len(program.limits) else 0.3 * x


@settings(max_examples=40, deadline=None)
@given(RANDOM)
def test_weak_duality(what):
    """Any symmetric matrix gives a bound below any admissible weights."""
    edges, draw = links(random_graph(*what)), np.random.default_rng(what[2])
    makers = (chain_program, averaging_program, drawing_program)
    programs = [make(edges, np.arange(edges.m)) for make in makers] + [calling_program(edges, np.arange(2 * edges.m))]
    for program in programs:
        dual = draw.normal(size=(edges.n, edges.n))
        bound = program.lower_bound(dual + dual.T)
        assert bound <= min(program.value(random_weights(program, draw)) for _ in range(20)) + 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_support_of_a_chain_is_the_linear_program(seed):
    """An upper bound for every vertex: maximum-weight matchings and what lies between them."""
    import cvxpy as cp

    draw = np.random.default_rng(seed)
    edges = links(random_graph(9, 0.3, seed))
    y = draw.normal(size=edges.m)
    w = cp.Variable(edges.m, nonneg=True)
    best = cp.Problem(cp.Maximize(y @ w), [edges.incidence @ w <= 1]).solve(solver=cp.CLARABEL)
    assert substochastic_support(edges, y) == pytest.approx(best, rel=1e-6)
    assert substochastic_support(edges, y) >= best * (1 - 1e-7)


@pytest.mark.parametrize("find", [fastest_chain, fastest_averaging])
@pytest.mark.parametrize("name", ["path", "star", "torus"])
def test_symmetry_loses_nothing(find, name):
    graph = adjacency(name, 4)
    reduced, full = find(graph), find(graph, symmetry=False)
    assert reduced.orbits < full.links.m
    assert reduced.value == pytest.approx(full.value, abs=2e-6)
    assert reduced.gap <= 1e-6


@pytest.mark.parametrize("clocks", ["nodes", "links"])
@pytest.mark.parametrize("name", ["ring", "path", "star", "torus", "hypercube", "wheel", "lollipop"])
def test_symmetry_loses_nothing_in_gossip(name, clocks):
    """One probability per orbit against one per call: the same value, and probabilities that differ along a path or a wheel."""
    graph = adjacency(name, 3 if name in ("torus", "hypercube") else 6)
    reduced, full = (fastest_gossip(graph, clocks=clocks, symmetry=each) for each in (True, False))
    assert full.method == "interior"
    assert (reduced.method == "symmetry") == (name in ("ring", "star", "torus", "hypercube"))
    assert reduced.orbits < (2 if clocks == "nodes" else 1) * full.links.m
    assert full.orbits is None
    assert reduced.lower_bound - 1e-12 <= full.value
    assert full.lower_bound - 1e-12 <= reduced.value
    assert reduced.gap <= 1e-6 * (1 - reduced.value)
    if clocks == "nodes":
        np.testing.assert_allclose(reduced.probabilities.sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("find", [fastest_chain, fastest_averaging, fastest_gossip])
def test_methods_agree(find):
    """A cone solver, the interior-point method and first-order steps, each against the certificate of the others."""
    graph = random_graph(24, 0.12, 3)
    cone, interior = find(graph, method="cone"), find(graph, method="interior")
    assert cone.value == pytest.approx(interior.value, abs=1e-6)
    scale = min(cone.value, 1 - cone.value)
    for method in ("conjugate", "first-order"):
        coarse = find(graph, method=method, tolerance=1e-2)
        assert coarse.method == method
        assert cone.lower_bound - 1e-9 <= coarse.value <= cone.value + 1.01e-2 * scale
        assert coarse.lower_bound <= cone.value


def test_first_order_steps_reach_one_per_cent_on_a_medium_graph():
    graph = random_graph(60, 0.08, 1)
    exact, coarse = fastest_chain(graph), fastest_chain(graph, method="first-order", tolerance=1e-2)
    assert exact.value <= coarse.value + 1e-6 <= exact.value * 1.01 + 1e-6
    assert coarse.gap <= 0.01 * coarse.value


def test_conjugate_gradients_step_as_a_factorisation_does():
    """Both answers of a step, to the accuracy asked for: the rough predictor, the fine corrector."""
    edges = links(random_graph(30, 0.15, 2))
    program, draw = chain_program(edges, np.arange(edges.m)), np.random.default_rng(0)
    root = draw.normal(size=(4, 30, 30))
    matrices = [one @ one.T / 30 + 0.1 * np.eye(30) for one in root]
    multipliers, slack = draw.random((2, len(program.limits))) + 0.1
    given = (program, (1.0, -1.0), matrices[:2], matrices[2:], multipliers, slack)
    exact, rough = newton_solver(*given), conjugate_solver(*given)
    for accuracy in (0.1, 2e-3):
        right, last = draw.normal(size=program.size), float(draw.normal())
        (x, s), (near, close) = exact(right, last), rough(right, last)
        assert np.linalg.norm(near - x) <= accuracy * np.linalg.norm(x)
        assert close == pytest.approx(s, rel=5 * accuracy)


def test_least_deviation_against_a_semidefinite_program():
    import cvxpy as cp

    graph = random_graph(7, 0.3, 5)
    edges = links(graph)
    w = cp.Variable(edges.m)
    incidence = np.zeros((7, edges.m))
    for e, (i, j) in enumerate(edges.ends):
        incidence[i, e], incidence[j, e] = 1, -1
    shifted = np.eye(7) - 1 / 7 - incidence @ cp.diag(w) @ incidence.T
    cost = (cp.tr_inv(np.eye(7) - shifted) + cp.tr_inv(np.eye(7) + shifted)) / 2 - 1
    wanted = cp.Problem(cp.Minimize(cost)).solve(solver=cp.CLARABEL)
    found = least_deviation(graph)
    assert found.value == pytest.approx(wanted, rel=1e-6)
    spectrum = np.sort(np.linalg.eigvalsh(found.matrix))[:-1]
    assert found.value == pytest.approx((1 / (1 - spectrum**2)).sum())
    assert found.value <= min((1 / (1 - np.linalg.eigvalsh(metropolis(graph))[:-1] ** 2)).sum(), wanted * (1 + 1e-6))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_bound_of_a_schedule_holds_for_random_weights(seed):
    draw = np.random.default_rng(seed)
    n, rounds = 6, []
    for _ in range(draw.integers(1, 4)):
        order = draw.permutation(n)
        rounds.append(order[: 2 * draw.integers(1, 4)].reshape(-1, 2))
    bound = unheard_bound(n, rounds)
    for _ in range(5):
        product = np.eye(n)
        for pairs in rounds:
            for i, j in pairs:
                step = np.eye(n)
                w = draw.random()
                step[[i, j], [i, j]], step[i, j], step[j, i] = 1 - w, w, w
                product = step @ product
        assert np.linalg.norm(product - 1 / n, 2) >= bound - 1e-12


def test_best_schedule_is_no_worse_than_halves():
    rounds = [[(0, 1), (2, 3)], [(1, 2), (3, 4)], [(0, 4)]]
    found = best_schedule(rounds)
    product = np.eye(5)
    for pairs in rounds:
        step = np.eye(5)
        for i, j in pairs:
            step[[i, j], [i, j]] = step[i, j] = step[j, i] = 0.5
        product = step @ product
    assert found.lower_bound <= found.value <= np.linalg.norm(product - 0.2, 2) + 1e-12
    assert found.round_gap <= 1e-4
