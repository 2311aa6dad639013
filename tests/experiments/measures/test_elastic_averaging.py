"""Elastic averaging: passes against matrices written out, moments against recursions by hand, and planted errors."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov

from experiments.claims import Claim
from experiments.measures import elastic_averaging
from experiments.settings import prepare
from experiments.verify import examine
from numerics.algorithms import EASGD
from theory import registry

ALPHA = 1e-4
QUIET = {"dim": 1, "sigma": 0.0, "noise": "none", "smoothness": 2.0}
LINE = {"dim": 1, "smoothness": 2.0, "mu": 2.0, "sigma": 1.0, "start": 3.0}
SPACE = {"dim": 3, "smoothness": 0.5, "mu": 0.5, "sigma": 0.7, "start": 1.0, "center": -0.5}
SKEW = {"dim": 4, "smoothness": 1.0, "mu": 0.1, "sigma": 1.0, "start": 2.0, "rotate": True}
NEARLY = {"dim": 3, "smoothness": 1.0, "mu": 0.9, "sigma": 1.0, "start": 0.5}


def claim(theorem: str, **more: object) -> Claim:
    defaults = {"system": "easgd", "problem": "quadratic", "nodes": 4, "iterations": 40, "problem_options": LINE, "budget": 32}
    return Claim(theorem=f"easgd.{theorem}", **(defaults | {"options": {"alpha": 0.1}} | more))


def turns(theorem: str, **more: object) -> Claim:
    return claim(theorem, **({"timeline": "round-robin", "iterations": 1, "problem_options": QUIET} | more))


def forge(monkeypatch: pytest.MonkeyPatch, made: Claim, **changes: object) -> None:
    """Replace parts of the theorem of a claim, everywhere it is looked up."""
    forged = replace(registry.get(made.theorem), **changes)
    monkeypatch.setattr(registry, "get", lambda _: forged)


@pytest.mark.parametrize(("nodes", "alpha", "step"), [(2, 0.3, 0.5), (3, 0.7, 0.99), (7, 0.1, 0.9)])
def test_a_pass_of_elastic_averaging_is_the_product_of_the_maps_of_the_paper(nodes, alpha, step):
    setting = prepare(turns("round-robin-stability", system="easgd-async", nodes=nodes, options={"alpha": alpha}, step=step))
    whole = np.eye(nodes + 1)
    for i in range(nodes):
        single = np.eye(nodes + 1)
        single[i, i], single[i, -1] = 1 - setting.gamma * 2.0 - alpha, alpha
        single[-1, i], single[-1, -1] = alpha, 1 - alpha
        whole = single @ whole
    assert elastic_averaging.radius(setting) == pytest.approx(np.abs(np.linalg.eigvals(whole)).max(), rel=1e-12)


@pytest.mark.parametrize(("nodes", "penalty", "step"), [(3, 2.5, 0.001), (2, 0.7, 0.2), (5, 1.0, 0.1)])
def test_a_pass_of_multipliers_is_the_product_of_the_maps_of_the_paper(nodes, penalty, step):
    made = turns("admm-instability", system="admm", nodes=nodes, options={"penalty": penalty}, step=step)
    x, y, center, r = slice(nodes), slice(nodes, 2 * nodes), 2 * nodes, step * penalty
    whole = np.eye(2 * nodes + 1)
    for i in range(nodes):
        single = np.eye(2 * nodes + 1)
        single[nodes + i] += single[center] - single[i]
        single[i] = ((1 - step * 2.0) * single[i] + r * (single[nodes + i] + single[center])) / (1 + r)
        single[center] = (single[x] - single[y]).mean(axis=0)
        whole = single @ whole
    found = elastic_averaging.radius(prepare(made), inverse=True)
    assert found == pytest.approx(1 / np.abs(np.linalg.eigvals(whole)).max(), rel=1e-10)


def test_the_printed_example_is_unstable_and_a_smaller_radius_is_noticed(monkeypatch):
    made = turns("admm-instability", system="admm", nodes=3, options={"penalty": 2.5}, step=0.0005)
    made = made.model_copy(update={"problem_options": QUIET, "step": 0.001})
    assert examine(made, ALPHA).finding.verdict == "inapplicable"  # the example has gamma L = 0.001
    made = made.model_copy(update={"problem_options": QUIET | {"smoothness": 1.0}})
    finding = examine(made, ALPHA).finding
    assert finding.verdict == "holds"
    assert 1 / finding.exact == pytest.approx(1.00097, abs=5e-6)
    forge(monkeypatch, made, right_side=registry.get(made.theorem).right_side * 0.9999)
    assert examine(made, ALPHA).finding.verdict == "violated"


def test_an_enlarged_region_of_stability_is_noticed(monkeypatch):
    made = turns("round-robin-stability", system="easgd-async", nodes=3, options={"alpha": 0.3}, step=0.999)
    assert examine(made, ALPHA).finding.verdict == "holds"
    assert examine(made.model_copy(update={"step": 1.01}), ALPHA).finding.verdict == "inapplicable"
    forge(monkeypatch, made, step_limit=registry.get(made.theorem).step_limit * 1.2, requires=())
    assert examine(made, ALPHA).finding.verdict == "violated"


@pytest.mark.parametrize(
    "changes", [{"timeline": None}, {"timeline": "independent"}, {"options": {"alpha": 0.1, "period": 2}}], ids=str
)
def test_only_workers_that_take_turns_have_passes(changes):
    made = turns("round-robin-stability", system="easgd-async")
    assert examine(made.model_copy(update=changes), ALPHA).finding.verdict == "inapplicable"


def recursion(setting, iterations):
    """Mean squares (a, b, c) of the mean of the workers, the workers and the center from x*, k = 0 .. K, on one curvature."""
    x, n = setting.gamma * setting.constants["L"], setting.claim.nodes
    alpha, noise = setting.constants["pull"], (setting.gamma * setting.constants["sigma"]) ** 2
    q, w = 1 - x - alpha, n * alpha
    first = float(np.sum((setting.problem.start() - setting.problem.objective.center) ** 2))
    a = b = c = p = first
    rows = [(a, b, c)]
    for _ in range(iterations):
        cross = 2 * q * alpha * p + alpha**2 * c
        a, b, c, p = (
            q**2 * a + cross + noise / n,
            q**2 * b + cross + noise,
            (1 - w) ** 2 * c + 2 * (1 - w) * w * p + w**2 * a,
            (q * (1 - w) + alpha * w) * p + q * w * a + alpha * (1 - w) * c,
        )
        rows.append((a, b, c))
    return np.array(rows)


@pytest.mark.parametrize("problem", [LINE, SPACE], ids=["line", "space"])
@pytest.mark.parametrize(("nodes", "alpha", "step", "rounds"), [(2, 0.4, 0.9, 1), (4, 0.1, 0.5, 25), (9, 0.15, 0.7, 60)])
def test_lemma_6_1_is_an_equality(problem, nodes, alpha, step, rounds):
    made = claim("lemma-6.1", nodes=nodes, options={"alpha": alpha}, step=step, iterations=rounds, problem_options=problem)
    setting = prepare(made)
    exact = elastic_averaging.last_distance(setting)
    assert exact == pytest.approx(recursion(setting, rounds)[-1, 2], rel=1e-11)
    assert setting.theorem.bound(**setting.constants) == pytest.approx(exact, rel=1e-10)
    finding = examine(made, ALPHA).finding
    assert finding.verdict == "holds"
    assert finding.reason.endswith("the bound is attained")


@pytest.mark.parametrize("theorem", ["lemma-6.1", "lemma-6.1-corollary:rederived", "lemma-6.1-corollary:printed"])
def test_an_equality_that_is_a_little_off_is_noticed(monkeypatch, theorem):
    made = claim(theorem, nodes=32, options={"alpha": 0.8 / 32}, iterations=200)
    assert examine(made, ALPHA).finding.reason.endswith("the bound is attained")
    forge(monkeypatch, made, right_side=registry.get(made.theorem).right_side * (1 - 1e-6))
    assert examine(made, ALPHA).finding.verdict == "violated"


def test_limits_are_those_of_a_chain_of_mean_and_center():
    made = claim("lemma-6.1-corollary:printed", nodes=32, options={"alpha": 1.1 / 32}, step=0.8)
    setting = prepare(made)
    x, noise = setting.gamma * 2.0, setting.gamma**2

    def limit(n: int) -> float:
        alpha = 1.1 / n
        chain = np.array([[1 - x - alpha, alpha], [n * alpha, 1 - n * alpha]])
        return float(solve_discrete_lyapunov(chain, np.diag([noise / n, 0.0]))[1, 1])

    assert elastic_averaging.limit_distance(setting) == pytest.approx(limit(32), rel=1e-10)
    assert elastic_averaging.limit_distance(setting, 50) == pytest.approx(limit(50), rel=1e-10)
    assert elastic_averaging.many_workers(setting) == pytest.approx(10**9 * limit(10**9), rel=1e-8)


def test_a_limit_of_many_needs_few_to_be_stable():
    made = claim("lemma-6.1-corollary:printed", nodes=64, options={"alpha": 1.5 / 64}, step=0.98)
    finding = examine(made, ALPHA).finding
    assert finding.verdict == "inapplicable"
    assert finding.factor > 1


@pytest.mark.parametrize("problem", [LINE | {"start": 0.0}, SPACE], ids=["line", "space"])
def test_the_recursion_is_held_against_moments_by_hand(problem):
    setting = prepare(claim("strongly-convex:printed", problem_options=problem, step=0.7, nodes=5))
    rows, n, alpha = recursion(setting, 40), 5, 0.1
    c_1, noise = setting.gamma * setting.constants["L"], (setting.gamma * setting.constants["sigma"]) ** 2
    expected = []
    for before, after in pairwise(rows):
        a, b, c = before
        allowed = ((1 - c_1 - alpha) * a + alpha * c + noise / n, (1 - c_1 - alpha) * b + alpha * c + noise)
        allowed = (*allowed, n * alpha * a + (1 - n * alpha) * c)
        expected.append(max(1.0 if got == most == 0 else got / most for got, most in zip(after, allowed, strict=True)))
    np.testing.assert_allclose(elastic_averaging.recursion_ratios(setting), expected, rtol=1e-9)


@pytest.mark.parametrize("problem", [SKEW, NEARLY], ids=["skew", "nearly"])
def test_strongly_convex_statements_hold(problem):
    for wording in ("printed", "rederived"):
        made = claim(f"strongly-convex:{wording}", problem_options=problem, step=0.9, iterations=100)
        assert examine(made, ALPHA).finding.verdict == "holds"


@pytest.mark.parametrize(("wording", "share"), [("printed", 0.999), ("rederived", 0.5)])
def test_a_strongly_convex_bound_that_is_too_small_is_noticed(monkeypatch, wording, share):
    made = claim(f"strongly-convex:{wording}", problem_options=NEARLY, step=0.9, iterations=100, options={"alpha": 0.225})
    assert examine(made, ALPHA).finding.verdict == "holds"
    forge(monkeypatch, made, right_side=registry.get(made.theorem).right_side * share)
    assert examine(made, ALPHA).finding.verdict == "violated"


def bump(**more: object) -> Claim:
    return claim(**({"theorem": "moved-stationary-point", "problem": "bump", "nodes": 2, "iterations": 200, "step": 0.05,
                     "options": {"alpha": 0.02}, "problem_options": {"slope": 0.5}} | more))  # fmt: skip


def test_elastic_averaging_rests_where_the_function_is_not_stationary():
    setting = prepare(bump())
    assert setting.constants["lambda_"] == pytest.approx(0.4)
    assert setting.constants["tilt"] == 0.5
    y = 1.0
    for _ in range(200):
        y = 1 - np.log(0.4 * y)  # a contraction near the root of 0.4 y = exp(1 - y)
    assert 0.4 * y == pytest.approx(np.exp(1 - y))
    assert elastic_averaging.moved(setting) == pytest.approx(1 / min(0.4 * y, 0.5), rel=1e-6)
    assert examine(bump(), ALPHA).finding.verdict == "holds"


def test_an_example_that_does_not_stay_is_noticed(monkeypatch):
    step = EASGD.step

    def half(self, state, gradients, event):
        step(replace(self, alpha=self.alpha / 2), state, gradients, event)

    monkeypatch.setattr(EASGD, "step", half)
    assert examine(bump(), ALPHA).finding.verdict == "violated"


def test_only_the_example_is_the_example():
    for changes in ({"nodes": 3}, {"problem_options": {"dim": 2}}):
        assert examine(bump().model_copy(update=changes), ALPHA).finding.verdict == "inapplicable"


@pytest.mark.parametrize(
    "wrong",
    [
        claim("lemma-6.1", problem_options=SKEW),
        claim("lemma-6.1", problem_options=LINE | {"zeta": 0.5}),
        claim("lemma-6.1", options={"alpha": 0.1, "period": 2}),
        claim("lemma-6.1", options={"alpha": 0.1, "momentum": 0.5}),
        claim("lemma-6.1", options={"alpha": 0.5}),
        claim("strongly-convex:printed", options={"alpha": 0.26}),
        claim("strongly-convex:printed", problem_options=SKEW | {"zeta": 0.5}),
    ],
    ids=lambda each: f"{each.theorem}-{each.options}-{each.problem_options}",
)
def test_statements_are_not_held_against_other_runs(wrong):
    assert examine(wrong, ALPHA).finding.verdict == "inapplicable"
