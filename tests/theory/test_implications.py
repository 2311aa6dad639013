"""Which statement implies which, on random constants: the paths are the statements, not their proofs."""

import pytest
import sympy as sp

import theory
from theory.conditions import Condition
from theory.derive import compare
from theory.symbols import n

PAIR = Condition("n >= 2", sp.Integer(2), n)


def conditions(theorem):
    return [condition.subs(dict(theorem.definitions)).subs(dict(theorem.definitions)) for condition in theorem.requires]


@pytest.mark.parametrize(
    ("sharper", "looser"),
    [
        ("ours.p2", "dpsgd.theorem-1"),
        ("ours.p2-consensus", "dpsgd.theorem-3:printed"),
        ("ours.p2-consensus", "dpsgd.theorem-3:corrected"),
        ("ours.p1", "ours.p2"),
        ("ours.p1", "ours.p3"),
        ("ours.p1", "ours.p4"),
        ("ours.p4-consensus", "ours.p5-consensus"),
        ("dpsgd.corollary-2:rederived", "dpsgd.corollary-2"),
        ("sgp.theorem-1:rederived", "sgp.theorem-1:printed"),
        ("sgd.ghadimi-lan", "ours.p1"),
    ],
)
def test_one_bound_implies_the_other_wherever_the_other_applies(sharper, looser):
    sharper, looser = theory.get(sharper), theory.get(looser)
    outcome = compare(sharper.expanded(), looser.expanded(), [*conditions(looser), PAIR])
    assert outcome
    assert outcome.draws > 50
    assert sharper.applies(**{**outcome.worst, "C": 1.0, "q": 0.0})


def test_the_order_of_implication_cannot_be_turned_round():
    for sharper, looser in (("ours.p2", "dpsgd.theorem-1"), ("ours.p2-consensus", "dpsgd.theorem-3:corrected")):
        looser, sharper = theory.get(looser), theory.get(sharper)
        assert not compare(looser.expanded(), sharper.expanded(), [*conditions(looser), PAIR])


def test_p1_gives_away_a_factor_of_two_for_small_steps():
    """The descent lemma behind P1 drops half of the descent; Ghadimi and Lan keep it."""
    here = {"n": 4, "K": 1e6, "gamma": 1e-6, "L": 1, "sigma": 1, "delta": 1}
    ratio = theory.get("sgd.ghadimi-lan").bound(**here) / theory.get("ours.p1").bound(**here)
    assert ratio == pytest.approx(0.5, rel=1e-5)


def test_doubly_stochastic_graphs_admit_larger_steps_and_smaller_bounds():
    here = {"n": 32, "K": 1e5, "L": 1, "sigma": 1, "zeta": 0.1, "delta": 1, "B_E": 16, "B_2": 4}
    doubly, general = theory.get("ours.p4-doubly"), theory.get("ours.p4")
    assert doubly.largest_step(**here) > general.largest_step(**here)
    assert doubly.bound(**here, gamma=0.01) < general.bound(**here, gamma=0.01)
