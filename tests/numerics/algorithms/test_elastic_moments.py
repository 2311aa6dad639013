"""Exact moments and stability of elastic averaging: what the paper computes by hand, read off the algorithms themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics import graphs, problems, simulate
from numerics.algorithms import EAMSGD, EASGD, AsyncEAMSGD, AsyncEASGD, Downpour, Hogwild
from numerics.moments import exact_moments, stationary
from numerics.timeline import RoundRobin
from straggler import InputError
from tests.numerics.algorithms.elastic_maps import lap, radius

NORMAL_999 = 3.2905
"""Two-sided 99.9 % quantile of the normal distribution."""


def line(n: int, h: float, sigma: float, center: float = 0.0):
    """F = h (x - center)^2 / 2 for n workers, with noise of variance sigma^2."""
    return problems.quadratic(dim=1, workers=n, spectrum=[h], sigma=sigma, zeta=0.0, center=center)


def lemma(t: int, n: int, h: float, sigma: float, eta: float, alpha: float, starts: np.ndarray) -> tuple[float, float]:
    """Bias and variance of the center variable after t rounds, by Lemma 6.1; ``starts`` are distances to the minimum."""
    a, c2 = eta * h + (n + 1) * alpha, eta * h * n * alpha
    root = math.sqrt(a * a - 4 * c2)  # never of a negative number
    g, f = 1 - (a - root) / 2, 1 - (a + root) / 2
    center = starts.mean()
    u0 = sum(x - alpha / (1 - n * alpha - f) * center for x in starts)
    bias = g**t * center + (g**t - f**t) / (g - f) * alpha * u0
    terms = (g**2 - g ** (2 * t)) / (1 - g**2) + (f**2 - f ** (2 * t)) / (1 - f**2) - 2 * (g * f - (g * f) ** t) / (1 - g * f)
    variance = n**2 * alpha**2 * eta**2 / (g - f) ** 2 * terms * sigma**2 / n
    return bias, variance


CASES = [
    (3, 0.7, 1.3, 0.2, 0.1),
    (8, 2.0, 0.4, 0.35, 0.09),
    (5, 1.0, 1.0, 1.6, 0.05),
    (2, 0.3, 1.0, 0.9, 0.8),  # not stable
    (4, 1.0, 0.6, 0.21, 0.2),
]


@pytest.mark.parametrize(("n", "h", "sigma", "eta", "alpha"), CASES)
def test_second_moment_of_the_center_is_that_of_lemma_61(n, h, sigma, eta, alpha):
    problem, topology = line(n, h, sigma, center=0.4), graphs.complete(n)
    x0 = np.random.default_rng(n).standard_normal((n, 1)) + 0.4
    exact = exact_moments(EASGD(step_size=eta, alpha=alpha), problem, topology, iterations=60, x0=x0)
    for t in range(61):
        bias, variance = lemma(t, n, h, sigma, eta, alpha, x0[:, 0] - 0.4) if t else (x0.mean() - 0.4, 0.0)
        assert float(exact.grad_norm_sq[t]) / h**2 == pytest.approx(bias**2 + variance, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize(("beta", "eta", "h"), [(0.9, 0.3, 1.0), (0.5, 0.8, 0.6), (1.4, 0.1, 2.0)])
def test_limit_of_many_workers_is_that_of_the_corollary(beta, eta, h):
    sigma, b = 1.7, eta * h
    limit = beta * b / ((2 - beta) * (2 - b)) * (2 - beta - b + beta * b) / (beta + b - beta * b) * sigma**2 / h**2
    found = []
    for n in (32, 64, 128):
        algorithm = EASGD(step_size=eta, alpha=beta / n)
        found.append(n * stationary(algorithm, line(n, h, sigma), graphs.complete(n))["grad_norm_sq"] / h**2)
    errors = [abs(value / limit - 1) for value in found]
    assert errors[2] < 0.02
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)
    # what is left after the terms in 1 / n and 1 / n^2 have been taken out
    assert (found[0] - 6 * found[1] + 8 * found[2]) / 3 == pytest.approx(limit, rel=5e-5)


def turn(i: int, n: int, eta: float, alpha: float) -> np.ndarray:
    """F_i on (x_1 .. x_n, c) for F = x^2 / 2."""
    matrix = np.eye(n + 1)
    matrix[np.ix_([i, n], [i, n])] = [[1 - eta - alpha, alpha], [alpha, 1 - alpha]]
    return matrix


@pytest.mark.parametrize("n", [2, 3, 8])
def test_stability_region_of_taking_turns(n):
    """Stable for 0 <= eta <= 2, 0 <= alpha <= (4 - 2 eta) / (4 - eta), whatever n, with the radius of F_n ... F_1."""
    rng = np.random.default_rng(n)
    for _ in range(25):
        eta, alpha = rng.uniform(0.01, 2.4), rng.uniform(0, 1.6)
        whole = np.eye(n + 1)
        for i in range(n):
            whole = turn(i, n, eta, alpha) @ whole
        found = radius(lap(AsyncEASGD(step_size=eta, alpha=alpha), n))
        assert found == pytest.approx(radius(whole), rel=1e-9)
        if eta <= 2 and alpha <= (4 - 2 * eta) / (4 - eta):
            assert found <= 1 + 1e-12
        single = max(abs(np.linalg.eigvalsh(turn(0, n, eta, alpha))))
        assert (single <= 1) == (eta <= 2 and alpha <= (4 - 2 * eta) / (4 - eta))


@pytest.mark.parametrize(
    "algorithm",
    [
        AsyncEASGD(step_size=0.2, alpha=0.3),
        AsyncEASGD(step_size=0.2, alpha=0.3, period=3),
        AsyncEASGD(step_size=0.1, alpha=0.2, momentum=0.5),
        AsyncEAMSGD(step_size=0.05, alpha=0.2, momentum=0.8, period=2),
        Downpour(step_size=0.05, period=2),
        Downpour(step_size=0.05, period=3, momentum=0.5),
        EASGD(step_size=0.2, alpha=0.15, period=3),
        EAMSGD(step_size=0.05, alpha=0.15, momentum=0.8),
        EAMSGD(step_size=0.05, alpha=0.15, momentum=0.8, period=2, nesterov=False),
    ],
    ids=repr,
)
def test_exact_moments_are_what_simulations_average_to(algorithm):
    n = 3
    problem = problems.quadratic(dim=2, workers=n, hessians="different", sigma=0.8, zeta=0.6, center=0.3, seed=5)
    timeline = None if algorithm.pattern == "rounds" else RoundRobin(graphs.complete(n).schedule())
    settings = {"iterations": 45, "timeline": timeline}
    if not isinstance(algorithm, Downpour):
        settings["x0"] = np.random.default_rng(1).standard_normal((n, 2))
    exact = exact_moments(algorithm, problem, graphs.complete(n), **settings)
    quantities = ("grad_norm_sq", "consensus_sq", "value", "view_grad_norm_sq")
    run = simulate(algorithm, problem, graphs.complete(n), replicas=400, quantities=quantities, seed=2, **settings)
    for quantity in quantities:
        averages = run[quantity].mean("iteration").values
        half = NORMAL_999 * averages.std(ddof=1) / np.sqrt(averages.size)
        assert abs(averages.mean() - float(exact[quantity].mean())) <= half, quantity
        assert half <= 0.25 * float(exact[quantity].mean()), quantity


@pytest.mark.parametrize("period", [1, 2, 3])
def test_stationary_moments_are_where_exact_moments_end(period):
    """A period of taking turns is tau laps, also where n and tau have a common factor."""
    n = 4
    problem, ring = line(n, 1.0, 0.5), graphs.ring(n)
    timeline = RoundRobin(ring.schedule())
    algorithm = AsyncEASGD(step_size=0.3, alpha=0.25, period=period)
    exact = exact_moments(algorithm, problem, ring, iterations=1200, timeline=timeline)
    limit = stationary(algorithm, problem, ring, timeline=timeline)
    for quantity, value in limit.items():
        assert float(exact[quantity][-n * period :].mean()) == pytest.approx(value, rel=1e-8), quantity


def test_torn_reads_have_no_exact_moments():
    problem, ring = line(4, 1.0, 0.5), graphs.ring(4)
    for algorithm in (Hogwild(step_size=0.1, delay=2), Hogwild(step_size=0.1, delay=2, reads="sweep")):
        with pytest.raises(InputError, match="exact moments"):
            exact_moments(algorithm, problem, ring, iterations=2, timeline=RoundRobin(ring.schedule()))
