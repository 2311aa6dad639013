"""Claims about what SGD keeps of its rate under elastic consistency: systems with the B of their row, and the adversary."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from experiments.claims import Claim, Option

STEEP: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "sigma": 0.3, "start": math.pi / 2}
"""A cosine from where its gradient is largest."""

BOWL: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "mu": 1.0, "sigma": 0.3, "start": 2.0}
"""One curvature in all directions, where a view that is wrong by a distance is a step that is wrong by as much."""

LOUD: dict[str, Option] = BOWL | {"sigma": 2.0}
"""The same with more noise, which leaves the bounds more room."""

BALL: dict[str, Option] = BOWL | {"radius": 6.0}
"""The same, with gradients that are bounded where runs stay."""

TOP: dict[str, Option] = {"compressor": "top-k", "k": 2}
KEPT: dict[str, Option] = {"feedback": True}
TURNS: dict[str, Any] = {"timeline": "round-robin"}

Shape = tuple[str, dict[str, Any]]

SINGLE: tuple[Shape, ...] = (
    ("apsgd", TURNS),
    ("hogwild", TURNS | {"options": {"delay": 2}}),
    ("async-ef", TURNS | {"nodes": 2, "options": KEPT | TOP}),
)
"""Systems in which one gradient moves the center."""

PARALLEL: tuple[Shape, ...] = (
    ("message-passing", {"timeline": "message-delays", "timeline_options": {"delay": 3}}),
    ("message-passing", {"timeline": "omissions", "timeline_options": {"faults": 2, "delay": 2}}),
    ("elastic-scheduling", {"timeline": "arrivals", "options": {"bound": "norm", "beta": 0.5}}),
    ("elastic-scheduling", {"timeline": "arrivals", "options": {"bound": "variance", "beta": 0.3}}),
    ("compressed-messages", {"timeline": "message-delays", "timeline_options": {"delay": 1}, "options": {"k": 2}}),
    ("ef-sgd", {"options": TOP}),
    ("def", {"options": {"blocks": 2, "detached": 0.5}}),
)
"""Systems in which the mean of all gradients does."""

CRASHING: Shape = ("message-passing", {"timeline": "crashes", "timeline_options": {"faults": 2}})
"""A system in which some workers are missing from some round on."""


def claims(iterations: int, distances: tuple[float, ...] = (3.0,), rows: tuple[int, ...] = (0, 3, 4)) -> list[Claim]:
    """Return the claims, about runs of ``iterations`` rounds or updates.

    Parameters
    ----------
    iterations
        K.
    distances
        The B of the adversary.
    rows
        Which of the systems in which all gradients count are held against statements that prescribe a step.
    """
    chosen = [PARALLEL[row] for row in rows]
    return [
        *_nonconvex(iterations, chosen),
        *_convex(iterations, chosen),
        *_adversary(iterations, distances),
        *_attained(iterations, distances),
    ]


def _claim(theorem: str, shape: Shape, problem: str, options: dict[str, Option], iterations: int, **more: Any) -> Claim:
    system, made = shape
    defaults: dict[str, Any] = {"nodes": 4, "budget": 64, "iterations": iterations}
    return Claim(theorem=theorem, system=system, problem=problem, problem_options=options, **defaults | made | more)


def _nonconvex(iterations: int, chosen: list[Shape]) -> list[Claim]:
    """Return claims about a cosine, with the B of the system's row."""
    steps = [("nc-1", shape) for shape in SINGLE] + [("nc-p", shape) for shape in (*chosen, CRASHING)]
    found = [
        _claim(f"elastic.{name}:{wording}", shape, "cosine", STEEP, iterations, step="prescribed")
        for (name, shape), wording in product(steps, ("printed", "rederived"))
    ]
    free = [("", shape, 0.02) for shape in SINGLE] + [("-parallel", shape, 0.05) for shape in PARALLEL]
    found += [
        _claim(f"ours.elastic-nc{name}", shape, "cosine", STEEP, iterations, step=step)
        for name, shape, step in (*free, ("-quorum", CRASHING, 0.05))
    ]
    tilted = STEEP | {"zeta": 0.2}
    return [*found, _claim("ours.elastic-nc-parallel", PARALLEL[0], "cosine", tilted, iterations, step=0.05)]


def _convex(iterations: int, chosen: list[Shape]) -> list[Claim]:
    """Return claims about a quadratic, with the B of the system's row."""
    long = max(iterations, 256 * 4)  # K >= 256 L^2 n / mu^2
    steps = [("sc-1", shape, iterations) for shape in SINGLE] + [("sc-p", shape, long) for shape in (*chosen, CRASHING)]
    found = [
        _claim(f"elastic.{name}:{wording}", shape, "quadratic", BALL, rounds, step="prescribed")
        for (name, shape, rounds), wording in product(steps, ("printed", "rederived"))
    ]
    free = [("", shape, 0.02) for shape in SINGLE] + [("-parallel", shape, 0.05) for shape in PARALLEL]
    found += [
        _claim(f"ours.elastic-sc{name}", shape, "quadratic", BALL, iterations // 4, step=step)
        for name, shape, step in (*free, ("-quorum", CRASHING, 0.05))
    ]
    return found


def _adversary(iterations: int, distances: tuple[float, ...]) -> list[Claim]:
    """Return all claims about views that are wrong by exactly B steps, where that hurts the most; see `_attained`."""
    found = []
    crashing = {"timeline": "crashes", "timeline_options": {"faults": 2}}
    long = max(iterations, 256 * 4)
    for distance in distances:
        single: Shape = ("adversarial-views-async", TURNS | {"options": {"B": distance}})
        parallel: Shape = ("adversarial-views", {"options": {"B": distance}})
        fewer: Shape = ("adversarial-views", parallel[1] | crashing)
        for shape, name, free in ((single, "1", ""), (parallel, "p", "-parallel"), (fewer, "p", "-quorum")):
            for wording in ("printed", "rederived"):
                found.append(_claim(f"elastic.nc-{name}:{wording}", shape, "cosine", STEEP, iterations, step="prescribed"))
                found.append(
                    _claim(f"elastic.sc-{name}:{wording}", shape, "quadratic", BOWL, long, step="prescribed", budget=1024)
                )
            found.append(_claim(f"ours.elastic-nc{free}", shape, "cosine", STEEP, iterations, step=0.05))
            found.append(_claim(f"ours.elastic-sc{free}", shape, "quadratic", LOUD, iterations // 4, step=0.05, budget=1024))
    return found


def _attained(iterations: int, distances: tuple[float, ...]) -> list[Claim]:
    """Return claims about the adversary without noise: runs stay at views' distance from the minimum, as the bounds say."""
    quiet: dict[str, Option] = BOWL | {"sigma": 0.0, "noise": "none"}
    far = [distance for distance in distances if distance]
    return [
        _claim(key, ("adversarial-views", {"options": {"B": distance}}), "quadratic", quiet, iterations, step=0.3, budget=16)
        for distance, key in product(far, ("ours.elastic-nc-parallel", "ours.elastic-sc-parallel"))
    ]
