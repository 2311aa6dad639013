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

SAME: dict[str, Option] = {"dim": 4, "smoothness": 1.0, "sigma": 0.6, "start": math.pi / 2}
"""The same with iid data."""

SLOPE: dict[str, Option] = {"dim": 4, "sigma": 0.0, "noise": "none", "start": 1e3}
"""A Huber function far from its knee, where all gradients are the same: what is missing adds up as far as it can."""

EDGES: tuple[tuple[str, dict[str, Option]], ...] = (("huber", SLOPE), ("cosine", SAME))


def claims(iterations: int) -> list[Claim]:
    """Return the claims, about runs of ``iterations`` rounds or updates."""
    return [*_house(iterations), *_shared_memory(iterations), *_messages(iterations), *_feedback(iterations)]


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


def _shared_memory(iterations: int) -> list[Claim]:
    """Return claims about a model that all write to; alone or compressed, everything that can be missing is."""
    found = []
    reads: tuple[tuple[str, dict[str, Option]], ...] = (
        ("apsgd", {}),
        ("hogwild", {"delay": 3}),
        ("hogwild", {"delay": 4, "reads": "sweep"}),
    )
    for (problem, options), (system, told) in product(EDGES, reads):
        common: dict[str, Any] = {"problem": problem, "problem_options": options, "iterations": iterations, "options": told}
        common |= {"timeline": "round-robin", "step": 0.05}
        found += [gauge(f"elastic.b-shared-memory:{wording}", system, **common) for wording in ("printed", "rederived")]
    compressed: tuple[tuple[str, dict[str, Option]], ...] = (("hogwild", {"delay": 2}), ("async-ef", {}))
    for (problem, options), (system, delay) in product(EDGES, compressed):
        kept: dict[str, Any] = delay | {"compressor": "top-k", "k": 2, "feedback": True}
        run: dict[str, Any] = {"problem": problem, "problem_options": options, "iterations": iterations, "options": kept}
        found.append(gauge("ours.elastic-composition-shared", system, timeline="round-robin", step=0.02, **run))
    return found


def _messages(iterations: int) -> list[Claim]:
    """Return claims about rounds in which all send to all, and some fail, are late, or are not waited for."""
    found = []
    rows: tuple[tuple[str, str, dict[str, Option]], ...] = (
        ("crash", "crashes", {"faults": 2}),
        ("omission", "omissions", {"faults": 2, "delay": 3}),
        ("async-messages", "message-delays", {"delay": 3}),
    )
    for (row, timeline, options), kind, (problem, made) in product(rows, ("adversarial", "random"), EDGES):
        common: dict[str, Any] = {"timeline": timeline, "timeline_options": options | {"kind": kind}, "iterations": iterations}
        common["budget"] = 4096  # the adversary comes within a few per cent of the bound
        found.append(
            gauge(f"elastic.b-{row}", "message-passing", problem=problem, problem_options=made, nodes=5, step=0.05, **common)
        )
    for kind, (problem, made) in product(("adversarial", "random"), EDGES):
        common = {"timeline": "message-delays", "timeline_options": {"delay": 3, "kind": kind}, "iterations": iterations}
        common |= {"problem": problem, "problem_options": made, "options": {"k": 2}, "step": 0.05}
        order = ("", "-messages") if kind == "adversarial" else ("-messages",)
        found += [gauge(f"ours.elastic-composition{each}", "compressed-messages", **common) for each in order]
    return [*found, *_scheduled(iterations)]


def _scheduled(iterations: int) -> list[Claim]:
    """Return claims about elastic scheduling."""
    orders: dict[str, Any] = {"timeline": "arrivals", "iterations": iterations}
    found = []
    for kind, (problem, made), share in product(("adversarial", "random"), EDGES, (0.1, 0.6)):
        common: dict[str, Any] = orders | {
            "timeline_options": {"kind": kind},
            "problem": problem,
            "problem_options": made,
            "nodes": 5,
        }
        found.append(gauge("elastic.b-norm-bounded", "elastic-scheduling", options={"bound": "norm", "beta": share}, **common))
        variance: dict[str, Any] = common | {"options": {"bound": "variance", "beta": share}, "step": 0.9}
        if problem == "cosine":
            found += [
                gauge(f"elastic.b-variance-bounded:{wording}", "elastic-scheduling", **variance)
                for wording in ("printed", "rederived")
            ]
    return found


def _feedback(iterations: int) -> list[Claim]:
    """Return claims about memories of compression."""
    return [
        gauge(
            f"elastic.b-error-feedback:{wording}",
            "ef-sgd",
            problem=problem,
            problem_options=options,
            options=compressor,
            iterations=iterations,
            step=0.05,
        )
        for wording, (problem, options), compressor in product(
            ("printed", "rederived"),
            EDGES,
            (
                {"compressor": "top-k", "k": 1},
                {"compressor": "random-block", "blocks": 3},
                {"compressor": "max-min", "precision": 2},
            ),
        )
    ]
