"""Claims about the gauge of elastic consistency: how far the views of every system are from its center."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from experiments.claims import Claim, Option

STEEP: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "sigma": 0.6, "zeta": 0.5, "start": math.pi / 2}
"""A cosine with noise and heterogeneous data, from where its gradient is largest."""

PAIR: dict[str, Option] = {"dim": 1, "smoothness": 1e-3, "sigma": 0.0, "zeta": 1.0, "start": 0.0, "noise": "none", "tilt": "pair"}
"""Workers that pull in opposite directions and hardly anything else: what gossip and local steps are furthest apart on."""


def claims(iterations: int) -> list[Claim]:
    """Return the claims, about runs of ``iterations`` rounds or updates."""
    return _house(iterations)


def gauge(theorem: str, system: str, **more: Any) -> Claim:
    """Return a claim about a gauge, by the name of its theorem; on the steep cosine unless told otherwise."""
    defaults: dict[str, Any] = {"problem": "cosine", "problem_options": STEEP, "nodes": 4, "step": 0.1}
    return Claim(theorem=theorem, system=system, **defaults | more)


def _house(iterations: int) -> list[Claim]:
    """Return claims about gossip, local steps, leaders, and late collectives."""
    late: dict[str, Any] = {"timeline": "late", "timeline_options": {"count": 2, "delay": 3, "order": "fixed"}}
    stale: dict[str, Any] = {"timeline": "worst-delay"}
    systems: list[tuple[str, str, dict[str, Any]]] = [
        ("dpsgd", "dpsgd", {"graph": "ring"}),
        ("dpsgd", "dpsgd", {"graph": "star", "nodes": 8}),
        *(("adpsgd", "adpsgd", stale | {"graph": "ring", "timeline_options": {"delay": delay}}) for delay in (0, 3)),
        ("sgp", "sgp", {"graph": "one-peer-exponential"}),
        ("sgp", "sgp", {"graph": "star", "weights": "push"}),
        ("local-sgd", "local-sgd", {"options": {"period": 6}}),
        ("lsgd", "lsgd", {"options": {"pull": 0.2, "period": 1}}),
        ("wagma", "wagma-sequential", {"options": {"group_size": 2, "period": 4}}),
        ("eager", "eager", late | {"step": 0.05}),
    ]
    pair: dict[str, Any] = {"problem_options": PAIR, "nodes": 2, "budget": 16}
    found = [
        gauge(f"ours.gauge-{key}", system, iterations=iterations, **more | unlike)
        for (key, system, more), unlike in product(systems, ({}, pair))
        if not (unlike and system == "eager")  # two late workers of two would be all
    ]
    return list({claim.model_dump_json(): claim for claim in found}.values())
