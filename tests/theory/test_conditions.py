import math

import numpy as np
import pytest

import theory
from theory.conditions import Condition
from theory.symbols import K, n
from theory.theorem import Theorem

SGP = {"n": 32, "K": 1e6, "L": 1.0, "sigma": 1.0, "zeta": 0.1, "delta": 5.0, "x0_sq": 0.0}


def test_explicit_constants_of_sgp_miss_by_seventy_eight_orders():
    # Lemma 3 with D = 2, B = 5, Delta = 5: lambda = 1 - n D^-30 and q its 31st root
    log_lambda = math.log1p(-32 * 2.0**-30)
    gap = -math.expm1(log_lambda / 31)
    C = 2 * 2.0**30 * math.exp(-log_lambda * 32 / 31)
    assert gap == pytest.approx(9.6e-10, rel=0.01)
    for start in ({"one_minus_q": gap}, {"q": 1 - gap}):
        checks = theory.get("sgp.theorem-1").conditions(**{**SGP, "K": 1.0}, C=C, **start)
        worst = max(check.factor for check in checks)
        assert 77 < math.log10(worst) < 80
        assert worst == pytest.approx(32 * 3600 * C**4 / gap**4, rel=1e-5)
        assert not theory.get("sgp.theorem-1").applies(**SGP, C=C, **start)


def test_a_gap_below_rounding_is_still_a_number():
    checks = theory.get("sgp.theorem-1").conditions(**SGP, C=1e12, q=1.0, one_minus_q=1e-20)
    assert checks[0].factor == pytest.approx(32 * 3600 * 1e48 / 1e-80 / 1e6)
    assert not checks[0].holds


def test_computed_constants_of_sgp_apply():
    theorem = theory.get("sgp.theorem-1")
    assert theorem.applies(**{**SGP, "K": 1e9}, C=1.0, q=0.5)
    assert not theorem.applies(**{**SGP, "K": 1e6}, C=1.0, q=0.5)


def test_prescribed_step_is_checked_against_the_run():
    theorem, good = theory.get("sgp.theorem-1"), {**SGP, "K": 1e9, "C": 1.0, "q": 0.5}
    assert theorem.applies(**good, gamma=math.sqrt(32 / 1e9))
    assert not theorem.applies(**good, gamma=2 * math.sqrt(32 / 1e9))
    last = theorem.conditions(**good, gamma=2 * math.sqrt(32 / 1e9))[-1]
    assert (last.holds, last.factor) == (False, pytest.approx(2))


KEYS = theory.keys()


@pytest.mark.parametrize("key", [key for key in KEYS if theory.get(key).limits_step])
def test_largest_step_is_the_boundary(key):
    theorem = theory.get(key)
    here = {"n": 8, "K": 1e9, "L": 3.0, "sigma": 1, "zeta": 0, "delta": 1, "rho": 0.4, "tau": 3, "B_E": 5.0, "B_2": 2.0}
    here |= {"T": 5, "batch": 2, "M": 1, "quorum": 3, "epsilon": 0.1}
    here |= {"mu": 0.5, "nu": 0.2, "lambda_": 4.0, "lambda_G": 1.0, "pull": 0.05, "lost": 0.5}
    if key == "lsgd.limit-points":
        here["sigma"] = 0
    largest = theorem.largest_step(**here)
    assert theorem.applies(**here, gamma=largest * (1 - 1e-9))
    assert not theorem.applies(**here, gamma=largest * (1 + 1e-6))


def test_momentum_is_outside_of_theorems_that_do_not_know_of_it():
    here = {"n": 4, "K": 100, "L": 1, "sigma": 1, "delta": 1, "gamma": 0.1}
    assert theory.get("ours.p1").applies(**here, beta=0.0)
    assert not theory.get("ours.p1").applies(**here, beta=0.9)


def test_small_error_norms_leave_the_step_at_one_over_L():
    assert theory.get("ours.p4").largest_step(L=2.0, B_E=0.01) == pytest.approx(0.5)
    assert theory.get("ours.p3").largest_step(L=2.0, tau=1) == pytest.approx(0.5)


def test_factors_and_boundaries():
    condition = Condition("n <= K", n, K)
    assert condition.check({"n": 8, "K": 4}).factor == 2
    assert condition.check({"n": 4, "K": 4}).holds
    assert not Condition("n < K", n, K, strict=True).check({"n": 4, "K": 4}).holds
    check = condition.check({"n": np.array([1, 8]), "K": 4})
    assert check.holds.tolist() == [True, False]
    assert not check


def test_iid_theorems_refuse_heterogeneity():
    theorem = theory.get("local-sgd.wang-joshi")
    here = {"n": 4, "K": 100, "L": 1, "sigma": 1, "delta": 1, "tau": 4, "gamma": 0.01}
    assert theorem.applies(**here, zeta=0)
    failed = [check for check in theorem.conditions(**here, zeta=0.5) if not check.holds]
    assert [check.factor for check in failed] == [math.inf]


def test_a_graph_that_does_not_contract_is_inapplicable():
    here = {"n": 4, "K": 100, "L": 1, "sigma": 1, "zeta": 0, "delta": 1, "gamma": 0.01, "rho": 1.0}
    for key in ("ours.p2", "dpsgd.theorem-1"):
        assert not theory.get(key).applies(**here)


def test_planting_a_smaller_bound_is_visible():
    theorem = theory.get("ours.p1")
    planted = Theorem(theorem.card, theorem.quantity, theorem.right_side / 2, requires=theorem.requires)
    here = {"n": 4, "K": 100, "L": 1, "sigma": 1, "delta": 1, "gamma": 0.01}
    assert planted.bound(**here) == theorem.bound(**here) / 2


def test_a_strict_condition_misses_its_boundary_also_to_rounding():
    condition = Condition("n < K", n, K, strict=True)
    assert not condition.check({"n": 2.0, "K": 2.0 * (1 + 2e-16)}).holds
    assert condition.check({"n": 2.0, "K": 2.0 * (1 + 1e-9)}).holds
    assert condition.check({"n": 2.0, "K": math.inf}).holds
