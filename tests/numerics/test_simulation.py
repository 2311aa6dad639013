"""`simulate`: replicas are independent of how they are grouped, and the dataset is what its documentation says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate, simulation, timeline
from numerics.algorithms import DPSGD, OSGP, SGD, SGP, LocalSGD
from numerics.mixing import rho
from straggler import InputError, StragglerError, UnknownName

ALL = ("grad_norm_sq", "consensus_sq", "value", "view_grad_norm_sq")


def problem(**options):
    return problems.rational(**({"dim": 5, "workers": 6, "sigma": 0.8, "zeta": 0.3, "seed": 1} | options))


def assert_identical(one, other) -> None:
    assert set(one.data_vars) == set(other.data_vars)
    for name in one.data_vars:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


@pytest.mark.parametrize("noise", ["gaussian", "rademacher"])
@pytest.mark.parametrize("name", algorithms.REGISTRY)
def test_replicas_do_not_depend_on_how_they_are_grouped(name, noise):
    algorithm = algorithms.get(name, step_size=0.1, momentum=0.5)
    settings = {"iterations": 12, "seed": 3, "quantities": ALL}
    whole = simulate(algorithm, problem(noise=noise, workers=8), graphs.ring(8), replicas=range(40), **settings)
    parts = [
        simulate(algorithm, problem(noise=noise, workers=8), graphs.ring(8), replicas=part, **settings)
        for part in (range(1), range(1, 17), range(17, 40))
    ]
    for quantity in ALL:
        joined = np.concatenate([part[quantity] for part in parts], axis=1)
        np.testing.assert_allclose(joined, whole[quantity], rtol=1e-12, atol=1e-15, err_msg=quantity)
    np.testing.assert_array_equal(np.concatenate([part.replica for part in parts]), np.arange(40))


@pytest.mark.parametrize("noise", ["gaussian", "rademacher"])
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_results_do_not_depend_on_the_size_of_blocks(size, noise, monkeypatch):
    algorithm, graph = SGP(step_size=0.1), graphs.one_peer_exponential(6)
    whole = simulate(algorithm, problem(noise=noise), graph, iterations=15, replicas=20, seed=3)
    monkeypatch.setattr(simulation, "BLOCK_BYTES", size * 6 * 5 * 8)
    split = simulate(algorithm, problem(noise=noise), graph, iterations=15, replicas=20, seed=3)
    for name in whole.data_vars:
        np.testing.assert_allclose(split[name], whole[name], rtol=1e-12, atol=1e-15, err_msg=name)


@pytest.mark.parametrize(("start", "stop", "size"), [(0, 10, 4), (3, 10, 4), (5, 6, 4), (8, 40, 8), (0, 3, 100)])
def test_blocks_cover_replicas_once_and_break_at_fixed_numbers(start, stop, size):
    """The breaks depend on replica numbers only, so a replica sees the same block-mates whichever range is asked for."""
    n, dim = 4, 3
    per_block = simulation.BLOCK_BYTES // (n * dim * 8)
    scaled = simulation.blocks(range(start * per_block // size, stop * per_block // size), n, dim)
    covered = [replica for block in scaled for replica in block]
    assert covered == list(range(start * per_block // size, stop * per_block // size))
    assert all(block.start % per_block == 0 for block in scaled[1:])
    assert all(len(block) <= per_block for block in scaled)


def test_seeds_and_replicas_differ():
    runs = [simulate(SGD(step_size=0.1), problem(), graphs.ring(6), iterations=5, replicas=4, seed=seed) for seed in (0, 1)]
    last = np.concatenate([run.value[-1] for run in runs])
    assert len(np.unique(last)) == 8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dpsgd", "osgp"])
def test_one_and_two_processes_agree_bit_by_bit(name, monkeypatch):
    """Workers inherit nothing from this process: 1500 replicas of 120 numbers make two blocks of the usual size."""
    settings = {"iterations": 4, "replicas": 1500, "seed": 5}
    algorithm, wide = algorithms.get(name, step_size=lambda k: 0.1 / (1 + k)), problem(dim=20)
    assert len(simulation.blocks(range(1500), 6, 20)) > 1
    one = simulate(algorithm, wide, graphs.ring(6), jobs=1, **settings)
    two = simulate(algorithm, wide, graphs.ring(6), jobs=2, **settings)
    assert_identical(one, two)
    assert one.constants == two.constants


def test_processes_are_used_where_asked_for(monkeypatch):
    import joblib

    asked, parallel = [], joblib.Parallel
    monkeypatch.setattr(joblib, "Parallel", lambda n_jobs: asked.append(n_jobs) or parallel(n_jobs=1))
    monkeypatch.setattr(simulation, "BLOCK_BYTES", 6 * 5 * 8)
    for jobs in (1, 2):
        simulate(SGD(step_size=0.1), problem(), graphs.ring(6), iterations=1, replicas=3, jobs=jobs)
    assert asked == [2]


@pytest.mark.parametrize(("every", "iterations"), [(1, 7), (3, 7), (7, 7), (100, 7), (2, 8)])
def test_recording_less_often_leaves_out_rows_and_changes_nothing_else(every, iterations):
    settings = {"iterations": iterations, "replicas": 3, "quantities": ALL}
    algorithm = OSGP(step_size=0.1, overlap=2)
    full = simulate(algorithm, problem(), graphs.ring(6), **settings)
    thin = simulate(algorithm, problem(), graphs.ring(6), record_every=every, **settings)
    expected = sorted({*range(0, iterations + 1, every), iterations})
    assert thin.iteration.values.tolist() == expected
    for quantity in ALL:
        np.testing.assert_array_equal(thin[quantity], full[quantity].sel(iteration=expected))


def test_dataset_has_names_units_and_provenance():
    graph = graphs.ring(6)
    run = simulate(LocalSGD(step_size=0.1, period=3), problem(), graph, iterations=9, replicas=range(4, 8), seed=11)
    assert dict(run.sizes) == {"iteration": 10, "replica": 4}
    assert run.replica.values.tolist() == [4, 5, 6, 7]
    assert set(run.data_vars) == {"grad_norm_sq", "consensus_sq", "value", "diverged_at"}
    assert all(run[name].attrs["units"] and run[name].attrs["long_name"] for name in simulation.DEFAULT_QUANTITIES)
    assert (run.diverged_at == -1).all()
    attrs = run.provenance
    assert (attrs["system"], attrs["seed"], attrs["record_every"]) == ("local-sgd", 11, 1)
    assert attrs["options"]["period"] == 3
    assert attrs["problem"]["name"] == "rational"
    assert attrs["graph"]["graph"] == "ring"
    assert attrs["loop_seconds"] > 0
    constants = run.constants
    expected = {"n": 6, "d": 5, "K": 9, "gamma": 0.1, "tau": 3, "beta": 0, "L": 1, "sigma": 0.8, "zeta": 0.3, "f_star": 0}
    assert {key: constants[key] for key in expected} == expected
    assert constants["rho"] == pytest.approx(rho(graph.schedule()))
    assert constants["delta"] == pytest.approx(5 * 0.25)
    assert constants["x0_sq"] == pytest.approx(5.0)
    assert run.value[0].values == pytest.approx(np.full(4, 5 * 0.25))


def test_delta_and_norm_follow_the_starting_point():
    """With a start of its own for each worker, delta is taken at their average and x0_sq is the mean square norm."""
    x0 = np.array([[1.0] * 5, [-1.0] * 5, *[[0.5] * 5] * 4])
    constants = simulate(DPSGD(step_size=0.1), problem(), graphs.ring(6), iterations=1, x0=x0).constants
    common = x0.mean(0)
    assert constants["delta"] == pytest.approx(float(0.5 * np.sum(common**2 / (1 + common**2))))
    assert constants["x0_sq"] == pytest.approx((2 * 5 + 4 * 1.25) / 6)
    assert simulate(DPSGD(step_size=0.1), problem(), graphs.ring(6), iterations=1, x0=x0[2]).constants["x0_sq"] == 1.25


@pytest.mark.parametrize(("clock", "batch"), [("worst-delay", 6), ("round-robin", 1), ("independent", 1)])
def test_a_server_adds_up_as_many_gradients_as_arrive_together(clock, batch):
    """One by one without noise, an update of the server is one gradient: the constant must not count all workers."""
    algorithm, schedule, still = algorithms.get("apsgd", step_size=0.1), graphs.ring(6).schedule(), problem(sigma=0.0, zeta=0.0)
    chosen = timeline.get(clock, algorithm, schedule, **({"delay": 0} if clock == "worst-delay" else {}))
    run = simulate(algorithm, still, schedule, iterations=1, timeline=chosen, quantities=("value",))
    assert run.constants["batch"] == batch
    start = still.objective.start()
    moved = start - 0.1 * batch * still.objective.gradient(start[None])[0]
    assert float(run.value[-1, 0]) == pytest.approx(float(still.objective.value(moved)), rel=1e-12)


def test_theorems_about_a_constant_step_do_not_take_the_first_of_a_schedule():
    given = {steps: DPSGD(step_size=gamma) for steps, gamma in (("constant", 0.1), ("shrinking", lambda k: 0.1 / (1 + k)))}
    found = {steps: simulate(algorithm, problem(), graphs.ring(6), iterations=2).constants for steps, algorithm in given.items()}
    assert found["constant"] == found["shrinking"] | {"gamma": 0.1}
    assert "gamma" not in found["shrinking"]


def test_a_schedule_is_taken_as_well_as_a_graph():
    graph = graphs.star(6)
    a = simulate(DPSGD(step_size=0.1), problem(), graph, iterations=5)
    b = simulate(DPSGD(step_size=0.1), problem(), graph.schedule("metropolis"), iterations=5)
    c = simulate(DPSGD(step_size=0.1), problem(), graph.schedule("lazy"), iterations=5)
    assert_identical(a, b)
    assert not np.array_equal(a.value, c.value)


@pytest.mark.parametrize("name", ["quadratic", "saddle"])
@pytest.mark.filterwarnings("error")
def test_divergence_is_recorded_and_stops_nobody(name):
    wild = problems.get(name, dim=3, workers=6, sigma=1.0)
    run = simulate(DPSGD(step_size=1e30), wild, graphs.ring(6), iterations=60, replicas=3)
    assert run.sizes["iteration"] == 61
    assert run.iteration[-1] == 60
    for replica in range(3):
        first = int(run.diverged_at[replica])
        assert 0 < first <= 60
        finite = np.isfinite(np.stack([run[q][:, replica] for q in simulation.DEFAULT_QUANTITIES])).all(0)
        assert finite[:first].all()
        assert not finite[first]


def test_a_diverging_replica_leaves_the_others_alone():
    """Noise decides when ||x|| 2^k overflows; stopped at the first time it does, the other replicas are still finite."""
    unstable = problems.quadratic(dim=1, workers=6, spectrum=[1.0], sigma=1.0, center=1.0)
    settings = {"algorithm": SGD(step_size=3.0), "problem": unstable, "topology": graphs.ring(6), "seed": 2}
    firsts = simulate(**settings, iterations=600, replicas=20).diverged_at.values
    assert len(set(firsts)) > 1
    stopped = simulate(**settings, iterations=int(firsts.min()), replicas=20)
    np.testing.assert_array_equal(stopped.diverged_at, np.where(firsts == firsts.min(), firsts, -1))
    assert np.isfinite(stopped.grad_norm_sq[:, firsts > firsts.min()]).all()


def test_nothing_recorded_is_nothing_diverged():
    run = simulate(SGD(step_size=0.1), problem(), graphs.ring(6), iterations=3, replicas=2, quantities=())
    assert run.diverged_at.values.tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"topology": graphs.ring(5)}, "6 workers"),
        ({"iterations": 0}, "iterations"),
        ({"iterations": 2.5}, "iterations"),
        ({"replicas": 0}, "replicas"),
        ({"replicas": range(3, 3)}, "replicas"),
        ({"replicas": range(0, 6, 2)}, "replicas"),
        ({"replicas": range(-2, 2)}, "replicas"),
        ({"record_every": 0}, "record_every"),
        ({"topology": graphs.star(6).schedule("push")}, "doubly stochastic"),
        ({"x0": np.zeros(4)}, "x0"),
        ({"x0": np.zeros((5, 5))}, "x0"),
        ({"x0": [0.0, 1.0, math.inf, 0.0, 0.0]}, "x0 = inf is not admissible: needs finite"),
        ({"x0": np.full((6, 5), math.nan)}, "x0 = nan is not admissible: needs finite"),
        ({"x0": "origin"}, "type of x0 = 'str'"),
        ({"seed": -1}, "seed"),
        ({"seed": "today"}, "seed"),
        ({"jobs": 0}, "jobs"),
        ({"algorithm": SGD(step_size=0.1), "x0": np.zeros((6, 5))}, "common starting point"),
    ],
    ids=[
        "graph of another size",
        "no iterations",
        "half an iteration",
        "no replicas",
        "empty range",
        "range with gaps",
        "negative replicas",
        "no interval",
        "weights that lose the mean",
        "short x0",
        "x0 for fewer workers",
        "infinite x0",
        "x0 of nan",
        "x0 in words",
        "negative seed",
        "seed in words",
        "no processes",
        "several models for sgd",
    ],
)
def test_bad_input_is_one_line_that_names_what_is_wrong(change, message):
    settings = {"algorithm": DPSGD(step_size=0.1), "problem": problem(), "topology": graphs.ring(6), "iterations": 3} | change
    with pytest.raises(InputError, match=message) as caught:
        simulate(**settings)
    assert "\n" not in str(caught.value)


def test_unknown_quantities_suggest_near_ones():
    with pytest.raises(UnknownName, match="grad_norm_sq"):
        simulate(SGD(step_size=0.1), problem(), graphs.ring(6), iterations=3, quantities=["grad_norm"])


@pytest.mark.parametrize("gamma", [0.0, math.nan])
def test_step_sizes_of_a_schedule_are_checked_like_constants(gamma):
    with pytest.raises(StragglerError, match="step_size"):
        simulate(SGD(step_size=gamma), problem(), graphs.ring(6), iterations=3)


def test_starts_that_differ_are_among_the_constants_and_refused_by_theorems_that_assume_a_common_one():
    from theory.papers import dpsgd

    problem = problems.quadratic(dim=3, workers=4, zeta=0.2)
    spread = np.random.default_rng(0).standard_normal((4, 3))
    for x0, applies in ((None, True), (spread, False)):
        run = simulate(DPSGD(step_size=0.01), problem, graphs.ring(4), iterations=20, x0=x0)
        checks = dpsgd.p2.conditions(**run.constants)
        assert all(check.holds for check in checks) is applies
    assert run.constants["x0_spread"] == pytest.approx(np.sqrt(4 * spread.var(axis=0).sum() / 4), rel=1e-12)
    assert [check.text for check in checks if not check.holds] == ["all workers start at the same point"]


@pytest.mark.parametrize("value", [-1.0, math.nan, "fast", math.inf, 0])
def test_a_schedule_of_step_sizes_is_checked_as_it_is_used(value):
    algorithm = DPSGD(step_size=lambda k: 0.1 if k < 3 else value)
    with pytest.raises(InputError, match=r"step_size\(3\)"):
        simulate(algorithm, problems.cosine(dim=2, workers=4), graphs.ring(4), iterations=5)


def test_a_topology_must_be_a_graph_or_a_schedule():
    with pytest.raises(InputError, match="a graph or a mixing schedule"):
        simulate(DPSGD(step_size=0.1), problems.cosine(dim=2, workers=4), "ring", iterations=5)


def test_what_a_notebook_shows_says_what_it_is():
    problem = problems.cosine(dim=4, workers=8, zeta=0.1, sigma=0.5)
    assert repr(problem) == "Problem('cosine', n=8, d=4, zeta=0.1, noise=Gaussian(sigma=0.5))"
    assert repr(problem.objective) == "Cosine(n=8, d=4)"
    assert repr(graphs.ring(8).schedule()) == "PeriodicSchedule('ring', n=8, period=1)"
