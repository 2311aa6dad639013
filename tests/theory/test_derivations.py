import numpy as np
import pytest
import sympy as sp

import theory
from straggler import StragglerError
from theory.chain import Chain
from theory.derive import at_step, compare, draw, tune
from theory.evaluate import evaluate
from theory.papers import dpsgd, sgd, sgp
from theory.symbols import K, L, S, a, delta, gamma, n, sigma

TUNED = {"ours.p1": (), "ours.p2": ("rho",), "ours.p3": ("tau",), "ours.p4": ("B_E",), "ours.p4-doubly": ("B_E", "B_2")}


def equal(left, right):
    return sp.simplify(sp.expand(left - right)) == 0


def test_corollary_2_is_derived_to_the_letter():
    assert equal(dpsgd.corollary_2.right_side, 8 * L * delta / K + (8 * delta + 4 * L) * sigma / sp.sqrt(K * n))
    assert dpsgd.corollary_2.right_side == dpsgd.corollary_2.derivation.end


def test_constant_of_sgp_is_derived():
    assert equal(sgp.theorem_1_rederived.expanded(), 3 * (delta + L * sigma**2 / 2) / sp.sqrt(n * K))


def test_ghadimi_lan_is_derived():
    printed = 2 * L * delta / K + 2 * sp.sqrt(2) * sigma * sp.sqrt(L * delta / (n * K))
    assert equal(sgd.ghadimi_lan_tuned.right_side, printed)


@pytest.mark.parametrize("key", TUNED)
def test_tuned_rate_dominates_the_bound_at_the_tuned_step(key):
    theorem, tuned = theory.get(key), theory.get(f"{key}-tuned")
    constants = draw(theorem.constants, 20_000, seed=3)
    step = tuned.step_size(**constants)
    assert theorem.applies(**{**constants, "gamma": step}).all()
    ratio = theorem.bound(**{**constants, "gamma": step}) / tuned.bound(**constants)
    assert ratio.max() <= 1 + 1e-9
    assert ratio.max() > 0.6  # a rate ten times too large would pass the first line


@pytest.mark.parametrize(
    ("theorem", "corollary", "floor"),
    [
        (dpsgd.theorem_1, dpsgd.corollary_2, 0.5),
        (sgd.ghadimi_lan, sgd.ghadimi_lan_tuned, 0.8),
    ],
)
def test_corollary_dominates_its_theorem_at_its_step(theorem, corollary, floor):
    substituted = at_step(theorem, corollary.step)
    conditions = [c.subs(dict(corollary.definitions)) for c in corollary.requires]
    outcome = compare(substituted.expanded(), corollary.expanded(), conditions)
    assert outcome
    assert outcome.draws > 1000
    assert outcome.ratio > floor
    constants = {name: np.array([value]) for name, value in outcome.worst.items()}
    assert theorem.applies(**constants, gamma=corollary.step_size(**constants)).all()


def test_conditions_of_corollary_2_imply_those_of_theorem_1():
    constants = draw(dpsgd.corollary_2.constants, 50_000, seed=5)
    admitted = dpsgd.corollary_2.applies(**constants)
    kept = {name: values[admitted] for name, values in constants.items()}
    assert admitted.sum() > 1000
    step = dpsgd.corollary_2.step_size(**kept)
    assert dpsgd.theorem_1.applies(**kept, gamma=step).all()
    values = dpsgd.corollary_2.derivation.worst({**kept, "gamma": step}, dict(dpsgd.theorem_1.definitions))
    assert max(values.values()) <= 1 + 1e-9


def test_corollary_2_in_one_term_follows_from_the_consensus_error():
    """Also at the least K that the conditions admit; one worker has no consensus error, and no heterogeneity."""
    theorem = dpsgd.corollary_2_rederived
    constants = draw(theorem.constants, 50_000, seed=6)
    constants["n"][:20_000] = np.random.default_rng(9).integers(1, 4, 20_000)
    least = np.max([check.factor for check in theorem.conditions(**constants | {"K": np.ones(50_000)})[:2]], axis=0)
    constants["K"] = np.maximum(1, least) * 10 ** np.random.default_rng(10).choice([1e-9, 0.1, 3.0], 50_000)
    kept = {name: values[theorem.applies(**constants)] for name, values in constants.items()}
    assert len(kept["K"]) > 49_000
    kept["gamma"] = theorem.step_size(**kept)
    worst = theorem.derivation.worst(kept, dict(theorem.definitions))
    assert max(worst.values()) <= 1 + 1e-9
    assert worst["start <= end"] > 0.9
    assert dpsgd.p2_consensus.applies(**kept).all()
    consensus = np.where(kept["n"] == 1, 0, dpsgd.p2_consensus.bound(**kept))
    descent = theory.get("ours.p1").bound(**kept)
    assert (consensus <= kept["gamma"] ** 2 * kept["n"] * evaluate(dict(theorem.definitions)[S], kept)).all()
    assert ((descent + kept["L"] ** 2 * consensus) / theorem.bound(**kept)).max() <= 1


def test_links_of_sgp_hold_under_its_conditions():
    theorem = sgp.theorem_1_rederived
    constants = draw(theorem.constants, 100_000, seed=7)
    constants["K"] = 10 ** np.random.default_rng(8).uniform(4, 22, 100_000)
    admitted = theorem.applies(**constants)
    assert admitted.sum() > 1000
    kept = {name: values[admitted] for name, values in constants.items()}
    worst = theorem.derivation.worst(kept, sgp.CHAIN_DEFINITIONS)
    assert max(worst.values()) <= 1 + 1e-9
    assert worst["start <= end"] > 0.8


def test_bounds_of_sgp_follow_from_its_lemma():
    """The two inequalities of the proof are solved for both means, at the least K that the conditions admit and beyond."""
    size, keys = 20_000, ("sgp.theorem-1:rederived", "sgp.theorem-2", "sgp.theorem-2-consensus")
    for theorem in map(theory.get, keys):
        names = sorted({*theorem.constants, "L", "C", "q", "sigma", "zeta", "delta", "x0_sq"})
        here = draw(names, size, seed=11)
        here["C"], here["q"] = np.maximum(here["C"], 1), np.random.default_rng(1).uniform(0, 0.99, size)
        here["n"][: size // 2] = np.random.default_rng(2).integers(1, 4, size // 2)
        least = [check.factor for check in theorem.conditions(**here | {"K": np.ones(size)}) if check.text.startswith("K >=")]
        here["K"] = np.max(least, axis=0) * 10 ** np.random.default_rng(3).choice([1e-9, 0.1, 4.0], size)
        here = {name: value[theorem.applies(**here)] for name, value in here.items()}
        assert len(here["K"]) > 0.99 * size
        L, C, q, N, k = (here[name] for name in ("L", "C", "q", "n", "K"))
        assert (L * theorem.step_size(**here) <= 1).all()
        rate = (here["delta"] + L * here["sigma"] ** 2 / 2) / np.sqrt(N * k)
        noise = here["sigma"] ** 2 + 3 * here["zeta"] ** 2
        start = (L * C / (1 - q)) ** 2 / k * (here["x0_sq"] / (1 + q) + q * N * noise)
        share = 3 * q * (L * C / (1 - q)) ** 2 * N / k
        consensus = (start + 2 * share * rate) / (1 - 2 * share)
        gradients = 2 * rate + consensus
        left = dict(zip(keys, (gradients, 1.5 * gradients + 3 * consensus, consensus / L**2), strict=True))[theorem.key]
        ratio = left / theorem.bound(**here)
        assert 0.8 < ratio.max() <= 1


def test_koloskova_dominates_ours():
    outcome = compare(theory.get("ours.p2-tuned").expanded(), theory.get("koloskova.theorem-2").expanded())
    assert outcome
    steps = compare(
        theory.get("koloskova.theorem-2").expanded(theory.get("koloskova.theorem-2").step), theory.get("ours.p2-tuned").step
    )
    assert steps


def test_a_chain_bounds_only_what_it_may():
    chain = Chain.of(delta / (gamma * K) + gamma * L)
    up = chain.bound(gamma, sp.Integer(2), "say")
    assert equal(up.end, delta / (gamma * K) + 2 * L)
    down = chain.bound(1 / gamma, L, "say")
    assert equal(down.end, delta * L / K + gamma * L)
    with pytest.raises(StragglerError, match="no term"):
        chain.bound(n, sp.Integer(1), "say")
    with pytest.raises(StragglerError, match="negative"):
        Chain.of(delta - gamma * L)
    with pytest.raises(StragglerError, match="not another way"):
        chain.rewritten(delta)


def test_tune_without_curvature_or_drift():
    assert equal(tune(delta, L, sp.S.Zero, 1 / L).rate, L * delta / K + 2 * sp.sqrt(delta * L / K))
    assert equal(tune(delta, sp.S.Zero, sp.S.Zero, 1 / L).rate, L * delta / K)


def test_a_prescribed_step_stays():
    with pytest.raises(StragglerError, match="prescribes its step"):
        at_step(sgp.theorem_1, 1 / L)


def test_compare_finds_a_false_claim():
    assert not compare(gamma * L, gamma * L * sp.Rational(9, 10))
    assert not compare(a, L, draws=1000)
