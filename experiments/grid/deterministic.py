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


def claims(problems: tuple[str, ...] = ("cosine", "quadratic"), nodes: tuple[int, ...] = (4,), rounds: int = 4) -> list[Claim]:
    """Return the claims: every theorem on these problems, sizes and ``rounds``."""
    return [
        Claim(theorem=key, problem=problem, nodes=n, iterations=rounds, problem_options=EXACT, budget=16, **setting)
        for (key, setting), problem, n in product(SYSTEMS, problems, nodes)
    ]
