"""LSGD, in rounds and asynchronously, against the references that go event by event."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.algorithms import AsyncLSGD
from numerics.events import Completion
from numerics.noise import NoNoise
from numerics.objectives import Quadratic
from numerics.problems import Problem
from numerics.streams import Streams
from numerics.timeline import Independent
from tests.numerics.algorithms.leader_battery import CASES, label, play, replay


@pytest.mark.parametrize("case", CASES, ids=label)
def test_rounds_replay_the_reference(case):
    kind, settings = case
    replay("lsgd", kind, settings, iterations=34)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_completions_replay_the_reference(case):
    kind, settings = case
    replay("lsgd-async", kind, settings, iterations=150)


def test_no_worker_has_lost_anything_before_it_has_finished():
    """A minibatch election before everybody has a loss is won by somebody who has."""
    led = replay("lsgd-async", "logistic", {"election": "minibatch", "period": 1}, iterations=40, common=True)
    assert all(each.sum() == 1 + 40 // 6 for each in led)


def test_a_pull_reaches_everybody_when_n_tau_divides_the_iterations_of_all():
    """Constant models: nobody moves except in the pulls, each of which shortens all distances to the best by a tenth."""
    n, tau = 4, 3
    problem = Problem(Quadratic(n, 1, center=0.0), NoNoise())
    x0 = np.array([4.0, -1.0, 2.0, 3.0])[:, None, None]
    algorithm = AsyncLSGD(step_size=1e-300, period=tau, pull=0.1)
    for event, state in play(algorithm, problem, x0, 40, range(1)):
        pulls = (event.k + 1) // (n * tau)
        np.testing.assert_allclose(state.x, -1.0 + 0.9**pulls * (x0 + 1.0), rtol=1e-14)
    assert state.local.led[:, 0].tolist() == [0, 1 + 40 // (n * tau), 0, 0]


def test_a_gradient_under_way_is_that_of_the_model_before_the_pull():
    n = 2
    problem = Problem(Quadratic(n, 1, center=0.0, mu=1.0), NoNoise())
    x0 = np.array([8.0, 1.0])[:, None, None]
    algorithm = AsyncLSGD(step_size=0.5, period=1, pull=0.5)
    models, copies = x0.ravel().tolist(), x0.ravel().tolist()
    stale = 0
    for event, state in play(algorithm, problem, x0, 12, range(1)):
        i = int(event.workers[0, 0])
        stale += copies[i] != models[i]
        models[i] -= 0.5 * copies[i]
        if (event.k + 1) % n == 0:
            best = min(models, key=abs)
            models = [x - 0.5 * (x - best) for x in models]
        copies[i] = models[i]
        np.testing.assert_allclose(state.x.ravel(), models, rtol=1e-13, atol=1e-300)
    assert stale > 0


def test_without_a_pull_asynchronous_workers_are_independent():
    problem, schedule = problems.quadratic(dim=4, workers=6, zeta=0.3), graphs.complete(6).schedule()
    settings = {
        "iterations": 200,
        "replicas": 3,
        "quantities": ("value", "consensus_sq"),
        "timeline": Independent(schedule, "none"),
    }
    ours = simulate(AsyncLSGD(step_size=0.1, pull=0.0, momentum=0.5), problem, schedule, **settings)
    apart = simulate(algorithms.ADPSGD(step_size=0.1, momentum=0.5), problem, schedule, **settings)
    for quantity in settings["quantities"]:
        np.testing.assert_allclose(ours[quantity], apart[quantity], rtol=1e-11)


def test_one_asynchronous_worker_descends_alone():
    problem, algorithm = Problem(Quadratic(1, 3, center=0.5), NoNoise()), AsyncLSGD(step_size=0.3, period=2)
    state = algorithm.init(np.random.default_rng(4).standard_normal((1, 1, 3)), 1)
    algorithm.equip(state, problem, Streams(0, range(1)))
    only = np.zeros((1, 1), dtype=np.intp)
    state.open(only)
    model = state.x[0, 0].copy()
    for k in range(9):
        event = Completion(k, only, only, only, only, only)
        algorithm.step(state, problem.objective.local_gradients(algorithm.view(state, event)), event)
        model = model - 0.3 * problem.objective.gradient(model[None])[0]
        np.testing.assert_allclose(state.x[0, 0], model, rtol=1e-13)
    assert state.local.led.tolist() == [[1 + 9 // 2]]


@pytest.mark.parametrize("name", ["lgd", "lsgd", "lsgd-async"])
@pytest.mark.parametrize("election", ["noisy", "flattering", "minibatch"])
def test_blocks_of_replicas_do_not_matter(name, election, monkeypatch):
    from numerics import simulation

    problem = problems.logistic_breast_cancer(workers=6, batch=2)
    algorithm = algorithms.get(name, step_size=0.1, election=election, sigma_f=0.1, period=2)
    settings = {"iterations": 60, "replicas": 4, "record_every": 20}
    together = simulate(algorithm, problem, graphs.ring(6), **settings)
    monkeypatch.setattr(simulation, "BLOCK_BYTES", 2 * 6 * 31 * 8)
    np.testing.assert_allclose(simulate(algorithm, problem, graphs.ring(6), **settings).value, together.value, rtol=1e-12)


@pytest.mark.parametrize("name", ["lsgd", "lsgd-async"])
def test_leaders_help_on_the_landscape_of_the_paper(name):
    problem = problems.sinc(noise="none")
    x0 = np.array([[20.0, 11], [17, 8], [-6, -4], [-15, -18]])
    iterations = 4000 if name == "lsgd" else 16000
    algorithm = algorithms.get(name, step_size=0.1)
    run = simulate(algorithm, problem, graphs.complete(4), iterations=iterations, x0=x0, record_every=iterations)
    assert float(run.value[-1, 0]) == pytest.approx(-0.2172, abs=5e-5)
