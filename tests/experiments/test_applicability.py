"""A theorem is held against runs it speaks about only, whatever the numbers say."""

from __future__ import annotations

import pytest

from experiments import measures
from experiments.applicability import obstacle
from experiments.claims import Claim
from experiments.settings import prepare
from experiments.verify import examine
from numerics.mixing.push_sum import B_E

ALPHA = 1e-4
SMALL = {"dim": 4, "sigma": 1.0, "zeta": 0.5}


def claim(theorem: str, system: str, **more: object) -> Claim:
    return Claim(**({"problem": "quadratic", "nodes": 8, "iterations": 40, "budget": 16, "problem_options": SMALL} | more),
                 theorem=theorem, system=system)  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (
            claim("ours.p4-doubly", "sgp", graph="star", weights="push"),
            claim("ours.p4-doubly", "sgp", graph="one-peer-exponential"),
        ),
        (
            claim("ours.p4-doubly-consensus", "sgp", graph="star", weights="push"),
            claim("ours.p4-doubly-consensus", "sgp", graph="star", weights="metropolis"),
        ),
        (
            claim("ours.p3", "local-sgd", graph="ring", options={"period": 4}),
            claim("ours.p3", "local-sgd", graph="complete", options={"period": 4}),
        ),
        (
            claim("ours.p3-consensus", "local-sgd", options={"period": 4, "switch": 5}),
            claim("ours.p3-consensus", "local-sgd", options={"period": 4, "switch": 0}),
        ),
        (
            claim("local-sgd.wang-joshi-mixing", "local-sgd", graph="exponential", problem_options=SMALL | {"zeta": 0.0}),
            claim("local-sgd.wang-joshi-mixing", "local-sgd", graph="ring", problem_options=SMALL | {"zeta": 0.0}),
        ),
        (claim("dpsgd.theorem-1", "dpsgd", graph="exponential"), claim("dpsgd.theorem-1", "dpsgd", graph="hypercube")),
        (
            claim("ours.p5", "osgp", graph="exponential", options={"overlap": 1, "unbiased": False}),
            claim("ours.p5", "osgp", graph="exponential", options={"overlap": 1, "unbiased": True}),
        ),
        (
            claim("ours.p5", "osgp", graph="exponential", options={"overlap": 1, "send_every": 2}),
            claim("ours.p5", "osgp", graph="exponential", options={"overlap": 1, "send_every": 1}),
        ),
        (
            claim("ours.p1", "sgd", problem_options=SMALL | {"nu": 0.1}),
            claim("ours.p1", "sgd", problem_options=SMALL | {"nu": 0.0}),
        ),
        (
            claim("ours.p3-consensus", "local-sgd", options={"period": 4}, problem_options=SMALL | {"sigma": 0.0, "nu": 0.1}),
            claim("ours.p3-consensus", "local-sgd", options={"period": 4}, problem_options=SMALL | {"sigma": 0.0}),
        ),
        (
            claim("ef-sgd.lemma-3", "ef-sgd", problem="cosine", step=0.1, problem_options=SMALL | {"nu": 0.1}),
            claim("ef-sgd.lemma-3", "ef-sgd", problem="cosine", step=0.1, problem_options=SMALL),
        ),
    ],
    ids=lambda each: f"{each.theorem}-{each.graph}-{each.weights}",
)
def test_assumptions_on_mixing_and_rule_are_asked_for(wrong: Claim, right: Claim) -> None:
    refused, admitted = examine(wrong, ALPHA).finding, examine(right, ALPHA).finding
    assert refused.verdict == "inapplicable"
    assert refused.reason.startswith("assumes ")
    assert refused.measured is None
    assert admitted.verdict in ("holds", "vacuous")


@pytest.mark.parametrize("graph", ["one-peer-exponential", "bipartite-exponential"])
@pytest.mark.parametrize("nodes", [4, 8])
def test_mixing_that_does_not_contract_in_one_round_is_inapplicable_not_an_error(graph: str, nodes: int) -> None:
    for theorem, step in (("ours.p2", 0.5), ("ours.p2-tuned", "prescribed")):
        finding = examine(claim(theorem, "dpsgd", graph=graph, nodes=nodes, step=step), ALPHA).finding
        assert finding.verdict == "inapplicable"
        assert "rho < 1" in finding.reason


def test_a_step_of_zero_is_inapplicable() -> None:
    settled = claim("ours.p1-tuned", "sgd", problem="cosine", step="prescribed", problem_options=SMALL | {"start": 0.0})
    finding = examine(settled, ALPHA).finding
    assert (finding.verdict, finding.gamma, finding.bound) == ("inapplicable", None, None)
    assert "no positive step" in finding.reason


def test_constants_are_those_of_the_delay_that_runs() -> None:
    """The algorithm's own default delay counts where the claim does not choose one."""
    silent = prepare(claim("ours.p5", "osgp", graph="one-peer-exponential"))
    assert silent.constants["tau"] == 1
    assert silent.constants["B_E"] == pytest.approx(B_E(silent.schedule, overlap=1))
    assert silent.constants["B_E"] > 2 * B_E(silent.schedule)


def test_workers_may_start_apart_where_the_theorem_says_so():
    apart = {
        "system": "sgp",
        "graph": "one-peer-exponential",
        "problem": "quadratic",
        "nodes": 4,
        "iterations": 1000,
        "apart": 0.5,
    }
    small = {"dim": 2, "sigma": 0.0, "smoothness": 0.01, "mu": 0.01, "start": 2.0}
    claim = Claim(theorem="sgp.theorem-2-consensus", step="prescribed", problem_options=small, **apart)
    setting = prepare(claim)
    assert obstacle(setting) is None
    assert setting.constants["x0_spread"] == pytest.approx(0.5)
    assert setting.constants["x0_sq"] == pytest.approx(2 * 2.0**2 + 0.5**2)
    first = measures.base.exact(setting)["consensus_sq"].values[0]
    assert first == pytest.approx(0.25)
    same = prepare(claim.model_copy(update={"theorem": "ours.p4", "step": 0.5}))
    assert "same point" in obstacle(same)[0]
    assert "apart" not in claim.model_copy(update={"apart": 0.0}).run_description(0.1, "x", range(2))
