"""The gauge in claims: the worst place, chosen on other runs; the table of B; and systems that its rows do not speak about."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments import measures, verify
from experiments.claims import Claim
from experiments.grid import gauges
from experiments.measures.base import PILOT
from experiments.relaxation import bounds
from experiments.settings import prepare
from numerics.algorithms import ElasticScheduling, MessagePassing
from numerics.gauge import gauge

ALPHA = 1e-4
ROUNDS = {"problem": "cosine", "nodes": 5, "iterations": 40, "step": 0.05, "problem_options": gauges.SAME}
LATE = Claim(
    theorem="elastic.b-async-messages",
    system="message-passing",
    timeline="message-delays",
    timeline_options={"delay": 3, "kind": "random"},
    **ROUNDS,
)


def readings(claim: Claim, seed: int, replicas: int) -> np.ndarray:
    setting = prepare(claim)
    made = claim.build_algorithm(setting.gamma), setting.problem, setting.schedule
    run = {"iterations": claim.iterations, "every": 1, "timeline": setting.timeline}
    return gauge(*made, replicas=replicas, seed=seed, **run).distance_sq.values


def test_the_place_is_chosen_on_other_runs() -> None:
    pilot = readings(LATE, LATE.seed + PILOT, 16).mean(axis=2)
    k, worker = np.unravel_index(pilot.argmax(), pilot.shape)
    found = measures.get("gauge_sq").sample(prepare(LATE), range(6))["sample"].values
    np.testing.assert_allclose(found, readings(LATE, LATE.seed, 6)[k, worker], rtol=1e-12)


def test_the_adversary_attains_its_gauge_everywhere() -> None:
    for system, timeline in (("adversarial-views", None), ("adversarial-views-async", "round-robin")):
        changes = {"system": system, "timeline": timeline, "timeline_options": {}, "options": {"B": 2.5}}
        name = "ours.elastic-nc" + ("-parallel" if timeline is None else "")
        found = readings(LATE.model_copy(update=changes | {"theorem": name}), 1, 3)
        np.testing.assert_allclose(found, 2.5**2, rtol=1e-9)


def _late(step):
    """Let everything come a round later than it should."""

    def planted(self, state, gradients, event) -> None:
        delays = event.delays
        if delays is not None:
            event.delays = np.where(delays > 0, delays + 1, delays)
        step(self, state, gradients, event)

    return planted


def _twice(step):
    """Count what is missing twice."""

    def planted(self, state, gradients, event) -> None:
        step(self, state, gradients, event)
        if state.lag is not None:
            state.lag *= 2

    return planted


@pytest.mark.parametrize(
    ("system", "plant", "theorem"),
    [
        (MessagePassing, _late, "elastic.b-async-messages"),
        (ElasticScheduling, _twice, "elastic.b-norm-bounded"),
        (ElasticScheduling, _twice, "elastic.b-variance-bounded:rederived"),
    ],
)
def test_a_planted_error_violates_its_row(system, plant, theorem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = [claim for claim in gauges.claims(100) if claim.theorem == theorem]
    assert {verify.examine(claim, ALPHA).finding.verdict for claim in claims} == {"holds"}
    monkeypatch.setattr(system, "step", plant(system.step))
    assert "violated" in {verify.examine(claim, ALPHA).finding.verdict for claim in claims}


@pytest.mark.parametrize(
    ("theorem", "changes", "reason"),
    [
        ("elastic.b-crash", {}, "crash"),
        ("elastic.b-omission", {}, "lacks at most"),
        ("elastic.b-async-messages", {"timeline": "crashes", "timeline_options": {"faults": 1}}, "last tau"),
        ("elastic.b-async-messages", {"options": {"momentum": 0.5}}, "momentum"),
        ("elastic.b-norm-bounded", {"system": "elastic-scheduling", "options": {"bound": "variance"}}, "one round later"),
        ("elastic.b-variance-bounded:printed", {"system": "elastic-scheduling", "options": {"bound": "norm"}}, "own gradient"),
        ("ours.elastic-composition", {"system": "compressed-messages"}, "in the order"),
        ("ours.elastic-composition-messages", {"system": "compressed-messages", "options": {"compressor": "max-min"}}, "norms"),
        ("ef-sgd.lemma-3", {"system": "ef-sgd", "options": {"detached": 0.5}}, "error|memory"),
        ("ef-sgd.lemma-3", {"system": "ef-sgd", "options": {"compressor": "qsgd"}}, "loses at most"),
        ("ours.detached-gauge", {"system": "def", "options": {"compressor": "qsgd"}}, "loses at most"),
        ("ours.gauge-lsgd", {"system": "lsgd", "options": {"pull": 0.1}}, "each worker steps"),
        ("ours.unbiased-compression", {"system": "compressed-sgd", "options": {"compressor": "top-k"}}, "unbiased"),
        ("qsgd.lemma-3.1-mean", {"system": "compressed-sgd", "options": {"compressor": "top-k"}}, "rounded"),
    ],
)
def test_other_timelines_and_options_are_not_what_a_row_speaks_about(theorem: str, changes: dict, reason: str) -> None:
    plain = {"timeline": None, "timeline_options": {}} if "system" in changes else {}
    if "composition" in theorem:
        plain = {"timeline_options": {"delay": 2, "kind": "random"}}
    finding = verify.examine(LATE.model_copy(update={"theorem": theorem} | plain | changes), ALPHA).finding
    assert finding.verdict == "inapplicable"
    assert any(each in finding.reason for each in reason.split("|"))


@pytest.mark.parametrize(
    ("system", "told", "reason"),
    [
        ("apsgd", {"timeline": "worst-delay", "timeline_options": {"delay": 2}}, "one stochastic gradient"),
        ("hogwild", {"timeline": "round-robin", "options": {"compressor": "top-k"}}, "one stochastic gradient"),
        ("apsgd", {"timeline": "independent"}, "gamma B"),
        ("async-ef", {"timeline": "round-robin", "options": {"compressor": "top-k", "detached": 0.5}}, "gamma B"),
    ],
)
def test_single_steps_are_one_whole_gradient_with_a_known_gauge(system: str, told: dict, reason: str) -> None:
    given = {"parameters": {"B": 3.0}} if "stochastic" in reason else {}
    finding = verify.examine(Claim(theorem="ours.elastic-nc", system=system, **ROUNDS | told | given), ALPHA).finding
    assert finding.verdict == "inapplicable"
    assert reason in finding.reason


def test_half_of_the_workers_are_not_all() -> None:
    crashing = {"timeline": "crashes", "timeline_options": {"faults": 2}}
    claim = LATE.model_copy(update={"theorem": "ours.elastic-nc-parallel", "iterations": 400} | crashing)
    assert verify.examine(claim, ALPHA).finding.verdict == "inapplicable"
    fewer = claim.model_copy(update={"theorem": "ours.elastic-nc-quorum"})
    assert prepare(fewer).constants["quorum"] == 3
    assert verify.examine(fewer, ALPHA).finding.verdict in ("holds", "vacuous")


def test_b_is_the_least_of_the_rows_that_speak_about_a_run() -> None:
    setting = prepare(LATE.model_copy(update={"theorem": "ours.elastic-nc-parallel"}))
    found = bounds(setting.claim, setting.problem, setting.schedule, setting.timeline, setting.constants)
    assert set(found) == {"elastic.b-async-messages"}
    moment = setting.problem.numbers["M"] ** 2 + 0.6**2
    assert setting.constants["B"] == pytest.approx(math.sqrt(moment) * 4 * 3 / 5)
