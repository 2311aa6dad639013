"""Logistic regression sample by sample in plain loops, and its certified bounds."""

import math

import numpy as np
import pytest

from numerics.objectives import Logistic
from straggler import InputError


def make(counts=(3, 5, 1, 4), dim=3, **options):
    rng = np.random.default_rng(11)
    shards = [(rng.standard_normal((m, dim)) * (1 + i), np.sign(rng.standard_normal(m))) for i, m in enumerate(counts)]
    return shards, Logistic(shards, **options)


def sample_gradient(row, label, x, regularisation):
    slope = -label / (1 + math.exp(label * float(row @ x)))
    return np.array([slope * a + regularisation * 2 * t / (1 + t * t) ** 2 for a, t in zip(row, x, strict=True)])


def sample_value(row, label, x, regularisation):
    return math.log1p(math.exp(-label * float(row @ x))) + regularisation * sum(t * t / (1 + t * t) for t in x)


@pytest.mark.parametrize("regularisation", [0.0, 0.3])
def test_against_loops_over_samples(regularisation):
    shards, objective = make(regularisation=regularisation)
    x = np.random.default_rng(1).standard_normal((4, 2, 3))
    values, gradients = objective.local_value(x), objective.local_gradients(x)
    for i, (rows, labels) in enumerate(shards):
        for r in range(2):
            pairs = list(zip(rows, labels, strict=True))
            expected = np.mean([sample_gradient(a, y, x[i, r], regularisation) for a, y in pairs], axis=0)
            assert np.allclose(gradients[i, r], expected, rtol=1e-12)
            assert values[i, r] == pytest.approx(np.mean([sample_value(a, y, x[i, r], regularisation) for a, y in pairs]))


def test_sampled_gradients_and_variances_against_loops():
    shards, objective = make(regularisation=0.3)
    rng = np.random.default_rng(2)
    x = rng.standard_normal((4, 2, 3))
    rows = rng.integers(0, objective.counts[:, None, None], (4, 2, 3))
    out = np.empty_like(x)
    objective.sampled_gradients(x, slice(None), rows, out)
    for i, (samples, labels) in enumerate(shards):
        for r in range(2):
            drawn = [sample_gradient(samples[k], labels[k], x[i, r], 0.3) for k in rows[i, r]]
            assert np.allclose(out[i, r], np.mean(drawn, axis=0), rtol=1e-12)
    variances = objective.sample_variances(x[0])
    for i, (samples, labels) in enumerate(shards):
        each = np.array([sample_gradient(a, y, x[0, 1], 0.3) for a, y in zip(samples, labels, strict=True)])
        expected = np.mean(np.sum((each - each.mean(axis=0)) ** 2, axis=1))
        assert variances[i, 1] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("radius", [None, 0.02, 0.5, 100.0])
def test_bounds_hold_on_their_ball(radius):
    _, objective = make(regularisation=0.1, radius=radius)
    rng = np.random.default_rng(3)
    x = rng.standard_normal((500, 3)) * np.geomspace(0.01, 30, 500)[:, None]
    if radius is not None:
        x *= np.minimum(1, radius / np.linalg.norm(x, axis=1, keepdims=True))
    assert objective.heterogeneity(x).max() <= objective.constants()["zeta"].value
    bounds = np.array([bound.value for bound in objective.sample_variance_bounds()])
    assert np.all(objective.sample_variances(x) <= bounds[:, None] * (1 + 1e-12) + 1e-12)


def test_a_small_ball_gives_a_smaller_bound_that_says_so():
    anywhere, small = make()[1], make(radius=0.01)[1]
    assert small.constants()["zeta"].kind == "certified on ball"
    assert anywhere.constants()["zeta"].kind == "upper bound"
    assert "radius" not in anywhere.constants()
    at_origin = small.heterogeneity(np.zeros((1, 3)))[0]
    assert at_origin < small.constants()["zeta"].value < 0.7 * anywhere.constants()["zeta"].value
    assert small.constants()["zeta"].value < at_origin * 1.3
    huge = make(radius=1e6)[1].constants()["zeta"]
    assert (huge.kind, huge.value) == ("upper bound", anywhere.constants()["zeta"].value)


def test_large_margins_stay_finite():
    _, objective = make()
    x = np.full((4, 1, 3), 1e5)
    with np.errstate(all="raise", under="ignore"):
        assert np.all(np.isfinite(objective.local_gradients(x)))
        assert np.all(np.isfinite(objective.local_value(x)))


def test_a_worker_needs_samples():
    with pytest.raises(InputError, match="sample"):
        Logistic([(np.zeros((0, 2)), np.zeros(0)), (np.ones((1, 2)), np.ones(1))])
