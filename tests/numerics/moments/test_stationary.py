"""The stationary limit against closed forms, against long propagation, and where it does not exist."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems
from numerics.algorithms import DPSGD, OSGP, SGD, SGP, LocalSGD
from numerics.moments import exact_moments, stationary
from numerics.timeline import WorstDelay
from straggler import InputError, StragglerError
from tests.numerics.algorithms.reference import ROUNDS
from tests.numerics.algorithms.topologies import one_way

H, SIGMA, N, DIM = 0.7, 1.3, 5, 3


def bowl(zeta: float = 0.0, workers: int = N):
    """f(x) = (H/2) ||x||^2 in DIM dimensions, with noise of variance SIGMA^2 in total."""
    return problems.quadratic(dim=DIM, workers=workers, spectrum=[H] * DIM, sigma=SIGMA, zeta=zeta, seed=4)


@pytest.mark.parametrize("gamma", [0.01, 0.5, 2.5])
def test_sgd_on_a_bowl(gamma):
    """x' = (1 - gamma h) x - gamma noise: the variance solves v = (1 - gamma h)^2 v + gamma^2 sigma^2 / n."""
    variance = gamma * SIGMA**2 / (N * H * (2 - gamma * H))
    limit = stationary(SGD(step_size=gamma), bowl(), graphs.ring(N))
    assert limit["grad_norm_sq"] == pytest.approx(H**2 * variance, rel=1e-10)
    assert limit["value"] == pytest.approx(H / 2 * variance, rel=1e-10)
    assert limit["view_grad_norm_sq"] == pytest.approx(H**2 * variance, rel=1e-10)
    assert limit["consensus_sq"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("beta", [0.3, 0.9])
def test_heavy_ball_on_a_bowl(beta):
    """x'' = (1 + beta - gamma h) x' - beta x - gamma noise is an AR(2) process, whose variance is textbook."""
    gamma, phi = 0.4, (1 + beta - 0.4 * H, -beta)
    variance = (1 - phi[1]) / ((1 + phi[1]) * ((1 - phi[1]) ** 2 - phi[0] ** 2)) * gamma**2 * SIGMA**2 / N
    limit = stationary(SGD(step_size=gamma, momentum=beta), bowl(), graphs.ring(N))
    assert limit["grad_norm_sq"] == pytest.approx(H**2 * variance, rel=1e-9)


@pytest.mark.parametrize("order", ["mix-then-step", "step-then-mix"])
def test_consensus_of_dpsgd_on_a_bowl(order):
    """Every eigenvector of W is a process of its own: factor lambda - gamma h, or lambda (1 - gamma h) with lambda outside."""
    gamma, problem, schedule = 0.4, bowl(zeta=0.9), graphs.ring(N).schedule()
    eigenvalues, vectors = np.linalg.eigh(schedule.at(0).matrix())
    factor, outside = (
        (eigenvalues - gamma * H, np.ones(N)) if order == "mix-then-step" else (eigenvalues * (1 - gamma * H), eigenvalues)
    )
    tilts = np.sum((vectors.T @ problem.objective.tilts) ** 2, axis=1)
    spread = (gamma * outside) ** 2 * (SIGMA**2 / (1 - factor**2) + tilts / (1 - factor) ** 2)
    disagreement = np.abs(vectors.sum(0)) < 1e-8
    assert disagreement.sum() == N - 1
    limit = stationary(DPSGD(step_size=gamma, order=order), problem, schedule)
    assert limit["consensus_sq"] == pytest.approx(spread[disagreement].sum() / N, rel=1e-9)
    assert limit["grad_norm_sq"] == pytest.approx(H**2 * gamma * SIGMA**2 / (N * H * (2 - gamma * H)), rel=1e-9)


def test_consensus_of_local_sgd_on_a_bowl():
    """Without tilts each worker's deviation after j local steps has variance (1 - 1/n) gamma^2 sigma^2 sum_{i<j} a^(2i)."""
    gamma, period = 0.4, 4
    a = (1 - gamma * H) ** 2
    spread = [(1 - 1 / N) * gamma**2 * SIGMA**2 * (1 - a**j) / (1 - a) for j in range(period)]
    limit = stationary(LocalSGD(step_size=gamma, period=period), bowl(), graphs.complete(N))
    assert limit["consensus_sq"] == pytest.approx(np.mean(spread), rel=1e-9)


SETTINGS = [
    (SGD(step_size=0.3, momentum=0.5), lambda: graphs.ring(5)),
    (DPSGD(step_size=0.3), lambda: graphs.path(5)),
    (DPSGD(step_size=0.2, momentum=0.5, nesterov=True), lambda: graphs.star(5)),
    (SGP(step_size=0.3), lambda: graphs.one_peer_exponential(5)),
    (SGP(step_size=0.3, momentum=0.4), one_way),
    (SGP(step_size=0.3), lambda: graphs.star(5).schedule("push")),
    (OSGP(step_size=0.2, overlap=2), one_way),
    (OSGP(step_size=0.2, overlap=1, send_every=2), lambda: graphs.one_peer_exponential(5)),
    (OSGP(step_size=0.2, overlap=2, send_every=3, momentum=0.3), one_way),
    (LocalSGD(step_size=0.3, period=3, switch=4), lambda: graphs.complete(5)),
    (LocalSGD(step_size=0.3, period=4, switch=30), lambda: graphs.one_peer_exponential(5)),
]


@pytest.mark.parametrize(("algorithm", "graph"), SETTINGS, ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize("hessians", ["shared", "different"])
def test_is_the_limit_of_the_propagated_moments(algorithm, graph, hessians):
    problem = problems.quadratic(dim=2, workers=5, hessians=hessians, mu=0.5, sigma=1.0, zeta=0.6, center=0.5, seed=2)
    long = exact_moments(algorithm, problem, graph(), iterations=360).isel(iteration=slice(-180, None)).mean()
    limit = stationary(algorithm, problem, graph())
    for quantity in long.data_vars:
        assert limit[quantity] == pytest.approx(float(long[quantity]), rel=1e-7, abs=1e-12), quantity


def test_the_phase_before_the_switch_does_not_count_as_settling():
    late, early = (LocalSGD(step_size=0.3, period=3, switch=switch) for switch in (50, 0))
    limits = [stationary(algorithm, bowl(), graphs.complete(N), settle=12) for algorithm in (late, early)]
    assert limits[0] == pytest.approx(limits[1], rel=1e-9)


def test_weights_that_take_too_long_to_settle_are_an_error():
    with pytest.raises(StragglerError, match="did not settle within 4 rounds"):
        stationary(SGP(step_size=0.1), bowl(), one_way(), settle=4)


@pytest.mark.parametrize("gamma", [2.01 / H, 10.0])
def test_an_unstable_step_size_is_an_error(gamma):
    with pytest.raises(InputError, match="stable step size"):
        stationary(SGD(step_size=gamma), bowl(), graphs.ring(N))
    exploding = exact_moments(SGD(step_size=gamma), bowl(), graphs.ring(N), iterations=40).grad_norm_sq
    assert exploding[-1] > exploding[20] > 0


def test_dpsgd_becomes_unstable_before_sgd_does():
    """The smallest eigenvalue of W bounds the step size: |lambda_n - gamma h| < 1, which step-then-mix does not need."""
    matrix = graphs.ring(4).schedule("uniform").at(0).matrix()
    smallest = np.linalg.eigvalsh(matrix)[0]
    gamma = (1 + smallest) / H + 0.01
    assert gamma < 2 / H
    with pytest.raises(InputError, match="stable step size"):
        stationary(DPSGD(step_size=gamma), bowl(workers=4), graphs.ring(4))
    stationary(DPSGD(step_size=gamma, order="step-then-mix"), bowl(workers=4), graphs.ring(4))


def test_what_has_no_stationary_limit_is_refused():
    with pytest.raises(InputError, match="periodic schedule and a constant step size"):
        stationary(SGP(step_size=0.1), bowl(), graphs.random_peer(N, seed=1))
    with pytest.raises(InputError, match="periodic schedule and a constant step size"):
        stationary(SGP(step_size=lambda k: 0.1), bowl(), graphs.ring(N))
    with pytest.raises(InputError, match="quadratic"):
        stationary(SGP(step_size=0.1), problems.cosine(dim=2, workers=N), graphs.ring(N))
    with pytest.raises(InputError, match="doubly stochastic"):
        stationary(DPSGD(step_size=0.1), bowl(), graphs.star(N).schedule("push"))


@pytest.mark.parametrize("name", sorted(set(ROUNDS) - {"osgp", "eager"}))
def test_every_algorithm_without_delays_shares_the_noise_floor_of_sgd_on_a_bowl(name):
    """With one Hessian h and doubly stochastic mixing the center sees the average gradient at the center."""
    gamma = 0.3
    limit = stationary(algorithms.get(name, step_size=gamma), bowl(zeta=0.5), graphs.complete(N))
    assert limit["grad_norm_sq"] == pytest.approx(H * gamma * SIGMA**2 / (N * (2 - gamma * H)), rel=1e-9)


def test_delay_one_on_a_bowl():
    """x'' = x' - a x + noise with a = gamma n h: an AR(2) process again."""
    gamma = 0.3 / N
    a, noise = gamma * N * H, gamma**2 * N * SIGMA**2
    variance = (1 + a) / ((1 - a) * a * (2 + a)) * noise
    stale = WorstDelay(graphs.complete(N).schedule(), 1, "none")
    limit = stationary(algorithms.get("apsgd", step_size=gamma), bowl(), graphs.complete(N), timeline=stale)
    assert limit["grad_norm_sq"] == pytest.approx(H**2 * variance, rel=1e-9)
