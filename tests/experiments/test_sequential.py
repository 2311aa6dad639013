"""The group-sequential intervals cover the truth as often as they promise, however often one looks."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import sequential


def test_spent_levels_sum_to_less_than_alpha() -> None:
    assert sum(sequential.spent(0.01, look) for look in range(40)) <= 0.01


def test_looks_double_and_respect_the_budget() -> None:
    assert sequential.looks(16) == [16]
    assert sequential.looks(200) == [16, 32, 64, 128]


def test_student_agrees_with_the_textbook_formula() -> None:
    samples = np.array([1.0, 2.0, 4.0, 7.0])
    interval = sequential.student(samples, 0.05)
    half = 2.3533634348 * samples.std(ddof=1) / 2  # the 95 % quantile of Student's t with 3 degrees of freedom
    assert interval.lower == pytest.approx(samples.mean() - half, rel=1e-9)
    assert interval.upper == pytest.approx(samples.mean() + half, rel=1e-9)


def test_deterministic_samples_have_no_width() -> None:
    interval = sequential.student(np.full(16, 2.5), 1e-4)
    assert interval.lower == interval.mean == interval.upper == 2.5


@pytest.mark.parametrize("skewed", [False, True])
def test_crossing_probability_over_all_looks_is_within_the_level(skewed: bool) -> None:
    """With the truth on the boundary, stopping at the first bound above it must be rarer than alpha.

    4000 experiments at alpha = 0.05: the count of false stops is compared with a 99.9 % binomial margin. The skewed
    samples are means of 50 squared normals, heavier than any replica mean met here.
    """
    rng = np.random.default_rng(1)
    experiments, budget, alpha = 4000, 128, 0.05
    samples = rng.chisquare(50, (experiments, budget)) / 50 if skewed else rng.normal(1.0, 1.0, (experiments, budget))
    false = np.zeros(experiments, dtype=bool)
    for look, size in enumerate(sequential.looks(budget)):
        for index in range(experiments):
            false[index] |= sequential.student(samples[index, :size], sequential.spent(alpha, look)).upper < 1.0
    margin = 3.1 * np.sqrt(alpha * (1 - alpha) / experiments)
    assert false.mean() <= alpha + margin
    assert false.any()
