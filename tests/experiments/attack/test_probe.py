"""Probes: what one run proves about a bound, against verify, against hand-made runs, and where it proves nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest

from experiments.attack.probe import Probe, probe, sweep, worst
from experiments.claims import Claim
from experiments.settings import prepare
from experiments.verify import examine
from theory import registry
from theory.conditions import Condition
from theory.symbols import L, gamma

RING = {"system": "dpsgd", "problem": "quadratic", "graph": "ring", "nodes": 5, "iterations": 30, "budget": 16}
ROUGH = {"dim": 3, "sigma": 0.7, "zeta": 0.4}
P2 = Claim(theorem="ours.p2", problem_options=ROUGH, **RING)


def test_an_exact_probe_is_what_verify_finds():
    found, outcome = probe(P2), examine(P2, alpha=0.01)
    assert found.witness == "exact second moments"
    assert found.lower == found.value == pytest.approx(outcome.finding.exact, rel=1e-12)
    assert found.bound == pytest.approx(outcome.finding.bound, rel=1e-12)
    assert found.ratio == pytest.approx(1 / outcome.finding.factor, rel=1e-12)
    assert not found.refutes()
    assert found.refutes(0.9 * found.value)
    assert not found.refutes(found.value * (1 - 1e-10))  # what rounding may leave is no refutation


def test_one_run_gives_the_probe_of_every_shorter_one():
    swept = {found.claim.iterations: found for found in sweep(P2)}
    assert len(swept) > 15
    for k in (1, 7, 30):
        alone = probe(P2.model_copy(update={"iterations": k}))
        assert swept[k].claim == alone.claim
        assert swept[k].constants == alone.constants
        assert (swept[k].value, swept[k].bound) == pytest.approx((alone.value, alone.bound), rel=1e-12)


@pytest.mark.parametrize(
    "changed", [{"theorem": "ours.p2-tuned", "step": "prescribed"}, {"theorem": "koloskova.theorem-2", "step": "prescribed"}]
)
def test_steps_that_know_the_horizon_are_probed_there_only(changed):
    assert {found.claim.iterations for found in sweep(P2.model_copy(update=changed))} <= {30}


def test_a_sampled_probe_covers_the_exact_value():
    exact = probe(P2).value
    sampled = probe(P2.model_copy(update={"problem": "rational", "theorem": "ours.p2"}), replicas=32)
    assert sampled.witness == "32 replicas"
    assert 0 < sampled.lower < sampled.value < sampled.bound
    # the same left side, sampled on the problem whose value is known: dropping the exact witness must not change it by much
    from experiments import measures

    setting = prepare(P2)
    samples = measures.get("mean_grad_norm_sq").sample(setting, range(64))["sample"].values
    assert abs(samples.mean() - exact) < 5 * samples.std() / 8


def test_sampled_horizons_agree_with_shorter_runs():
    claim = P2.model_copy(update={"problem": "cosine"})
    swept = {found.claim.iterations: found for found in sweep(claim, alpha=0.01)}
    alone = probe(claim.model_copy(update={"iterations": 7}), alpha=0.01)
    assert swept[7].value == pytest.approx(alone.value, rel=1e-9)
    assert swept[7].lower < alone.lower  # its level is shared by all horizons


def test_a_run_without_chance_has_no_spread():
    claim = P2.model_copy(update={"problem": "cosine", "problem_options": ROUGH | {"sigma": 0.0, "noise": "none"}})
    found = probe(claim)
    assert found.lower == found.value
    assert found.witness == "2 replicas"


def test_nothing_is_proved_where_the_theorem_does_not_speak():
    assert probe(P2.model_copy(update={"step": 1.5})) is None  # above the largest step
    same_data = Claim(
        theorem="local-sgd.wang-joshi", **(RING | {"system": "local-sgd", "graph": "complete"}), problem_options=ROUGH
    )
    assert probe(same_data) is None  # zeta is not zero


def test_nothing_is_proved_outside_the_ball():
    options = {"dim": 3, "sigma": 8.0, "zeta": 0.2, "hessians": "different"}
    near = P2.model_copy(update={"problem_options": options | {"sigma": 0.1}})
    assert probe(near) is not None
    assert probe(P2.model_copy(update={"problem_options": options})) is None


def test_the_worst_case_is_above_every_problem_and_below_the_bound():
    quiet = {"dim": 3, "sigma": 0.0, "noise": "none", "zeta": 0.4}
    claim = P2.model_copy(update={"nodes": 4, "iterations": 3, "problem_options": quiet})
    on_class, on_problem = worst(claim), probe(claim)
    assert on_class.witness == "exact worst case"
    assert on_class.bound == on_problem.bound
    assert on_problem.value < on_class.lower <= on_class.value < on_class.bound
    assert worst(P2) is None  # with noise there is none


def test_a_smallest_expectation_found_by_chance_refutes_nothing():
    claim = Claim(
        theorem="eager.theorem-6.3-bound:printed",
        system="eager",
        problem="cosine",
        nodes=4,
        iterations=20,
        step=0.01,
        problem_options={"dim": 2, "zeta": 0.0},
        budget=16,
    )
    found = probe(claim)
    assert found.value > 0
    assert found.lower == -math.inf
    assert not found.refutes(0.0)


def test_pathwise_statements_are_refuted_by_one_run():
    from experiments import grid

    (false,) = (claim for claim in grid.quick() if claim.theorem == "sgp.lemma-3:printed")
    found = probe(false)
    assert found.refutes()
    assert found.ratio > 1
    assert found.lower == found.value


def test_moments_of_models_that_run_apart_say_nothing_about_their_mean(monkeypatch):
    monkeypatch.setattr(registry, "_extra", {})
    true = registry.get("ours.p2")
    long_steps = (Condition("gamma <= 1/L", gamma * L, 1),)
    card = replace(true.card, key="mine.apart")
    registry.register(replace(true, card=card, requires=long_steps, step_limit=1 / L))
    claim = P2.model_copy(update={"theorem": "mine.apart", "nodes": 4, "iterations": 200, "step": 0.95})
    apart = probe(claim)  # one mode of the ring grows by 0.95 + 1/3 in every round; the mean of a quadratic does not feel that
    assert abs(apart.value) > 1e6 * apart.bound
    assert not apart.refutes()
    assert not apart.refutes(0.0)
    early = probe(claim.model_copy(update={"iterations": 10}))
    assert early.refutes(0.9 * early.value)


def test_a_sampled_mean_of_models_that_run_apart_is_known_to_a_part_of_their_distance(monkeypatch):
    monkeypatch.setattr(registry, "_extra", {})
    true = registry.get("ours.p2")
    long_steps = (Condition("gamma <= 1/L", gamma * L, 1),)
    registry.register(replace(true, card=replace(true.card, key="mine.apart"), requires=long_steps, step_limit=1 / L))
    still = {"theorem": "mine.apart", "nodes": 4, "step": 0.95, "problem_options": ROUGH | {"sigma": 0.0}}
    claim = P2.model_copy(update=still | {"iterations": 400})
    apart = probe(claim, exact=False)
    assert apart.witness == "2 replicas"
    assert apart.lower > 1e6 * apart.bound  # what rounding leaves of the mean
    assert not apart.refutes()
    assert not apart.refutes(0.0)
    early = probe(claim.model_copy(update={"iterations": 20}), exact=False)
    assert early.refutes(0.9 * early.value)
    assert early.rounding < 1e-6 * early.bound


def test_rounding_is_no_left_side():
    point = Probe(P2, {}, bound=0.0, value=1e-20, lower=1e-20, witness="", rounding=1e-18)
    assert point.ratio == 0
    assert not point.refutes()
    assert Probe(P2, {}, bound=0.0, value=1e-3, lower=1e-3, witness="").ratio == math.inf
    assert np.isfinite(Probe(P2, {}, bound=2.0, value=1.0, lower=-math.inf, witness="").ratio)


def test_a_bound_that_is_attained_far_from_the_origin_is_not_refuted_by_the_last_digit():
    """Steps of 2e-6 at coordinates of 466: their differences are known to 1e-7."""
    claim = Claim(
        theorem="eager.lemma-6.2:corrected",
        system="eager",
        problem="huber",
        nodes=5,
        iterations=20,
        step=0.006212886883701937,
        problem_options={"dim": 2, "smoothness": 0.0014743345254519592, "sigma": 0.0, "start": 466.5038661296961}
        | {"knee": 0.24592222418481835, "spread": 1.2701178370689736},
        timeline="late",
        timeline_options={"count": 3, "delay": 3, "order": "fixed"},
    )
    found = probe(claim)
    assert found.ratio > 1 + 1e-9
    assert not found.refutes()
    assert found.refutes(0.999 * found.value)


def test_what_stands_for_a_smaller_limit_refutes_nothing():
    options = {"dim": 5, "smoothness": 14.4, "mu": 2.18, "sigma": 0.0, "start": 13.2, "rotate": True}
    claim = Claim(
        theorem="lsgd.angle-small-lambda",
        system="lgd",
        problem="quadratic",
        nodes=2,
        iterations=20,
        step=0.34,
        problem_options=options,
    )
    found = probe(claim, replicas=64)
    assert found.ratio > 1  # the pull is small, not zero, and the direction all but points to the minimiser
    assert not found.refutes(0.0)
