"""Claims about compressed gradients: QSGD, Mem-SGD, error feedback, attached and detached."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from experiments.claims import Claim, Option

COSINE: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "sigma": 0.6, "start": math.pi / 2}
"""A cosine from where its gradient is largest."""

WALL: dict[str, Option] = {"dim": 4, "smoothness": 20.0, "knee": 0.05, "sigma": 0.5, "start": 2.0}
"""Nearly the sum of |x_j|: a convex function with a kink, from far away."""

SLOPE: dict[str, Option] = {"dim": 4, "sigma": 0.0, "noise": "none", "start": 1e3}
"""Where all gradients are the same: a memory grows as far as it can."""

BALL: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "mu": 0.5, "sigma": 0.5, "start": 2.0, "radius": 6.0}
"""A quadratic whose gradients are bounded where runs stay."""

TOP: dict[str, Option] = {"compressor": "top-k", "k": 2}
RANDOM: dict[str, Option] = {"compressor": "random-k", "k": 2}
SIGN: dict[str, Option] = {"compressor": "scaled-sign"}


def claims(iterations: int, shapes: tuple[tuple[int, int], ...] = ((4, 1), (16, 2), (10, 1))) -> list[Claim]:
    """Return the claims, about runs of ``iterations`` rounds.

    Parameters
    ----------
    iterations
        K.
    shapes
        Dimensions d, and levels s of QSGD, at which its lemma is examined.
    """
    return [*_quantised(iterations, shapes), *_memory(iterations), *_feedback(iterations), *_detached(iterations)]


def _quantised(iterations: int, shapes: tuple[tuple[int, int], ...]) -> list[Claim]:
    """Return claims about QSGD's rounding, and about runs with unbiased compressors."""
    found = [
        Claim(
            theorem=f"qsgd.lemma-3.1{part}",
            system="compressed-sgd",
            problem="quadratic",
            nodes=2,
            iterations=1,
            step=0.5,
            options={"compressor": "qsgd", "levels": levels},
            problem_options={"dim": dim},
            budget=16,
        )
        for (dim, levels), part in product(shapes, ("-mean", ":printed", ":rederived", "-sparsity"))
    ]
    unbiased: tuple[dict[str, Option], ...] = ({"compressor": "qsgd", "levels": 1}, RANDOM | {"scaled": True})
    found += [
        Claim(
            theorem="ours.unbiased-compression",
            system="compressed-sgd",
            problem="cosine",
            nodes=4,
            iterations=iterations,
            step=0.02,
            options=options,
            problem_options=COSINE | {"zeta": 0.3},
            budget=64,
        )
        for options in unbiased
    ]
    return found


def _memory(iterations: int) -> list[Claim]:
    """Return claims about Mem-SGD: its lemmas, one by one, and its theorem."""
    least = math.ceil(6 / (1 - 0.5)) + 2  # (alpha + 1)/(1 - theta) with alpha = 5, and what is left of it
    start: dict[str, Any] = {"system": "mem-sgd", "problem": "quadratic", "nodes": 2, "step": "falling", "problem_options": BALL}
    found = []
    for compressor, offset in ((TOP, least), (TOP, 16 * least), (RANDOM, 16 * least)):
        common: dict[str, Any] = start | {"options": compressor | {"offset": float(offset)}, "budget": 32}
        slack: dict[str, Any] = {"parameters": {"slack": 5.0}}
        found += [
            Claim(theorem="mem-sgd.lemma-3.1", iterations=200, **common),
            Claim(theorem="mem-sgd.lemma-3.2:printed", iterations=200, **slack, **common),
            Claim(theorem="mem-sgd.lemma-3.2:rederived", iterations=200, **common),
            Claim(theorem="mem-sgd.theorem-2.4:printed", iterations=2 * iterations, **slack, **common),
            Claim(theorem="mem-sgd.theorem-2.4:rederived", iterations=2 * iterations, **common),
        ]
    for first, square, cube in product((8.0, 100.0), (0.0, 1.0), (0.0, 30.0)):
        given = {"per_square": square, "per_cube": cube}
        options: dict[str, Option] = {"offset": first}
        found.append(
            Claim(theorem="mem-sgd.lemma-3.3", iterations=500, parameters=given, **start | {"options": options, "budget": 16})
        )
    return found


def _feedback(iterations: int) -> list[Claim]:
    """Return claims about error feedback."""
    common: dict[str, Any] = {"system": "ef-sgd", "nodes": 4, "iterations": iterations, "budget": 64}
    found = []
    for compressor in (TOP, SIGN):
        smooth = common | {"problem": "cosine", "options": compressor, "problem_options": COSINE}
        found += [Claim(theorem=f"ef-sgd.theorem-2:{wording}", step=0.02, **smooth) for wording in ("printed", "rederived")]
        found.append(Claim(theorem="ef-sgd.theorem-2-step", step="prescribed", **smooth))
        kinked = common | {"problem": "huber", "options": compressor, "problem_options": WALL}
        found += [Claim(theorem=f"ef-sgd.theorem-3:{wording}", step=0.02, **kinked) for wording in ("printed", "rederived")]
    memory: dict[str, Any] = {"theorem": "ef-sgd.lemma-3", "system": "ef-sgd", "nodes": 4, "iterations": 100, "step": 0.05}
    found += [
        Claim(problem=problem, problem_options=options, options=compressor, **memory)
        for (problem, options), compressor in product((("huber", SLOPE), ("cosine", COSINE)), (TOP, RANDOM))
    ]
    return found


def _detached(iterations: int) -> list[Claim]:
    """Return claims about error feedback that is detached: how far views are from the center, and what runs reach."""
    common: dict[str, Any] = {"system": "def", "nodes": 4}
    found = []
    for share in (0.0, 0.5, 1.0):
        options: dict[str, Option] = {"detached": share, "blocks": 2}
        for problem, problem_options in (("huber", SLOPE), ("cosine", COSINE | {"zeta": 0.5})):
            chosen = common | {"problem": problem, "problem_options": problem_options, "options": options}
            found.append(Claim(theorem="ours.detached-gauge", iterations=100, step=0.05, **chosen))
        run = common | {"problem": "cosine", "problem_options": COSINE | {"zeta": 0.3}, "options": options, "budget": 64}
        found.append(Claim(theorem="ours.detached-error-feedback", iterations=iterations, step=0.02, **run))
    return found
