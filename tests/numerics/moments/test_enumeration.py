"""Exact moments against the average over every outcome of Rademacher noise, written out with loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from numerics import algorithms, graphs, problems
from numerics.moments import exact_moments
from tests.numerics.algorithms.reference import REFERENCES
from tests.numerics.algorithms.topologies import TOPOLOGIES

N, DIM, ITERATIONS, GAMMA, SIGMA = 3, 2, 2, 0.3, 0.8


def additive():
    """Every outcome of Rademacher noise: factors and what is added, both to shape (outcomes, K, n, d)."""
    outcomes = np.array(list(itertools.product((-1.0, 1.0), repeat=ITERATIONS * N * DIM)))
    signs = outcomes.reshape(-1, ITERATIONS, N, DIM) * SIGMA / np.sqrt(DIM)
    return np.ones_like(signs), signs


def proportional(nu):
    """Every outcome of noise that multiplies gradients by 1 +- sqrt(nu); see `additive`."""
    outcomes = np.array(list(itertools.product((-1.0, 1.0), repeat=ITERATIONS * N)))
    factors = 1 + np.sqrt(nu) * outcomes.reshape(-1, ITERATIONS, N, 1)
    return factors, np.zeros((*factors.shape[:3], DIM))


def enumerate_outcomes(name, settings, objective, schedule, x0, outcomes):
    """Return all quantities, shape (K + 1,), averaged over all outcomes of the noise; outcomes are the replicas."""
    factors, signs = outcomes
    hessians = [objective.hessian(i) for i in range(N)]
    mean = sum(hessians) / N
    reference = REFERENCES[name]([np.tile(x0[i], (len(signs), 1)) for i in range(N)], GAMMA, **settings)
    rows = []
    for k in range(ITERATIONS + 1):
        center, views = reference.center - objective.center, [v - objective.center for v in reference.view]
        rows.append(
            {
                "grad_norm_sq": np.mean([np.sum((mean @ c) ** 2) for c in center]),
                "consensus_sq": np.mean([np.sum((v - center) ** 2, axis=1) for v in views]),
                "value": np.mean([0.5 * c @ mean @ c for c in center]),
                "view_grad_norm_sq": np.mean([np.sum((v @ mean) ** 2, axis=1) for v in views]),
                "center_distance_sq": np.mean(np.sum(center**2, axis=1)),
                "view_distance_sq": np.mean([np.sum(v**2, axis=1) for v in views]),
                "view_mean_distance_sq": np.mean(np.sum((sum(views) / len(views)) ** 2, axis=1)),
            }
        )
        if k < ITERATIONS:
            exact = [views[i] @ hessians[i] + objective.tilts[i] for i in range(N)]
            gradients = [factors[:, k, i] * exact[i] + signs[:, k, i] for i in range(N)]
            reference.step(gradients, np.array(schedule.at(k).matrix()), k)
    return {quantity: np.array([row[quantity] for row in rows]) for quantity in rows[0]}


@pytest.mark.parametrize("nu", [0.0, 0.6])
@pytest.mark.parametrize("hessians", ["shared", "different"])
@pytest.mark.parametrize(
    ("name", "settings", "weights"),
    [
        ("sgd", {"momentum": 0.5}, None),
        ("dpsgd", {"momentum": 0.5, "nesterov": True}, None),
        ("dpsgd", {"order": "step-then-mix"}, None),
        ("sgp", {}, "push"),
        ("sgp", {"momentum": 0.5}, "push"),
        ("osgp", {"overlap": 1}, "push"),
        ("osgp", {"overlap": 1, "send_every": 2, "unbiased": False}, "push"),
        ("local-sgd", {"period": 2}, None),
    ],
    ids=str,
)
def test_equals_the_average_over_all_outcomes(name, settings, weights, hessians, nu):
    options = {"rotate": True} if hessians == "shared" else {}
    problem = problems.quadratic(
        dim=DIM,
        workers=N,
        sigma=0.0 if nu else SIGMA,
        nu=nu,
        noise="rademacher",
        hessians=hessians,
        zeta=0.7,
        center=0.4,
        mu=0.3,
        seed=3,
        **options,
    )
    x0 = np.array([[1.0, -2.0], [0.5, 0.3], [-1.0, 2.0]])
    x0 = np.tile(x0[0], (N, 1)) if name == "sgd" else x0
    schedule = graphs.path(N).schedule(weights)
    found = exact_moments(
        algorithms.get(name, step_size=GAMMA, **settings),
        problem,
        schedule,
        iterations=ITERATIONS,
        x0=x0[0] if name == "sgd" else x0,
    )
    expected = enumerate_outcomes(name, settings, problem.objective, schedule, x0, proportional(nu) if nu else additive())
    assert set(expected) == set(found.data_vars)
    for quantity, values in expected.items():
        np.testing.assert_allclose(found[quantity], values, rtol=1e-10, atol=1e-14, err_msg=quantity)


def test_time_varying_mixing_is_followed_round_by_round():
    schedule = TOPOLOGIES["random-peer-7"]()
    problem = problems.quadratic(dim=1, workers=7, sigma=0.0, zeta=1.0)
    found = exact_moments(algorithms.SGP(step_size=GAMMA), problem, schedule, iterations=6)
    reference = REFERENCES["sgp"]([np.ones(1)] * 7, GAMMA)
    for k in range(6):
        reference.step([v + b for v, b in zip(reference.view, problem.objective.tilts, strict=True)], schedule.at(k).matrix(), k)
        spread = np.mean([np.sum((v - reference.center) ** 2) for v in reference.view])
        assert float(found.consensus_sq[k + 1]) == pytest.approx(spread, rel=1e-10)
        assert float(found.grad_norm_sq[k + 1]) == pytest.approx(float(reference.center[0] ** 2), rel=1e-10)
