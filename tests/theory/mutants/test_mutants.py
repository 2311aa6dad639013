"""Mutants of statements: which there are, and that each says more than its theorem."""

from collections import Counter

import numpy as np
import pytest
import sympy as sp

import theory
from theory import registry
from theory.derive import draw
from theory.mutants import CONSTANT, EXPONENT, STATED, TERM, mutants
from theory.symbols import L, T, k_0, lost, mu, n, sigma

EVERY = registry.keys()
SHARED = {"ours.p4-view"}
"""Statements with a sum that several terms use."""


def texts(key, kind):
    return [mutant.text for mutant in mutants(theory.get(key)) if mutant.kind == kind]


def numbers(theorem, count=200):
    found = draw(theorem.constants, count, seed=5)
    return {name: np.maximum(value, 2.0) if name in ("n", "K", "tau", "T") else value for name, value in found.items()}


@pytest.mark.parametrize("key", EVERY)
def test_a_mutant_never_says_less_than_its_theorem(key):
    theorem = theory.get(key)
    stated, *changed = mutants(theorem)
    assert stated.kind == STATED
    assert stated.right_side == theorem.expanded()
    if "x0_center" in theorem.constants or not theorem.constants:
        return
    constants = numbers(theorem)
    bound = np.asarray(theorem.bound(**constants))
    meant = np.isfinite(bound) & (bound > 0)
    if key.startswith("dpsgd.theorem"):  # the weights D_1 and D_2 are positive where it applies only
        meant &= theorem.applies(**constants)
    for mutant in changed:
        smaller = np.broadcast_to(mutant.bound(**constants), bound.shape)[meant]
        assert (smaller <= bound[meant] * (1 + 1e-12)).all(), mutant.text


@pytest.mark.parametrize("key", [key for key in EVERY if key not in SHARED])
def test_what_the_terms_leave_out_adds_up_to_the_bound(key):
    theorem = theory.get(key)
    if theorem.expanded().has(sp.Max, sp.Min) or "x0_center" in theorem.constants or theorem.right_side == 0:
        return
    constants = numbers(theorem)
    bound = np.asarray(theorem.bound(**constants) if theorem.constants else float(theorem.right_side))
    dropped = [mutant for mutant in mutants(theorem) if mutant.kind == TERM]
    meant = np.isfinite(bound)
    left = [np.broadcast_to(mutant.bound(**constants) if theorem.constants else 0.0, bound.shape)[meant] for mutant in dropped]
    assert np.allclose(sum(bound[meant] - rest for rest in left), bound[meant], rtol=1e-9)


def test_a_sum_in_a_definition_is_in_the_open():
    assert texts("sgp.theorem-1:printed", TERM) == [
        "without 12 Delta/(sqrt(K) sqrt(n))",
        "without 6 L sigma^2/(sqrt(K) sqrt(n))",
    ]


def test_a_sum_that_several_terms_use_is_changed_in_all_of_them():
    theorem = theory.get("ours.p4-view")
    dropped = {mutant.term: mutant for mutant in mutants(theorem) if mutant.kind == TERM}
    assert len(dropped) == 8
    constants = draw(theorem.constants, 50, seed=1) | {"sigma": 0.0, "zeta": 0.0}
    assert np.all(dropped["3 Delta/(K gamma) (in H)"].bound(**constants) == 0)
    assert np.all(dropped["3 L gamma sigma^2/(2 n) (in H)"].bound(**constants) == theorem.bound(**constants))


def test_exponents_are_changed_in_the_direction_that_says_more():
    first = {text for text in texts("koloskova.theorem-2", EXPONENT) if text.endswith("in 8 Delta L/(K p)")}
    assert {text.partition(" in ")[0] for text in first} == {"p^-1 -> p^-1/2", "p^-1 -> p^0", "K^-1 -> K^-3/2", "K^-1 -> K^-2"}
    assert "T^2 -> T^3/2 in G^2 T^2" in texts("elastic.b-shared-memory:rederived", EXPONENT)


def test_constants_are_divided():
    assert texts("ef-sgd.lemma-3", CONSTANT) == [
        f"constant 4 -> {smaller} in 4 G^2 theta/(1 - theta)^2" for smaller in ("2", "0.4", "0.04")
    ]


def test_arguments_of_a_maximum_are_terms_and_of_a_minimum_are_not():
    assert Counter(mutant.kind for mutant in mutants(theory.get("lsgd.one-over-k:rederived")))[TERM] == 2
    smallest = mutants(theory.get("qsgd.lemma-3.1:rederived"))
    assert [mutant.right_side for mutant in smallest if mutant.kind == TERM] == [0]
    assert sum(mutant.kind == CONSTANT for mutant in smallest) == 6


def made(right_side, *definitions):
    from dataclasses import replace

    return replace(theory.get("ours.p1"), right_side=right_side, definitions=definitions)


@pytest.mark.parametrize(
    ("right_side", "terms"),
    [
        ((2 * L + mu) * sigma, 1),
        ((n + 1) * sigma, 1),
        ((n - 1) * sigma, 1),
        ((n + T) * sigma, 2),
        ((T + k_0) * (L + mu) * sigma + L, 3),
        ((T + n) ** 2, 1),
        (sigma * (sp.Rational(1, 2) + sp.sqrt(lost) / (1 - sp.sqrt(lost))), 2),
        (sp.Max(n, T) * (sigma + L), 4),
        (sp.Integer(0), 0),
    ],
)
def test_what_counts_as_a_term(right_side, terms):
    assert sum(mutant.kind == TERM for mutant in mutants(made(right_side))) == terms


def test_mutants_of_a_theorem_of_ones_own():
    F = sp.Symbol("F", positive=True)
    own = made(F / (sp.sqrt(n)), (F, L + sigma))
    assert {mutant.right_side for mutant in mutants(own) if mutant.kind == TERM} == {L / sp.sqrt(n), sigma / sp.sqrt(n)}
