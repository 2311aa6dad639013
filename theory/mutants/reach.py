"""How far a mutant undercuts its theorem: what no run can show, because other terms of the bound are always larger."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from theory.derive import BELOW_ONE, SHARES_OF_N, WHOLE, draw
from theory.evaluate import required
from theory.mutants.changes import Mutant
from theory.symbols import TABLE
from theory.theorem import Theorem

Constants = dict[str, NDArray[np.float64]]

DRAWS, ROUNDS, KEPT = 4000, 30, 50
"""Constants drawn in every round, how many rounds there are, and how many of the best are moved in the next one."""

SMALLEST = -4.0
"""Logarithm of the smallest share of the largest step that is drawn."""

WIDTH = 0.5
"""By how much they are moved, in logarithm to the base of ten, in the first round; in the last by a hundredth of that."""


def reach(mutant: Mutant, seed: int = 0) -> float:
    """Return the largest factor found by which the bound of a mutant is below that of its theorem where the conditions hold.

    Where it is below the inverse of what the left side reaches of the bound on any run, nothing can refute the mutant: the term
    that was changed hides behind the others. Constants are taken as free of each other but for the conditions of the theorem,
    n >= 2, B_2 <= B_E and mu <= L, so that runs may reach less; nan where none that were drawn meet the conditions.
    """
    random = np.random.default_rng(seed)
    found, best = _drawn(mutant.theorem, seed), math.nan
    for turn in range(ROUNDS):
        admissible = _admissible(mutant.theorem, found)
        if not len(admissible["gamma"]):
            return best
        with np.errstate(all="ignore"):
            size = len(admissible["gamma"])
            stated, changed = (np.broadcast_to(each.bound(**admissible), size) for each in (mutant.theorem, mutant))
            factors = np.nan_to_num(stated / changed, nan=0.0, posinf=np.inf)
        factors[~np.isfinite(stated)] = 0.0
        best = float(np.fmax(best, factors.max()))
        if math.isinf(best):
            return best
        top = {name: values[np.argsort(factors)[-KEPT:]] for name, values in admissible.items()}
        found = _moved(top, WIDTH * 100 ** (-turn / (ROUNDS - 1)), random)
    return best


def _drawn(theorem: Theorem, seed: int) -> Constants:
    """Return constants over wide ranges; ``share`` is the part of the largest step that gamma is, where there is a largest."""
    asked = {name for each in theorem.requires for side in (each.lhs, each.rhs) for name in required(theorem.expanded(side))}
    found = draw(sorted({*theorem.constants, *asked, "gamma"}), DRAWS, seed)
    if any(assumption.name == "same-data" for assumption in theorem.assumptions):
        found["zeta"] = np.zeros(DRAWS)
    return found | {"share": 10 ** np.random.default_rng(seed).uniform(SMALLEST, 0, DRAWS)}


def _admissible(theorem: Theorem, constants: Constants) -> Constants:
    """Return those constants that meet the conditions, with the step the theorem prescribes or admits."""
    found = constants | ({"n": np.maximum(constants["n"], 2.0)} if "n" in constants else {})
    for smaller, larger in (("B_2", "B_E"), ("mu", "L"), *((name, "n") for name in SHARES_OF_N)):
        if {smaller, larger} <= found.keys():
            found[smaller] = np.minimum(found[smaller], found[larger])
    if theorem.step is not None:
        found["gamma"] = np.broadcast_to(theorem.step_size(**found), DRAWS)
    elif theorem.step_limit is not None:
        found["gamma"] = found["share"] * theorem.largest_step(**found)
    stepped = _those(found, np.isfinite(found["gamma"]) & (found["gamma"] > 0))
    return _those(stepped, theorem.applies(**stepped)) if len(stepped["gamma"]) else stepped


def _those(constants: Constants, keep: NDArray[np.bool_]) -> Constants:
    return {name: values[np.broadcast_to(keep, values.shape)] for name, values in constants.items()}


def _moved(constants: Constants, width: float, random: np.random.Generator) -> Constants:
    """Return constants near these, in logarithm; of those below one the distance to one is moved."""
    chosen = random.integers(len(constants["gamma"]), size=DRAWS)
    found = {}
    for name, values in constants.items():
        factor = 10 ** (width * random.standard_normal(DRAWS) * (random.random(DRAWS) < 0.5))
        if name in BELOW_ONE:
            found[name] = 1 - np.minimum((1 - values[chosen]) * factor, 1.0)
        elif name in WHOLE:
            found[name] = np.maximum(np.round(values[chosen] * factor), 1.0)
        else:
            found[name] = values[chosen] * factor
        if name in TABLE and not TABLE[name].strict:
            found[name] = np.maximum(found[name], TABLE[name].least)
        elif name in TABLE:
            found[name] = np.where(found[name] > TABLE[name].least, found[name], values[chosen])
    found["share"] = np.minimum(found["share"], 1.0)
    return found
