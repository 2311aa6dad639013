"""eager-SGD against the references, its special cases, and the counterexample to its Lemma 6.2."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.algorithms import SGD, EagerSGD, check_invariants
from numerics.engine import run
from numerics.events import Round
from numerics.moments import exact_moments
from numerics.streams import Streams
from numerics.timeline import Late, RandomlyLate
from straggler import InputError, StragglerError
from tests.numerics.algorithms import group_reference as reference
from tests.numerics.algorithms.group_battery import (
    DIM,
    MOMENTA,
    REPLICAS,
    ROUNDS,
    assert_same,
    gradient,
    late_rounds,
    noise,
    random_ages,
    schedule,
    step_size,
    trajectory,
)

OPTIONS = [(6, {}), (6, {"period": 5}), (3, {"stale": "overwrite"}), (4, {"period": 7, "stale": "overwrite"}), (1, {})]
START = np.random.default_rng(8).standard_normal((REPLICAS, DIM))


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize(("n", "options"), OPTIONS)
@pytest.mark.parametrize("late", [True, False])
def test_replays_the_reference(n, options, momentum, late):
    ages = random_ages(n) if late else np.zeros((ROUNDS, n, REPLICAS), dtype=np.intp)
    assert not late or ages.max() >= 3
    perturbation = noise(n)
    seen, _ = trajectory(EagerSGD(step_size=step_size, **options, **momentum), START, n, late_rounds(n, ages), perturbation)
    for r in range(REPLICAS):
        expected = reference.eager(START[r], gradient(perturbation, r), ages[..., r], step_size, **options, **momentum)
        for k, (views, center) in enumerate(seen):
            assert_same(views[:, r], np.stack([expected[k][0]] * n), f"models after {k} rounds")
            assert_same(center[r], expected[k][1], f"clean aggregate after {k} rounds")


@pytest.mark.parametrize("patience", [0.0, 0.4, 1.5])
@pytest.mark.parametrize(("n", "period"), [(2, 0), (5, 0), (5, 6)])
def test_replays_workers_that_are_late_because_they_finish_late(n, period, patience):
    """Ages come out of finishing times; a send buffer per worker adds gradients up and is emptied by every collective."""
    perturbation, oldest = noise(n), 0
    for r in range(REPLICAS):
        seconds = np.random.default_rng(r).lognormal(0.0, 0.9, (ROUNDS, n))
        seconds[:, 0] *= 2.5
        start = [START[r]] * n
        clock = reference.EagerClock(start, gradient(perturbation, r), seconds, patience, period, step_size=0.2)
        clock.play()
        ages = np.array(clock.ages)[..., None]
        oldest = max(oldest, ages.max())
        alone = slice(r, r + 1)
        algorithm = EagerSGD(step_size=0.2, period=period)
        seen, _ = trajectory(algorithm, START[alone], n, late_rounds(n, ages), perturbation[:, :, alone])
        for k, (views, _) in enumerate(seen):
            reached = [i for i in range(n) if clock.models[k][i] is not None]
            assert k < ROUNDS or reached
            assert_same(views[reached, 0], np.stack([clock.models[k][i] for i in reached]), f"replica {r} after {k} rounds")
    assert oldest > 1


@pytest.mark.parametrize("momentum", MOMENTA)
def test_with_nobody_late_it_is_sgd(momentum):
    perturbation = noise(5)
    rounds = [Round(k, schedule(5).at(k)) for k in range(ROUNDS)]
    expected, _ = trajectory(SGD(step_size=step_size, **momentum), START, 5, rounds, perturbation)
    for events in (rounds, late_rounds(5, np.zeros((ROUNDS, 5, REPLICAS), dtype=np.intp))):
        seen, state = trajectory(EagerSGD(step_size=step_size, **momentum), START, 5, events, perturbation)
        assert not state.pending
        for k, (views, center) in enumerate(seen):
            assert_same(views, expected[k][0], f"models after {k} rounds")
            assert_same(center, expected[k][1], f"clean aggregate after {k} rounds")
    always_blocking, _ = trajectory(EagerSGD(step_size=step_size, period=1, **momentum), START, 5, rounds, perturbation)
    assert_same(always_blocking[-1][0], expected[-1][0], "blocking in every round")


def test_every_gradient_is_included_once():
    """When all have come, the model is the clean one, whatever happened before; the released code loses gradients."""
    perturbation, ages = noise(6), random_ages(6)
    ages[-1] = 0
    for settled in (late_rounds(6, ages), [*list(late_rounds(6, ages))[:-1], Round(ROUNDS - 1, schedule(6).at(0))]):
        seen, state = trajectory(EagerSGD(step_size=0.1), START, 6, settled, perturbation)
        assert max(np.abs(views - center).max() for views, center in seen) > 1e-2
        assert_same(seen[-1][0], np.broadcast_to(seen[-1][1], seen[-1][0].shape), "model and clean aggregate")
        assert not state.pending
    seen, _ = trajectory(EagerSGD(step_size=0.1, stale="overwrite"), START, 6, late_rounds(6, ages), perturbation)
    assert np.abs(seen[-1][0] - seen[-1][1]).max() > 1e-2


@pytest.mark.parametrize("order", ["fixed", "rotation"])
@pytest.mark.parametrize(("n", "quorum", "tau"), [(4, 3, 1), (6, 4, 3), (8, 2, 5), (5, 1, 2)])
def test_counterexample_to_lemma_6_2(n, quorum, tau, order):
    """Constant gradients c of norm M: the worst distance is alpha tau (P - Q) M / P, more than the lemma says."""
    alpha, c = 0.3, np.array([1.2, -0.5])
    m_sq = float(c @ c)
    clock = Late.adversarial(graphs.complete(n).schedule(), n - quorum, tau, order)
    algorithm = EagerSGD(step_size=alpha)
    state, largest = algorithm.init(np.ones((1, 2)), n), []

    def distance(event: Round, algorithm: EagerSGD, state: algorithms.State) -> None:
        largest.append(float(((algorithm.view(state, None) - algorithm.center(state)) ** 2).sum(-1).max()))

    events = clock.play(4 * n * tau, Streams(0, (0,)))
    run(algorithm, lambda points, workers, out: np.broadcast_to(c, points.shape).copy(), events, state, distance)
    corrected = alpha**2 * tau**2 * m_sq * (n - quorum) ** 2 / n**2
    printed = alpha**2 * tau * m_sq * (n - quorum) / n**2
    assert max(largest) == pytest.approx(corrected, rel=1e-12)
    assert (max(largest) > 1.5 * printed) == (tau * (n - quorum) > 1)


@pytest.mark.parametrize(("late", "in_time"), [("solo", 1.0), ("majority", 4.5), (3, 5.0), (0.25, 6.0)])
def test_how_many_are_in_time(late, in_time):
    clock = RandomlyLate(graphs.complete(8).schedule(), late)
    counts = np.concatenate([(event.age == 0).sum(0) for event in clock.play(300, Streams(1, range(4)))])
    assert counts.mean() == pytest.approx(in_time, abs=0.25)
    if late in ("solo", 3):
        assert set(counts) == {in_time}


def test_invariants():
    for options in ({}, {"period": 3}, {"momentum": 0.6, "nesterov": True}):
        check_invariants(EagerSGD(step_size=0.1, **options), graphs.ring(5).schedule())


def test_gradients_wait_no_longer_than_needed():
    perturbation, ages = noise(6), random_ages(6)
    algorithm = EagerSGD(step_size=0.1, period=8)
    state = algorithm.init(START, 6)
    for k, event in enumerate(late_rounds(6, ages)):
        handed = perturbation[k].copy()
        algorithm.step(state, handed, event)
        handed[...] = np.nan
        oldest = 0 if (k + 1) % 8 == 0 else max(reference.settled_age(a, k, 8) for a in ages[k].flat)
        assert [entry[0] for entry in state.pending] == list(range(k - oldest + 1, k + 1))
    assert np.isfinite(algorithm.view(state, None)).all()


def test_replicas_do_not_see_each_other():
    perturbation, ages = noise(6), random_ages(6)
    algorithm = EagerSGD(step_size=0.1, momentum=0.5)
    together, state = trajectory(algorithm, START, 6, late_rounds(6, ages), perturbation)
    for r in range(REPLICAS):
        alone = slice(r, r + 1)
        seen, _ = trajectory(algorithm, START[alone], 6, late_rounds(6, ages[..., alone]), perturbation[:, :, alone])
        np.testing.assert_allclose(seen[-1][0], together[-1][0][:, alone], rtol=1e-12)
    copied = deepcopy(state).with_slabs([slab[:, :1].copy() for slab in state.slabs()])
    mixing = schedule(6).at(0)
    algorithm.step(copied, np.ones((6, 1, DIM)), Round(ROUNDS, mixing))
    algorithm.step(state, np.ones((6, REPLICAS, DIM)), Round(ROUNDS, mixing))
    np.testing.assert_allclose(copied.x, state.x[:, :1], rtol=1e-14)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.4, "period": 4}, {"stale": "overwrite"}])
def test_exact_moments_under_an_adversary_are_those_of_many_replicas(options):
    problem = problems.get("quadratic", workers=4, dim=2, sigma=0.5, zeta=0.4)
    graph = graphs.ring(4)
    clock = Late.adversarial(graph.schedule(), count=2, delay=3)
    algorithm = algorithms.get("eager", step_size=0.1, **options)
    exact = exact_moments(algorithm, problem, graph, iterations=25, timeline=clock)
    runs = simulate(algorithm, problem, graph, iterations=25, timeline=clock, replicas=4000)
    for name in ("consensus_sq", "grad_norm_sq"):
        values = runs[name].values
        error = values.std(axis=1) / np.sqrt(values.shape[1])
        assert (np.abs(values.mean(axis=1) - exact[name].values) <= 5 * error + 1e-12).all()


def test_torch_goes_through_the_same_lines():
    torch = pytest.importorskip("torch")
    perturbation, ages = noise(6, replicas=1), random_ages(6, replicas=1)
    algorithm = EagerSGD(step_size=0.1, momentum=0.5)
    states = [algorithm.init(START[:1], 6), algorithm.init(torch.tensor(START[:1]), 6)]
    for k, event in enumerate(late_rounds(6, ages)):
        algorithm.step(states[0], perturbation[k].copy(), event)
        algorithm.step(states[1], torch.tensor(perturbation[k]), event)
    np.testing.assert_allclose(states[1].x.numpy(), states[0].x, rtol=1e-12)


def test_bad_input():
    for options in ({"period": -1}, {"stale": "forget"}, {"momentum": 1.0}):
        with pytest.raises(StragglerError):
            EagerSGD(step_size=0.1, **options)
    algorithm = EagerSGD(step_size=0.1)
    with pytest.raises(InputError):
        algorithm.init(np.zeros((4, 1, 2)), 4)
    state = algorithm.init(START, 4)
    for k, age in enumerate((0, 1)):
        algorithm.step(state, np.ones((4, REPLICAS, DIM)), Round(k, schedule(4).at(k), age=np.full((4, REPLICAS), age)))
    with pytest.raises(InputError, match="grow"):
        algorithm.step(state, np.ones((4, REPLICAS, DIM)), Round(2, schedule(4).at(2), age=np.full((4, REPLICAS), 3)))
    state = algorithm.init(START, 4)
    for k, age in enumerate((1, 0, 0)):
        algorithm.step(state, np.ones((4, REPLICAS, DIM)), Round(k, schedule(4).at(k), age=np.full((4, REPLICAS), age)))
    with pytest.raises(InputError, match="grow"):
        algorithm.step(state, np.ones((4, REPLICAS, DIM)), Round(3, schedule(4).at(3), age=np.full((4, REPLICAS), 2)))
