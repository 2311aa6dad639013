"""Designed weights where runs and claims take them, and matrices that come back from files as they went."""

from itertools import pairwise

import numpy as np
import pytest

from experiments.claims import Claim
from experiments.mixing import design, files
from experiments.settings import prepare
from experiments.verify import examine
from numerics import algorithms, graphs, problems, simulate
from straggler import InputError, ResultError, UnknownName

NOISY = {"dim": 20, "sigma": 1.0, "zeta": 0.0}
GRAPHS = [graphs.star(8), graphs.path(8), graphs.torus(shape=(3, 4)), graphs.erdos_renyi(10, p=0.4)]


def modulus(schedule):
    return float(np.sort(np.abs(np.linalg.eigvals(schedule.at(0).matrix())))[-2])


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.name)
def test_designed_weights_mix_along_the_links(graph):
    """Symmetric, rows that sum to one, nothing off the links; faster than those with a name."""
    for weights in design.DESIGNED:
        schedule = design.mixing(graph, weights)
        matrix = schedule.at(0).matrix()
        np.testing.assert_allclose(matrix, matrix.T, atol=1e-14)
        np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-13)
        assert (matrix[~(graph.phases[0] | np.eye(graph.n, dtype=bool))] == 0).all()
        assert schedule.provenance()["weights"] == weights
        if weights != "least-deviation":
            assert modulus(schedule) <= modulus(design.mixing(graph)) + 1e-9
    assert design.mixing(graph, "lazy").provenance() == graph.schedule("lazy").provenance()


def test_rounds_of_pairs():
    """Every round keeps to its pairs; a period contracts by the value, a third, where halves leave a half; runs go by it."""
    graph = graphs.bipartite_exponential(8)
    schedule = design.mixing(graph, "fastest")
    assert schedule.period == len(graph.phases) == 3
    product, halves = np.eye(8), np.eye(8)
    for k, phase in enumerate(graph.phases):
        matrix = schedule.at(k).matrix()
        np.testing.assert_allclose(matrix.sum(axis=0), 1, atol=1e-14)
        np.testing.assert_array_equal(matrix, matrix.T)
        assert (matrix[~(phase | np.eye(8, dtype=bool))] == 0).all()
        product, halves = matrix @ product, (np.eye(8) + phase) / 2 @ halves
    found = design.report(graph, schedule)
    assert np.linalg.norm(halves - 1 / 8, 2) == pytest.approx(1 / 2)
    assert np.linalg.norm(product - 1 / 8, 2) == pytest.approx(found["value"]) == pytest.approx(1 / 3, rel=1e-6)
    assert found["contraction"] == pytest.approx(found["value"])
    assert found["lower_bound"] == pytest.approx(1 / 3, rel=1e-6)
    assert 0 <= found["round_gap"] <= 1e-5
    problem = problems.get("quadratic", workers=8, noise="none", dim=20)
    start = np.random.default_rng(0).normal(size=(8, 20))
    run = simulate(algorithms.DPSGD(step_size=1e-7), problem, schedule, iterations=3, replicas=1, x0=start)
    apart = product @ start - start.mean(axis=0)
    assert run.consensus_sq.values.ravel()[3] == pytest.approx((apart**2).sum() / 8, rel=1e-4)


def test_rounds_that_cannot_be_designed():
    """Shares that go one way, and other kinds of weights than the fastest."""
    pairs = "stays as it is or, for fastest, has workers meet in pairs in every round as bipartite-exponential, which"
    for graph, weights in ((graphs.one_peer_exponential(8), "fastest"), (graphs.bipartite_exponential(8), "least-deviation")):
        with pytest.raises(InputError, match=f"weights = '{weights}' .* {pairs} {graph.name} does not"):
            design.mixing(graph, weights)
    with pytest.raises(InputError, match=r"nodes = 50 is not admissible: needs at most about \d+ in 6 rounds"):
        design.mixing(graphs.bipartite_exponential(50), "fastest")
    assert [one.provenance()["weights"] for one in design.compared(graphs.bipartite_exponential(6))][-1] == "fastest"
    assert [one.provenance()["weights"] for one in design.compared(graphs.bipartite_exponential(14))][-1] != "fastest"


def test_a_design_is_made_once_for_graphs_with_the_same_links():
    one, other = graphs.path(9), graphs.get("path", 9)
    assert design.design(one, "fastest") is design.design(other, "fastest")
    assert design.design(one, "fastest") is not design.design(graphs.path(8), "fastest")
    design._designed.cache_clear()
    again = design.design(one, "fastest")
    np.testing.assert_array_equal(again.matrix, design.design(other, "fastest").matrix)


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.name)
def test_workers_agree_better_the_smaller_rho_is(graph):
    """D-PSGD whose workers start apart: what is left of their distance from the mean shrinks by rho a round."""
    problem = problems.get("quadratic", workers=graph.n, noise="none", dim=20)
    start, rates = np.random.default_rng(0).normal(size=(graph.n, 20)), []
    for weights in ("lazy", "metropolis", "fastest"):
        schedule = design.mixing(graph, weights)
        run = simulate(algorithms.DPSGD(step_size=1e-7), problem, schedule, iterations=24, replicas=1, x0=start)
        squares = run.consensus_sq.values.ravel()
        rates.append((squares[24] / squares[12]) ** (1 / 12))
        assert rates[-1] == pytest.approx(modulus(schedule) ** 2, rel=0.1)
    assert all(second < 0.99 * first for first, second in pairwise(rates))


def steady_consensus(graph, weights):
    """Mean squared distance of the views of D-PSGD from their mean under noise, once it is steady."""
    problem = problems.get("quadratic", workers=graph.n, noise="gaussian", **NOISY)
    schedule = design.mixing(graph, weights)
    run = simulate(algorithms.DPSGD(step_size=0.02), problem, schedule, iterations=600, replicas=8, seed=3)
    return float(run.consensus_sq[200:].mean())


def test_designs_pay_under_noise():
    """On a star the fastest weights do. On a path they have an eigenvalue near -1, which noise excites; least deviation pays."""
    star, path = graphs.star(8), graphs.path(12)
    assert steady_consensus(star, "fastest") < 0.95 * steady_consensus(star, "metropolis")
    named, fastest = steady_consensus(path, "metropolis"), steady_consensus(path, "fastest")
    assert steady_consensus(path, "least-deviation") < 0.95 * named < named < fastest


def test_negative_weights():
    """Every round of a star keeps the mean; D-PSGD takes them, push-sum and theorems about shares do not."""
    schedule = design.mixing(graphs.star(6), "fastest-averaging")
    assert schedule.at(0).matrix().min() < 0
    assert schedule.keeps_mean
    assert not schedule.doubly_stochastic
    problem = problems.get("quadratic", workers=6, noise="none", dim=2)
    run = simulate(algorithms.DPSGD(step_size=0.1), problem, schedule, iterations=50, replicas=1)
    alone = simulate(algorithms.DPSGD(step_size=0.1), problem, graphs.complete(6), iterations=50, replicas=1)
    np.testing.assert_allclose(run.value[-1], alone.value[-1], rtol=1e-9)
    with pytest.raises(InputError, match="column-stochastic weights, none negative, for sgp"):
        simulate(algorithms.SGP(step_size=0.1), problem, schedule, iterations=2, replicas=1)


def claim(weights, graph="star"):
    options = {**NOISY, "noise": "gaussian"}
    return Claim(
        theorem="ours.p2", system="dpsgd", problem="cosine", graph=graph, nodes=6, iterations=50, problem_options=options,
        weights=weights,
    )  # fmt: skip


def test_claims_take_designed_weights():
    """The theorem hears of the rho they reach; its doubly stochastic matrix has no negative entries."""
    fastest, named = prepare(claim("fastest")).constants["rho"], prepare(claim("metropolis")).constants["rho"]
    assert fastest == pytest.approx((1 - 1 / 5) ** 2)
    assert fastest < named
    assert examine(claim("fastest"), 1e-4).finding.verdict != "inapplicable"
    refused = examine(claim("fastest-averaging"), 1e-4).finding
    assert (refused.verdict, refused.reason[:8]) == ("inapplicable", "assumes ")
    assert claim("fastest").run_description(0.1, "q", range(2))["weights"] == "fastest"
    with pytest.raises(InputError, match="needs a graph of two-way links"):
        claim("fastest", "exponential").build_schedule()
    with pytest.raises(UnknownName, match="unknown weights 'fastst'"):
        claim("fastst").build_schedule()


@pytest.mark.parametrize("weights", ["metropolis", "fastest", "fastest-averaging", "least-deviation", "push", "uniform"])
def test_matrices_come_back_to_the_last_bit(tmp_path, weights):
    graph = graphs.star(7)
    saved = design.mixing(graph, weights)
    files.save(saved, tmp_path / "w.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["w.csv"]
    found = files.named_or_read(graph, str(tmp_path / "w.csv"))
    np.testing.assert_array_equal(found.at(0).matrix(), saved.at(0).matrix())
    assert (found.doubly_stochastic, found.column_stochastic) == (saved.doubly_stochastic, saved.column_stochastic)
    assert found.provenance()["weights"] == str(tmp_path / "w.csv")
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "w.csv", delimiter=","), saved.at(0).matrix())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1,0\n0,1\n", r"3 lines of 3 numbers, one per worker of path; there are 2 lines"),
        ("1,0\n0,1\n1,0\n", r"3 lines of 3 numbers"),
        ("1,0,0\n0,1,x\n0,0,1\n", r"numbers with commas between them \(could not convert"),
        ("1,0,0\n0,1,nan\n0,0,1\n", r"finite numbers"),
        ("0.5,0,0.5\n0,1,0\n0.5,0,0.5\n", r"weight \(0, 2\) in .*w.csv = 0.5 .*: path has no link from 2 to 0"),
        ("0.5,0.4,0\n0.4,0.2,0.4\n0,0.4,0.5\n", r"sums in .*w.csv = 1.1 .*rows, or columns, that sum to one"),
        ("1.1,-0.1,0\n0.2,0.5,0.3\n0,0.5,0.5\n", r"weight \(0, 1\) in .*w.csv = -0.1 .*no negative entries, or rows and columns"),
    ],
)
def test_files_that_are_no_weights(tmp_path, text, line):
    (tmp_path / "w.csv").write_text(text)
    with pytest.raises(InputError, match=line):
        files.read(graphs.path(3), tmp_path / "w.csv")


def test_files_that_cannot_be_read_or_written(tmp_path):
    with pytest.raises(InputError, match=r"a file that can be read \(No such file"):
        files.named_or_read(graphs.path(3), str(tmp_path / "none.csv"))
    changing = graphs.bipartite_exponential(4)
    with pytest.raises(InputError, match="stays as it is from round to round, which bipartite-exponential does not"):
        files.read(changing, tmp_path / "w.csv")
    with pytest.raises(InputError, match="graph to save weights of = 'bipartite-exponential'"):
        files.save(changing.schedule(), tmp_path / "w.csv")
    with pytest.raises(InputError, match=r"a name that ends in \.csv"):
        files.save(graphs.path(3).schedule(), tmp_path / "w.npz")
    (tmp_path / "file").touch()
    with pytest.raises(ResultError, match="cannot write"):
        files.save(graphs.path(3).schedule(), tmp_path / "file" / "w.csv")
