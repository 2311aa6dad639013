"""Claims about a few rounds without noise, which are held against the exact worst case too."""

from __future__ import annotations

from itertools import product
from typing import Any

from experiments.claims import Claim, Option

EXACT: dict[str, Option] = {"dim": 6, "smoothness": 1.0, "noise": "none", "zeta": 0.5}
SYSTEMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ours.p1", {"system": "sgd", "graph": "complete"}),
    ("ours.p2", {"system": "dpsgd", "graph": "ring"}),
    ("dpsgd.theorem-1", {"system": "dpsgd", "graph": "ring"}),
    ("ours.p3", {"system": "local-sgd", "graph": "complete", "options": {"period": 2}}),
    ("ours.p4", {"system": "sgp", "graph": "one-peer-exponential"}),
    ("ours.p4-doubly", {"system": "sgp", "graph": "exponential"}),
)

LEADER: dict[str, Option] = {"attraction": 0.1}
GROUPS: dict[str, Option] = {"groups": 2, "attraction": 0.1, "global_attraction": 0.1}
LEADERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lsgd.theorem-1", {"options": LEADER | {"period": 3}}),
    ("lsgd.multi-leader", {"options": GROUPS | {"global_period": 3}}),
    ("lsgd.limsup:rederived", {"options": LEADER}),
)
"""Old leaders pull back those who started with them."""

CONVEX: dict[str, Option] = {"dim": 6, "smoothness": 1.0, "mu": 0.3, "noise": "none", "rotate": True, "start": 3.0}


def claims(problems: tuple[str, ...] = ("cosine", "quadratic"), nodes: tuple[int, ...] = (4,), rounds: int = 4) -> list[Claim]:
    """Return the claims: every theorem on these problems, sizes and ``rounds``, and those about leaders on a quadratic."""
    found = [
        Claim(theorem=key, problem=problem, nodes=n, iterations=rounds, problem_options=EXACT, budget=16, **setting)
        for (key, setting), problem, n in product(SYSTEMS, problems, nodes)
    ]
    common: dict[str, Any] = {"system": "lgd", "problem": "quadratic", "problem_options": CONVEX, "step": 0.5, "budget": 16}
    return found + [
        Claim(theorem=key, nodes=n, iterations=rounds, **setting, **common) for (key, setting), n in product(LEADERS, nodes)
    ]
