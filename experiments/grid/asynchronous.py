"""Claims about the systems whose gradients are stale: A-PSGD and AD-PSGD, every read as old as the theorem admits."""

from __future__ import annotations

from itertools import product
from typing import Any

from experiments.claims import Claim, Option
from experiments.grid.options import ROUGH


def claims(iterations: int) -> list[Claim]:
    """Return the claims, about runs of ``iterations`` updates."""
    return [*_server(iterations), *_pairs(iterations)]


def _server(iterations: int) -> list[Claim]:
    """Return claims about a parameter server whose every gradient is as stale as the theorem admits, on iid data."""
    same: dict[str, Option] = ROUGH | {"zeta": 0.0}
    common: dict[str, Any] = {"system": "apsgd", "nodes": 4, "iterations": iterations, "problem_options": same}
    common |= {"timeline": "worst-delay"}
    claims = [
        Claim(theorem="apsgd.theorem-1", problem=problem, timeline_options={"delay": delay}, **common)
        for problem, delay in product(("cosine", "quadratic"), (1, 8))
    ]
    claims.append(
        Claim(theorem="apsgd.corollary-2", problem="quadratic", timeline_options={"delay": 2}, step="prescribed", **common),
    )
    return claims


def _pairs(iterations: int) -> list[Claim]:
    """Return claims about pairwise averages with a neighbour drawn at random."""
    mild: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "sigma": 0.3, "zeta": 0.2}
    common: dict[str, Any] = {"system": "adpsgd", "nodes": 4, "timeline": "worst-delay"}
    claims = [
        Claim(
            theorem="ours.p6",
            problem=problem,
            graph=graph,
            iterations=iterations,
            problem_options=ROUGH | {"dim": 4},
            timeline_options={"delay": delay},
            **common,
        )
        for problem, (graph, delay) in product(("cosine", "quadratic"), (("ring", 1), ("complete", 4)))
    ]
    # the recalled constants admit steps that are smaller by a factor of ten: it takes as much longer until a bound says something
    claims += [
        Claim(
            theorem="adpsgd.theorem-1:printed",
            problem=problem,
            graph="complete",
            iterations=4 * iterations,
            problem_options=mild,
            timeline_options={"delay": 1},
            budget=32,
            **common,
        )
        for problem in ("cosine", "quadratic")
    ]
    flat: dict[str, Option] = {"dim": 4, "smoothness": 0.1, "sigma": 1.0, "zeta": 0.3}
    for key, nodes, smoothness in (("adpsgd.corollary-2:printed", 3, 0.05), ("adpsgd.corollary-2:rederived", 4, 0.1)):
        claims.append(
            Claim(
                theorem=key,
                problem="cosine",
                graph="complete",
                iterations=8 * iterations,
                step="prescribed",
                problem_options=flat | {"smoothness": smoothness},
                timeline_options={"delay": 1},
                budget=32,
                **common | {"nodes": nodes},
            )
        )
    return claims
