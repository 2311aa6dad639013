"""Judges: what they say, how much it costs, and with which random numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics import algorithms, problems
from numerics.algorithms.election import Exact, Flattering, Leadership, Noisy, Recent, judge
from numerics.noise import get as noise
from numerics.objectives import Cosine, Logistic, Quadratic
from numerics.problems import Problem
from numerics.streams import Streams
from straggler import InputError, UnknownName
from tests.numerics.algorithms.leader_battery import play
from tests.numerics.algorithms.leader_reference import generator, logistic, shards


def points(n=6, replicas=3, dim=3, seed=0):
    return np.random.default_rng(seed).standard_normal((n, replicas, dim))


def test_exact_values_are_those_of_the_common_objective():
    objective, x = Quadratic(6, 3, zeta=2.0), points()
    values = Exact(objective).values(x)
    assert values.shape == (6, 3)
    for i in range(6):
        for r in range(3):
            assert values[i, r] == pytest.approx(0.5 * float(objective.eigenvalues @ x[i, r] ** 2), rel=1e-13)


def test_noisy_values_read_the_election_stream_in_the_documented_order():
    objective, x = Quadratic(6, 3), points(replicas=2)
    judges = Noisy(objective, 0.7, Streams(9, [4, 1]))
    drawn = [generator(9, replica, 4) for replica in (4, 1)]
    for _ in range(3):
        values = judges.values(x)
        for r in range(2):
            for i in range(6):
                expected = float(objective.value(x[i, r])) + 0.7 * float(drawn[r].standard_normal())
                assert values[i, r] == pytest.approx(expected, rel=1e-12)


def test_noisy_values_are_unbiased_with_the_stated_variance():
    objective = Quadratic(5, 2)
    errors = np.concatenate([Noisy(objective, 0.5, Streams(1, range(20_000))).values(np.zeros((5, 20_000, 2)))])
    assert np.abs(errors.mean(axis=1)).max() < 5 * 0.5 / math.sqrt(20_000)
    assert errors.var(axis=1) == pytest.approx(0.25, rel=0.06)


def test_flattering_values_are_wrong_about_the_worst_model_alone():
    """Unbiased, with the stated variance, and most of the time in its favour; the stream is read once per evaluation."""
    objective, size = Quadratic(4, 2, mu=1.0), 40_000
    x = points(n=4, replicas=size, dim=2)
    exact, judges = objective.value(x), Flattering(objective, 0.6, Streams(7, range(size)))
    first, second = (judges.values(x) - exact for _ in range(2))
    worst, everybody = exact.argmax(0), np.arange(size)
    drawn = generator(7, 5, 4)
    for errors in (first, second):
        assert errors[worst[5], 5] == pytest.approx(-0.2 if drawn.random() < 0.9 else 1.8)
        there = errors[worst, everybody]
        assert np.count_nonzero(np.abs(errors) > 1e-12) == size
        assert abs(there.mean()) < 5 * 0.6 / math.sqrt(size)
        assert there.var() == pytest.approx(0.36, rel=0.06)
        assert (there < 0).mean() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("replacement", [True, False])
def test_losses_are_those_of_the_samples_whose_gradients_were_taken(replacement):
    """With everybody's own samples: finite differences of the losses are the gradients of the oracle."""
    objective = Logistic(shards(6), regularisation=0.1)
    model = noise("minibatch", batch=2, replacement=replacement)
    oracle, streams = model.oracle(objective, Streams(2, range(3))), Streams(2, range(3))
    step, dim = 1e-5, 3
    shifted = [model.losses(objective, streams) for _ in range(2 * dim)]
    for event in range(4):
        workers = slice(None) if event % 2 == 0 else np.random.default_rng(event).integers(0, 6, (1, 3))
        x = points(seed=event) if event % 2 == 0 else points(n=1, seed=event)
        gradients = oracle(x, workers)
        for j in range(dim):
            shift = step * np.eye(dim)[j]
            up, down = shifted[2 * j](x + shift, workers), shifted[2 * j + 1](x - shift, workers)
            np.testing.assert_allclose((up - down) / (2 * step), gradients[..., j], rtol=1e-6, atol=1e-9)


def test_the_average_forgets_all_but_the_last_losses():
    history = np.random.default_rng(0).standard_normal((7, 4, 2))
    told = iter(history)
    recent = Recent(lambda x, workers: next(told), 4, 2, window=3)
    assert np.isposinf(recent.values(None)).all()
    for k in range(7):
        recent.observe(None, slice(None))
        np.testing.assert_allclose(recent.values(None), history[max(0, k - 2) : k + 1].mean(axis=0), rtol=1e-13)


def test_every_worker_has_an_average_of_its_own():
    rng = np.random.default_rng(1)
    kept = [[[] for _ in range(2)] for _ in range(4)]
    losses = []
    recent = Recent(lambda x, workers: losses[-1], 4, 2, window=2)
    for _ in range(25):
        workers = rng.integers(0, 4, (1, 2))
        losses.append(rng.standard_normal((1, 2)))
        recent.observe(None, workers)
        for r in range(2):
            kept[workers[0, r]][r].append(losses[-1][0, r])
    for i in range(4):
        for r in range(2):
            assert recent.values(None)[i, r] == pytest.approx(np.mean(kept[i][r][-2:]), rel=1e-13)


def test_leaders_of_groups():
    values = np.array([[3, 1], [2, 1], [5, 0], [0, 4], [9, 4], [0, 9.0]])
    x = points(replicas=2)
    office = Leadership(x, values, 3)
    assert office.leaders.tolist() == [[1, 0], [3, 2], [5, 4]]
    for g in range(3):
        for r in range(2):
            assert np.array_equal(office.models[g, r], x[office.leaders[g, r], r])
    away = office.distances(x, np.empty_like(x))
    for i in range(6):
        for r in range(2):
            assert np.array_equal(away[i, r], x[i, r] - office.models[i // 2, r])
    office.elect(2 * x, values[::-1])
    assert office.led.tolist() == [[1, 1], [1, 1], [1, 1], [1, 1], [1, 2], [1, 0]]
    # between elections everybody but the leader is measured against where the leader was
    later = office.distances(3 * x, np.empty_like(x))
    for r in range(2):
        assert not later[office.leaders[:, r], r].any()
        follower = [i for i in range(6) if i not in office.leaders[:, r]]
        assert np.allclose(later[follower, r], (3 * x)[follower, r] - office.models[np.array(follower) // 2, r])


class Counting(Cosine):
    """Counts evaluations of f, in points."""

    evaluated = 0

    def value(self, x):
        Counting.evaluated += x[..., 0].size
        return super().value(x)


@pytest.mark.parametrize(
    ("name", "settings", "elections"),
    [
        ("lgd", {}, 1 + 24),
        ("lgd", {"period": 4}, 1 + 6),
        ("lgd", {"period": 4, "groups": 2, "global_period": 6}, 1 + 8),
        ("lsgd", {"period": 4}, 1 + 6),
        ("lsgd", {"period": 4, "groups": 2, "global_period": 8}, 1 + 6 + 3),
        ("lsgd", {"period": 4, "election": "noisy"}, 1 + 6),
        ("lgd", {"period": 4, "election": "flattering"}, 1 + 6),
        ("lsgd-async", {"period": 2}, 1 + 2),
    ],
)
def test_elections_cost_one_evaluation_of_all_models(name, settings, elections):
    problem = Problem(Counting(6, 3), noise("gaussian", sigma=0.1))
    Counting.evaluated = 0
    for _ in play(algorithms.get(name, step_size=0.1, **settings), problem, points(replicas=2), 24, range(2)):
        pass
    assert Counting.evaluated == elections * 6 * 2


def test_minibatch_elections_evaluate_nothing_else():
    problem = logistic(6)
    problem.objective.value = None
    for _ in play(algorithms.get("lsgd", step_size=0.1, election="minibatch"), problem, points(), 9, range(3)):
        pass


def test_refusals():
    with pytest.raises(UnknownName, match="did you mean noisy"):
        judge("noise", problems.cosine(workers=4), Streams(0, range(1)), sigma_f=0.0, window=1)
    with pytest.raises(InputError, match=r"gaussian.* minibatch, where losses of samples are asked for"):
        judge("minibatch", problems.cosine(workers=4), Streams(0, range(1)), sigma_f=0.0, window=1)
