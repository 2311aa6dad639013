"""The gauge B that theory knows of a system: what elastic consistency asks for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from experiments.applicability import obstacle
from experiments.settings import Setting
from straggler import StragglerError

if TYPE_CHECKING:
    from experiments.claims import Claim
    from numerics.mixing import MixingSchedule
    from numerics.problems import Problem
    from numerics.timeline import Timeline
    from theory.theorem import Theorem


def bounds(
    claim: Claim,
    problem: Problem,
    schedule: MixingSchedule,
    timeline: Timeline | None,
    constants: dict[str, float],
) -> dict[str, float]:
    """Return B^2 by key, for every theorem of the house that bounds the gauge of a run.

    Parameters
    ----------
    claim
        System and options of the run; its theorem does not matter.
    problem, schedule, timeline
        What it is on.
    constants
        Those of the run, ``gamma`` included.
    """
    found = {}
    for theorem in _gauges_of(claim.system):
        known = {"M": math.inf} | constants | _envelope(theorem, schedule)
        setting = Setting(claim, theorem, problem, schedule, timeline, constants["gamma"], known)
        try:
            bound = float(theorem.bound(**known)) if obstacle(setting) is None else math.inf
        except StragglerError:  # the statement asks for a constant that such a run does not have
            continue
        if math.isfinite(bound):
            found[theorem.key] = bound
    return found


def gauge(setting: Setting) -> float:
    """Return the least B that a theorem of the house gives for the run of a setting; infinite where there is none."""
    found = bounds(setting.claim, setting.problem, setting.schedule, setting.timeline, setting.constants)
    return math.sqrt(min(found.values(), default=math.inf))


def _gauges_of(system: str) -> list[Theorem]:
    from theory import registry

    keys = [card.key for card in registry.cards() if system in card.systems]
    return [theorem for theorem in map(registry.get, keys) if theorem.quantity.name == "gauge_sq"]


def _envelope(theorem: Theorem, schedule: MixingSchedule) -> dict[str, float]:
    if set(theorem.constants).isdisjoint({"C", "q", "one_minus_q"}):
        return {}
    from numerics.mixing import push_sum_constants

    return push_sum_constants(schedule)
