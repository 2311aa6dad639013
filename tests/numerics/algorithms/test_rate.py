"""The rate an algorithm declares against the slope of the measured one, at step sizes proportional to sqrt(n/K)."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.moments import exact_moments
from numerics.timeline import WorstDelay
from tests.numerics.algorithms.reference import ROUNDS

OPTIONS = {"local-sgd": {"period": 3}}
SMOOTHNESS, MU = 0.5, 0.25

TOLERANCE = 0.02
"""On a quadratic the leading term is exact up to a factor 1 + O(gamma L) in the variance and bias of the center, with
gamma L / 2 <= 0.04 in all settings, plus the consensus terms of order gamma^2; over a factor four in K or n they bend the slope
by less than 0.015. The next candidates for a rate, -2/3 and -1/3, are ten times as far away."""


def measured(name: str, n: int, iterations: int, gamma: float, hessians: str) -> float:
    """Exact mean over k < K of E||grad f(center)||^2; gamma mu K >= 8, so that the runs outlive the memory of their start."""
    problem = problems.quadratic(dim=2, workers=n, hessians=hessians, smoothness=SMOOTHNESS, mu=MU, sigma=2.0, zeta=0.2, seed=1)
    algorithm = algorithms.get(name, step_size=gamma / n if name == "apsgd" else gamma, **OPTIONS.get(name, {}))
    assert gamma * MU * iterations >= 8
    assert gamma * SMOOTHNESS / 2 <= 0.04
    stale = WorstDelay(graphs.complete(n).schedule(), 1, "none") if name == "apsgd" else None
    moments = exact_moments(algorithm, problem, graphs.complete(n), iterations=iterations, timeline=stale)
    return float(moments.grad_norm_sq[:-1].mean())


def slope(x: list[int], y: list[float]) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


@pytest.mark.parametrize("name", [*ROUNDS, "apsgd"])
def test_slope_over_iterations_is_the_declared_one(name):
    lengths = [320, 1280]
    errors = [measured(name, 4, k, np.sqrt(4 / k), "different") for k in lengths]
    assert slope(lengths, errors) == pytest.approx(algorithms.REGISTRY[name].rate.iterations, abs=TOLERANCE)


@pytest.mark.parametrize("name", [*ROUNDS, "apsgd"])
def test_slope_over_workers_is_the_declared_one(name):
    """With one Hessian for all, so that f does not change with n."""
    sizes = [2, 8]
    errors = [measured(name, n, 2400, np.sqrt(n / 2400), "shared") for n in sizes]
    assert slope(sizes, errors) == pytest.approx(algorithms.REGISTRY[name].rate.workers, abs=TOLERANCE)


def test_a_step_size_that_does_not_shrink_has_another_slope():
    lengths = [320, 1280]
    errors = [measured("sgd", 4, k, 0.1, "shared") for k in lengths]
    assert abs(slope(lengths, errors) - algorithms.SGD.rate.iterations) > 10 * TOLERANCE


@pytest.mark.parametrize(("name", "graph"), [("dpsgd", graphs.complete), ("sgp", graphs.one_peer_exponential)])
def test_slope_on_a_non_convex_problem(name, graph):
    """Sampled: 64 replicas give the mean to 2 %, and over a factor of 16 in K the slope to 0.02; terms in gamma^2 add as much."""
    problem, lengths = problems.rational(dim=4, workers=4, sigma=1.0, zeta=0.2, start=0.7, noise="rademacher"), [100, 400, 1600]
    errors = []
    for k in lengths:
        algorithm = algorithms.get(name, step_size=np.sqrt(4 / k))
        run = simulate(algorithm, problem, graph(4), iterations=k, replicas=64, seed=3, quantities=["grad_norm_sq"])
        errors.append(float(run.grad_norm_sq[:-1].mean()))
    assert slope(lengths, errors) == pytest.approx(algorithms.REGISTRY[name].rate.iterations, abs=0.06)
