"""Algorithms that coincide where the papers say they do."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs
from numerics.algorithms import DPSGD, OSGP, SGD, SGP, LocalSGD
from numerics.events import rounds
from tests.numerics.algorithms.topologies import TOPOLOGIES, one_way

ITERATIONS, REPLICAS, DIM, GAMMA = 14, 2, 3, 0.2
MOMENTA = [{}, {"momentum": 0.7}, {"momentum": 0.7, "nesterov": True}]


def trajectory(algorithm, schedule, *, apart: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return all views, shape (K + 1, n, R, d), and centers, shape (K + 1, R, d), under the same noise."""
    rng, n = np.random.default_rng(5), schedule.n
    x0 = rng.standard_normal((n, REPLICAS, DIM) if apart else (REPLICAS, DIM))
    state = algorithm.init(x0, n)
    views, centers = [algorithm.view(state, None).copy()], [algorithm.center(state).copy()]
    for event in rounds(schedule, ITERATIONS):
        gradients = np.sin(2 * algorithm.view(state, event)) + rng.standard_normal((n, REPLICAS, DIM))
        algorithm.step(state, gradients, event)
        views.append(algorithm.view(state, None).copy())
        centers.append(algorithm.center(state).copy())
    return np.stack(views), np.stack(centers)


def assert_coincide(one, other, schedule, *, apart: bool = False) -> None:
    for a, b in zip(trajectory(one, schedule, apart=apart), trajectory(other, schedule, apart=apart), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize("topology", ["ring-6", "hypercube-8", "bipartite-exponential-8", "one-peer-exponential-6"])
def test_sgp_is_step_then_mix_where_mixing_is_doubly_stochastic(topology, momentum):
    pair = SGP(step_size=GAMMA, **momentum), DPSGD(step_size=GAMMA, order="step-then-mix", **momentum)
    assert_coincide(*pair, TOPOLOGIES[topology](), apart=True)


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize("schedule", [graphs.ring(6).schedule(), one_way().schedule(), graphs.random_peer(6, seed=4)])
def test_osgp_without_overlap_is_sgp(schedule, momentum):
    assert_coincide(OSGP(step_size=GAMMA, overlap=0, **momentum), SGP(step_size=GAMMA, **momentum), schedule, apart=True)


def test_osgp_with_overlap_is_not_sgp():
    late, prompt = (trajectory(a, graphs.ring(6).schedule())[0] for a in (OSGP(step_size=GAMMA), SGP(step_size=GAMMA)))
    assert np.abs(late - prompt).max() > 1e-2


def test_biased_osgp_moves_as_the_unbiased_one_until_views_differ():
    """The biased variant keeps the same total mass: with gradients that ignore the view, centers agree and views do not."""
    schedule, rng = one_way().schedule(), np.random.default_rng(1)
    both = [OSGP(step_size=GAMMA, unbiased=unbiased) for unbiased in (True, False)]
    states = [algorithm.init(np.ones((1, DIM)), 5) for algorithm in both]
    for event in rounds(schedule, 8):
        gradients = rng.standard_normal((5, 1, DIM))
        for algorithm, state in zip(both, states, strict=True):
            algorithm.step(state, gradients.copy(), event)
    unbiased, biased = ((a.center(s), a.view(s, None)) for a, s in zip(both, states, strict=True))
    np.testing.assert_allclose(unbiased[0], biased[0], rtol=1e-12)
    np.testing.assert_allclose(unbiased[1] * states[0].w[:, None, None], biased[1], rtol=1e-12)
    assert np.abs(unbiased[1] - biased[1]).max() > 0.1


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize(
    "algorithm",
    [
        lambda **m: LocalSGD(step_size=GAMMA, period=1, **m),
        lambda **m: LocalSGD(step_size=GAMMA, period=5, switch=ITERATIONS, **m),
        lambda **m: DPSGD(step_size=GAMMA, order="step-then-mix", **m),
        lambda **m: SGP(step_size=GAMMA, **m),
    ],
    ids=["local-sgd of period 1", "local-sgd before its switch", "dpsgd", "sgp"],
)
def test_is_allreduce_sgd_on_the_complete_graph(algorithm, momentum):
    assert_coincide(algorithm(**momentum), SGD(step_size=GAMMA, **momentum), graphs.complete(5).schedule())


def test_local_sgd_with_an_endless_period_never_communicates():
    schedule = graphs.complete(4).schedule()
    views, _ = trajectory(LocalSGD(step_size=GAMMA, period=ITERATIONS + 1), schedule)
    assert (views.std(axis=1)[1:] > 1e-3).all()
    views, _ = trajectory(LocalSGD(step_size=GAMMA, period=4), schedule)
    agreed = (views.std(axis=1) < 1e-12).all(axis=(1, 2))
    assert [k for k in range(ITERATIONS + 1) if agreed[k]] == [0, 4, 8, 12]


@pytest.mark.parametrize("cls", [SGD, DPSGD, SGP, OSGP, LocalSGD])
def test_momentum_zero_is_no_momentum(cls):
    schedule = graphs.ring(6).schedule()
    for zero in (cls(step_size=GAMMA, momentum=0.0), cls(step_size=GAMMA, momentum=0.0, nesterov=True)):
        assert_coincide(zero, cls(step_size=GAMMA, momentum=1e-300), schedule)


def test_a_constant_function_is_a_constant_step_size():
    assert_coincide(DPSGD(step_size=lambda k: GAMMA), DPSGD(step_size=GAMMA), graphs.ring(6).schedule())
