"""Claims about the systems that do not wait for late workers: WAGMA-SGD, as its proof sees it, and eager-SGD."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from experiments.claims import Claim, Option

Shape = tuple[int, int, int]
"""Workers n, workers S in a group, and interactions tau from one average of all models to the next."""

LEMMAS = ("wagma.lemma-4.2", "wagma.lemma-4.3", "wagma.lemma-4.4", "wagma.lemma-4.5")
STEEP: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "sigma": 0.6, "start": math.pi / 2}
"""A cosine whose gradient is largest at the start, with little noise: G^2 is hardly more than the squared gradient there."""
FLAT: dict[str, Option] = {"dim": 4, "smoothness": 0.15, "sigma": 0.1, "start": math.pi / 2}
"""The same with small L: theorems whose step carries no length scale then say something within fewer iterations."""
SLOPE: dict[str, Option] = {"dim": 4, "sigma": 0.0, "noise": "none", "start": 1e3}
"""A Huber function far from its knee, where all gradients are the same."""
BOWL: dict[str, Option] = {"dim": 4, "sigma": 0.6, "start": 1.0}
"""A Huber function from where its gradient begins to shrink."""
CIRCLING: dict[str, Option] = {"dim": 16, "sigma": 0.0, "noise": "none", "knee": 0.25, "start": 0.0, "spread": 2.0}
"""A Huber function with |grad f| <= 1 whose coordinates begin in different phases of a cycle of 4 x 200 rounds at step 0.04."""


def claims(
    iterations: int,
    shapes: tuple[Shape, ...] = ((4, 2, 4), (6, 3, 8)),
    long: tuple[Shape, ...] = ((3, 2, 3),),
    late: tuple[tuple[int, int], ...] = ((2, 3),),
) -> list[Claim]:
    """Return the claims, about runs of ``iterations`` interactions or rounds.

    Parameters
    ----------
    iterations
        K.
    shapes, long
        Groups: for statements about any K, and for those that need n^4 tau^4 iterations, of which some more are made.
    late
        How many of four workers are late, and by how many rounds at most.
    """
    return [*_drift(shapes), *_any_step(iterations, shapes), *_long(2 * iterations, long), *_late(iterations, late)]


def _drift(shapes: tuple[Shape, ...]) -> list[Claim]:
    """Return claims about distances between models, on heterogeneous data."""
    return [
        Claim(
            theorem=key,
            problem=problem,
            iterations=10 * tau,
            step=0.1,
            problem_options=options | {"zeta": 0.5},
            **_groups(n, size, tau),
        )
        for (n, size, tau), (problem, options), key in product(shapes, (("cosine", STEEP), ("huber", BOWL)), LEMMAS)
    ]


def _any_step(iterations: int, shapes: tuple[Shape, ...]) -> list[Claim]:
    """Return claims whose step makes the three terms of the bound about as large as each other."""
    return [
        Claim(
            theorem="ours.wagma-any-step",
            problem=problem,
            iterations=iterations,
            step=0.3 / ((2 * size - 1) * tau),
            problem_options=options,
            **_groups(n, size, tau),
        )
        for (n, size, tau), (problem, options) in product(shapes, (("cosine", STEEP), ("huber", BOWL)))
    ]


def _long(least: int, shapes: tuple[Shape, ...]) -> list[Claim]:
    """Return claims about runs that are long enough for the step P/sqrt(K), and for epsilon below the gradient at the start."""
    claims = []
    for n, size, tau in shapes:
        common: dict[str, Any] = {"problem": "cosine", "step": "prescribed", "problem_options": FLAT}
        common |= _groups(n, size, tau) | {"iterations": max(least, n**4 * tau**4) + 1000}
        for standing in ("printed", "corrected"):
            claims += [
                Claim(theorem=f"wagma.theorem-4.6:{standing}", **common),
                Claim(theorem=f"wagma.theorem-4.1:{standing}", parameters={"epsilon": 0.08}, **common),
            ]
    return claims


def _groups(n: int, size: int, tau: int) -> dict[str, Any]:
    return {"system": "wagma-sequential", "nodes": n, "options": {"group_size": size, "period": tau}}


def _late(iterations: int, late: tuple[tuple[int, int], ...]) -> list[Claim]:
    """Return claims about eager-SGD: the counterexamples, and what is true."""
    eager: dict[str, Any] = {"system": "eager", "nodes": 4, "problem": "cosine"}
    tilted = STEEP | {"zeta": 0.3}
    claims = counterexamples()
    for (count, delay), order in product(late, ("rotation", "fixed")):
        common = eager | {"timeline": "late", "timeline_options": {"count": count, "delay": delay, "order": order}}
        claims += [
            Claim(theorem="eager.lemma-6.2:corrected", step=0.05, iterations=100, budget=4096, problem_options=tilted, **common),
            Claim(
                theorem="eager.theorem-6.3-bound:corrected", step=0.05, iterations=iterations, problem_options=tilted, **common
            ),
        ]
    chance = eager | {"timeline": "randomly-late", "timeline_options": {"late": "majority", "delay": 2}}
    chance |= {"iterations": iterations, "problem_options": STEEP}
    return [
        *claims,
        Claim(theorem="eager.theorem-6.3:corrected", step=0.99, parameters={"epsilon": 2.0}, **chance),
        Claim(theorem="eager.theorem-6.3-bound:corrected", step=0.05, **chance),
    ]


def counterexamples() -> list[Claim]:
    """Return what eager-SGD's paper says and is false, and the corrected statements on the same runs."""
    equal: dict[str, Any] = {"problem": "huber", "problem_options": SLOPE, "nodes": 4, "iterations": 40, "step": 0.1}
    equal |= {"timeline_options": {"count": 3, "delay": 5, "order": "fixed"}}
    circling: dict[str, Any] = {"problem": "huber", "problem_options": CIRCLING, "nodes": 16, "iterations": 5000}
    circling |= {"timeline_options": {"count": 15, "delay": 200, "order": "fixed"}}
    half: dict[str, Any] = {"step": 0.96, "parameters": {"epsilon": 0.5}}  # a step of 0.04 under the printed conditions
    return [
        Claim(theorem=f"{key}:{standing}", system="eager", timeline="late", budget=16, **setting)
        for key, setting in (
            ("eager.lemma-6.2", equal),
            ("eager.theorem-6.3-bound", circling | {"step": 0.04}),
            ("eager.theorem-6.3", circling | half),
        )
        for standing in ("printed", "corrected")
    ]
