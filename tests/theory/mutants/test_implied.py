"""Terms that no run can show: what is left without them follows from another theorem of the house.

Checked at random constants that meet the conditions of the theorem, many of them at the boundary of the largest step.
"""

import numpy as np
import pytest

import theory
from theory.derive import draw
from theory.mutants import TERM, implied_by, mutants
from theory.mutants.implied import FOLLOWS


def admissible(theorem, count=20_000):
    constants = draw([*theorem.constants], count, seed=11)
    constants["n"] = np.maximum(constants["n"], 2)
    share = 10 ** np.random.default_rng(2).uniform(-4, 0, count)
    share[: count // 4] = 1 - 1e-9
    constants["gamma"] = share * theorem.largest_step(**constants)
    keep = theorem.applies(**constants)
    assert keep.mean() > 0.5
    return {name: values[keep] for name, values in constants.items()}


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


@pytest.mark.parametrize("key", sorted({key for key, _ in FOLLOWS}))
def test_the_other_terms_do_not_follow(key):
    theorem = theory.get(key)
    (stronger,) = {FOLLOWS[pair] for pair in FOLLOWS if pair[0] == key}
    constants = admissible(theorem)
    for each in mutants(theorem):
        if each.kind == TERM and implied_by(each) is None:
            assert (theory.get(stronger).bound(**constants) / each.bound(**constants)).max() > 1
