"""Distributions of compute times: moments, quantiles, order statistics, bad parameters."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from numerics.cluster import Constant, Empirical, LogNormal, Pareto, ShiftedExponential
from numerics.cluster.compute import Distribution
from straggler import InputError

SAMPLE = (0.3, 0.1, 0.4, 0.1, 0.5, 0.9)
LAWS = {
    "exponential": (ShiftedExponential(0.0, 2.0), stats.expon(0, 1 / 2)),
    "shifted": (ShiftedExponential(0.7, 0.5), stats.expon(0.7, 2)),
    "lognormal": (LogNormal(-0.8, 0.3), stats.lognorm(0.3, 0, math.exp(-0.8))),
    "shifted lognormal": (LogNormal(-1.3, 0.5, 0.18), stats.lognorm(0.5, 0.18, math.exp(-1.3))),
    "pareto": (Pareto(1.7, 4.5), stats.pareto(4.5, 0, 1.7)),
}
DRAWS = 40_000


@pytest.mark.parametrize("name", LAWS)
def test_the_law_is_the_reference(name):
    law, reference = LAWS[name]
    times = law.draw(np.random.default_rng(1), (200, DRAWS // 200))
    assert times.shape == (200, DRAWS // 200)
    assert law.mean == pytest.approx(reference.mean(), rel=1e-12)
    assert stats.kstest(times.ravel(), reference.cdf).pvalue > 1e-4
    assert abs(times.mean() - law.mean) < 4.5 * reference.std() / math.sqrt(DRAWS)
    for level in (0.01, 0.1, 0.5, 0.9, 0.99):
        above = np.mean(times > reference.ppf(level))
        assert abs(above - (1 - level)) < 4.5 * math.sqrt(level * (1 - level) / DRAWS)


def test_constant_and_empirical():
    rng = np.random.default_rng(0)
    assert np.all(Constant(0.6).draw(rng, (3, 4)) == 0.6)
    assert Constant(0.6).mean == Constant(0.6).order_mean(2, 5) == 0.6
    law = Empirical(np.array(SAMPLE))
    assert law == Empirical(SAMPLE)
    assert law.mean == pytest.approx(np.mean(SAMPLE))
    times = law.draw(rng, (DRAWS,))
    values, counts = np.unique(times, return_counts=True)
    assert values.tolist() == [0.1, 0.3, 0.4, 0.5, 0.9]
    assert stats.chisquare(counts, DRAWS * np.array([2, 1, 1, 1, 1]) / 6).pvalue > 1e-4


def test_other_parametrisations():
    law = LogNormal.from_moments(1.235, 0.706)
    # The moment-matched fits of the run times published with eager-SGD.
    assert (law.mu, law.s) == (pytest.approx(0.0697, abs=5e-5), pytest.approx(0.532, abs=5e-4))
    law = LogNormal.from_moments(0.475, 0.144, shift=0.179)
    assert (law.mu, law.s) == (pytest.approx(-1.324, abs=5e-4), pytest.approx(0.461, abs=5e-4))
    reference = stats.lognorm(law.s, law.shift, math.exp(law.mu))
    assert (reference.mean(), reference.std()) == (pytest.approx(0.475), pytest.approx(0.144))
    assert ShiftedExponential.from_mean(0.5, 2.5) == ShiftedExponential(0.5, 0.5)


@pytest.mark.parametrize("name", [*LAWS, "empirical"])
@pytest.mark.parametrize("workers", [1, 5, 16])
def test_order_statistics_against_monte_carlo(name, workers):
    law = Empirical(SAMPLE) if name == "empirical" else LAWS[name][0]
    times = np.sort(law.draw(np.random.default_rng(2), (DRAWS, workers)), axis=1)
    error = times.std(axis=0) / math.sqrt(DRAWS)
    for k in range(1, workers + 1):
        assert abs(times[:, k - 1].mean() - law.order_mean(k, workers)) < 4.5 * error[k - 1]
    total = math.fsum(law.order_mean(k, workers) for k in range(1, workers + 1))
    assert total == pytest.approx(workers * law.mean, rel=1e-9)


def test_known_order_statistics():
    assert ShiftedExponential(0.5, 1.0).order_mean(4, 8) == pytest.approx(0.5 + 1 / 8 + 1 / 7 + 1 / 6 + 1 / 5)
    assert LogNormal(0.0, 1e-9).order_mean(3, 4) == pytest.approx(1)
    # Standard normal: the largest of two is 1/sqrt(pi) on average, and e^(s Z) is 1 + s Z to first order.
    assert LogNormal(0.0, 1e-4).order_mean(2, 2) == pytest.approx(1 + 1e-4 / math.sqrt(math.pi), abs=1e-8)
    assert Pareto(1.0, 0.5).order_mean(2, 4) < math.inf
    assert Pareto(1.0, 0.5).order_mean(3, 4) == Pareto(1.0, 1.0).order_mean(4, 4) == Pareto(1.0, 1.0).mean == math.inf


def test_of_many_workers_the_slowest_matters():
    """Blom's approximation at P = 1024, where Monte Carlo is dear."""
    blom = math.exp(0.3 * stats.norm.ppf((1024 - 0.375) / (1024 + 0.25)))
    assert LogNormal(0.0, 0.3).order_mean(1024, 1024) == pytest.approx(blom, rel=0.01)


@pytest.mark.parametrize("law", [Constant(1.0), Empirical(SAMPLE), *[law for law, _ in LAWS.values()]])
def test_laws_are_values(law):
    assert isinstance(law, Distribution)
    assert hash(law) == hash(law)
    assert json.loads(json.dumps(law.provenance()))["kind"] == law.kind
    one, two = np.random.Generator(np.random.SFC64(3)), np.random.Generator(np.random.SFC64(3))
    whole = law.draw(one, (7, 3))
    assert np.array_equal(whole, np.concatenate([law.draw(two, (2, 3)), law.draw(two, (5, 3))]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constant(-1.0), "seconds = -1.0"),
        (lambda: Constant(math.inf), "seconds = inf"),
        (lambda: ShiftedExponential(-0.1, 1.0), "shift = -0.1"),
        (lambda: ShiftedExponential(0.1, 0.0), "rate = 0.0"),
        (lambda: ShiftedExponential.from_mean(0.5, 0.5), "mean = 0.5 is not admissible: needs a mean above the shift 0.5"),
        (lambda: LogNormal(math.nan, 1.0), "mu = nan"),
        (lambda: LogNormal(0.0, -1.0), "s = -1.0"),
        (lambda: LogNormal.from_moments(0.4, 0.1, 0.4), "mean = 0.4"),
        (lambda: LogNormal.from_moments(0.4, -0.1), "std = -0.1"),
        (lambda: Pareto(1.0, 0.0), "shape = 0.0"),
        (lambda: Pareto(0.0, 1.0), "minimum = 0.0"),
        (lambda: Empirical([]), r"sample = \(\) is not admissible: needs at least one measured time"),
        (lambda: Empirical([1.0, math.inf]), "sample = inf"),
        (lambda: Empirical([1.0, -2.0]), "sample = -2.0"),
        (lambda: Constant(1.0).order_mean(0, 4), "k = 0"),
        (lambda: Constant(1.0).order_mean(5, 4), r"k = 5 is not admissible: needs 1 <= k <= 4 workers"),
    ],
)
def test_bad_parameters(make, message):
    with pytest.raises(InputError, match=message):
        make()
