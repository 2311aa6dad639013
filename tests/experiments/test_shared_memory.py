"""What is reported of lock-free runs, and what is predicted for them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from experiments.cli.output import plain
from experiments.shared_memory import KEYS, predicted, report
from numerics import problems
from numerics.shared_memory import lock_free


@pytest.fixture(scope="module")
def problem():
    return problems.logistic_breast_cancer(workers=2)


@pytest.fixture(scope="module")
def run(problem):
    return lock_free(problem, iterations=3000, step_size=0.02)


def test_the_numbers_are_those_of_the_run(run, problem):
    found = report(run, problem, 0.02)
    json.dumps(plain(found), allow_nan=False)
    assert (found["processes"], found["processes_finished"], found["updates"]) == (2, 2, 3000)
    assert sum(found["staleness"]["histogram"].values()) == 3000
    assert max(found["staleness"]["histogram"]) == found["staleness"]["max"] == run.largest_staleness
    assert found["final_value"] < 0.5 * found["initial_value"]
    assert found["mean_gauge_sq"] <= found["gauge_sq"] * (1 + 1e-9) <= found["largest_gauge_sq"] * (1 + 2e-9)
    low, high = found["gauge_sq_ci"]
    assert 0 <= low <= high
    assert found["gradients_per_second"] == pytest.approx(3000 / run.seconds)


def test_staleness_is_that_of_the_theorems(problem, run):
    """Typed a second time: d T^2 G^2 and T^2 G^2 with G^2 = M^2 + sigma^2, or the largest gradient of the run."""
    run = replace(run, staleness=np.minimum(np.arange(3000), 7))
    found, numbers = report(run, problem, 0.02), problem.numbers
    moment = numbers["M"] ** 2 + numbers["sigma"] ** 2
    assert [found["predictions"][key] for key in KEYS] == pytest.approx([31 * 49 * moment, 49 * moment])
    assert found["predicted_B_sq"] == pytest.approx(49 * moment)
    measured = run.gradient_norm.max() ** 2
    assert [found["with_measured_gradients"][key] for key in KEYS] == pytest.approx([31 * 49 * measured, 49 * measured])
    assert found["constants"]["T"] == 7


def test_what_staleness_cannot_explain_is_counted(problem, run):
    distances = run.reach_sq.copy()
    distances[:5] += 100.0
    lost = np.zeros(31)
    lost[3] = 2.0
    found = report(replace(run, distance_sq=distances, lost=lost), problem, 0.02)
    assert found["lost"] == {"coordinates": 1, "norm_sq": 4.0, "readings_beyond_staleness": 5}


def test_numbers_that_became_too_large_are_not_gauged(problem, run):
    gone = np.full_like(run.distance_sq, np.nan)
    found = report(replace(run, distance_sq=gone, gradient_norm=np.full(3000, np.inf), model=np.full(31, np.inf)), problem, 0.02)
    assert found["gauge_sq"] is found["gauge_sq_ci"] is None
    assert found["with_measured_gradients"] == {}
    json.dumps(plain(found), allow_nan=False)


def test_nothing_is_predicted_for_gradients_without_bound():
    assert predicted({"d": 3, "T": 1, "sigma": 1.0}) == {}
