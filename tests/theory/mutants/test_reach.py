"""How far a mutant undercuts its theorem, against what a few lines of algebra say."""

import math

import pytest

import theory
from theory.mutants import TERM, mutants, reach


def without(key, term):
    (found,) = [each for each in mutants(theory.get(key)) if each.kind == TERM and each.term == term]
    return found


@pytest.mark.parametrize(
    ("key", "term", "expected"),
    [
        # 8 B_E^2 L^2 gamma^4 <= 2/3 B_E gamma^2 where 12 B_E L^2 gamma^2 <= 1, beside 4/3 B_E gamma^2
        ("ours.p4-consensus", "8 B_E^2 L^2 gamma^4 sigma^2", 3 / 2),
        ("ours.p4-consensus", "24 B_E^2 L^2 gamma^4 zeta^2", 3 / 2),
        # beside 4 B_E L^2 gamma^2 sigma^2 in 2 H
        ("ours.p4-view", "8 B_E L^2 gamma^2 sigma^2/3", 5 / 3),
        # 2 H + 8 B_E L^2 gamma^2 H <= (2 + 2/3) H
        ("ours.p4-view", "8 B_E H L^2 gamma^2", 4 / 3),
        # 2 S - 2 beside (2 S - 1)^2: largest for S = 2
        ("ours.wagma-any-step", "L gamma sigma^2 (2 S_g - 2)/n", 11 / 9),
    ],
)
def test_terms_that_hide_behind_others(key, term, expected):
    assert reach(without(key, term)) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("key", ["ours.p1", "ours.p2", "ours.p4-tuned", "ours.p6", "wagma.theorem-4.6:corrected"])
def test_terms_that_stand_out(key):
    assert all(reach(each) > 100 for each in mutants(theory.get(key)) if each.kind == TERM)


def test_bounds_of_one_term():
    stated, dropped, *others = mutants(theory.get("ours.gauge-dpsgd"))
    assert reach(stated) == pytest.approx(1)
    assert math.isinf(reach(dropped))
    (half,) = [each for each in others if "constant 1 -> 0.5 " in each.text]
    assert reach(half) == pytest.approx(2)
