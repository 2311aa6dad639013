"""Who is compared: the theorems of each system, what they ask for that nobody gave, and systems without any."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_SINGLE = ("ours.elastic-nc", "elastic.nc-1:rederived")
_PARALLEL = ("ours.elastic-nc-parallel", "elastic.nc-p:rederived")

CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "sgd": ("ours.p1", "ours.p1-tuned", "sgd.ghadimi-lan-tuned"),
    "dpsgd": ("ours.p2", "ours.p2-tuned", "dpsgd.corollary-2:rederived", "ours.p4-doubly"),
    "sgp": ("ours.p4", "ours.p4-doubly", "ours.p4-tuned", "ours.p4-doubly-tuned", "sgp.theorem-1:rederived"),
    "osgp": ("ours.p5", "ours.p5-tuned"),
    "local-sgd": ("ours.p3", "ours.p3-tuned", "local-sgd.wang-joshi"),
    "adpsgd": ("ours.p6", "adpsgd.corollary-2:rederived", "adpsgd.corollary-2:printed"),
    "apsgd": ("apsgd.theorem-1", "apsgd.corollary-2", "ours.elastic-nc"),
    "hogwild": _SINGLE,
    "async-ef": _SINGLE,
    "adversarial-views-async": _SINGLE,
    "wagma-sequential": ("ours.wagma-any-step", "wagma.theorem-4.6:corrected"),
    "eager": ("eager.theorem-6.3-bound:corrected",),
    "message-passing": _PARALLEL,
    "elastic-scheduling": _PARALLEL,
    "compressed-messages": _PARALLEL,
    "adversarial-views": _PARALLEL,
    "compressed-sgd": ("ours.unbiased-compression",),
    "ef-sgd": ("ours.elastic-nc-parallel", "ef-sgd.theorem-2:rederived", "ef-sgd.theorem-2-step", "ef-sgd.theorem-3:rederived"),
    "def": ("ours.detached-error-feedback",),
    "mem-sgd": ("mem-sgd.theorem-2.4:rederived",),
    "lgd": ("lsgd.limit-points", "lsgd.one-over-k:rederived"),
    "lsgd": ("lsgd.limit-points", "lsgd.one-over-k:rederived"),
}
"""Theorems about how fast something falls with K; a step that one leaves free is the admissible one with the least bound."""

NOT_COMPARED: Mapping[str, str] = {
    "wagma": "its theorems are about wagma-sequential, one group at a time: compare that",
    "easgd": "its theorems are about a floor at a constant step, or stability, not about how fast something falls with K",
    "easgd-async": "its theorem is about stability alone",
    "admm": "its theorem is about instability alone",
    "eamsgd": "no theorem of the house is about it",
    "eamsgd-async": "no theorem of the house is about it",
    "downpour": "no theorem of the house is about it",
    "lsgd-async": "no theorem of the house is about it",
}
"""Systems that have no theorem to compare by, and why."""

GAUGES: Mapping[str, str] = {
    "apsgd": "elastic.b-shared-memory:rederived",
    "hogwild": "elastic.b-shared-memory:rederived",
    "async-ef": "ours.elastic-composition-shared",
    "message-passing": "elastic.b-async-messages",
    "elastic-scheduling": "elastic.b-norm-bounded",
    "compressed-messages": "ours.elastic-composition",
    "ef-sgd": "elastic.b-error-feedback:rederived",
}
"""The theorem that gives the gauge B of a system, where its bound asks for one."""

ONE_ITERATION_PER_ROUND = ("ef-sgd",)
"""Systems whose theorems speak of one worker, although each iteration takes a gradient of every worker."""

NOTES: Mapping[tuple[str, str], str] = {
    ("dpsgd", "ours.p4-doubly"): "D-PSGD is push-sum with weights one that adds gradients after mixing, so that B_E and B_2 have "
    "one term more than those of SGP; they are those of products of rounds, so that no single round has to contract",
    ("ef-sgd", "ours.elastic-nc-parallel"): "at the center, which is the model that uncompressed gradients would give",
}
"""What is to be known about a theorem that is compared under a system."""

DEFAULTS: Mapping[str, float] = {"K": 1e6, "L": 1.0, "delta": 1.0, "sigma": 1.0, "zeta": 0.0, "batch": 1.0, "x0_sq": 0.0}
"""Constants every comparison has; they are shown."""

Constants = Mapping[str, Any]


@dataclass(frozen=True)
class Assumed:
    """What stands for a constant that was not given: a function of the others, and what it is in words."""

    value: Callable[[Constants], Any]
    why: str


def _root_share(known: Constants) -> float:
    root = math.sqrt(known["lost"])
    return float(root / (1 - root)) if root < 1 else 1e300


ASSUMED: Mapping[str, Assumed] = {
    "T": Assumed(lambda known: known["n"] - 1, "n - 1: workers that take turns"),
    "group": Assumed(lambda known: max(1.0, round(math.sqrt(known["n"]))), "about sqrt(n) workers"),
    "quorum": Assumed(lambda known: math.ceil(known["n"] / 2), "a majority"),
    "tau": Assumed(lambda _: 1.0, "one round late"),
    "M": Assumed(
        lambda known: math.sqrt(2 * known["L"] * known["delta"]) + known["zeta"],
        "sqrt(2 L delta) + zeta: the most that smoothness admits at the start, and the heterogeneity",
    ),
    "lost": Assumed(lambda _: 0.75, "a compressor that keeps a quarter of the squared norm"),
    "blow_up": Assumed(lambda _: 1.0, "a compressor that doubles the second moment"),
    "detached": Assumed(lambda _: 0.0, "plain error feedback"),
    "mu": Assumed(lambda known: known["L"] / 10, "condition number 10"),
    "R_0": Assumed(
        lambda known: math.sqrt(2 * known["delta"] / known["mu"]), "sqrt(2 delta/mu), with mu = L/10 where that is not given"
    ),
    "nu": Assumed(lambda _: 0.0, "noise of bounded variance"),
    "pull": Assumed(lambda known: known["mu"] / (2 * known["L"]), "mu/(2 L), the strongest pull that is admitted"),
    "k_0": Assumed(lambda known: 4 * known["L"] * (1 + known["nu"]) / known["mu"], "the least offset that is admitted"),
}
"""Constants that single theorems ask for, in an order in which each may depend on those before it."""

BY_SYSTEM: Mapping[tuple[str, str], Assumed] = {
    ("local-sgd", "tau"): Assumed(lambda _: 4.0, "an average every four steps"),
    ("wagma-sequential", "tau"): Assumed(lambda known: 4 * known["n"] / known["group"], "an average every four rounds"),
    ("mem-sgd", "k_0"): Assumed(lambda known: math.ceil(1 + 2 * _root_share(known)), "twice the least offset that is admitted"),
}
"""The same for single systems."""


def assumed(system: str, needed: set[str], given: Constants) -> dict[str, tuple[Any, str]]:
    """Return what stands for constants that a system's theorem needs and that were not given: value and reason by name."""
    known: dict[str, Any] = dict(given)
    told: dict[str, tuple[Any, str]] = {}
    for name, common in ASSUMED.items():
        entry = BY_SYSTEM.get((system, name), common)
        if name not in known:
            known[name] = entry.value(known)
            told[name] = (known[name], entry.why)
    return {name: told[name] for name in ASSUMED if name in needed and name in told}
