"""Claims about elastic averaging on quadratics, and about the multiplier method it is compared with."""

from __future__ import annotations

from itertools import product
from typing import Any

from experiments.claims import Claim, Option

LINE: dict[str, Option] = {"dim": 1, "smoothness": 2.0, "mu": 2.0, "sigma": 1.0, "start": 3.0}
SPACE: dict[str, Option] = {"dim": 5, "smoothness": 0.5, "mu": 0.5, "sigma": 0.7, "start": 1.0}
SKEW: dict[str, Option] = {"dim": 6, "smoothness": 1.0, "mu": 0.1, "sigma": 1.0, "start": 3.0, "rotate": True}
NEARLY: dict[str, Option] = {"dim": 3, "smoothness": 1.0, "mu": 0.9, "sigma": 1.0, "start": 1.0}
QUIET: dict[str, Option] = {"dim": 1, "sigma": 0.0, "noise": "none"}


def claims(iterations: int, nodes: tuple[int, ...] = (4, 8), steps: tuple[float, ...] = (0.5, 0.9)) -> list[Claim]:
    """Return the claims, about runs of ``iterations`` rounds."""
    return [*_turns(nodes, steps), *_quadratic(nodes, steps), *_convex(iterations, nodes, steps), *_moved(iterations, steps)]


def _claim(theorem: str, **more: Any) -> Claim:
    defaults: dict[str, Any] = {"system": "easgd", "problem": "quadratic", "budget": 32}
    return Claim(theorem=f"easgd.{theorem}", **defaults | more)


def _turns(nodes: tuple[int, ...], steps: tuple[float, ...]) -> list[Claim]:
    """Return claims about workers that take turns: elastic averaging up to the edge of its region, and the printed example."""
    turns: dict[str, Any] = {"timeline": "round-robin", "iterations": 1, "budget": 16}
    turning: dict[str, Any] = turns | {"system": "easgd-async"}
    found = [
        _claim("round-robin-stability", nodes=n, step=step, options={"alpha": share}, problem_options=problem, **turning)
        for n, step, share, problem in product(nodes, (*steps, 0.999), (0.1, 0.6), (QUIET, QUIET | {"dim": 3, "smoothness": 2.0}))
    ]
    example: dict[str, Any] = {"nodes": 3, "step": 0.001, "options": {"penalty": 2.5}, "problem_options": QUIET}
    return [*found, _claim("admm-instability", system="admm", **example, **turns)]


def _quadratic(nodes: tuple[int, ...], steps: tuple[float, ...]) -> list[Claim]:
    """Return claims about the center on one curvature, whose bounds are equalities."""
    found = []
    for n, step, problem in product(nodes, steps, (LINE, SPACE)):
        common: dict[str, Any] = {"nodes": n, "step": step, "problem_options": problem}
        for share, rounds in ((0.2, 1), (0.9, 30)):
            found.append(_claim("lemma-6.1", iterations=rounds, options={"alpha": share / n}, **common))
        found.append(_claim("lemma-6.1-corollary:rederived", iterations=400, options={"alpha": 0.9 / n}, **common))
    for step, problem in product(steps, (LINE, SPACE)):
        many: dict[str, Any] = {"nodes": 64, "iterations": 400, "options": {"alpha": 0.9 / 64}, "budget": 16}
        found.append(_claim("lemma-6.1-corollary:printed", step=step, problem_options=problem, **many))
    return found


def _convex(iterations: int, nodes: tuple[int, ...], steps: tuple[float, ...]) -> list[Claim]:
    """Return claims about quadratics of several curvatures."""
    return [
        _claim(
            f"strongly-convex:{wording}",
            nodes=n,
            iterations=iterations // 40,
            step=step,
            options={"alpha": share / n},
            problem_options=problem,
            budget=16,
        )
        for wording, n, step, share, problem in product(("printed", "rederived"), nodes, steps, (0.3, 0.9), (SKEW, NEARLY))
    ]


def _moved(iterations: int, steps: tuple[float, ...]) -> list[Claim]:
    """Return claims about two workers that rest on the tails of a bump: the pull is lambda = alpha / gamma times the distance."""
    return [
        _claim(
            "moved-stationary-point",
            problem="bump",
            nodes=2,
            iterations=iterations // 10,
            step=0.1 * step,
            options={"alpha": 0.1 * step * strength},
            problem_options={"slope": slope},
            budget=16,
        )
        for step, strength, slope in product(steps, (0.05, 0.5, 1.0), (0.3, 2.0))
    ]
