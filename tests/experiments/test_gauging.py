"""What is made of the readings of a gauge: the largest mean, its interval, and the theorems that speak about it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from experiments import gauging


def readings(distances, workers=None):
    moments, active, _ = distances.shape
    if workers is None:
        workers = np.broadcast_to(np.arange(active)[None, :, None], distances.shape)
    names = ("iteration", "active", "replica")
    return xr.Dataset(
        {"distance_sq": (names, distances), "workers": (names, workers)}, coords={"iteration": 10 * np.arange(moments)}
    )


def test_the_largest_mean_and_where_it_is():
    distances = np.full((4, 3, 6), 1.0)
    distances[2, 1] = 5.0
    found = gauging.read(readings(distances), 3)
    assert (found.gauge_sq, found.iteration, found.worker) == (5.0, 20, 1)
    assert found.interval == (5.0, 5.0)
    np.testing.assert_allclose(found.by_worker, [1, 2, 1])
    np.testing.assert_array_equal(found.running, [1, 1, 5, 1])
    np.testing.assert_array_equal(found.half, 0)


def test_workers_that_differ_between_replicas_are_counted_apart():
    workers = np.array([[[0, 1]], [[1, 1]]])
    found = gauging.read(readings(np.array([[[1.0, 3.0]], [[5.0, 7.0]]]), workers), 3)
    assert found.worker == 1
    assert found.interval is None
    np.testing.assert_allclose(found.by_worker[:2], [1.0, 5.0])
    assert np.isnan(found.by_worker[2])


def test_the_interval_covers_the_largest_expectation():
    """300 gauges of 40 x 2 places, of which one is largest: 95 % intervals must hold in all but a few."""
    rng = np.random.default_rng(5)
    truth = np.ones((40, 2))
    truth[7, 1] = 1.5
    covered = 0
    for _ in range(300):
        lower, upper = gauging.read(readings(truth[..., None] + 0.5 * rng.standard_normal((40, 2, 24))), 2).interval
        covered += lower <= 1.5 <= upper
    assert covered >= 285


def test_a_plain_confidence_interval_at_the_largest_mean_would_not():
    """Without the precautions the largest of many noisy means is mistaken for a large expectation."""
    rng = np.random.default_rng(6)
    missed = 0
    for _ in range(200):
        noise = 1 + rng.standard_normal((200, 2, 8))
        means = noise.mean(axis=2)
        k, m = np.unravel_index(means.argmax(), means.shape)
        missed += means[k, m] - 2.36 * noise[k, m].std(ddof=1) / np.sqrt(8) > 1
    assert missed > 100
    lowers = [gauging.read(readings(1 + rng.standard_normal((200, 2, 8))), 2).interval[0] for _ in range(200)]
    assert sum(lower > 1 for lower in lowers) <= 15


@pytest.mark.parametrize("system", ["dpsgd", "local-sgd", "adpsgd"])
def test_house_systems_have_a_predicted_gauge(system, capsys):
    import json

    from experiments.cli import main

    arguments = ["gauge", system, "--graph", "complete", "--iterations", "60", "--json"]
    arguments += ["--timeline", "worst-delay", "--timeline-set", "delay=2"] if system == "adpsgd" else []
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["gauge_sq_ci"][0] <= found["gauge_sq_ci"][1]
    assert found["predicted_B_sq"] == min(found["predictions"].values())
    assert 0 < found["gauge_sq"] <= found["predicted_B_sq"]
    assert len(found["by_worker"]) == found["nodes"]
