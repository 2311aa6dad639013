"""Geometric envelopes: they dominate, they are the best of their kind, and Lemma 3's are as vacuous as they are."""

from decimal import Decimal, getcontext

import numpy as np
import pytest

from numerics import graphs
from numerics.mixing import error_operator, geometric_envelope, lemma3_constants, second_eigenvalue
from straggler import InputError

CASES = [
    ("ring", None, 0),
    ("star", "push", 0),
    ("path", "push", 0),
    ("one-peer-exponential", None, 1),
    ("k-peer-exponential", None, 2),
]


@pytest.mark.parametrize(("name", "weights", "overlap"), CASES)
def test_the_envelope_dominates_every_norm(name, weights, overlap):
    schedule = graphs.get(name, 6).schedule(weights)
    C, q = geometric_envelope(schedule, overlap)
    assert C >= 1
    assert 0 < q < 1
    for s in range(0, 25, 3):
        for k in range(s + 1, s + 60):
            # E is a difference of numbers of order one, whose rounding no envelope can be asked to follow.
            assert np.linalg.norm(error_operator(schedule, k, s, overlap), 2) <= C * q ** (k - s) * (1 + 1e-6) + 1e-12


@pytest.mark.parametrize("t", [3, 4, 5, 6])
def test_one_peer_exponential_has_its_closed_form(t):
    # Norms 1 up to t - 1 rounds and 0 afterwards: C = q^(1-t), and q^(1-t) / (1 - q) is smallest at q = (t - 1) / t.
    C, q = geometric_envelope(graphs.one_peer_exponential(2**t).schedule())
    best = (t - 1) / t
    assert q == pytest.approx(best, abs=1e-6)
    assert C / (1 - q) == pytest.approx(best ** (1 - t) / (1 - best), rel=1e-9)


def test_symmetric_static_mixing_needs_no_factor():
    schedule = graphs.ring(16).schedule()
    C, q = geometric_envelope(schedule)
    assert pytest.approx(1, abs=1e-6) == C
    assert q == pytest.approx(second_eigenvalue(schedule.at(0)), abs=1e-8)


def test_no_other_envelope_is_better():
    schedule = graphs.star(6).schedule("push")
    C, q = geometric_envelope(schedule)
    norms = np.array([max(np.linalg.norm(error_operator(schedule, s + j, s), 2) for s in range(12)) for j in range(1, 25)])
    for other in np.linspace(q - 0.2, q + 0.2, 41):
        if 0 < other < 1:
            needed = max(1.0, (norms / other ** np.arange(1, 25)).max())
            assert C / (1 - q) <= needed / (1 - other) * (1 + 1e-6)


@pytest.mark.parametrize(
    ("n", "D", "Delta", "B", "dim"), [(32, 2, 5, 5, 1), (4, 2, 2, 2, 10), (64, 3, 6, 30, 7), (8, 7, 1, 1, 3)]
)
def test_lemma_3_against_arithmetic_with_many_digits(n, D, Delta, B, dim):
    getcontext().prec = 220
    m = (Delta + 1) * B
    root = 1 - Decimal(n) / Decimal(D) ** m
    q = root ** (Decimal(1) / (m + 1))
    C = 2 * Decimal(dim).sqrt() * Decimal(D) ** m / root ** (Decimal(m + 2) / (m + 1))
    found = lemma3_constants(n, D, Delta, B, dim)
    assert found["one_minus_q"] == pytest.approx(float(1 - q), rel=1e-12)
    assert found["log10_one_minus_q"] == pytest.approx(float((1 - q).log10()), rel=1e-12)
    assert found["log10_C"] == pytest.approx(float(C.log10()), rel=1e-12)
    assert found["C"] == pytest.approx(float(C), rel=1e-9)
    assert found["q"] == pytest.approx(float(q), rel=1e-15)


def test_lemma_3_for_32_nodes_is_numerically_vacuous():
    found = lemma3_constants(n=32, D=2, Delta=5, B=5, dim=1)
    assert found["one_minus_q"] == pytest.approx(9.6e-10, rel=2e-3)
    assert found["C"] == pytest.approx(2.1e9, rel=0.03)


def test_lemma_3_stays_finite_in_logarithms():
    found = lemma3_constants(n=1000, D=30, Delta=20, B=50, dim=4)
    assert found["C"] == np.inf
    assert found["log10_C"] == pytest.approx(np.log10(4) + 1050 * np.log10(30))
    assert found["log10_one_minus_q"] == pytest.approx(3 - 1050 * np.log10(30) - np.log10(1051))


def test_lemma_3_needs_a_positive_lambda():
    with pytest.raises(InputError, match="more than n"):
        lemma3_constants(n=64, D=2, Delta=1, B=1, dim=1)
