"""Timelines: who is active when. From a schedule, idealised, adversarial, or from a model of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numerics.timeline.adversarial import WorstDelay
from numerics.timeline.base import AsynchronousTimeline, Rounds, Timeline
from numerics.timeline.clock import ClusterTimeline
from numerics.timeline.faults import Crashes, Omissions
from numerics.timeline.independent import Independent
from numerics.timeline.late import Late, RandomlyLate
from numerics.timeline.messages import Arrivals, MessageDelays
from numerics.timeline.on_cluster import on_cluster
from numerics.timeline.overlapped import NeighbourBarrier, Overlapped
from numerics.timeline.pairwise import Pairwise
from numerics.timeline.periodic import Barrier, Periodic
from numerics.timeline.random_groups import RandomGroups
from numerics.timeline.registry import get
from numerics.timeline.report import report
from numerics.timeline.round_robin import RoundRobin
from numerics.timeline.server import Server
from numerics.timeline.system import of_system
from numerics.timeline.wait_avoiding import WaitAvoiding
from straggler import InputError

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule

__all__ = [
    "Arrivals",
    "AsynchronousTimeline",
    "Barrier",
    "ClusterTimeline",
    "Crashes",
    "Independent",
    "Late",
    "MessageDelays",
    "NeighbourBarrier",
    "Omissions",
    "Overlapped",
    "Pairwise",
    "Periodic",
    "RandomGroups",
    "RandomlyLate",
    "RoundRobin",
    "Rounds",
    "Server",
    "Timeline",
    "WaitAvoiding",
    "WorstDelay",
    "fitting",
    "get",
    "natural",
    "of_system",
    "on_cluster",
    "report",
]


def natural(algorithm: Algorithm, schedule: MixingSchedule) -> Timeline:
    """Return the timeline of an algorithm when none is given: the rounds of the schedule, or independent completions."""
    if algorithm.pattern == "rounds":
        return Rounds(schedule)
    if algorithm.pattern == "groups":
        return RandomGroups(schedule, getattr(algorithm, "group_size", 1))
    return Independent(schedule, "random" if algorithm.pattern == "pairwise" else "none")


def fitting(algorithm: Algorithm, schedule: MixingSchedule, timeline: Timeline | None) -> Timeline:
    """Return the timeline to play: the given one, if it fits algorithm and schedule, or the natural one; else `InputError`."""
    chosen = natural(algorithm, schedule) if timeline is None else timeline
    if chosen.n != schedule.n:
        raise InputError("workers of the timeline", chosen.n, f"the {schedule.n} nodes of the graph")
    if (chosen.slots == 0) != (algorithm.pattern == "rounds"):
        wanted = "synchronous rounds" if algorithm.pattern == "rounds" else "asynchronous completions"
        raise InputError("timeline", chosen.name, f"{wanted}, which {algorithm.name} reacts to")
    return chosen
