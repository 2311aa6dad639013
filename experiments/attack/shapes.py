"""What a search begins with where nobody says more: a few shapes of every system, and a few problems."""

from __future__ import annotations

from typing import Any

from experiments.claims import Option

Shape = dict[str, Any]

TURNS: Shape = {"timeline": "round-robin"}
TOP: dict[str, Option] = {"compressor": "top-k", "k": 1}
LAZY: Shape = {"graph": "complete", "weights": "lazy"}
"""All modes but the mean decay alike, by one half, however many workers there are: none of them hides behind a faster one."""
DELAYED: Shape = {"timeline": "message-delays", "timeline_options": {"delay": 2, "kind": "adversarial"}}

SHAPES: dict[str, tuple[Shape, ...]] = {
    "dpsgd": ({"graph": "ring"}, {"graph": "path"}, LAZY),
    "sgp": ({"graph": "one-peer-exponential"}, {"graph": "star", "weights": "push"}, LAZY),
    "osgp": ({"graph": "one-peer-exponential", "options": {"overlap": 1}}, LAZY | {"options": {"overlap": 0}}),
    "local-sgd": ({"options": {"period": 4}},),
    "apsgd": ({"timeline": "worst-delay", "timeline_options": {"delay": 3}}, TURNS),
    "adpsgd": ({"graph": "ring", "timeline": "worst-delay", "timeline_options": {"delay": 1}},),
    "easgd": ({"options": {"alpha": 0.1}},),
    "easgd-async": (TURNS | {"options": {"alpha": 0.1}},),
    "admm": (TURNS | {"options": {"penalty": 1.0}},),
    "hogwild": (TURNS | {"options": {"delay": 2}}, TURNS | {"options": {"delay": 1, "feedback": True} | TOP}),
    "lgd": ({"options": {"attraction": 0.2}}, {"options": {"groups": 2, "attraction": 0.2, "global_attraction": 0.1}}),
    "lsgd": ({"options": {"pull": 0.1, "period": 1}},),
    "wagma-sequential": ({"options": {"group_size": 2, "period": 4}},),
    "eager": (
        {"timeline": "late", "timeline_options": {"count": 3, "delay": 3, "order": "fixed"}},
        {"timeline": "late", "timeline_options": {"count": 7, "delay": 100, "order": "fixed"}, "iterations": 4000, "nodes": 8},
    ),
    "message-passing": (
        DELAYED,
        {"timeline": "omissions", "timeline_options": {"faults": 2, "delay": 2}},
        {"timeline": "crashes", "timeline_options": {"faults": 2}},
    ),
    "elastic-scheduling": tuple({"timeline": "arrivals", "options": {"bound": by, "beta": 0.5}} for by in ("norm", "variance")),
    "compressed-sgd": (
        {"options": {"compressor": "qsgd", "levels": 1}},
        {"options": TOP | {"compressor": "random-k", "scaled": True}},
    ),
    "ef-sgd": ({"options": TOP}, {"options": {"compressor": "scaled-sign"}}),
    "def": ({"options": {"blocks": 2, "detached": 0.5}}, {"options": TOP | {"detached": 0.0}}),
    "mem-sgd": ({"options": TOP | {"offset": 100.0}},),
    "async-ef": (TURNS | {"options": TOP | {"feedback": True}},),
    "compressed-messages": (DELAYED | {"options": TOP},),
    "adversarial-views": ({"options": {"B": 1.0}},),
    "adversarial-views-async": (TURNS | {"options": {"B": 1.0}},),
}
"""By system; others begin with all their options at their defaults."""

ROUGH: dict[str, Option] = {"dim": 3, "sigma": 1.0, "zeta": 0.5}

SKEWED: dict[str, Option] = {"dim": 1, "start": 0.0, "knee": 0.1, "skew": 8.0}

PROBLEMS: tuple[tuple[str, dict[str, Option]], ...] = (
    ("quadratic", ROUGH),
    ("quadratic", ROUGH | {"dim": 1, "mu": 1.0, "sigma": 0.0, "zeta": 0.0}),
    ("quadratic", {"dim": 1, "mu": 1e-3, "smoothness": 1e-3, "sigma": 0.0, "zeta": 1.0, "start": 0.0, "tilt": "pair"}),
    ("quadratic", ROUGH | {"radius": 4.0, "mu": 0.5}),
    ("cosine", ROUGH | {"start": 1.5}),
    ("huber", ROUGH | {"sigma": 0.0, "zeta": 0.0, "start": 10.0}),
    ("huber", ROUGH | {"dim": 8, "sigma": 0.0, "zeta": 0.0, "start": 0.0, "knee": 0.25, "spread": 1.0}),
    ("huber", SKEWED | {"sigma": 0.0, "zeta": 1.0, "tilt": "halves"}),
    ("huber", SKEWED | {"sigma": 1.0, "zeta": 0.0}),
)
"""Quadratics, whose second moments are exact, with noise, without, and on opposed data; then what is not linear.

The last two show what a spread of the workers does to the mean of their gradients: see `numerics.objectives.Huber`.
"""

DEFAULTS: dict[str, dict[str, Option]] = {
    "quadratic": {"dim": 3, "smoothness": 1.0, "mu": 0.1, "sigma": 1.0, "zeta": 0.0, "start": 1.0},
    "cosine": {"dim": 3, "smoothness": 1.0, "sigma": 1.0, "zeta": 0.0, "start": 1.0},
    "rational": {"dim": 3, "smoothness": 1.0, "sigma": 1.0, "zeta": 0.0, "start": 1.0},
    "saddle": {"dim": 3, "smoothness": 1.0, "sigma": 1.0, "zeta": 0.0, "start": 0.1},
    "huber": {"dim": 3, "smoothness": 1.0, "sigma": 1.0, "zeta": 0.0, "start": 1.0, "knee": 1.0, "skew": 1.0, "spread": 0.0},
}
"""Options of problems that a search moves, spelled out."""

CHOSEN = {"epsilon": 0.3, "slack": 5.0, "k_0": 100.0, "per_square": 1.0, "per_cube": 1.0}
"""Constants that statements leave to whoever applies them."""
