"""The two-layer network sample by sample in plain loops, and its certified bounds."""

import math

import numpy as np
import pytest

from numerics.objectives import Network
from straggler import InputError


def make(counts=(3, 5, 1, 4), features=3, **options):
    rng = np.random.default_rng(11)
    shards = [(rng.standard_normal((m, features)) * (1 + i), np.sign(rng.standard_normal(m))) for i, m in enumerate(counts)]
    return shards, Network(shards, **{"hidden": 2, "radius": 0.5} | options)


def sample(row, label, x, hidden):
    """Loss and gradient of one sample, unit by unit."""
    features = len(row)
    units = [math.tanh(sum(x[k * features + j] * row[j] for j in range(features))) for k in range(hidden)]
    second = x[hidden * features : -1]
    score = sum(v * u for v, u in zip(second, units, strict=True)) + x[-1]
    pull = -label / (1 + math.exp(label * score))
    first = [pull * second[k] * (1 - units[k] ** 2) * row[j] for k in range(hidden) for j in range(features)]
    return math.log1p(math.exp(-label * score)), np.array([*first, *(pull * u for u in units), pull])


def test_against_loops_over_samples():
    shards, objective = make()
    x = np.random.default_rng(1).standard_normal((4, 2, objective.dim))
    values, gradients = objective.local_value(x), objective.local_gradients(x)
    for i, (rows, labels) in enumerate(shards):
        for r in range(2):
            found = [sample(a, y, x[i, r], 2) for a, y in zip(rows, labels, strict=True)]
            assert values[i, r] == pytest.approx(np.mean([loss for loss, _ in found]), rel=1e-12)
            assert np.allclose(gradients[i, r], np.mean([g for _, g in found], axis=0), rtol=1e-11)


@pytest.mark.parametrize("workers", [slice(None), slice(1, 3), np.array([[2, 0], [1, 3], [3, 3]])])
def test_sampled_gradients_and_losses_against_loops(workers):
    shards, objective = make()
    rng = np.random.default_rng(2)
    who = np.broadcast_to(np.arange(4)[workers, None], (len(np.arange(4)[workers]), 2)) if isinstance(workers, slice) else workers
    x = rng.standard_normal((*who.shape, objective.dim))
    rows = rng.integers(0, objective.counts[who][..., None], (*who.shape, 3))
    out = np.full_like(x, np.nan)
    objective.sampled_gradients(x, workers, rows, out)
    losses = objective.sampled_losses(x, workers, rows)
    for place in np.ndindex(who.shape):
        samples, labels = shards[who[place]]
        drawn = [sample(samples[k], labels[k], x[place], 2) for k in rows[place]]
        assert np.allclose(out[place], np.mean([g for _, g in drawn], axis=0), rtol=1e-11)
        assert losses[place] == pytest.approx(np.mean([loss for loss, _ in drawn]), rel=1e-12)


def test_sampled_gradients_fill_pieces_of_larger_arrays():
    _, objective = make()
    x, rows = np.ones((4, 3, objective.dim)), np.zeros((4, 3, 1), dtype=np.intp)
    whole = np.empty((4, 5, objective.dim))
    objective.sampled_gradients(x, slice(None), rows, whole[:, 1:4])
    expected = np.empty_like(x)
    objective.sampled_gradients(x, slice(None), rows, expected)
    assert np.array_equal(whole[:, 1:4], expected)


def test_sample_variances_against_loops():
    shards, objective = make()
    x = np.random.default_rng(3).standard_normal((2, objective.dim))
    variances = objective.sample_variances(x)
    for i, (samples, labels) in enumerate(shards):
        each = np.array([sample(a, y, x[1], 2)[1] for a, y in zip(samples, labels, strict=True)])
        assert variances[i, 1] == pytest.approx(np.mean(np.sum((each - each.mean(axis=0)) ** 2, axis=1)), abs=1e-12)


@pytest.mark.parametrize("radius", [0.02, 0.5, 5.0])
def test_variance_bounds_hold_on_their_ball(radius):
    _, objective = make(radius=radius)
    rng = np.random.default_rng(4)
    steps = rng.standard_normal((300, objective.dim))
    x = objective.start() + radius * steps / np.linalg.norm(steps, axis=1, keepdims=True)
    bounds = [constant.value for constant in objective.sample_variance_bounds()]
    assert np.all(objective.sample_variances(x).max(axis=1) <= bounds)


def test_the_start_breaks_the_symmetry_of_units_and_depends_on_the_seed():
    starts = [make(seed=seed)[1].start() for seed in (0, 0, 1)]
    assert np.array_equal(starts[0], starts[1])
    assert not np.array_equal(starts[0], starts[2])
    assert not np.array_equal(starts[0][:3], starts[0][3:6])
    assert starts[0][-1] == 0


@pytest.mark.parametrize("options", [{"hidden": 0}, {"radius": 0.0}, {"counts": (3, 0)}])
def test_bad_input(options):
    with pytest.raises(InputError):
        make(**options)
