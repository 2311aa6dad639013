"""Whether systems are what theorems about views and compression assume: which ones, on which timelines, with which options."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from numerics.algorithms.compression import Compressing
from numerics.objectives import Huber, Logistic, MixedQuadratic, Quadratic
from numerics.timeline import Crashes, MessageDelays, Omissions, Timeline, fitting
from numerics.timeline.base import AsynchronousTimeline

if TYPE_CHECKING:
    from experiments.settings import Setting
    from numerics.algorithms import Algorithm

SHRINKING = ("identity", "top-k", "random-k", "random-block", "scaled-sign", "one-bit")
"""Compressors that do not enlarge norms, where they do not scale what they keep."""


def _algorithm(setting: Setting) -> Algorithm:
    return setting.claim.build_algorithm(1.0)


def _timeline(setting: Setting) -> Timeline:
    return fitting(_algorithm(setting), setting.schedule, setting.timeline)


def _quorum(setting: Setting) -> float | None:
    """Return how many workers at least contribute to a round; None where there are no rounds that keep all gradients."""
    algorithm = _algorithm(setting)
    if algorithm.pattern != "rounds" or not algorithm.conserves:
        return None
    quorum = _timeline(setting).quorum
    return float(setting.claim.nodes if quorum is None else quorum)


def _contribute(share: float) -> Callable[[Setting], bool]:
    def enough(setting: Setting) -> bool:
        quorum = _quorum(setting)
        return quorum is not None and quorum >= share * setting.claim.nodes

    return enough


def _single(setting: Setting) -> bool:
    """Return whether every update is by one gradient."""
    algorithm = _algorithm(setting)
    return algorithm.pattern == "server" and algorithm.conserves and isinstance(_timeline(setting), AsynchronousTimeline)


def _whole(setting: Setting) -> bool:
    """Return whether gradients are written one at a time, as they are."""
    return _single(setting) and getattr(_algorithm(setting), "plain", True)


def _kept(setting: Setting) -> bool:
    """Return whether the system keeps what is lost, and gradients are taken at the model itself."""
    return _single(setting) and bool(_option(setting, "feedback")) and not _option(setting, "detached")


def _option(setting: Setting, name: str) -> object:
    return getattr(_algorithm(setting), name, None)


def _scheduled(bound: str) -> Callable[[Setting], bool]:
    return lambda setting: setting.claim.system == "elastic-scheduling" and _option(setting, "bound") == bound


def _on(*kinds: type[Timeline]) -> Callable[[Setting], bool]:
    return lambda setting: isinstance(setting.timeline, kinds)


def _in_order(setting: Setting) -> bool:
    timeline = setting.timeline
    return isinstance(timeline, MessageDelays) and (timeline.kind == "adversarial" or timeline.delay == 0)


def _shrinks(setting: Setting) -> bool:
    algorithm = _algorithm(setting)
    return isinstance(algorithm, Compressing) and algorithm.compressor in SHRINKING and not algorithm.scaled


MET: dict[str, Callable[[Setting], bool]] = {
    "convex": lambda setting: isinstance(setting.problem.objective, Huber | Logistic | MixedQuadratic | Quadratic),
    "elastic-consistency": lambda setting: math.isfinite(setting.constants["B"]),
    "single-steps": _single,
    "parallel-steps": _contribute(1.0),
    "half-steps": _contribute(0.5),
    "partial-steps": _contribute(0.0),
    "inconsistent-reads": _whole,
    "scattered-updates": _whole,
    "crash-faults": _on(Crashes),
    "message-omissions": _on(Omissions),
    "late-messages": _on(MessageDelays),
    "norm-bounded-scheduler": _scheduled("norm"),
    "variance-bounded-scheduler": _scheduled("variance"),
    "contraction": lambda setting: setting.constants.get("lost", 1.0) < 1,
    "shrinks": _shrinks,
    "unbiased-compressor": lambda setting: "blow_up" in setting.constants,
    "error-feedback": lambda setting: setting.claim.system in ("ef-sgd", "mem-sgd") and not _option(setting, "detached"),
    "late-error-feedback": _in_order,
    "late-compressed-messages": _on(MessageDelays),
    "compressed-writes": _kept,
    "detached-error-feedback": lambda setting: setting.claim.system == "def",
    "falling-steps": lambda setting: setting.claim.step == "falling",
    "stochastic-levels": lambda setting: _option(setting, "compressor") == "qsgd",
    "common-pull": lambda setting: (
        setting.claim.system == "lsgd" and _option(setting, "groups") == 1 and _option(setting, "period") == 1
    ),
}
"""By name of the assumption in the theory."""
