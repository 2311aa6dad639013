"""Verification: verdicts, reuse of stored samples, independence of the number of processes, and the whole quick grid."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from experiments import grid, measures, storage, verify
from experiments.claims import Claim
from experiments.settings import prepare
from experiments.verdict import agree, settle
from straggler import ResultError, StragglerError

ALPHA = 1e-4
SMALL = {"dim": 4, "smoothness": 1.0, "sigma": 1.0, "zeta": 0.3}
CLAIM = Claim(theorem="ours.p2", system="dpsgd", problem="quadratic", graph="ring", nodes=5, iterations=60, problem_options=SMALL)


def only(claims: list[Claim], theorem: str) -> list[Claim]:
    return [claim for claim in claims if claim.theorem == theorem]


def test_settle_needs_the_whole_interval_on_one_side() -> None:
    assert settle(0.9, 1.1, 1.2, None) == "holds"
    assert settle(0.9, 1.1, 1.0, None) is None
    assert settle(0.9, 1.1, 0.8, None) == "violated"
    assert settle(0.9, 1.1, 1.0, 0.99) == "holds"
    assert settle(0.9, 1.1, 1.0, 1.01) == "violated"


def test_lemma_3_as_printed_is_violated_and_its_correction_holds() -> None:
    (printed,) = only(grid.quick(), "sgp.lemma-3:printed")
    finding = verify.examine(printed, ALPHA).finding
    assert finding.verdict == "violated"
    assert finding.known_false
    assert not finding.fails
    assert finding.measured > 10
    for claim in only(grid.quick(), "sgp.lemma-3:corrected"):
        assert verify.examine(claim, ALPHA).finding.verdict == "holds"


def test_the_counterexample_to_lemma_3_is_one_at_any_scale() -> None:
    (printed,) = only(grid.quick(), "sgp.lemma-3:printed")
    small = printed.model_copy(update={"problem_options": dict(printed.problem_options) | {"zeta": 1e-13}})
    ratios = [verify.examine(claim, ALPHA).finding.measured for claim in (printed, small)]
    assert ratios[1] == pytest.approx(ratios[0], rel=1e-2)


def test_sgp_theorem_1_is_inapplicable_with_printed_constants_and_holds_with_computed_ones() -> None:
    claims = only(grid.quick(), "sgp.theorem-1:printed")
    findings = {claim.constants: verify.examine(claim, ALPHA).finding for claim in claims}
    assert findings["printed"].verdict == "inapplicable"
    assert 1e77 < findings["printed"].factor < 1e79
    assert "K >= 60^2" in findings["printed"].reason
    assert findings["computed"].verdict == "holds"


def test_a_step_beyond_the_limit_is_inapplicable_with_its_factor() -> None:
    finding = verify.examine(CLAIM.model_copy(update={"step": 1.5}), ALPHA).finding
    assert finding.verdict == "inapplicable"
    assert finding.factor == pytest.approx(1.5)
    assert finding.measured is None


def test_an_exact_value_that_disagrees_with_the_sample_is_not_taken_for_evidence(monkeypatch) -> None:
    exact = measures.exact_mean
    monkeypatch.setattr(measures, "exact_mean", lambda setting, name: 1.5 * exact(setting, name))
    finding = verify.examine(CLAIM, ALPHA).finding
    assert finding.verdict == "inconclusive"
    assert "witnesses disagree" in finding.reason
    assert finding.fails


def test_divergence_is_a_verdict_not_a_crash(monkeypatch) -> None:
    from theory.theorem import Theorem

    monkeypatch.setattr(Theorem, "largest_step", lambda self, **_: 1e3)
    monkeypatch.setattr(Theorem, "conditions", lambda self, **_: [])
    finding = verify.examine(CLAIM.model_copy(update={"iterations": 400, "problem": "quadratic"}), ALPHA).finding
    assert finding.verdict == "diverged"
    assert "iteration" in finding.reason


def test_leaving_the_certified_ball_is_inapplicable() -> None:
    options = {"dim": 3, "smoothness": 1.0, "sigma": 5.0, "zeta": 0.1, "hessians": "different", "radius": 2.0}
    finding = verify.examine(CLAIM.model_copy(update={"problem_options": options, "iterations": 300}), ALPHA).finding
    assert finding.verdict == "inapplicable"
    assert "left the ball" in finding.reason


def test_a_ball_matters_only_to_theorems_that_use_what_is_certified_on_it() -> None:
    options = {"dim": 3, "smoothness": 1.0, "sigma": 5.0, "zeta": 0.1, "hessians": "different", "radius": 2.0}
    changes = {"theorem": "sgd.ghadimi-lan", "system": "sgd", "problem_options": options, "iterations": 300}
    outcome = verify.examine(CLAIM.model_copy(update=changes), ALPHA)
    assert outcome.evidence.farthest > 2.0
    assert outcome.finding.verdict in ("holds", "vacuous")


@pytest.mark.parametrize("theorem", ["ours.p2", "ours.p2-consensus", "dpsgd.theorem-1"])
@pytest.mark.parametrize("iterations", [60, 61, 97])
def test_witnesses_of_a_run_without_noise_agree(theorem: str, iterations: int) -> None:
    quiet = SMALL | {"noise": "none", "sigma": 0.0}
    claim = CLAIM.model_copy(update={"theorem": theorem, "problem_options": quiet, "iterations": iterations})
    assert verify.examine(claim, ALPHA).finding.verdict in ("holds", "vacuous")
    claim = claim.model_copy(update={"theorem": "ours.p1", "system": "sgd"})
    assert verify.examine(claim, ALPHA).finding.verdict in ("holds", "vacuous")


@pytest.mark.parametrize("problem", ["quadratic", "cosine"])
def test_rounding_does_not_violate_a_bound_of_zero(problem: str) -> None:
    local = {"theorem": "ours.p3-consensus", "system": "local-sgd", "graph": "complete", "options": {"period": 1}}
    push = {"theorem": "ours.p4-consensus", "system": "sgp", "graph": "complete"}
    for changes in (local, push):
        outcome = verify.examine(CLAIM.model_copy(update=changes | {"problem": problem}), ALPHA)
        assert outcome.finding.bound < 1e-25
        assert outcome.finding.verdict == "holds"


def test_rounding_does_not_excuse_a_distance(monkeypatch) -> None:
    from theory.theorem import Theorem

    claim = CLAIM.model_copy(update={"theorem": "ours.p2-consensus", "step": 1e-6})
    exact = verify.examine(claim, ALPHA).finding.exact
    monkeypatch.setattr(Theorem, "bound", lambda self, **_: exact * (1 - 1e-6))
    assert verify.examine(claim, ALPHA).finding.verdict == "violated"


def test_a_true_printed_statement_may_not_be_violated_unnoticed(monkeypatch) -> None:
    from theory.theorem import Theorem

    monkeypatch.setattr(Theorem, "bound", lambda self, **_: 1e-6)
    finding = verify.examine(CLAIM.model_copy(update={"theorem": "dpsgd.theorem-3:printed"}), ALPHA).finding
    assert finding.verdict == "violated"
    assert finding.fails


def test_a_file_with_other_content_is_another_result(tmp_path) -> None:
    file, store = tmp_path / "data.svm", tmp_path / "store"
    options = {"theorem": "ours.p1", "system": "sgd", "problem": f"logistic:{file}", "problem_options": {}, "nodes": 2}
    measured = []
    for value in (1, 2):
        file.write_text("".join(f"{(-1) ** row} 1:{value * row} 2:1\n" for row in range(8)))
        measured.append(verify.examine(CLAIM.model_copy(update=options | {"step": 0.01}), ALPHA, store).finding.measured)
    fresh = verify.examine(CLAIM.model_copy(update=options | {"step": 0.01}), ALPHA).finding.measured
    assert measured[1] == fresh != measured[0]


def test_stored_samples_are_reused_and_a_damaged_one_is_refused(tmp_path, monkeypatch) -> None:
    first = verify.examine(CLAIM, ALPHA, tmp_path)
    files = sorted(tmp_path.iterdir())
    assert files
    monkeypatch.setattr(measures, "averaged", lambda name: pytest.fail("ran again instead of reading"))
    sampled = storage.load(files[0])
    assert sampled.attrs["description"]["problem"] == "quadratic"
    monkeypatch.undo()
    stamps = [path.stat().st_mtime_ns for path in files]
    assert verify.examine(CLAIM, ALPHA, tmp_path).finding == first.finding
    assert [path.stat().st_mtime_ns for path in files] == stamps
    files[0].write_bytes(files[0].read_bytes()[:500])
    with pytest.raises(ResultError):
        verify.examine(CLAIM, ALPHA, tmp_path)


def test_outcomes_do_not_depend_on_the_number_of_processes() -> None:
    claims = [CLAIM, CLAIM.model_copy(update={"problem": "cosine"}), CLAIM.model_copy(update={"nodes": 6, "graph": "path"})]
    one = verify.verify(claims, jobs=1)
    two = verify.verify(claims, jobs=2)
    assert [dataclasses.asdict(o.finding) for o in one] == [dataclasses.asdict(o.finding) for o in two]
    assert [o.evidence.running for o in one] == [o.evidence.running for o in two]


def test_a_claim_about_another_system_is_refused() -> None:
    with pytest.raises(StragglerError, match="speaks about"):
        verify.examine(CLAIM.model_copy(update={"system": "sgd", "graph": "complete"}), ALPHA)


@pytest.mark.slow
def test_the_quick_grid_has_no_unexplained_violation() -> None:
    from numerics.algorithms import REGISTRY
    from theory import registry

    claims = grid.quick()
    outcomes = verify.verify(claims, jobs=1)
    findings = [outcome.finding for outcome in outcomes]
    assert len(findings) >= 60
    simulated = {key for key in registry.keys() if set(registry.card(key).systems) & set(REGISTRY)}  # noqa: SIM118
    assert {claim.theorem for claim in claims} == simulated
    assert not [f for f in findings if f.fails]
    false = {"sgp.lemma-3:printed", "lsgd.stationary-points:printed"}
    false |= {"eager.lemma-6.2:printed", "eager.theorem-6.3-bound:printed", "eager.theorem-6.3:printed"}
    assert {f.theorem for f in findings if f.verdict == "violated"} == false
    assert not [f for f in findings if f.verdict == "inconclusive"]
    exact = [f for f in findings if f.exact is not None]
    assert len(exact) >= 20
    assert all(agree(*f.measured_ci, f.exact) for f in exact)


def test_a_registered_theorem_travels_to_other_processes(monkeypatch) -> None:
    from theory import registry

    original = registry.get("ours.p2")
    mine = dataclasses.replace(original, card=dataclasses.replace(original.card, key="mine.p2"))
    monkeypatch.setattr(registry, "_extra", {})
    registry.register(mine)
    claims = [CLAIM.model_copy(update={"theorem": "mine.p2", "seed": seed}) for seed in (1, 2)]
    assert [outcome.finding.verdict for outcome in verify.verify(claims, jobs=2)] == ["holds", "holds"]


def test_the_band_of_a_plot_is_a_student_interval() -> None:
    """With 16 replicas the 97.5 % quantile is 2.1314, not the normal 1.96."""
    outcome = verify.examine(CLAIM, ALPHA)
    evidence = outcome.evidence
    assert outcome.finding.replicas == 16
    values = measures.averaged("grad_norm_sq")(prepare(CLAIM), range(16))["running"].values
    half = 2.13145 * values.std(axis=1, ddof=1) / 4
    np.testing.assert_allclose(np.array(evidence.running_high) - np.array(evidence.running), half, rtol=1e-5, atol=1e-12)
