"""eager-SGD: the counterexamples by symbols and by simulation, and the algebra of the constants."""

import numpy as np
import pytest
import sympy as sp

from theory.derive import compare
from theory.papers import eager
from theory.symbols import G, gamma, n, quorum, tau

SETTING = {"n": 16.0, "quorum": 1.0, "tau": 200.0, "L": 1.0, "M": 1.0, "sigma": 0.0, "zeta": 0.0, "gamma": 0.04}


def test_equal_gradients_contradict_the_printed_lemma_and_attain_the_corrected_one():
    late = sp.Symbol("k", positive=True)
    distance = (gamma / n * late * G) ** 2  # k equal gradients of norm G are missing
    missing = distance.subs(late, tau * (n - quorum))
    assert sp.simplify(missing / eager.lemma_6_2.right_side - tau * (n - quorum)) == 0
    assert sp.simplify(missing / eager.lemma_6_2_corrected.right_side) == 1


def test_orthogonal_gradients_are_what_the_printed_lemma_sees():
    k = 12
    missing = np.eye(k)
    assert np.sum(missing.sum(0) ** 2) == k
    assert np.sum((k * missing[0]) ** 2) == k**2
    here = {"n": 4, "quorum": 1, "tau": 4, "M": 1, "sigma": 0, "gamma": 4}
    assert eager.lemma_6_2.bound(**here) == k
    assert eager.lemma_6_2_corrected.bound(**here) == k**2


def test_nobody_late_is_synchronous_sgd():
    here = {"n": 8, "K": 100, "L": 2, "delta": 1, "M": 1, "sigma": 0.5, "gamma": 0.1}
    plain = 2 / (0.1 * 100) + 0.1 * 2 * 1.25
    for nobody in ({"quorum": 8, "tau": 5}, {"quorum": 1, "tau": 0}):
        assert eager.lemma_6_2_corrected.bound(**here, **nobody) == 0
        for theorem in (eager.theorem_6_3_bound, eager.theorem_6_3_bound_corrected):
            assert theorem.bound(**here, **nobody) == pytest.approx(plain)


def test_one_late_gradient_is_where_print_and_correction_agree():
    here = {"n": 8, "quorum": 7, "tau": 1, "M": 1, "sigma": 0, "gamma": 0.1}
    assert eager.lemma_6_2.bound(**here) == eager.lemma_6_2_corrected.bound(**here)


def test_conditions_of_the_corrected_theorem_make_its_terms_small_enough():
    theorem, bound = eager.theorem_6_3_corrected, eager.theorem_6_3_bound_corrected
    view = 2 * bound.expanded() + 2 * sp.Symbol("L", positive=True) ** 2 * eager.lemma_6_2_corrected.expanded()
    kept = [c.subs(dict(theorem.definitions)) for c in theorem.requires]
    outcome = compare(view, sp.Rational(2, 3) * theorem.right_side, kept)
    assert outcome
    assert outcome.draws > 50


def test_largest_step_of_the_print_is_the_least_of_its_three():
    here = {**SETTING, "epsilon": 0.5, "K": 1e6, "delta": 1}
    least = min(np.sqrt(0.5) * 16 / np.sqrt(12 * 200 * 15), np.sqrt(0.5) * 16 / np.sqrt(4 * 200 * 15), 0.5 / 12)
    assert eager.theorem_6_3.largest_step(**here) == pytest.approx(least)
    with_l = eager.theorem_6_3.largest_step(**{**here, "L": 1e-6, "epsilon": 1e-2})
    assert with_l == pytest.approx(np.sqrt(1e-2) * 16 / np.sqrt(4e-6 * 200 * 15))


def circling(rounds):
    """Squared gradients at center and view; of n gradients a round one is fresh, the others arrive tau rounds late."""
    dim = 16
    size = 1 / np.sqrt(dim)  # f = sum of Huber functions with gradients clip(x_j, +-size): L = 1, |grad f| <= 1
    step, late, fresh = SETTING["gamma"], int(SETTING["tau"]), SETTING["quorum"] / SETTING["n"]
    view = np.linspace(-1, 1, dim) * step * late * size  # coordinates in different phases of the cycle
    delta = np.where(abs(view) < size, view**2 / 2, size * abs(view) - size**2 / 2).sum()
    center, flying = view.copy(), np.zeros((late, dim))
    at_center, at_view = np.empty(rounds), np.empty(rounds)
    for k in range(rounds):
        gradient = np.clip(view, -size, size)
        at_center[k], at_view[k] = (np.clip(center, -size, size) ** 2).sum(), (gradient**2).sum()
        center = center - step * gradient
        view = view - step * (fresh * gradient + (1 - fresh) * flying[k % late])
        flying[k % late] = gradient
    return at_center, at_view, delta


def test_the_printed_theorem_fails_and_the_corrected_one_does_not():
    at_center, at_view, delta = circling(rounds=8000)
    here = {**SETTING, "K": 8000.0, "delta": delta, "epsilon": 0.5}
    assert eager.theorem_6_3_bound.applies(**here)
    assert at_center.min() > 5 * eager.theorem_6_3_bound.bound(**here)
    assert eager.theorem_6_3.applies(**here)
    assert at_view.min() > eager.theorem_6_3.bound(**here)
    assert at_center.mean() <= eager.theorem_6_3_bound_corrected.bound(**here)
    assert not eager.theorem_6_3_corrected.applies(**here)
