"""What WAGMA-SGD and eager-SGD are held against, by the definitions of the theory: plain loops over whole histories."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from experiments import measures, verify
from experiments.claims import Claim
from experiments.grid import group as grid
from experiments.measures.base import PILOT
from experiments.settings import prepare
from numerics.algorithms import SequentialWAGMA
from numerics.streams import Streams
from numerics.timeline import RandomGroups, fitting
from theory.theorem import Theorem

ALPHA = 1e-4
QUIET = {"dim": 3, "sigma": 0.0, "noise": "none", "zeta": 0.7, "start": 1.2}
GROUPS = Claim(
    theorem="wagma.lemma-4.2",
    system="wagma-sequential",
    problem="cosine",
    nodes=5,
    iterations=23,
    step=0.2,
    options={"group_size": 2, "period": 6},
    problem_options=QUIET,
)
LATE = Claim(
    theorem="eager.lemma-6.2:corrected",
    system="eager",
    problem="cosine",
    nodes=4,
    iterations=17,
    step=0.2,
    options={"period": 7},
    timeline="randomly-late",
    timeline_options={"late": 0.5, "delay": 3},
    problem_options=QUIET,
)


def interactions(claim: Claim, seed: int, replica: int):
    """Return groups (K, S) and models (K, n, d) before every interaction, by the formula of the paper."""
    setting = prepare(claim)
    tilts, gamma, n = setting.problem.objective.tilts, setting.gamma, claim.nodes
    size, period = claim.options["group_size"], claim.options["period"]
    timeline = fitting(claim.build_algorithm(gamma), setting.schedule, None)
    events = timeline.play(claim.iterations, Streams(seed, [replica]))
    groups = [event.workers[:, 0].tolist() for event in events]
    w, pending, history = [setting.problem.start() for _ in range(n)], [np.zeros(3)] * n, []
    for t, members in enumerate(groups):
        if t % period == 0:
            w, pending = [sum(w) / n] * n, [np.zeros(3)] * n
        history.append(np.array(w))
        taken = {i: np.sin(w[i]) + tilts[i] for i in members}
        met = {i: (w[i] + sum(w[j] + gamma * pending[j] for j in members if j != i)) / size for i in members}
        w = [met[i] - gamma * taken[i] if i in members else w[i] for i in range(n)]
        pending = [taken.get(i, pending[i]) for i in range(n)]
    return groups, np.array(history)


def wagma_distances(claim: Claim, seed: int, replica: int) -> dict[str, np.ndarray]:
    """Return every quantity at k < K, shape (K,) or (K, n); q and r are looked up in the history of the run."""
    groups, x = interactions(claim, seed, replica)
    period, n = claim.options["period"], claim.nodes
    mean = x.mean(axis=1)
    found: dict[str, list] = {"drift": [], "center_drift": [], "stale_distance": [], "total_consensus": []}
    for k in range(claim.iterations):
        r = k - k % period
        acted = [[t for t in range(r, k) if i in groups[t]] for i in range(n)]
        q = [each[-1] if each else r for each in acted]
        found["drift"].append([np.sum((x[k, i] - mean[r]) ** 2) for i in range(n)])
        found["center_drift"].append(np.sum((mean[k] - mean[r]) ** 2))
        found["stale_distance"].append([np.sum((x[q[i], i] - mean[k]) ** 2) for i in range(n)])
        found["total_consensus"].append(sum(np.sum((x[k, i] - mean[k]) ** 2) for i in range(n)))
    return {name: np.array(values) for name, values in found.items()} | {"grad_norm": np.sum(np.sin(mean) ** 2, axis=1)}


def eager_distances(claim: Claim, seed: int, replica: int) -> dict[str, np.ndarray]:
    """Return the same of eager-SGD: a gradient of iteration s is in the model once a buffer as of s or later has arrived."""
    setting = prepare(claim)
    tilts, gamma, n = setting.problem.objective.tilts, setting.gamma, claim.nodes
    ages = [event.age[:, 0] for event in setting.timeline.play(claim.iterations, Streams(seed, [replica]))]
    start, taken, distances, slopes, view_slopes = setting.problem.start(), [], [], [], []
    arrived = [-1] * n
    for k in range(claim.iterations):
        center = start - gamma / n * sum((g for each in taken for g in each), np.zeros(3))
        view = start - gamma / n * sum((taken[s][i] for i in range(n) for s in range(arrived[i] + 1)), np.zeros(3))
        distances.append([np.sum((center - view) ** 2)] * n)
        slopes.append(np.sum(np.sin(center) ** 2))
        view_slopes.append(np.sum(np.sin(view) ** 2))
        taken.append([np.sin(view) + tilts[i] for i in range(n)])
        blocking = (k + 1) % claim.options["period"] == 0
        arrived = [k if blocking else max(arrived[i], k - int(ages[k][i])) for i in range(n)]
    return {"view_distance": np.array(distances), "grad_norm": np.array(slopes), "view_grad_norm": np.array(view_slopes)}


def at_extreme(claim: Claim, distances: Callable, name: str, choose: Callable) -> np.ndarray:
    """Return the quantity of five runs where its mean over sixteen others is extreme, shape (5,)."""
    pilots = np.mean([distances(claim, claim.seed + PILOT, r)[name] for r in range(16)], axis=0)
    where = np.unravel_index(choose(pilots), pilots.shape)
    return np.array([distances(claim, claim.seed, r)[name][where] for r in range(5)])


CASES = [
    *((GROUPS, wagma_distances, f"largest_{name}_sq") for name in ("drift", "center_drift", "stale_distance", "total_consensus")),
    (GROUPS, wagma_distances, "smallest_grad_norm_sq"),
    *((LATE, eager_distances, f"smallest_{name}_sq") for name in ("grad_norm", "view_grad_norm")),
    (LATE, eager_distances, "largest_view_distance_sq"),
]


@pytest.mark.parametrize(("claim", "distances", "quantity"), CASES, ids=lambda each: each if isinstance(each, str) else "")
def test_measures_are_their_definitions(claim: Claim, distances: Callable, quantity: str) -> None:
    extremum, name = quantity.removesuffix("_sq").split("_", 1)
    expected = at_extreme(claim, distances, name, np.argmax if extremum == "largest" else np.argmin)
    found = measures.get(quantity).sample(prepare(claim), range(5))["sample"].values
    assert found.std() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def _wrong_q(step: Callable) -> Callable:
    """Hold the model after the interaction, and not before, for where the gradient was taken."""

    def planted(self, state, gradients, event) -> None:
        step(self, state, gradients, event)
        if (event.k + 1) % self.period:
            state.interacted[event.workers[:, 0]] = state.x[event.workers[:, 0]]

    return planted


def _wrong_r(step: Callable) -> Callable:
    """Forget that an average has taken place."""

    def planted(self, state, gradients, event) -> None:
        anchor = state.anchor
        step(self, state, gradients, event)
        state.anchor = anchor

    return planted


def _keeps_pending(step: Callable) -> Callable:
    """Withhold gradients from others beyond an average."""

    def planted(self, state, gradients, event) -> None:
        withheld = state.shown - state.x
        step(self, state, gradients, event)
        if (event.k + 1) % self.period == 0:
            state.shown += withheld

    return planted


@pytest.mark.parametrize(
    ("plant", "quantity"),
    [(_wrong_q, "stale_distance"), (_wrong_r, "drift"), (_wrong_r, "center_drift"), (_keeps_pending, "grad_norm")],
)
def test_a_wrong_moment_is_noticed(plant: Callable, quantity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    least = quantity == "grad_norm"
    expected = at_extreme(GROUPS, wagma_distances, quantity, np.argmin if least else np.argmax)
    monkeypatch.setattr(SequentialWAGMA, "step", plant(SequentialWAGMA.step))
    found = measures.get(f"{'smallest' if least else 'largest'}_{quantity}_sq").sample(prepare(GROUPS), range(5))["sample"].values
    assert not np.allclose(found, expected, rtol=1e-3)


def test_the_least_expectation_is_not_the_expectation_of_the_least() -> None:
    """At a point where nothing moves any more, the mean over runs of each run's minimum is far below every expectation."""
    noisy = LATE.model_copy(
        update={"iterations": 300, "problem_options": QUIET | {"sigma": 1.0, "noise": "gaussian", "start": 0.0}}
    )
    noisy = noisy.model_copy(update={"step": 0.05})
    setting = prepare(noisy)
    runs = measures.base.run(setting, range(64), ("view_grad_norm_sq",))["view_grad_norm_sq"].values[100:300]
    sampled = measures.get("smallest_view_grad_norm_sq").sample(setting, range(64))["sample"].values
    late = noisy.model_copy(update={"problem_options": dict(noisy.problem_options) | {"start": 1.0}})
    settled = measures.get("smallest_view_grad_norm_sq").sample(prepare(late), range(64))["sample"].values
    assert sampled.mean() == 0  # the start is the least of all here
    assert runs.min(axis=0).mean() < 0.2 * runs.mean()
    assert settled.mean() > 0.5 * runs.mean()


def only(theorem: str) -> list[Claim]:
    return [claim for claim in grid.counterexamples() if claim.theorem == theorem]


@pytest.mark.parametrize(("key", "corrected"), [("lemma-6.2", "holds"), ("theorem-6.3-bound", "vacuous")])
def test_the_counterexamples_are_ones_and_the_corrected_statements_are_not_hurt(key: str, corrected: str) -> None:
    (printed,), (right,) = only(f"eager.{key}:printed"), only(f"eager.{key}:corrected")
    assert printed.model_dump(exclude={"theorem"}) == right.model_dump(exclude={"theorem"})
    finding, other = (verify.examine(claim, ALPHA).finding for claim in (printed, right))
    assert (finding.verdict, finding.known_false, finding.fails) == ("violated", True, False)
    assert other.verdict == corrected
    assert other.gamma == finding.gamma
    if key == "lemma-6.2":
        assert finding.factor == pytest.approx(1 / (5 * 3), rel=1e-9)  # tau (P - Q)
        assert other.factor == pytest.approx(1, rel=1e-9)
    else:
        assert finding.measured == pytest.approx(0.728, abs=5e-4)


def test_the_printed_theorem_is_violated_where_the_corrected_one_does_not_apply() -> None:
    (printed,), (right,) = only("eager.theorem-6.3:printed"), only("eager.theorem-6.3:corrected")
    setting = prepare(printed)
    assert setting.gamma == pytest.approx(0.04)
    assert verify.examine(printed, ALPHA).finding.verdict == "violated"
    finding = verify.examine(right, ALPHA).finding
    assert finding.verdict == "inapplicable"
    assert "K >= 24 Delta" in finding.reason
    theorem = prepare(right).theorem
    assert not theorem.applies(**setting.constants)  # nor does it at the step of the counterexample


@pytest.mark.parametrize("change", [{"factor": 0.5}, {"tau": 4}, {"quorum": 2}], ids=str)
def test_a_smaller_bound_is_noticed_where_it_is_attained(change: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    (claim,) = only("eager.lemma-6.2:corrected")
    bound = Theorem.bound
    planted = lambda self, **c: change.get("factor", 1) * bound(self, **c | {n: v for n, v in change.items() if n in c})  # noqa: E731
    assert verify.examine(claim, ALPHA).finding.verdict == "holds"
    monkeypatch.setattr(Theorem, "bound", planted)
    finding = verify.examine(claim, ALPHA).finding
    assert (finding.verdict, finding.fails) == ("violated", True)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (
            LATE.model_copy(update={"options": {"stale": "overwrite"}, "timeline": "late", "timeline_options": {"count": 1}}),
            "late",
        ),
        (
            LATE.model_copy(update={"options": {"momentum": 0.5}, "timeline": "late", "timeline_options": {"count": 1}}),
            "momentum",
        ),
        (GROUPS.model_copy(update={"problem": "quadratic"}), "second moment"),
        (
            LATE.model_copy(
                update={"theorem": "eager.theorem-6.3:corrected", "problem": "quadratic", "parameters": {"epsilon": 1.0}}
                | {"timeline_options": {"late": 2}}
            ),
            "second moment",
        ),
        (GROUPS.model_copy(update={"options": {"group_size": 2, "momentum": 0.5}}), "momentum"),
        (GROUPS.model_copy(update={"theorem": "ours.wagma-any-step"}), "iid data"),
    ],
)
def test_what_the_theorems_do_not_speak_about_is_inapplicable(wrong: Claim, reason: str) -> None:
    finding = verify.examine(wrong, ALPHA).finding
    assert finding.verdict == "inapplicable"
    assert reason in finding.reason


def test_constants_come_from_the_rounds_that_are_played() -> None:
    late = LATE.model_copy(update={"timeline": "late", "timeline_options": {"count": 3, "delay": 5}, "options": {}})
    assert {name: prepare(late).constants[name] for name in ("tau", "quorum")} == {"tau": 5, "quorum": 1}
    often = late.model_copy(update={"options": {"period": 3}})
    assert prepare(often).constants["tau"] == 2
    waiting = late.model_copy(update={"timeline": None, "timeline_options": {}})
    assert {name: prepare(waiting).constants[name] for name in ("tau", "quorum")} == {"tau": 0, "quorum": 4}
    named = prepare(GROUPS.model_copy(update={"timeline": "random-groups"}))
    assert isinstance(named.timeline, RandomGroups)
    assert (named.timeline.size, named.constants["group"], named.constants["tau"]) == (2, 2, 6)
    assert verify.examine(named.claim, ALPHA).finding.verdict == "holds"
