"""Claims about leader SGD: steps, runs, resting points, and directions."""

from __future__ import annotations

from itertools import product
from typing import Any

from experiments.claims import Claim, Option

FLAT: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "mu": 1.0, "sigma": 1.0, "start": 3.0}
"""One curvature in all directions: there the bounds on suboptimality are nearly attained."""

SKEW: dict[str, Option] = {"dim": 6, "smoothness": 1.0, "mu": 0.1, "sigma": 1.0, "start": 3.0, "rotate": True}

GROWING: dict[str, Option] = FLAT | {"nu": 1.0}
"""At a step size that is a quarter of 1/L or less, half of the noise or more is the gradient's."""

QUIET: dict[str, Option] = {"sigma": 0.0, "noise": "none"}

SHAPES = {"flat": FLAT, "skew": SKEW}


def claims(iterations: int, nodes: tuple[int, ...] = (4, 8), steps: tuple[float, ...] = (0.5,)) -> list[Claim]:
    """Return the claims, about runs of ``iterations`` rounds."""
    return [
        *_steps(iterations // 10, nodes, steps),
        *_runs(iterations, nodes, steps),
        *_growing(iterations, min(nodes), steps),
        *_resting(nodes),
        *_limit_points(iterations // 10, nodes),
        *_angles(),
    ]


def _claim(theorem: str, **more: Any) -> Claim:
    defaults: dict[str, Any] = {"system": "lgd", "problem": "quadratic", "nodes": 4, "budget": 64}
    return Claim(theorem=f"lsgd.{theorem}", **defaults | more)


def _steps(iterations: int, nodes: tuple[int, ...], steps: tuple[float, ...]) -> list[Claim]:
    """Return claims about single steps, towards one leader or two, elected at any time and on anything."""
    leaders: list[dict[str, Option]] = [
        {"attraction": 0.2},
        {"attraction": 2.0, "period": 8},
        {"attraction": 0.5, "election": "noisy", "sigma_f": 0.5},
    ]
    found = []
    for n, step, options in product(nodes, steps, (FLAT, SKEW)):
        common: dict[str, Any] = {"nodes": n, "step": step, "iterations": iterations, "problem_options": options}
        found += [_claim("theorem-1", options=leader, **common) for leader in leaders]
        two: dict[str, Option] = {"groups": 2, "attraction": 0.2, "global_attraction": 0.1, "global_period": 4}
        found.append(_claim("multi-leader", options=two, **common))
    return found


def _runs(iterations: int, nodes: tuple[int, ...], steps: tuple[float, ...]) -> list[Claim]:
    """Return claims about what runs reach, and what is left of their start."""
    found = []
    for n, step, (shape, options) in product(nodes, steps, SHAPES.items()):
        common: dict[str, Any] = {"nodes": n, "step": step, "problem_options": options}
        # as strong as leaves the step to be limited by L alone
        noisy: dict[str, Option] = {"attraction": 1.0 if shape == "flat" else 0.1, "election": "noisy", "sigma_f": 0.3}
        for key, wording in product(("limsup", "stochastic-leader"), ("printed", "rederived")):
            leader: dict[str, Option] = {"attraction": 0.1} if key == "limsup" else noisy
            long = iterations if wording == "printed" else iterations // 20
            found.append(_claim(f"{key}:{wording}", options=leader, iterations=long, **common))
        if shape == "flat":
            flattering = noisy | {"election": "flattering", "sigma_f": 6.0}
            found.append(_claim("stochastic-leader:rederived", options=flattering, iterations=iterations // 20, **common))
        for period in (1, 8):
            rare: dict[str, Option] = {"attraction": 0.1, "period": period}
            found.append(_claim("infrequent-leader", options=rare, iterations=iterations // 20 + 3, **common))
        offset, near = (8.0, 0.2) if shape == "flat" else (80.0, 1.0)
        falling: dict[str, Any] = {"step": "decreasing", "parameters": {"k_0": offset}, "iterations": iterations // 2}
        falling |= {"nodes": n, "problem_options": options | {"start": near}}
        found += [_claim("one-over-k:rederived", options={"pull": pull}, **falling) for pull in (0.04, 0.0)]
    return found


def _growing(iterations: int, nodes: int, steps: tuple[float, ...]) -> list[Claim]:
    """Return claims under a variance that grows with the gradient; from far away, where most of it is the gradient's."""
    leader: dict[str, Option] = {"attraction": 0.1}
    noisy: dict[str, Option] = {"attraction": 1.0, "election": "noisy", "sigma_f": 0.3}
    two: dict[str, Option] = {"groups": 2, "attraction": 0.2, "global_attraction": 0.1, "global_period": 4}
    short = iterations // 40
    runs = [
        ("theorem-1", leader, iterations // 10),
        ("multi-leader", two, iterations // 10),
        ("limsup:rederived", leader, short),
        ("stochastic-leader:rederived", noisy, short),
        ("infrequent-leader", leader | {"period": 8}, short + 3),
    ]
    common: dict[str, Any] = {"nodes": nodes, "problem_options": GROWING}
    found = [
        _claim(theorem, options=options, iterations=k, step=step, **common)
        for step, (theorem, options, k) in product(steps, runs)
    ]
    falling: dict[str, Any] = {"step": "decreasing", "parameters": {"k_0": 8.0}, "iterations": iterations // 2}
    return [*found, _claim("one-over-k:rederived", options={"pull": 0.04}, **common | falling)]


def _resting(nodes: tuple[int, ...]) -> list[Claim]:
    """Return claims about stationary points on the cosine; two workers half a period apart refute the printed statement."""
    found = []
    for n, dim in ((2, 1), (3, 2), (min(nodes), 1)):
        common: dict[str, Any] = {"problem": "cosine", "nodes": n, "iterations": 1, "step": 0.5, "budget": 16}
        common |= {"options": {"attraction": 0.2}, "problem_options": QUIET | {"dim": dim}}
        found += [_claim(f"stationary-points:{wording}", **common) for wording in ("printed", "corrected")]
    return found


def _limit_points(iterations: int, nodes: tuple[int, ...]) -> list[Claim]:
    """Return claims about exact gradients away from convexity, whatever the period and the pull."""
    return [
        _claim(
            "limit-points",
            system="lsgd",
            problem=problem,
            nodes=n,
            iterations=iterations,
            options={"pull": 0.1, "period": period},
            problem_options=QUIET | {"dim": 4},
            budget=16,
        )
        for problem, n, period in product(("cosine", "saddle", "quadratic"), nodes, (1, 8))
    ]


def _angles() -> list[Claim]:
    """Return claims about directions; the large angle takes a large condition number, and a model that is just so stretched."""
    round_: dict[str, Option] = QUIET | {"dim": 6, "mu": 0.1, "rotate": True}
    common: dict[str, Any] = {"step": 0.5, "nodes": 2}
    found = [
        _claim("angle-small-lambda", iterations=k, problem_options=options, **common)
        for k, options in ((1, round_), (20, round_), (6, QUIET | {"dim": 2, "mu": 1e-4}))
    ]
    for dim, strength in product((2, 8), (0.01, 0.5, 10.0)):
        stretched: dict[str, Option] = QUIET | {"dim": dim, "mu": 1e-4, "levels": 2, "rotate": True}
        claim = {"iterations": 6, "problem_options": stretched, "options": {"attraction": strength}}
        found.append(_claim("angle-large", **claim, **common))
    return found
