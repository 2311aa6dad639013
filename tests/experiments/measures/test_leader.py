"""Leaders along a run: descent against plain loops, limits, falling steps, and planted errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from experiments import grid
from experiments.claims import Claim
from experiments.measures import leader
from experiments.settings import prepare
from experiments.verify import examine
from numerics import simulate
from numerics.algorithms.election import Exact
from numerics.streams import Streams
from theory import registry
from theory.symbols import nu

ALPHA = 1e-4
FLAT = {"dim": 3, "smoothness": 1.0, "mu": 1.0, "sigma": 1.0, "start": 2.0}
SKEW = {"dim": 3, "smoothness": 2.0, "mu": 0.2, "sigma": 1.0, "start": 1.0, "rotate": True}
QUIET = {"sigma": 0.0, "noise": "none"}


def claim(theorem: str, **more: object) -> Claim:
    defaults = {"system": "lgd", "problem": "quadratic", "nodes": 4, "iterations": 300, "problem_options": FLAT, "budget": 32}
    return Claim(theorem=f"lsgd.{theorem}", **(defaults | {"options": {"attraction": 0.2}} | more))


def plant(monkeypatch: pytest.MonkeyPatch, key: str, change: Callable) -> None:
    """Replace the right side of a theorem by ``change`` of it, everywhere it is looked up."""
    original = registry.get(f"lsgd.{key}")
    forged = replace(original, right_side=change(original.right_side))
    get = registry.get
    monkeypatch.setattr(registry, "get", lambda name: forged if name == original.key else get(name))


def looped_ratios(made: Claim, strengths: tuple[float, float], groups: int, periods: tuple[int, int]) -> list[float]:
    """Largest ratio of every step of replica 0, worker by worker; leaders of groups, and of all where there are several."""
    setting = prepare(made)
    c, gamma, objective = setting.constants, setting.gamma, setting.problem.objective
    a, n = objective.hessian(), made.nodes
    noise = np.random.Generator(np.random.SFC64(np.random.SeedSequence(made.seed, spawn_key=(0, 0))))
    x = [objective.start().copy() for _ in range(n)]

    def f(point: np.ndarray) -> float:
        return 0.5 * float(point @ a @ point)

    def best(among: list[int]) -> tuple[int, np.ndarray]:
        who = min(among, key=lambda i: f(x[i]))
        return who, x[who].copy()

    teams = [list(range(g * n // groups, (g + 1) * n // groups)) for g in range(groups)]
    ratios = []
    for k in range(made.iterations):
        if k % periods[0] == 0:
            local = [best(team) for team in teams]
        if k % periods[1] == 0:
            overall = best(list(range(n)))
        worst, after = 0.0, []
        for i in range(n):
            leads = [(strengths[0], *local[i * groups // n])] + ([(strengths[1], *overall)] if groups > 1 else [])
            mean, right = x[i] - gamma * a @ x[i], (1 - c["mu"] * gamma) * f(x[i]) + gamma**2 * c["L"] * c["sigma"] ** 2 / 2
            for strength, who, z in leads:
                if who != i:
                    mean = mean - gamma * strength * (x[i] - z)
                    right -= gamma * strength * (f(x[i]) - f(z))
            left = f(mean) + gamma**2 * c["sigma"] ** 2 * np.trace(a) / len(a) / 2
            worst = max(worst, left / right)
            after.append(mean - gamma * c["sigma"] / np.sqrt(len(a)) * noise.standard_normal(len(a)))
        x = after
        ratios.append(worst)
    return ratios


@pytest.mark.parametrize(
    ("theorem", "options", "reference"),
    [
        ("theorem-1", {"attraction": 0.1, "period": 3}, {"strengths": (0.1, 0.0), "groups": 1, "periods": (3, 1)}),
        (
            "multi-leader",
            {"groups": 2, "attraction": 0.06, "global_attraction": 0.04, "period": 2, "global_period": 5},
            {"strengths": (0.06, 0.04), "groups": 2, "periods": (2, 5)},
        ),
    ],
)
def test_descent_is_that_of_plain_loops(theorem, options, reference):
    made = claim(theorem, options=options, problem_options=SKEW, iterations=40)
    found = leader.descent_ratios(prepare(made), range(3))[:, 0]
    np.testing.assert_allclose(found, looped_ratios(made, **reference), rtol=1e-9)


@pytest.mark.parametrize("options", [SKEW, SKEW | {"nu": 1.5}])
def test_what_the_noise_of_a_step_adds_is_an_expectation(options):
    setting = prepare(claim("theorem-1", problem_options=options))
    oracle = setting.problem.oracle(Streams(3, range(40_000)))
    x = np.broadcast_to(setting.problem.start(), (4, 40_000, 3))
    exact = setting.problem.objective.gradient(x[0, :1])
    values = setting.problem.objective.value(x - setting.gamma * oracle(x, slice(None)))
    without = setting.problem.objective.value(x[0, :1] - setting.gamma * exact)
    error = values.std() / np.sqrt(values.size)
    spread = float(leader._spread(setting, exact[None])[0, 0])
    assert abs(values.mean() - without[0] - spread) < 5 * error
    assert spread > 10 * error


def test_a_step_that_forgets_how_the_variance_grows_is_found_out(monkeypatch):
    """At gamma = 0.9/(2 L) and nu = 2 the variance alone lifts the suboptimality by more than the step takes off."""
    made = claim("theorem-1", step=0.9, problem_options=FLAT | {"nu": 2.0})
    assert examine(made, ALPHA).finding.verdict == "holds"
    original = registry.get("lsgd.theorem-1")
    forgetful = [replace(c, lhs=c.lhs.xreplace({nu: 0})) for c in original.requires]
    forged = replace(original, requires=tuple(forgetful), step_limit=original.step_limit.xreplace({nu: 0}))
    monkeypatch.setattr(registry, "get", lambda name: forged)
    finding = examine(made, ALPHA).finding
    assert (finding.verdict, finding.gamma) == ("violated", pytest.approx(0.45))


def test_the_grid_exercises_the_variance_that_grows() -> None:
    growing = {made.theorem for made in grid.quick() if made.problem_options.get("nu")}
    known = {key for key in registry.keys() if "growing-variance" in {each.name for each in registry.get(key).assumptions}}  # noqa: SIM118
    assert known - growing == {"lsgd.limsup:printed", "lsgd.stochastic-leader:printed"}  # limits of what is in the grid


@pytest.mark.parametrize("theorem", ["theorem-1", "limsup:rederived", "infrequent-leader", "one-over-k:rederived"])
def test_both_ways_to_say_how_strong_a_pull_is_agree(theorem):
    falling = {"step": "decreasing", "parameters": {"k_0": 8.0}} if theorem.startswith("one") else {}
    made = claim(theorem, options={"pull": 0.05}, **falling)
    setting = prepare(made)
    assert setting.constants["pull"] == 0.05
    assert examine(made, ALPHA).finding.verdict == "holds"
    if not falling:
        assert setting.gamma == pytest.approx(0.25)
        assert setting.constants["lambda_"] == pytest.approx(0.05 / setting.gamma)
        same = examine(claim(theorem, options={"attraction": 0.2}), ALPHA).finding
        assert same.measured == pytest.approx(examine(made, ALPHA).finding.measured, rel=1e-9)
    strong = examine(claim(theorem, options={"pull": 0.8}, **falling), ALPHA).finding
    assert strong.verdict == "inapplicable"
    assert strong.factor == pytest.approx(1.6)


def test_steps_fall():
    made = claim("one-over-k:rederived", step="decreasing", parameters={"k_0": 8.0}, problem_options=SKEW, options={"pull": 0.01})
    with pytest.raises(Exception, match="k_0"):
        prepare(made.model_copy(update={"parameters": {}}))
    assert examine(made, ALPHA).finding.factor == pytest.approx(5.0)  # k_0 has to be 4 L/mu = 40
    made = made.model_copy(update={"parameters": {"k_0": 40.0}})
    setting = prepare(made)
    algorithm = made.build_algorithm(setting.gamma)
    assert [algorithm.gamma(k) for k in (0, 1, 60)] == pytest.approx([2 / (0.2 * (k + 40)) for k in (0, 1, 60)])
    steady = made.model_copy(update={"step": 0.5}).run_description(setting.gamma, "x", range(1))
    assert made.run_description(setting.gamma, "x", range(1)) != steady


def test_a_limit_is_the_mean_of_the_last_half_of_a_run():
    made = claim("limsup:printed", iterations=200)
    setting = prepare(made)
    ran = simulate(made.build_algorithm(setting.gamma), setting.problem, setting.schedule, iterations=200, replicas=16, seed=1,
                   quantities=("worker_suboptimality",))  # fmt: skip
    expected = ran["worker_suboptimality"].values[100:].mean()
    assert examine(made, ALPHA).finding.measured == pytest.approx(expected)


def test_a_limit_is_not_measured_before_the_start_is_forgotten():
    short = examine(claim("limsup:printed", iterations=10), ALPHA).finding
    assert short.verdict == "inapplicable"
    assert "start forgotten" in short.reason
    enough = round(10 * short.factor)
    assert f"K = {enough} would do" in short.reason
    assert examine(claim("limsup:printed", iterations=enough), ALPHA).finding.verdict == "holds"
    assert examine(claim("limsup:printed", iterations=enough - 2), ALPHA).finding.verdict == "inapplicable"
    never = examine(claim("limsup:printed", problem_options=FLAT | QUIET), ALPHA).finding
    assert never.verdict == "inapplicable"


@pytest.mark.parametrize(
    "wrong",
    [
        claim("theorem-1", system="lsgd"),
        claim("theorem-1", options={"groups": 2}),
        claim("multi-leader"),
        claim("limsup:printed", options={"attraction": 0.2, "period": 2}),
        claim("limsup:rederived", options={"attraction": 0.2, "election": "noisy", "sigma_f": 0.1}),
        claim("limsup:rederived", options={"attraction": 0.2, "momentum": 0.5}),
        claim("stochastic-leader:rederived", options={"attraction": 0.2, "election": "noisy", "period": 2}),
        claim("infrequent-leader", options={"attraction": 0.2, "election": "noisy"}),
        claim("limsup:rederived", problem_options=FLAT | {"zeta": 0.5}),
        claim("theorem-1", problem_options=FLAT | {"hessians": "different"}),
        claim("limit-points", system="lgd", problem_options=FLAT | QUIET),
        claim("limit-points", system="lsgd"),
        claim("stationary-points:corrected", problem="cosine", problem_options={"zeta": 0.5}),
    ],
    ids=lambda each: f"{each.theorem}-{each.system}-{each.options}",
)
def test_statements_are_not_held_against_other_runs(wrong):
    finding = examine(wrong, ALPHA).finding
    assert finding.verdict == "inapplicable"
    assert finding.measured is None


def test_noise_of_elections_is_felt():
    runs = {"nodes": 8, "iterations": 2000, "budget": 64, "problem_options": FLAT | {"start": 20.0}}
    made = claim("stochastic-leader:printed", options={"attraction": 1.0, "election": "noisy", "sigma_f": 3.0}, **runs)
    exact = claim("limsup:printed", options={"attraction": 1.0}, **runs)
    found = [examine(each, ALPHA).finding for each in (made, exact)]
    assert [each.verdict for each in found] == ["holds", "holds"]
    assert found[0].measured_ci[0] > 1.05 * found[1].measured_ci[1]
    assert found[0].bound > 10 * found[1].bound


@pytest.mark.parametrize(
    ("made", "change"),
    [
        (claim("theorem-1"), lambda right: 0.98 * right),
        (claim("multi-leader", options={"groups": 2, "attraction": 0.1, "global_attraction": 0.1}), lambda right: 0.98 * right),
        (claim("limsup:printed"), lambda right: right / 3),
        (claim("limsup:rederived", budget=256), lambda right: right / 3),
        (claim("stochastic-leader:printed", options={"attraction": 0.2, "election": "noisy", "sigma_f": 0.1}), lambda r: r / 20),
        (claim("stochastic-leader:rederived", options={"attraction": 0.2, "election": "noisy", "sigma_f": 0.1}), lambda r: r / 8),
        (claim("infrequent-leader", options={"attraction": 0.2, "period": 4}, budget=256), lambda right: right / 3),
        (claim("one-over-k:rederived", step="decreasing", parameters={"k_0": 4.0}, options={"pull": 0.0},
               problem_options=FLAT | {"start": 0.1}), lambda right: right / 8),
        (claim("limit-points", system="lsgd", problem_options=FLAT | QUIET | {"mu": 0.1}), lambda right: right / 2),
    ],
    ids=lambda each: each.theorem if isinstance(each, Claim) else "",
)  # fmt: skip
def test_a_bound_that_is_too_small_is_noticed(monkeypatch, made, change):
    assert examine(made, ALPHA).finding.verdict == "holds"
    plant(monkeypatch, made.theorem.removeprefix("lsgd."), change)
    assert examine(made, ALPHA).finding.verdict == "violated"


def test_a_leader_who_is_the_worst_is_noticed(monkeypatch):
    made = claim("limsup:rederived", nodes=16, options={"attraction": 1.0}, step=0.95)
    assert examine(made, ALPHA).finding.verdict == "holds"
    values = Exact.values
    monkeypatch.setattr(Exact, "values", lambda self, x: -values(self, x))
    assert examine(made, ALPHA).finding.verdict == "violated"
