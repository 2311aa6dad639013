"""A change of units must not change a theorem. Where it does, the card says so."""

import numpy as np
import pytest

import theory
from theory.derive import draw
from theory.symbols import TABLE

# The steps of these carry no length scale, or their constants add unlike units: a property of the printed statements
UNBALANCED = {
    "adpsgd.corollary-2:printed",
    "adpsgd.corollary-2:rederived",
    "dpsgd.corollary-2",
    "dpsgd.corollary-2:rederived",
    "dpsgd.theorem-3:printed",
    "ef-sgd.theorem-2-step",
    "elastic.nc-1:printed",
    "elastic.nc-1:rederived",
    "elastic.nc-p:printed",
    "elastic.nc-p:rederived",
    "sgp.theorem-1:printed",
    "sgp.theorem-1:rederived",
    "sgp.theorem-2",
    "sgp.theorem-2-consensus",
    "wagma.theorem-4.1:printed",
    "wagma.theorem-4.1:corrected",
    "wagma.theorem-4.6:printed",
    "wagma.theorem-4.6:corrected",
}

# the second condition of this one has L where L^2 belongs; bound and step are free of it
UNBALANCED_CONDITION = "eager.theorem-6.3:printed"

KEYS = theory.keys()


def scale(units, x, f):
    return x ** units.get("x", 0) * f ** units.get("f", 0)


@pytest.mark.parametrize("key", theory.keys())
def test_bounds_scale_like_their_quantity(key):
    theorem = theory.get(key)
    constants = draw(theorem.constants, 20, seed=4)
    if "tau" in constants:
        constants["tau"] += 1
    if "T" in constants:
        constants["T"] += 1
    if "n" in constants:  # somebody else, and somebody who is late
        constants["n"] += 1 + constants.get("quorum", 0)
    if "gamma" in constants and theorem.step_limit is not None:
        constants["gamma"] = theorem.largest_step(**constants) / 2
    if theorem.right_side == 0:
        return
    x, f = 3.0, 7.0
    scaled = {name: values * scale(TABLE[name].units, x, f) for name, values in constants.items()}
    ratio = theorem.bound(**scaled) / theorem.bound(**constants) / scale(theorem.quantity.units, x, f)
    steps = 1.0
    if theorem.step is not None:
        steps = theorem.step_size(**scaled) / theorem.step_size(**constants) / scale(TABLE["gamma"].units, x, f)
    balanced = np.allclose(ratio, 1, rtol=1e-9) and np.allclose(steps, 1, rtol=1e-9)
    assert balanced is (key not in UNBALANCED)


@pytest.mark.parametrize("key", [key for key in KEYS if key not in UNBALANCED | {UNBALANCED_CONDITION}])
def test_conditions_are_pure_numbers_where_the_bound_is_balanced(key):
    theorem = theory.get(key)
    constants = draw(theorem.constants, 20, seed=4)
    scaled = {name: values * scale(TABLE[name].units, 3.0, 7.0) for name, values in constants.items()}
    for before, after in zip(theorem.conditions(**constants), theorem.conditions(**scaled), strict=True):
        if before.text.startswith("zeta") or "units of the example" in before.text:
            continue
        assert np.asarray(after.factor) == pytest.approx(np.asarray(before.factor), rel=1e-9)


@pytest.mark.parametrize(
    "key",
    [
        "adpsgd.corollary-2:printed",
        UNBALANCED_CONDITION,
        "dpsgd.corollary-2",
        "dpsgd.theorem-3:printed",
        "ef-sgd.theorem-2-step",
        "elastic.nc-1:printed",
        "elastic.nc-p:printed",
        "sgp.theorem-1:printed",
    ],
)
def test_cards_say_that_units_do_not_match(key):
    assert "unit" in theory.get(key).standing_note
