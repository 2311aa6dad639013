"""Quantities, the recorder and the engine on states written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs, problems, quantities, simulate
from numerics.algorithms import DPSGD, LGD, OSGP, SGP, SequentialWAGMA
from numerics.algorithms.wagma_sequential import InteractionState
from numerics.engine import run
from numerics.events import Round, rounds
from numerics.noise import NoNoise
from numerics.problems import Problem
from numerics.recorder import Trajectory
from numerics.streams import Streams
from straggler import InputError, UnknownName


@pytest.fixture
def objective():
    return problems.quadratic(dim=3, workers=4, spectrum=[2.0, 1.0, 0.5], zeta=1.0, center=0.5).objective


def pushed(objective, cls=SGP, **options):
    """An algorithm and a state whose views, center and models all differ."""
    algorithm = cls(step_size=0.3, **options)
    state = algorithm.init(np.random.default_rng(0).standard_normal((4, 2, 3)), 4)
    for event in rounds(graphs.star(4).schedule("push"), 3):
        algorithm.step(state, objective.local_gradients(algorithm.view(state, event)), event)
    return algorithm, state


@pytest.mark.parametrize("options", [{"cls": SGP}, {"cls": OSGP, "overlap": 2}], ids=str)
def test_quantities_are_their_formulas(objective, options):
    algorithm, state = pushed(objective, **options)
    views, spectrum, middle = algorithm.view(state, None).copy(), objective.eigenvalues, objective.center
    center = state.x.sum(0) + sum(letter[0].sum(0) for letter in getattr(state, "flight", []) if letter)
    center = center / 4
    expected = {
        "grad_norm_sq": [sum((spectrum[j] * (center[r, j] - middle[j])) ** 2 for j in range(3)) for r in range(2)],
        "value": [sum(spectrum[j] / 2 * (center[r, j] - middle[j]) ** 2 for j in range(3)) for r in range(2)],
        "consensus_sq": [np.mean([np.sum((views[i, r] - center[r]) ** 2) for i in range(4)]) for r in range(2)],
        "view_grad_norm_sq": [np.mean([np.sum((spectrum * (views[i, r] - middle)) ** 2) for i in range(4)]) for r in range(2)],
    }
    for name, values in expected.items():
        found = quantities.get(name).measure(quantities.Snapshot(Problem(objective, NoNoise()), algorithm, state))
        np.testing.assert_allclose(found, values, rtol=1e-12, err_msg=name)
        assert found.shape == (2,)


def test_quantities_of_every_worker_are_their_formulas(objective):
    """On states written by hand, for all workers and replicas."""
    rng = np.random.default_rng(1)
    x, anchor, interacted = rng.standard_normal((4, 2, 3)), rng.standard_normal((2, 3)), rng.standard_normal((4, 2, 3))
    algorithm = SequentialWAGMA(step_size=0.1)
    state = InteractionState(x=x, shown=x + 1, interacted=interacted, anchor=anchor)
    mean = x.sum(0) / 4
    expected = {
        "worker_drift_sq": [[sum((x[i, r] - anchor[r]) ** 2) for r in range(2)] for i in range(4)],
        "center_drift_sq": [sum((mean[r] - anchor[r]) ** 2) for r in range(2)],
        "worker_stale_distance_sq": [[sum((interacted[i, r] - mean[r]) ** 2) for r in range(2)] for i in range(4)],
        "worker_view_distance_sq": [[sum((x[i, r] - mean[r]) ** 2) for r in range(2)] for i in range(4)],
        "total_consensus_sq": [sum(sum((x[i, r] - mean[r]) ** 2) for i in range(4)) for r in range(2)],
    }
    for name, values in expected.items():
        quantity = quantities.get(name)
        found = quantity.measure(quantities.Snapshot(Problem(objective, NoNoise()), algorithm, state))
        np.testing.assert_allclose(found, values, rtol=1e-12, err_msg=name)
        assert quantity.per_worker == (np.ndim(values) == 2)


def test_what_every_worker_has_is_recorded_for_every_worker():
    problem = problems.cosine(dim=2, workers=3)
    algorithm, names = SequentialWAGMA(step_size=0.1, period=4), ("worker_view_distance_sq", "total_consensus_sq")
    run = simulate(algorithm, problem, graphs.complete(3), iterations=9, replicas=2, record_every=3, quantities=names)
    assert run["worker_view_distance_sq"].dims == ("iteration", "worker", "replica")
    assert run["worker_view_distance_sq"].shape == (4, 3, 2)
    np.testing.assert_allclose(run["worker_view_distance_sq"].sum("worker"), run["total_consensus_sq"], rtol=1e-12)
    assert run["diverged_at"].values.tolist() == [-1, -1]


def test_view_radius_is_the_largest_distance_to_the_center_of_the_ball():
    objective = problems.quadratic(dim=3, workers=4, hessians="different", center=0.5).objective
    algorithm, state = pushed(objective)
    views = algorithm.view(state, None)
    expected = [max(np.linalg.norm(views[i, r] - objective.ball_center()) for i in range(4)) for r in range(2)]
    found = quantities.get("view_radius").measure(quantities.Snapshot(Problem(objective, NoNoise()), algorithm, state))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_view_radius_counts_a_center_whose_mass_in_flight_lies_outside():
    objective = problems.quadratic(dim=3, workers=4, hessians="different", center=0.5).objective
    algorithm, state = pushed(objective, OSGP)
    state.flight[0] = (state.x + 1e3, state.w)
    now = quantities.Snapshot(Problem(objective, NoNoise()), algorithm, state)
    expected = np.linalg.norm(algorithm.center(state) - objective.ball_center(), axis=-1)
    assert (expected > 500).all()
    np.testing.assert_allclose(quantities.get("view_radius").measure(now), expected, rtol=1e-12)


def test_measuring_changes_nothing(objective):
    algorithm, state = pushed(objective, OSGP)
    before = [slab.copy() for slab in state.slabs()]
    to_minimiser = {"center_distance_sq", "view_distance_sq", "view_mean_distance_sq"} if objective.minimiser() is None else set()
    other_systems = {"leader_grad_norm_sq", "worker_drift_sq", "center_drift_sq", "worker_stale_distance_sq"}
    for quantity in quantities.QUANTITIES.values():
        if quantity.name in to_minimiser | other_systems:
            with pytest.raises(InputError):
                quantity.measure(quantities.Snapshot(Problem(objective, NoNoise()), algorithm, state))
        elif quantity.name != "view_radius":
            quantity.measure(quantities.Snapshot(Problem(objective, NoNoise()), algorithm, state))
    for slab, kept in zip(state.slabs(), before, strict=True):
        np.testing.assert_array_equal(slab, kept)


def test_leaders_and_models_are_measured_worker_by_worker():
    problem = problems.quadratic(dim=2, workers=3, sigma=0.0, noise="none", mu=0.5, center=0.25)
    algorithm = LGD(step_size=0.1)
    state = algorithm.init(np.array([[[1.0, 2.0]], [[0.5, 0.0]], [[-1.0, 1.0]]]), 3)
    algorithm.equip(state, problem, Streams(0, (0,)))
    now = quantities.Snapshot(problem, algorithm, state)
    apart = state.x[:, 0] - 0.25
    values = [0.5 * (u[0] ** 2 + 0.5 * u[1] ** 2) for u in apart]
    assert values.index(min(values)) == 1
    slope = apart[1] * [1.0, 0.5]
    expected = {
        "worker_suboptimality": np.mean(values),
        "leader_grad_norm_sq": slope @ slope,
        "view_distance_sq": np.mean(np.sum(apart**2, axis=1)),
        "view_mean_distance_sq": np.sum(apart.mean(0) ** 2),
        "center_distance_sq": np.sum(apart.mean(0) ** 2),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(quantities.get(name).measure(now), [value], rtol=1e-12)


def test_names_are_checked():
    assert all(name == quantity.name and quantity.units for name, quantity in quantities.QUANTITIES.items())
    with pytest.raises(UnknownName, match="consensus_sq"):
        quantities.get("consensus")


def test_the_recorder_notes_the_first_recorded_non_finite_value(objective):
    algorithm, schedule = DPSGD(step_size=0.1), graphs.ring(4).schedule()
    state = algorithm.init(np.ones((3, 3)), 4)
    recorder = Trajectory(Problem(objective, NoNoise()), ("value",), 10, 4, 3)
    recorder.start(algorithm, state)
    for event in rounds(schedule, 10):
        if event.k == 4:
            state.x[:, 1] = np.nan
        if event.k == 9:
            state.x[0, 2, 0] = np.inf
        recorder(event, algorithm, state)
    assert recorder.iterations.tolist() == [0, 4, 8, 10]
    assert recorder.diverged_at().tolist() == [-1, 8, 10]
    assert np.isfinite(recorder.values["value"][:, 0]).all()


def test_the_recorder_needs_a_positive_interval(objective):
    with pytest.raises(InputError, match="record_every"):
        Trajectory(Problem(objective, NoNoise()), ("value",), 10, 0, 1)


def test_the_engine_plays_events_in_order_and_reuses_the_gradients():
    """Every event: gradients at the view, one step, one call of the recorder; memory of the first gradients serves all."""
    algorithm, heard = DPSGD(step_size=0.5), []
    state = algorithm.init(np.zeros((1, 2)), 3)
    buffers = []

    def oracle(points, workers, out):
        buffers.append(out)
        assert workers == slice(None)
        out = np.empty_like(points) if out is None else out
        out[...] = 1 + points
        return out

    schedule = graphs.complete(3).schedule()
    final = run(algorithm, oracle, rounds(schedule, 3), state, lambda event, _, s: heard.append((event.k, s.x[0, 0, 0])))
    assert final is state
    assert heard == [(0, -0.5), (1, -0.75), (2, -0.875)]
    assert buffers[0] is None
    assert buffers[1] is buffers[2] is not None


def test_rounds_follow_the_schedule():
    schedule = graphs.one_peer_exponential(8).schedule()
    events = list(rounds(schedule, 5))
    assert [event.k for event in events] == [0, 1, 2, 3, 4]
    assert all(event.mixing is schedule.at(event.k) for event in events)
    assert Round(0, schedule.at(0)).workers == slice(None)


def test_zeta_and_sigma_along_a_run_are_those_of_the_center_and_below_their_certificates():
    problem = problems.logistic_breast_cancer(workers=4, batch=2, split="label")
    run = simulate(DPSGD(step_size=0.1), problem, graphs.ring(4), iterations=3, replicas=2, quantities=("zeta", "sigma"))
    for name in ("zeta", "sigma"):
        assert run[name].shape == (4, 2)
        assert (run[name] <= problem.numbers[name] * (1 + 1e-12)).all()
        start = problem.measure(problem.start()[None, :])[name]
        np.testing.assert_allclose(run[name][0], np.repeat(start, 2), rtol=1e-12)
    assert not np.allclose(run["zeta"][0], run["zeta"][3])
