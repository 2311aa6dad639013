"""The adversary of elastic consistency: where its views are, what they cost, and what it may not know."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate, timeline
from numerics.algorithms.adversarial_views import worst_direction
from numerics.moments import exact_moments
from straggler import InputError

N, REPLICAS, GAMMA = 4, 6, 0.1


def problem(name: str = "cosine", **options):
    return problems.get(name, **({"dim": 3, "workers": N, "sigma": 0.5} | options))


def test_views_are_at_their_distance_in_a_direction_that_is_worse_than_random_ones():
    made, generator = problem(start=1.2), np.random.default_rng(0)
    x = generator.normal(size=(REPLICAS, 3))
    u = worst_direction(made.objective, x, 0.3)
    np.testing.assert_allclose(np.linalg.norm(u, axis=1), 1, rtol=1e-12)
    slope = made.objective.gradient(x)
    found = np.vecdot(slope, made.objective.gradient(x + 0.3 * u))
    others = generator.normal(size=(2000, 1, 3))
    others /= np.linalg.norm(others, axis=-1, keepdims=True)
    product = np.vecdot(slope, made.objective.gradient((x + 0.3 * others).reshape(-1, 3)).reshape(2000, REPLICAS, 3))
    excess = product - np.vecdot(slope, slope)
    assert (found < np.vecdot(slope, slope)).all()
    # at first order it is the worst of all; a few percent of the worst excess are of second order
    assert (found - np.vecdot(slope, slope) <= 0.9 * excess.min(axis=0)).all()


def test_a_point_without_a_gradient_has_a_view_all_the_same():
    found = worst_direction(problem().objective, np.zeros((2, 3)), 0.5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)


@pytest.mark.parametrize("name", ["adversarial-views", "adversarial-views-async"])
def test_without_distance_it_is_sgd(name):
    turns = timeline.RoundRobin(graphs.complete(N).schedule()) if name.endswith("async") else None
    made = problem(sigma=0.0, noise="none")
    plain = simulate(algorithms.SGD(step_size=GAMMA), made, graphs.complete(N), iterations=30)
    other = algorithms.get(name, step_size=GAMMA, B=0.0)
    found = simulate(other, made, graphs.complete(N), iterations=30, timeline=turns)
    np.testing.assert_allclose(found["value"], plain["value"], rtol=1e-12)


def test_a_run_on_one_curvature_stays_at_the_distance_of_its_views():
    made = problem("quadratic", sigma=0.0, noise="none", mu=1.0, start=2.0)
    found = simulate(
        algorithms.AdversarialViews(step_size=GAMMA, B=2.0),
        made,
        graphs.complete(N),
        iterations=400,
        quantities=("center_distance_sq",),
    )
    assert found["center_distance_sq"][-1].item() == pytest.approx((GAMMA * 2.0) ** 2, rel=1e-9)


def test_workers_that_have_crashed_move_nothing():
    made = problem("quadratic", sigma=0.0, noise="none", mu=1.0, start=1.0)
    crashes = timeline.Crashes(graphs.complete(N).schedule(), 2, within=1)
    algorithm = algorithms.AdversarialViews(step_size=GAMMA, B=0.0)
    found = simulate(algorithm, made, graphs.complete(N), iterations=5, timeline=crashes, quantities=("center_distance_sq",))
    halved = 3 * ((1 - GAMMA) * (1 - GAMMA / 2) ** 4) ** 2  # all contribute to the first round, half to the others
    assert found["center_distance_sq"][-1].item() == pytest.approx(halved, rel=1e-12)
    assert algorithm.symbols_on(crashes) == {"quorum": 2}


def test_moments_are_refused_as_views_are_not_linear():
    made = problem("quadratic", mu=1.0)
    with pytest.raises(InputError, match="linear"):
        exact_moments(algorithms.AdversarialViews(step_size=GAMMA), made, graphs.complete(N), iterations=3)


def test_bad_input():
    with pytest.raises(InputError, match="B"):
        algorithms.AdversarialViews(step_size=GAMMA, B=-1.0)
