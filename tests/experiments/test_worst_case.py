"""Worst instances replayed through the simulator, and worst cases beside measured values."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import verify, worst_case
from experiments.grid import deterministic
from experiments.settings import prepare
from numerics import algorithms, graphs
from numerics.timeline import WorstDelay
from straggler import StragglerError
from theory import worst_case as theory

K, GAMMA, L, DELTA = 3, 0.1, 2.0, 1.5
SYSTEMS = {
    "sgd": (algorithms.SGD(step_size=GAMMA), graphs.complete(3).schedule()),
    "dpsgd": (algorithms.DPSGD(step_size=GAMMA), graphs.ring(5).schedule()),
    "dpsgd-path": (algorithms.DPSGD(step_size=GAMMA, order="step-then-mix"), graphs.path(4).schedule()),
    "local-sgd": (algorithms.LocalSGD(step_size=GAMMA, period=2), graphs.complete(4).schedule()),
    "sgp": (algorithms.SGP(step_size=GAMMA), graphs.one_peer_exponential(4).schedule()),
    "sgp-star": (algorithms.SGP(step_size=GAMMA), graphs.star(4).schedule("push")),
}


@pytest.mark.parametrize("functions", ["local", "tilted"])
@pytest.mark.parametrize("name", SYSTEMS)
def test_a_replay_attains_the_worst_case(name, functions) -> None:
    algorithm, schedule = SYSTEMS[name]
    family = theory.nonconvex(worst_case.method(algorithm, schedule, K), functions)
    found = family.at(gamma=GAMMA, L=L, delta=DELTA, zeta=1.0)
    run = worst_case.replay(found.instance, algorithm, schedule, K, delta=DELTA, zeta=1.0, quantities=("grad_norm_sq", "zeta"))
    assert float(run.grad_norm_sq.values[:K].mean()) == pytest.approx(found.lower, rel=1e-9)
    assert float(run.zeta.max()) <= 1.0
    assert found.gap < 1e-4 * found.upper


def test_a_replay_of_delayed_gradients() -> None:
    algorithm, schedule = algorithms.APSGD(step_size=GAMMA), graphs.complete(2).schedule()
    timeline = WorstDelay(schedule, 1, "none")
    found = theory.nonconvex(worst_case.method(algorithm, schedule, K, timeline)).at(gamma=GAMMA, L=L, delta=DELTA)
    run = worst_case.replay(found.instance, algorithm, schedule, K, delta=DELTA, timeline=timeline)
    assert float(run.grad_norm_sq.values[:K].mean()) == pytest.approx(found.lower, rel=1e-9)


@pytest.mark.parametrize(("goal", "quantity"), [("value", "value"), ("distance", "center_distance_sq")])
def test_a_replay_of_the_last_iterate(goal, quantity) -> None:
    algorithm, schedule = SYSTEMS["dpsgd"]
    family = theory.last_iterate(worst_case.method(algorithm, schedule, K), goal, goal)
    found = family.at(gamma=GAMMA, L=L, mu=0.3, zeta=0.4, delta=DELTA, radius=1.7)
    run = worst_case.replay(found.instance, algorithm, schedule, K, quantities=(quantity,), record_every=K)
    assert float(run[quantity].values[-1, 0]) == pytest.approx(found.lower, rel=1e-9)
    assert float(run[quantity].values[0, 0]) <= {"value": DELTA, "distance": 1.7**2}[goal]


def test_another_run_leaves_the_recorded_points() -> None:
    algorithm, schedule = SYSTEMS["dpsgd"]
    found = theory.nonconvex(worst_case.method(algorithm, schedule, K)).at(gamma=GAMMA, L=L, delta=DELTA, zeta=1.0)
    with pytest.raises(StragglerError, match="recorded"):
        worst_case.replay(found.instance, algorithms.DPSGD(step_size=2 * GAMMA), schedule, K)


def test_what_has_no_such_form_has_no_method() -> None:
    ring = graphs.ring(4).schedule()
    assert worst_case.method(algorithms.DPSGD(step_size=0.1, momentum=0.5), ring, 2) is None
    assert worst_case.method(algorithms.DPSGD(step_size=lambda k: 0.1 / (k + 1)), ring, 2) is None
    assert worst_case.method(algorithms.LocalSGD(step_size=0.1, period=2), ring, 2) is None
    assert worst_case.method(algorithms.LGD(step_size=0.1), ring, 2) is None


@pytest.mark.parametrize("claim", deterministic.claims(), ids=lambda claim: f"{claim.theorem}-{claim.problem}")
def test_measured_is_below_the_worst_case_and_that_is_below_the_bound(claim) -> None:
    finding = verify.examine(claim, 1e-4).finding
    assert finding.measured <= finding.worst_case <= finding.bound
    assert finding.verdict in ("holds", "vacuous")
    assert finding.worst_case < 3 * finding.measured


def test_workers_with_exact_leaders_do_gradient_descent() -> None:
    """Whose last suboptimality is at most (1 - mu gamma)^(2K) of the first, where the theorem has (1 - mu gamma)^K."""
    claim = next(claim for claim in deterministic.claims() if claim.theorem == "lsgd.limsup:rederived")
    setting = prepare(claim)
    kept = (1 - setting.constants["mu"] * setting.gamma) ** claim.iterations
    assert worst_case.of(setting) == pytest.approx(kept**2 * setting.constants["delta"], rel=1e-4)
    assert setting.theorem.bound(**setting.constants) == pytest.approx(kept * setting.constants["delta"])


def test_leaders_without_a_worst_case() -> None:
    leaders = {claim.theorem: claim for claim in deterministic.claims() if claim.system == "lgd"}
    for key, claim in leaders.items():
        assert worst_case.of(prepare(claim)) is not None
        for change in ({"problem_options": {**claim.problem_options, "noise": "gaussian", "sigma": 0.1}}, {"system": "lsgd"}):
            options = {"options": {"pull": 0.1}} if "system" in change else {}
            assert worst_case.of(prepare(claim.model_copy(update=change | options))) is None, (key, change)
    last = leaders["lsgd.limsup:rederived"]
    for change in ({"iterations": 40}, {"options": {"attraction": 0.1, "period": 2}}, {"apart": 1.0}):
        assert worst_case.of(prepare(last.model_copy(update=change))) is None


def test_claims_without_one() -> None:
    claim = deterministic.claims()[2]
    for change in ({"iterations": 40}, {"problem_options": {**claim.problem_options, "noise": "gaussian"}}, {"nodes": 64}):
        assert worst_case.of(prepare(claim.model_copy(update=change))) is None
    assert worst_case.of(prepare(claim.model_copy(update={"theorem": "ours.p2-consensus"}))) is None
    assert np.isfinite(worst_case.of(prepare(claim)))
