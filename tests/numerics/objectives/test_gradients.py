"""Every gradient against finite differences of the values, at every worker; the mean of the workers; tiles and subsets."""

import numpy as np
import pytest

from numerics.objectives import base


def spread_points(objective, replicas=6, seed=0):
    """Points at several distances from the origin, different for every worker."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((objective.n, replicas, objective.dim)) * np.geomspace(0.1, 3.0, replicas)[:, None]


def central_differences(function, points, step=1e-5):
    """Gradient of ``function`` over the last axis, from a fourth-order central difference."""
    result = np.empty(points.shape)
    for j in range(points.shape[-1]):
        shift = np.zeros(points.shape[-1])
        shift[j] = step
        near = function(points + shift) - function(points - shift)
        far = function(points + 2 * shift) - function(points - 2 * shift)
        result[..., j] = (8 * near - far) / (12 * step)
    return result


def test_local_gradients_are_the_differences_of_local_values(objective):
    points = spread_points(objective)
    expected = central_differences(objective.local_value, points)
    assert np.allclose(objective.local_gradients(points), expected, rtol=1e-6, atol=1e-7)


def test_gradient_is_the_difference_of_the_value(objective):
    x = spread_points(objective)[0]
    expected = central_differences(objective.value, x)
    out = np.empty_like(x)
    assert np.allclose(objective.gradient(x), expected, rtol=1e-6, atol=1e-7)
    assert objective.gradient(x, out) is out
    assert np.array_equal(out, objective.gradient(x))


def test_value_and_gradient_are_means_over_workers(objective):
    x = spread_points(objective)[1]
    everywhere = np.broadcast_to(x, (objective.n, *x.shape))
    assert np.allclose(objective.local_gradients(everywhere).mean(axis=0), objective.gradient(x), atol=1e-13)
    assert np.allclose(objective.local_value(everywhere).mean(axis=0), objective.value(x), atol=1e-13)


def test_values_of_any_leading_shape(objective):
    points = spread_points(objective)
    one_by_one = np.array([[objective.value(x) for x in row] for row in points])
    assert np.allclose(objective.value(points), one_by_one, rtol=1e-14)
    assert objective.start().shape == (objective.dim,)


@pytest.mark.parametrize("workers", [slice(1, 3), np.array([2, 0]), slice(0, 3, 2), np.array([1])])
def test_subsets_of_workers(objective, workers):
    points = spread_points(objective)
    complete = objective.local_gradients(points)
    assert np.allclose(objective.local_gradients(points[workers], workers), complete[workers], rtol=1e-14, atol=1e-15)
    assert np.allclose(objective.local_value(points[workers], workers), objective.local_value(points)[workers], rtol=1e-14)


@pytest.mark.parametrize("workers", [slice(None), slice(0, 3, 2), np.array([2, 0, 1])])
def test_tiles_do_not_change_the_result(objective, workers, monkeypatch):
    points = spread_points(objective)[workers]
    whole = objective.local_gradients(points, workers, np.full(points.shape, np.nan))
    monkeypatch.setattr(base, "TILE_BYTES", points[0].nbytes)
    assert np.allclose(objective.local_gradients(points, workers, np.full(points.shape, np.nan)), whole, rtol=1e-13, atol=1e-15)
    monkeypatch.setattr(base, "TILE_BYTES", 2 * points[0].nbytes)
    assert np.allclose(objective.local_gradients(points, workers), whole, rtol=1e-13, atol=1e-15)


def test_points_are_left_alone(objective):
    points = spread_points(objective)
    before = points.copy()
    objective.local_gradients(points)
    objective.gradient(points[0])
    assert np.array_equal(points, before)
