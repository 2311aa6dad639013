import math

import numpy as np
import pytest
import sympy as sp

import theory
from straggler import StragglerError
from theory.derive import draw
from theory.evaluate import evaluate
from theory.rates import leading_order
from theory.symbols import K, L, delta, gamma, n, rho, sigma

HALF = sp.Rational(1, 2)
KEYS = theory.keys()
RATED = [key for key in KEYS if theory.get(key).iteration is not None and "lemma" not in key]

# these bound the mean gradient by the second moment of a single one: averaging gains nothing in them
SECOND_MOMENT = {"eager.theorem-6.3-bound:printed", "eager.theorem-6.3-bound:corrected"}
# and these speak about single workers
EVERY_WORKER = {
    "lsgd.one-over-k:rederived",
    "lsgd.limit-points",
    "mem-sgd.theorem-2.4:printed",
    "mem-sgd.theorem-2.4:rederived",
}


@pytest.mark.parametrize("key", RATED)
def test_leading_term_and_remainder_add_up_to_the_bound(key):
    theorem = theory.get(key)
    rate = theorem.rate()
    names = sorted({symbol.name for part in (rate.leading, rate.remainder) for symbol in part.free_symbols})
    constants = draw(names, 10, seed=2) | {"K": np.full(10, 1e14), "n": np.full(10, 8.0)}
    if rate.step is not None:
        constants |= {symbol.name: np.ones(10) for symbol in rate.step.free_symbols if symbol.name not in constants}
        constants["gamma"] = evaluate(rate.step, constants)
    total = [
        float((rate.leading + rate.remainder).subs({sp.Symbol(k, positive=True): v[i] for k, v in constants.items()}))
        for i in range(10)
    ]
    assert np.broadcast_to(theorem.bound(**constants), 10) == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("key", RATED)
def test_order_in_k_is_the_measured_slope(key):
    theorem = theory.get(key)
    rate = theorem.rate()
    here = {
        "n": 4.0,
        "L": 1,
        "sigma": 1,
        "zeta": 1,
        "delta": 1,
        "rho": 0.5,
        "tau": 2,
        "B_E": 2,
        "B_2": 1,
        "C": 1,
        "q": 0.5,
        "x0_sq": 1,
        "T": 3,
        "batch": 2,
        "M": 1,
        "group": 2,
        "quorum": 2,
        "mu": 0.5,
        "k_0": 9,
        "B": 1,
        "R_0": 1,
        "lost": 0.5,
        "blow_up": 1,
        "slack": 5,
        "detached": 0.3,
    }
    values = []
    for k in (1e32, 1e34):
        step = {} if rate.step is None else {"gamma": evaluate(rate.step, {**here, "K": k})}
        values.append(theorem.bound(**here, K=k, **step))
    assert math.log10(values[1] / values[0]) / 2 == pytest.approx(float(rate.exponents["K"]), abs=1e-4)


def test_gradient_bounds_speed_up_linearly():
    for key in RATED:
        theorem = theory.get(key)
        linear = theorem.quantity.name != "mean_consensus_sq" and key not in SECOND_MOMENT | EVERY_WORKER
        assert bool(theorem.linear_speedup()) is linear
        if linear:
            # updates of single workers: K counts gradients, by whichever worker they are taken
            by_rounds = theorem.iteration.gradients == n
            assert theorem.rate().exponents == {"K": -HALF, "n": -HALF if by_rounds else 0, "gap": 0}


def test_second_order_terms_of_p2():
    rate = theory.get("ours.p2-tuned").rate()
    assert rate.remainder_exponents == {"K": -sp.Rational(2, 3), "n": 0, "gap": -sp.Rational(2, 3)}
    assert theory.get("ours.p2").rate().remainder_exponents == {"K": -1, "n": 1, "gap": -2}
    assert theory.get("dpsgd.theorem-1").rate().remainder_exponents == {"K": -1, "n": 2, "gap": -2}
    assert theory.get("ours.p2-consensus").rate().exponents == {"K": -1, "n": 1, "gap": -2}


def test_leading_order_is_the_limit():
    expression = (3 * K**2 * L + K * delta) / (2 * K + sp.sqrt(K * n))
    coefficient, order = leading_order(expression, K)
    assert order == 1
    assert sp.limit((expression / K).subs({L: 2, delta: 3, n: 5}), K, sp.oo) == coefficient.subs(L, 2)
    assert leading_order(sp.Max(K, K**2 * L), K) == (L, 2)
    assert leading_order((K + 1) ** 2 - K**2, K)[1] == 1
    with pytest.raises(StragglerError, match="cannot tell"):
        leading_order(sp.exp(K), K)


def test_from_which_k_on_the_speed_up_is_linear():
    # P1 tuned: 2 L Delta / K <= 2 sqrt(2 Delta L sigma^2 / (n K))  <=>  K >= L Delta n / (2 sigma^2)
    found = theory.get("ours.p1-tuned").linear_speedup(n=16, L=3.0, delta=2.0, sigma=0.5)
    assert found.from_K == pytest.approx(3 * 2 * 16 / (2 * 0.25), rel=1e-6)
    assert theory.get("ours.p1-tuned").linear_speedup(n=16, L=3.0, delta=1e-3, sigma=5.0).from_K == 1
    # SGP Theorem 1 is its leading term: its conditions decide
    found = theory.get("sgp.theorem-1:rederived").linear_speedup(n=4, L=1, C=2, q=0.5, sigma=0.01, zeta=0, delta=9, x0_sq=0)
    assert found.from_K == pytest.approx(4 * 3600 * 16 / 0.5**4, rel=1e-6)


def test_no_linear_speed_up_without_noise():
    found = theory.get("ours.p1-tuned").linear_speedup(n=16, L=3.0, delta=2.0, sigma=0)
    assert found.from_K == math.inf


def test_rate_of_a_free_step_names_the_step():
    rate = theory.get("ours.p2").rate()
    assert sp.simplify(rate.step - sp.sqrt(2 * delta * n / (L * K)) / sigma) == 0
    assert not rate.leading.has(gamma, rho)
