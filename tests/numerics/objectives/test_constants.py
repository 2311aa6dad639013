"""The constants that objectives claim: never violated, and where they are called exact, attained."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

BOUNDS_ABOVE = {"exact", "upper bound", "certified on ball"}


def at_every_worker(objective, x):
    return objective.local_gradients(np.broadcast_to(x, (objective.n, *x.shape)))


def worker_hessians(objective, x, step=1e-6):
    """Hessians of all f_i at one point, from differences of gradients, shape (n, d, d)."""
    shifts = step * np.eye(objective.dim)
    return ((at_every_worker(objective, x + shifts) - at_every_worker(objective, x - shifts)) / (2 * step)).swapaxes(1, 2)


def in_the_ball(objective, x):
    """Project points to the ball on which constants are certified, if there is one."""
    constants = objective.constants()
    if "radius" not in constants:
        return x
    center = objective.ball_center()
    distance = np.linalg.norm(x - center, axis=-1, keepdims=True)
    return center + (x - center) * np.minimum(1.0, constants["radius"].value / distance)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(-2, 1), distance=st.floats(-4, 1))
def test_smoothness_bounds_every_worker(objective, seed, scale, distance):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((20, objective.dim)) * 10**scale
    moved = x + rng.standard_normal(x.shape) * 10**distance
    if objective.constants()["L"].kind == "certified on ball":
        x, moved = in_the_ball(objective, x), in_the_ball(objective, moved)
    change = np.linalg.norm(at_every_worker(objective, x) - at_every_worker(objective, moved), axis=-1)
    allowed = objective.constants()["L"].value * np.linalg.norm(x - moved, axis=-1)
    assert np.all(change <= allowed * (1 + 1e-9) + 1e-11)


def test_smoothness_called_exact_is_attained(objective):
    smoothness = objective.constants()["L"]
    points = np.array([np.zeros(objective.dim), np.full(objective.dim, 2.0)])
    if smoothness.kind == "certified on ball":
        points = in_the_ball(objective, points)
    steepest = np.max([np.abs(np.linalg.eigvalsh(worker_hessians(objective, x))).max() for x in points])
    assert steepest <= smoothness.value * (1 + 1e-6)
    if smoothness.kind == "exact":
        assert steepest >= smoothness.value * (1 - 1e-6)


def test_strong_convexity_is_the_smallest_curvature(objective):
    mu = objective.constants().get("mu")
    if mu is not None:
        curvature = np.linalg.eigvalsh(worker_hessians(objective, objective.start()).mean(axis=0))
        assert curvature[0] == pytest.approx(mu.value, abs=1e-6)


def test_f_star_is_never_undercut_and_reached_where_exact(objective):
    f_star = objective.constants()["f_star"]
    rng = np.random.default_rng(3)
    starts = [objective.start(), *(rng.standard_normal((6, objective.dim)) * 2), np.full(objective.dim, 8.0)]
    found = min(
        minimize(lambda x: float(objective.value(x)), x, jac=lambda x: objective.gradient(x[None])[0], method="BFGS").fun
        for x in starts
    )
    found = min(found, float(objective.value(np.full(objective.dim, 1e6))))  # the zero-chain's infimum is at infinity
    assert found >= f_star.value - 1e-9
    if f_star.kind == "exact":
        assert found == pytest.approx(f_star.value, abs=1e-7)


def test_zeta(objective):
    zeta = objective.constants()["zeta"]
    rng = np.random.default_rng(4)
    x = in_the_ball(objective, rng.standard_normal((200, objective.dim)) * np.geomspace(0.01, 10, 200)[:, None])
    local = at_every_worker(objective, x)
    measured = np.sqrt(np.mean(np.sum((local - objective.gradient(x)) ** 2, axis=-1), axis=0))
    assert np.allclose(objective.heterogeneity(x), measured, rtol=1e-10)
    assert zeta.kind in BOUNDS_ABOVE
    assert np.all(measured <= zeta.value * (1 + 1e-10))
    if zeta.kind == "exact":
        assert np.allclose(measured, zeta.value, rtol=1e-10)
    else:
        assert measured.max() > 0.1 * zeta.value


def test_gradient_bound(objective):
    bound = objective.constants().get("M")
    rng = np.random.default_rng(5)
    steepest = {"Cosine": np.pi / 2, "Rational": 3**-0.5, "Huber": 0.4}.get(type(objective).__name__)
    x = rng.standard_normal((400, objective.dim)) * np.geomspace(0.01, 100, 400)[:, None]
    if steepest is not None:
        # All corners of the cube where the slopes are largest: the bound is attained at one of them.
        corners = np.array(np.meshgrid(*[[-steepest, steepest]] * objective.dim)).reshape(objective.dim, -1).T
        x = np.concatenate([x, corners])
    largest = np.linalg.norm(at_every_worker(objective, x), axis=-1).max()
    if bound is None:
        assert largest > 50
    else:
        assert largest <= bound.value * (1 + 1e-12)
        if bound.kind == "exact":
            assert largest == pytest.approx(bound.value, rel=1e-12)


def test_every_constant_says_why(objective):
    for constant in objective.constants().values():
        assert constant.note
        assert np.isfinite(constant.value)
        assert constant.kind in BOUNDS_ABOVE | {"lower bound", "estimate"}
