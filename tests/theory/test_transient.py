import math

import numpy as np
import pytest

import theory
from straggler import InputError, StragglerError
from theory.evaluate import evaluate
from theory.lower_bounds import distance, per_round
from theory.onsets import onsets
from theory.transient import best, bound_at, onset, reach, transient

CONSTANTS = {
    "n": 16.0,
    "L": 2.0,
    "delta": 3.0,
    "sigma": 1.5,
    "zeta": 0.5,
    "rho": 0.5,
    "tau": 4.0,
    "B_E": 20.0,
    "B_2": 3.0,
    "T": 16.0,
    "batch": 1.0,
    "C": 2.0,
    "q": 0.5,
    "x0_sq": 0.0,
}
KEYS = (
    "ours.p1-tuned",
    "ours.p2-tuned",
    "ours.p3-tuned",
    "ours.p4-tuned",
    "ours.p4-doubly-tuned",
    "ours.p5-tuned",
    "adpsgd.corollary-2:printed",
    "adpsgd.corollary-2:rederived",
    "apsgd.corollary-2",
    "sgp.theorem-1:rederived",
    "ours.p2",
)


def settled(key, **changes):
    return CONSTANTS | ({"zeta": 0.0} if key.startswith("apsgd") else {}) | changes


def at(theorem, iterations, constants):
    """The theorem at K, without the code under test: its own step, or the one of its rate."""
    here = constants | {"K": iterations}
    step = theorem.rate().step
    return here if step is None else here | {"gamma": evaluate(step, here)}


@pytest.mark.parametrize("key", KEYS)
def test_what_is_found_holds_and_half_of_it_does_not(key):
    theorem, constants = theory.get(key), settled(key)
    found = transient(theorem, **constants)

    def applies(iterations):
        return theorem.applies(**at(theorem, iterations, constants))

    def says(iterations):
        return applies(iterations) and theorem.bound(**at(theorem, iterations, constants)) < 2 * 2.0 * 3.0

    def leads(iterations):
        here, rate = at(theorem, iterations, constants), theorem.rate()
        return applies(iterations) and evaluate(rate.remainder, here) <= evaluate(rate.leading, here)

    for iterations, judge in ((found.conditions, applies), (found.non_vacuous, says), (found.linear, leads)):
        assert 1 <= iterations < math.inf
        assert all(judge(iterations * factor) for factor in (1, 2, 1e3, 1e9))
        assert iterations == 1 or not judge(max(1, iterations / 2))
    assert found.linear >= found.conditions
    assert found.non_vacuous >= found.conditions


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("changes", [{}, {"n": 3.0, "sigma": 20.0, "zeta": 0.0, "L": 0.1}, {"sigma": 0.01, "delta": 40.0}])
def test_closed_forms_equal_the_search(key, changes):
    theorem, constants = theory.get(key), settled(key, **changes)
    found, forms = transient(theorem, **constants), onsets(theorem)
    assert forms.conditions is not None
    assert forms.linear is not None
    for name in ("conditions", "non_vacuous", "linear"):
        form = getattr(forms, name)
        if form is not None:
            assert evaluate(form, constants) == pytest.approx(getattr(found, name), rel=1e-9), name
    assert evaluate(forms.scale, constants) <= found.linear * (1 + 1e-9)
    assert "K" not in {symbol.name for symbol in forms.linear.free_symbols}


def test_no_closed_form_where_powers_of_k_mix():
    assert onsets(theory.get("ours.p2-tuned")).non_vacuous is None  # 1/2, 2/3 and 1: of degree six
    assert onsets(theory.get("adpsgd.theorem-1:printed")).conditions is None  # C_1 sums several powers


@pytest.mark.parametrize("key", KEYS)
def test_the_transient_is_that_of_the_rate(key):
    """A search written apart, of one K at a time."""
    theorem, constants = theory.get(key), settled(key)
    assert transient(theorem, **constants).linear == pytest.approx(theorem.linear_speedup(**constants).from_K, rel=1e-9)


def test_by_hand():
    # P1 tuned, 2 L Delta/K + 2 sqrt(2 L Delta sigma^2/(n K)): equal terms at K = L Delta n/(2 sigma^2)
    found = transient(theory.get("ours.p1-tuned"), initial_sq=1e-2, n=16, L=3.0, delta=2.0, sigma=0.5)
    assert found.linear == pytest.approx(3 * 2 * 16 / (2 * 0.25), rel=1e-9)
    assert found.conditions == 1
    z = np.roots([12.0, 2 * math.sqrt(2 * 6 * 0.25 / 16), -1e-2]).max()  # in z = 1/sqrt(K)
    assert found.non_vacuous == pytest.approx(z**-2, rel=1e-9)
    # A-PSGD: K >= 4 M L Delta (T + 1)^2/sigma^2
    stale = transient(theory.get("apsgd.corollary-2"), n=4, L=3.0, delta=2.0, sigma=0.5, zeta=0, T=7, batch=1)
    assert stale.conditions == pytest.approx(4 * 6 * 64 / 0.25, rel=1e-9)


def test_never():
    assert transient(theory.get("apsgd.corollary-2"), **CONSTANTS).conditions == math.inf  # it wants equal data
    assert transient(theory.get("ours.p2-tuned"), **settled("", rho=1.0)).linear == math.inf
    assert transient(theory.get("ours.p1-tuned"), **settled("", sigma=0.0)).linear == math.inf  # nothing to average out
    assert onset(lambda k: k < 5) == math.inf
    assert onset(lambda k: (k < 5) | (k >= 100)) == pytest.approx(100)
    assert bound_at(theory.get("apsgd.corollary-2"), 1e9, **CONSTANTS) == math.inf


def test_slower_mixing_and_more_workers_take_longer():
    theorem = theory.get("ours.p2-tuned")
    slow, fast = (transient(theorem, **settled("", rho=rho)).linear for rho in (0.99, 0.5))
    many = transient(theorem, **settled("", n=32.0)).linear
    assert slow > fast
    # the term K^(-2/3) decides: K ~ n^3 while it does
    assert many / fast == pytest.approx(8, rel=0.1)


def test_distance_from_the_lower_bounds():
    theorem = theory.get("ours.p1-tuned")
    small = distance(theorem, **settled("", epsilon=1e-7), diameter=8)
    # to leading order (2 sqrt(2 L Delta sigma^2/(n K)) = epsilon) the theorem asks for eight times the order
    assert small.rounds / small.any_protocol == pytest.approx(8, rel=1e-2)
    assert small.iterations == reach(theorem, 1e-7, **CONSTANTS)
    order = 2 * 3 * 1.5**2 / (16 * 1e-4) + 6 * 8 / 1e-2
    coarse = distance(theorem, **settled("", epsilon=1e-2), diameter=8)
    assert coarse.any_protocol == pytest.approx(order)
    assert coarse.gossip == pytest.approx(order - 6 * 8 / 1e-2 + 6 / 1e-2 / math.sqrt(1 - math.sqrt(0.5)))
    without = distance(theorem, n=4, L=1.0, delta=1.0, sigma=1.0, epsilon=0.1)
    assert (without.any_protocol, without.gossip) == (None, None)
    asynchronous = theory.get("adpsgd.corollary-2:rederived")
    assert per_round(asynchronous, CONSTANTS) == 16
    found = distance(asynchronous, **settled("", epsilon=1e-3))
    assert found.iterations == pytest.approx(16 * found.rounds)


def test_bad_input():
    with pytest.raises(InputError, match="squared gradient norm"):
        transient(theory.get("ours.p2-consensus"), **CONSTANTS)
    with pytest.raises(StragglerError, match="also needs L, delta"):
        transient(theory.get("ours.p1-tuned"), n=4, sigma=1.0)
    with pytest.raises(InputError, match="not an array"):
        transient(theory.get("ours.p1-tuned"), **settled("", n=np.ones(3)))
    with pytest.raises(StragglerError, match="how fast"):
        onsets(next(t for t in map(theory.get, theory.keys()) if t.iteration is None))
    with pytest.raises(InputError, match="level"):
        reach(theory.get("ours.p1-tuned"), 0.0, **CONSTANTS)
    with pytest.raises(StragglerError, match="needs epsilon"):
        distance(theory.get("ours.p1-tuned"), **CONSTANTS)


FREE = (
    "ours.p1",
    "ours.p2",
    "ours.p3",
    "ours.p4-doubly",
    "ours.p6",
    "dpsgd.theorem-1",
    "ours.wagma-any-step",
    "eager.theorem-6.3-bound:corrected",
    "ours.elastic-nc-parallel",
    "ef-sgd.theorem-2:rederived",
)
MORE = {"M": 1.0, "group": 4.0, "quorum": 8.0, "lost": 0.75, "B": 3.0}


@pytest.mark.parametrize("key", FREE)
def test_the_best_step_is_admissible_and_no_other_is_better(key):
    theorem, constants = theory.get(key), CONSTANTS | MORE | ({"zeta": 0.0} if "wagma" in key else {})
    many = np.geomspace(10, 1e9, 4)
    bounds, steps = best(theorem, **constants, K=many)
    largest = np.broadcast_to(theorem.largest_step(**constants, K=many) if theorem.limits_step else 1e3, many.shape)
    for iterations, bound, step, top in zip(many, bounds, steps, largest, strict=True):
        here = constants | {"K": iterations}
        assert theorem.applies(**here, gamma=step)
        assert bound == theorem.bound(**here, gamma=step)
        others = np.geomspace(1e-10 * top, top * (1 - 1e-9), 2000)
        admitted = theorem.applies(**here, gamma=others)
        assert bound <= np.where(admitted, theorem.bound(**here, gamma=others), np.inf).min() * (1 + 1e-9)


@pytest.mark.parametrize(
    ("free", "prescribed"), [("ours.p1", "ours.p1-tuned"), ("ours.p2", "ours.p2-tuned"), ("ours.p5", "ours.p5-tuned")]
)
def test_the_best_step_gains_on_the_tuned_one_and_leads_earlier(free, prescribed):
    ks = np.geomspace(1, 1e12, 40)
    bound, tuned = (bound_at(theory.get(key), ks, best_step=True, **CONSTANTS) for key in (free, prescribed))
    assert (bound <= tuned * (1 + 1e-9)).all()
    early, late = (transient(theory.get(key), best_step=True, **CONSTANTS) for key in (free, prescribed))
    assert (early.step, late.step) == (None, None)
    assert early.conditions == late.conditions == 1
    assert early.non_vacuous <= late.non_vacuous
    # the least of A/(gamma K) + B gamma + C gamma^2 is 2 sqrt(A B/K) from below: it leads when the rest is as large again
    assert early.linear < late.linear
    leading = theory.get(free).rate().leading
    assert bound_at(theory.get(free), early.linear, best_step=True, **CONSTANTS) == pytest.approx(
        2 * evaluate(leading, CONSTANTS | {"K": early.linear}), rel=1e-6
    )


def test_best_of_p1_by_hand():
    """2 delta/(gamma K) + L gamma sigma^2/n under gamma <= 1/L."""
    bound, step = best(theory.get("ours.p1"), n=16, L=3.0, delta=2.0, sigma=0.5, K=np.array([1.0, 1e4]))
    assert step == pytest.approx([1 / 3, math.sqrt(2 * 2 * 16 / (3 * 1e4)) / 0.5], rel=1e-6)
    assert bound[1] == pytest.approx(2 * math.sqrt(2 * 3 * 2 * 0.25 / (16 * 1e4)), rel=1e-9)
    assert best(theory.get("ours.p1"), n=16, L=3.0, delta=2.0, sigma=0.0, K=1e4)[1] == pytest.approx(1 / 3)
    prescribed = best(theory.get("ours.p1-tuned"), n=16, L=3.0, delta=2.0, sigma=0.5, K=1e4)
    assert math.isnan(prescribed[1])
    never = best(theory.get("ours.p2"), **CONSTANTS | {"rho": 1.0}, K=1e4)
    assert never[0] == math.inf


def test_suboptimalities_start_at_delta():
    theorem = theory.get("lsgd.one-over-k:rederived")
    constants = {"n": 4, "L": 1.0, "mu": 0.5, "nu": 0.0, "pull": 0.1, "sigma": 1.0, "zeta": 0.0, "k_0": 8.0, "delta": 2.0}
    found = transient(theorem, **constants)
    # max(k_0 delta, 2 L sigma^2/mu^2)/(K + k_0) < delta
    assert (found.initial_sq, found.non_vacuous) == (2.0, pytest.approx(1, abs=1e-9))
    with pytest.raises(InputError, match="squared gradient norm"):
        transient(theory.get("ours.p2-consensus"), **CONSTANTS)
