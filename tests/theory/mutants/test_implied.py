"""Terms of rederived bounds that no run can show: what is left without them follows from another theorem of the house.

Checked at random constants that meet the conditions of the theorem, many of them at the boundary of one of them.
"""

import numpy as np
import pytest

import theory
from theory.derive import draw
from theory.mutants import TERM, implied_by, mutants
from theory.mutants.implied import FOLLOWS


def admissible(theorem, count=20_000):
    """Constants with K between the least that the conditions admit and a million times that."""
    constants = draw(theorem.constants, count, seed=11) | {"x0_sq": np.zeros(count)}
    if "C" in theorem.constants:
        constants["C"] = np.maximum(constants["C"], 1.0)
        constants["q"] = np.random.default_rng(1).uniform(0, 0.99, count)
    least = np.ones(count)
    for check in theorem.conditions(**constants | {"K": np.ones(count)}):
        if check.text.startswith("K >="):
            least = np.maximum(least, check.factor)
    K = least * 10 ** np.random.default_rng(2).uniform(0, 6, count) * (1 + 1e-9)
    K[: count // 4] = least[: count // 4] * (1 + 1e-9)
    constants["K"] = K
    constants["gamma"] = theorem.step_size(**constants)
    constants["B_E"] = (constants["C"] / (1 - constants["q"])) ** 2 if "C" in theorem.constants else np.zeros(count)
    keep = np.isfinite(K) & theorem.applies(**constants)
    assert keep.mean() > 0.5
    return {name: value[keep] for name, value in constants.items()}


@pytest.mark.parametrize(("key", "term"), FOLLOWS)
def test_what_is_left_follows_from_another_theorem(key, term):
    theorem, stronger = theory.get(key), theory.get(FOLLOWS[key, term])
    (mutant,) = [each for each in mutants(theorem) if each.kind == TERM and each.term == term]
    assert implied_by(mutant) == stronger.key
    assert stronger.quantity == theorem.quantity
    assert set(theorem.systems) <= set(stronger.systems)
    constants = admissible(theorem)
    assert stronger.applies(**constants).all()
    ratio = stronger.bound(**constants) / mutant.bound(**constants)
    assert ratio.max() <= 1


def test_the_other_terms_do_not_follow():
    theorem, stronger = theory.get("sgp.theorem-2"), theory.get("ours.p4-view")
    constants = admissible(theorem)
    for each in mutants(theorem):
        if each.kind == TERM and implied_by(each) is None:
            assert (stronger.bound(**constants) / each.bound(**constants)).max() > 1
