"""Error feedback, attached and detached, against a plain reference, and what the papers prove about residuals."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs, problems, simulate
from numerics.algorithms import DEF, EFSGD, SGD, CompressedSGD
from numerics.events import rounds
from numerics.gauge import gauge
from straggler import InputError
from tests.numerics.algorithms import compression_reference as plain
from tests.numerics.algorithms import elastic_replay as replay

MOMENTA = [{}, {"momentum": 0.5}, {"momentum": 0.4, "nesterov": True}]


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize("detached", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("settings", plain.COMPRESSORS, ids=str)
def test_replays_the_reference(settings, detached, momentum):
    """The center of the reference is a model of its own, that moves by gamma times the mean gradient exactly."""
    algorithm = EFSGD(step_size=replay.gamma, detached=detached, **settings, **momentum)
    x0, drawn = replay.start(common=True), plain.compressing(settings, replay.SEED, replay.REPLICAS)
    wanted = replay.expected(plain.ef_sgd, algorithm, x0, compress=drawn, detached=detached, **momentum)
    replay.assert_same(replay.trajectory(algorithm, x0), wanted)


def test_detached_error_feedback_is_error_feedback_with_other_defaults():
    x0 = replay.start(common=True)
    by_name = replay.trajectory(DEF(step_size=replay.gamma), x0)
    spelled_out = replay.trajectory(EFSGD(step_size=replay.gamma, compressor="random-block", blocks=2, detached=0.3), x0)
    for value, right in zip(by_name, spelled_out, strict=True):
        np.testing.assert_array_equal(value, right)


@pytest.mark.parametrize("detached", [0.0, 0.3])
@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
def test_without_compression_it_is_sgd(momentum, detached):
    x0 = replay.start(common=True)
    found = replay.trajectory(EFSGD(step_size=replay.gamma, compressor="identity", detached=detached, **momentum), x0)
    for value, right in zip(found, replay.trajectory(SGD(step_size=replay.gamma, **momentum), x0), strict=True):
        np.testing.assert_allclose(value, right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("detached", [0.0, 0.25, 0.6, 1.0])
def test_distance_of_views_splits_into_second_moment_and_variance(detached):
    algorithm, x0 = EFSGD(step_size=replay.gamma, compressor="top-k", detached=detached), replay.start(common=True)
    state, streams = replay.opened(algorithm, replay.events_of(algorithm, None), x0)
    for event in replay.events_of(algorithm, None).play(30, streams):
        points = algorithm.view(state, event)
        algorithm.step(state, replay.slope(points, replay.noise_of(event)), event)
        views, mean = algorithm.view(state, None), state.residual.mean(0)
        left = ((views - algorithm.center(state)) ** 2).sum(-1).mean(0)
        spread = ((state.residual - mean) ** 2).sum(-1).mean(0)
        right = (1 - detached) ** 2 * (mean**2).sum(-1) + detached**2 * spread
        np.testing.assert_allclose(left, right, rtol=1e-11)
        assert (right > 0).all()


DETERMINISTIC = [
    {"compressor": "top-k", "k": 1},
    {"compressor": "top-k", "k": 6},
    {"compressor": "scaled-sign"},
    {"compressor": "one-bit"},
    {"compressor": "max-min", "precision": 2},
]


@pytest.mark.parametrize("settings", DETERMINISTIC, ids=str)
def test_residuals_of_deterministic_compressors_stay_bounded_whatever_the_gradients(settings):
    """Gradients of norm M that push where the residual is: ||e|| <= sqrt(theta)/(1 - sqrt(theta)) gamma M on every path."""
    d, n, gamma, largest = 8, 3, 0.7, 2.0
    algorithm = EFSGD(step_size=gamma, **settings)
    root = np.sqrt(algorithm.symbols_in(d)["lost"])
    bound = root / (1 - root) * gamma * largest
    state, rng, reached = algorithm.init(np.zeros((4, d)), n), np.random.default_rng(2), 0.0
    for event in rounds(graphs.complete(n).schedule(), 400):
        gradients = rng.standard_normal((n, 4, d))
        gradients[:, 1] = state.residual[:, 1] + 1e-3 * gradients[:, 1]
        gradients[:, 2] = np.abs(gradients[:, 2]) ** 0.01
        gradients *= largest / np.linalg.norm(gradients, axis=-1, keepdims=True)
        algorithm.step(state, gradients, event)
        reached = max(reached, float(np.linalg.norm(state.residual, axis=-1).max()))
    assert 0 < reached <= bound * (1 + 1e-12)


def test_the_bound_on_residuals_is_attained_by_a_scaling():
    """C(w) = (1 - sqrt(theta)) w is not in the registry, but its residual is what the bound says: the constant is tight."""
    root, e = np.sqrt(0.8), 0.0
    for _ in range(500):
        e = root * (1.0 + e)
    assert e == pytest.approx(root / (1 - root))


@pytest.mark.parametrize("settings", [{"compressor": "random-k", "k": 2}, {"compressor": "random-block", "blocks": 4}], ids=str)
def test_residuals_of_random_compressors_stay_bounded_in_mean(settings):
    """E||e||^2 <= 4 (1 - delta)/delta^2 gamma^2 M^2, and the smaller theta/(1 - sqrt(theta))^2, for gradients all the same."""
    d, gamma = 8, 0.5
    algorithm = EFSGD(step_size=gamma, **settings)
    lost = algorithm.symbols_in(d)["lost"]
    state = algorithm.init(np.zeros((2000, d)), 1)
    for event in rounds(graphs.complete(2).schedule(), 60):
        algorithm.step(state, np.full((1, 2000, d), 1 / np.sqrt(d)), event)
    squares = (state.residual[0] ** 2).sum(-1)
    high = squares.mean() + 5 * squares.std() / np.sqrt(2000)
    assert high <= lost / (1 - np.sqrt(lost)) ** 2 * gamma**2 <= 4 * lost / (1 - lost) ** 2 * gamma**2
    # the time since a coordinate was sent is geometric: E e_j^2 = theta (1 + theta)/(1 - theta)^2 gamma^2/d
    assert squares.mean() == pytest.approx(lost * (1 + lost) / (1 - lost) ** 2 * gamma**2, rel=0.1)


def one_round(detached: float, step: float = 0.2, blocks: int = 10) -> np.ndarray:
    """E[A (x) A] of (model, residual) of one coordinate of f = x^2/2 whose block is drawn by all workers, who are all alike."""
    kept = np.array([[1, 0], [step, 1 - step * detached]])
    sent = np.array([[1 - step, step * detached - 1], [0, 0]])
    return (1 - 1 / blocks) * np.kron(kept, kept) + np.kron(sent, sent) / blocks


@pytest.mark.parametrize(("detached", "factor"), [(0.0, 1.0599), (0.3, 0.9873), (0.6, 0.9297), (1.0, 0.9)])
def test_second_moments_of_random_blocks_grow_unless_detached(detached, factor):
    """gamma L = 0.2 and ten blocks: E||grad f(center)||^2 against the exact recursion, whose spectral radius is ``factor``.

    It is the mean square that diverges: almost every single path without noise goes to the minimum in the end.
    """
    moments = one_round(detached)
    assert max(abs(np.linalg.eigvals(moments))) == pytest.approx(factor, abs=1e-4)
    algorithm = EFSGD(step_size=0.2, compressor="random-block", blocks=10, detached=detached)
    problem = problems.quadratic(dim=20, workers=4, smoothness=1.0, mu=1.0, sigma=0.0, zeta=0.0)
    run = simulate(algorithm, problem, graphs.complete(4), iterations=20, replicas=3000, record_every=5)
    for k in (5, 10, 15, 20):
        squares = run.grad_norm_sq.sel(iteration=k)
        exact = 20 * float(np.array([1, -1, -1, 1]) @ np.linalg.matrix_power(moments, k)[:, 0])
        assert float(squares.mean()) == pytest.approx(exact, rel=1e-9, abs=5 * float(squares.std()) / np.sqrt(3000))


def test_with_noise_random_blocks_diverge_unless_detached():
    problem = problems.quadratic(dim=20, workers=4, smoothness=1.0, mu=1.0, sigma=1.0, zeta=0.0)
    last = []
    for detached in (0.0, 0.3, 0.6, 1.0):
        algorithm = EFSGD(step_size=0.2, compressor="random-block", blocks=10, detached=detached)
        run = simulate(algorithm, problem, graphs.complete(4), iterations=1000, replicas=100, record_every=500)
        last.append(float(run.grad_norm_sq[-1].mean()))
    assert last[0] > 1e4
    assert 1 > last[1] > last[2] > last[3] > 0.01


@pytest.mark.parametrize("detached", [0.0, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("settings", [{"compressor": "random-block", "blocks": 5}, {"compressor": "top-k", "k": 2}], ids=str)
@pytest.mark.parametrize("zeta", [0.0, 1.0])
def test_the_center_descends_as_far_as_views_are_near(settings, detached, zeta):
    """gamma L <= 1: mean E||grad f||^2 <= 2 delta/(gamma K) + gamma L sigma^2/n + L^2 mean E((1/n) sum ||view - center||^2)."""
    n, gamma, iterations = 4, 0.15, 300
    problem = problems.rational(dim=10, workers=n, sigma=1.0, zeta=zeta, noise="rademacher")
    algorithm = EFSGD(step_size=gamma, detached=detached, **settings)
    run = simulate(algorithm, problem, graphs.ring(n), iterations=iterations, replicas=40)
    numbers, before = run.constants, {"iteration": slice(0, iterations - 1)}
    left = run.grad_norm_sq.sel(before).mean("iteration")
    apart = float(run.consensus_sq.sel(before).mean())
    right = 2 * numbers["delta"] / (gamma * iterations) + gamma * numbers["L"] * numbers["sigma"] ** 2 / n
    assert float(left.mean() - 5 * left.std() / np.sqrt(40)) <= right + numbers["L"] ** 2 * apart
    assert apart > 0


def test_what_feedback_is_for():
    """Where signs of workers cancel, compression alone stays away from the minimum, and feedback finds it."""
    problem = problems.quadratic(dim=6, workers=4, sigma=0.0, zeta=2.0, seed=3)
    settings = {"iterations": 4000, "record_every": 1000}
    last = [
        float(simulate(cls(step_size=0.02, compressor="scaled-sign"), problem, graphs.ring(4), **settings).grad_norm_sq[-1, 0])
        for cls in (CompressedSGD, EFSGD)
    ]
    assert last[1] < 1e-2 * last[0]


def test_the_gauge_of_views_is_the_mean_residual_in_steps():
    problem = problems.cosine(dim=5, workers=4, sigma=0.3)
    algorithm = EFSGD(step_size=0.1, compressor="top-k", k=2)
    found = gauge(algorithm, problem, graphs.ring(4), iterations=50, replicas=3)
    assert (found.distance_sq[0] == 0).all()
    assert (found.distance_sq[-1] > 0).all()
    assert found.constants["lost"] == 0.6


@pytest.mark.parametrize("detached", [-0.1, 1.1, float("nan"), "half"])
@pytest.mark.parametrize("cls", [EFSGD, DEF])
def test_shares_outside_their_range_are_refused(cls, detached):
    with pytest.raises(InputError, match="detached"):
        cls(step_size=0.1, detached=detached)
