"""Mem-SGD: the reference with one worker and more, the weighted average, and the size of the memory with falling steps."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs, problems, simulate
from numerics.algorithms import EFSGD, MemSGD
from numerics.events import rounds
from numerics.streams import Streams
from straggler import InputError
from tests.numerics.algorithms import compression_reference as plain
from tests.numerics.algorithms import elastic_replay as replay

MOMENTA = [{}, {"momentum": 0.5}, {"momentum": 0.4, "nesterov": True}]


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize("settings", plain.COMPRESSORS, ids=str)
def test_replays_the_reference(settings, momentum):
    algorithm, x0 = MemSGD(step_size=replay.gamma, offset=5.0, **settings, **momentum), replay.start(common=True)
    drawn = plain.compressing(settings, replay.SEED, replay.REPLICAS)
    replay.assert_same(replay.trajectory(algorithm, x0), replay.expected(plain.ef_sgd, algorithm, x0, compress=drawn, **momentum))


def test_one_worker_as_the_paper_writes_it():
    d, k, a, mu = 6, 2, 30.0, 0.5
    algorithm = MemSGD(step_size=lambda t: 8 / (mu * (a + t)), k=k, offset=a)
    rng = np.random.default_rng(1)
    x, memory, models, weights = rng.standard_normal(d), np.zeros(d), [], []
    state = algorithm.init(x[None], 1)
    np.testing.assert_array_equal(algorithm.average(state)[0], x)
    for event in rounds(graphs.complete(2).schedule(), 80):
        eta = 8 / (mu * (a + event.k))
        noise = rng.standard_normal(d)
        due = memory + eta * (mu * x + noise)
        sent = np.where(np.argsort(np.argsort(-np.abs(due))) < k, due, 0.0)
        models.append(x)
        weights.append((a + event.k) ** 2)
        memory, x = due - sent, x - sent
        algorithm.step(state, mu * algorithm.view(state, event) + noise, event)
        np.testing.assert_allclose(state.x[0, 0], x, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(state.residual[0, 0], memory, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(algorithm.center(state)[0], x - memory, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(algorithm.average(state)[0], np.average(models, axis=0, weights=weights), rtol=1e-11)
    assert state.mass == pytest.approx(80 * (2 * 80**2 + 6 * a * 80 - 3 * 80 + 6 * a**2 - 6 * a + 1) / 6)


def test_memories_stay_within_lemma_3_2():
    """E||m_t||^2 <= eta_t^2 4 alpha/(alpha - 4) (d/k)^2 G^2 with a = 7 d/k and alpha = 5, for gradients of norm G."""
    d, k, size = 10, 1, 3.0
    a = 7 * d / k
    for name in ("top-k", "random-k"):
        algorithm = MemSGD(step_size=lambda t: 8 / (a + t), compressor=name, k=k, offset=a)
        state = algorithm.init(np.zeros((300, d)), 1)
        algorithm.equip(state, None, Streams(0, range(300)))
        worst = 0.0
        for event in rounds(graphs.complete(2).schedule(), 400):
            algorithm.step(state, np.full((1, 300, d), size / np.sqrt(d)), event)
            eta = 8 / (a + event.k + 1)
            worst = max(worst, float((state.residual**2).sum(-1).mean()) / (eta**2 * 20 * (d / k) ** 2 * size**2))
        assert 0 < worst < 1


def test_the_weighted_average_of_falling_steps_converges():
    problem = problems.quadratic(dim=6, workers=1, smoothness=2.0, mu=0.5, sigma=1.0, zeta=0.0)
    a = 7 * 6.0
    algorithm = MemSGD(step_size=lambda t: 8 / (0.5 * (a + t)), offset=a)
    state = algorithm.init(np.broadcast_to(problem.start(), (20, 6)), 1)
    oracle, errors = problem.oracle(Streams(1, range(20))), {}
    for event in rounds(graphs.complete(2).schedule(), 6400):
        algorithm.step(state, oracle(algorithm.view(state, event), slice(None), None), event)
        if event.k + 1 in (400, 6400):
            errors[event.k + 1] = float(problem.objective.value(algorithm.average(state)).mean()) - problem.numbers["f_star"]
    assert 0 <= errors[6400] < errors[400] / 8


def test_it_is_error_feedback_that_keeps_an_average():
    problem, settings = problems.quadratic(dim=4, workers=3, zeta=0.5), {"iterations": 40, "replicas": 3, "seed": 2}
    one = simulate(MemSGD(step_size=0.1, k=2), problem, graphs.ring(3), **settings)
    other = simulate(EFSGD(step_size=0.1, compressor="top-k", k=2), problem, graphs.ring(3), **settings)
    np.testing.assert_array_equal(one.value, other.value)


@pytest.mark.parametrize("offset", [0, 0.5, -3, float("inf"), float("nan"), "late"])
def test_offsets_below_one_are_refused(offset):
    with pytest.raises(InputError, match="offset"):
        MemSGD(step_size=0.1, offset=offset)
