"""QSGD: exact moments of the quantiser."""

import numpy as np
import pytest

from theory.papers import qsgd


def moments(v, s):
    """Mean, variance and expected number of nonzero coordinates of the quantised vector, from the probabilities."""
    norm = np.linalg.norm(v)
    scaled = np.minimum(s * np.abs(v) / norm, s)
    low = np.minimum(np.floor(scaled), s - 1)
    p = scaled - low
    mean = norm * np.sign(v) * ((1 - p) * low + p * (low + 1)) / s
    spread = norm**2 * (p * (1 - p)).sum() / s**2
    return mean, spread / norm**2, float(np.where(low > 0, 1.0, p).sum())


@pytest.mark.parametrize("s", [1, 2, 7, 30])
@pytest.mark.parametrize("d", [1, 3, 40])
def test_lemma_3_1_in_exact_moments(d, s):
    rng = np.random.default_rng(d * 100 + s)
    here = {"d": d, "levels": s}
    worst = 0.0
    for _ in range(300):
        v = rng.normal(size=d) * 10 ** rng.uniform(-3, 0, d)
        mean, ratio, nonzero = moments(v, s)
        assert np.allclose(mean, v)
        assert ratio <= qsgd.variance_rederived.bound(**here) * (1 + 1e-12)
        assert ratio <= qsgd.variance.bound(**here)
        assert nonzero <= qsgd.sparsity.bound(**here) + 1e-9
        worst = max(worst, ratio)
    assert d == 1 or worst > 0.1 * qsgd.variance_rederived.bound(**here)


def test_a_quarter_is_the_least_that_will_do_for_many_levels():
    """All coordinates halfway between two levels: d/(4 s^2) is attained."""
    d = 16
    v = np.full(d, 1.0)
    s = 4 * 2.5  # s |v_i|/||v|| = 2.5
    _, ratio, _ = moments(v, s)
    assert ratio == pytest.approx(qsgd.variance_rederived.bound(d=d, levels=s))


def test_one_level_attains_the_root_of_the_dimension_up_to_one():
    d = 400
    _, ratio, nonzero = moments(np.ones(d), 1)
    assert ratio == pytest.approx(np.sqrt(d) - 1)
    assert qsgd.variance.bound(d=d, levels=1) == pytest.approx(np.sqrt(d))
    assert nonzero == pytest.approx(np.sqrt(d))


def test_sgd_with_an_unbiased_compressor_on_a_quadratic():
    """One dimension, exact second moments; keeping a coordinate with probability 1/(1 + omega) has variance omega x^2."""
    L, sigma, start, workers, iterations = 2.0, 0.5, 1.5, 4, 150
    theorem = qsgd.compressed
    for omega in (0.0, 1.0, 9.0):
        here = {"n": workers, "L": L, "sigma": sigma, "delta": L * start**2 / 2, "K": iterations, "blow_up": omega}
        for share in (0.3, 0.05):
            gamma = share * theorem.largest_step(**here)
            second, total, largest = start**2, 0.0, 0.0
            for _ in range(iterations):
                slope = L**2 * second
                total, largest = total + slope, max(largest, slope)
                second = (1 - gamma * L) ** 2 * second + gamma**2 * (sigma**2 + omega * (slope + sigma**2)) / workers
            assert 0.01 * theorem.bound(**here, gamma=gamma, M=np.sqrt(largest)) < total / iterations
            assert total / iterations <= theorem.bound(**here, gamma=gamma, M=np.sqrt(largest))
