"""Timelines by name, for the command line and for claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from numerics.timeline.adversarial import WorstDelay
from numerics.timeline.base import Timeline
from numerics.timeline.faults import Crashes, Omissions
from numerics.timeline.independent import Independent
from numerics.timeline.late import Late, RandomlyLate
from numerics.timeline.messages import Arrivals, MessageDelays
from numerics.timeline.on_cluster import on_cluster
from numerics.timeline.random_groups import RandomGroups
from numerics.timeline.round_robin import RoundRobin
from straggler import InputError, UnknownName

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule

OPTIONS: dict[str, tuple[str, ...]] = {
    "independent": ("partners",),
    "worst-delay": ("delay",),
    "round-robin": (),
    "late": ("count", "delay", "order"),
    "randomly-late": ("late", "delay"),
    "random-groups": (),
    "message-delays": ("delay", "kind"),
    "omissions": ("faults", "delay", "kind"),
    "crashes": ("faults", "within", "kind"),
    "arrivals": ("kind",),
    "cluster": ("workload",),
}
"""Names of timelines and what each can be told; a cluster also what `on_cluster` takes for the algorithm."""

ROUNDS: dict[str, Callable[..., Timeline]] = {
    "late": Late.adversarial,
    "randomly-late": RandomlyLate,
    "message-delays": MessageDelays,
    "omissions": Omissions,
    "crashes": Crashes,
    "arrivals": Arrivals,
}
"""Timelines of rounds in which not everything is in time."""


def get(name: str, algorithm: Algorithm, schedule: MixingSchedule, **options: object) -> Timeline:
    """Return the timeline called ``name`` for an algorithm on a schedule.

    Parameters
    ----------
    name
        ``independent`` (every update by a uniformly drawn worker), ``worst-delay`` (every read exactly ``delay`` updates
        old) or, where nobody averages, ``round-robin`` (all workers in turn); for wait-avoiding rounds ``late`` (see
        `Late.adversarial`) or ``randomly-late`` (see `RandomlyLate`); where groups act, ``random-groups`` (see `RandomGroups`);
        where all send to all, ``message-delays``, ``omissions`` or ``crashes`` (see `MessageDelays`, `Omissions`, `Crashes`) and,
        for elastic scheduling, ``arrivals`` (see `Arrivals`); with a clock, ``cluster`` (see `on_cluster`).
    algorithm, schedule
        Whose completions they are; where there is no averaging of pairs, the schedule gives the number of workers only.
    options
        See `OPTIONS`.

    Raises
    ------
    StragglerError
        If a name or an option is not known, or the algorithm does not work that way.
    """
    if name not in OPTIONS:
        raise UnknownName("timeline", name, OPTIONS)
    if name == "cluster":
        return on_cluster(algorithm, schedule, **options)
    for option in options:
        if option not in OPTIONS[name]:
            raise UnknownName(f"option of {name}", option, OPTIONS[name])
    if (algorithm.pattern == "rounds") != (name in ROUNDS):
        wanted = "rounds" if algorithm.pattern == "rounds" else "completions"
        raise InputError("timeline", name, f"one of {wanted}, in which {algorithm.name} works")
    if name in ROUNDS:
        return ROUNDS[name](schedule, **options)
    if (algorithm.pattern == "groups") != (name == "random-groups"):
        wanted = "random-groups" if algorithm.pattern == "groups" else "one of single workers"
        raise InputError("timeline", name, f"{wanted}, as {algorithm.name} works")
    if name == "random-groups":
        return RandomGroups(schedule, algorithm.group_size)  # type: ignore[attr-defined]
    if name == "round-robin":
        if algorithm.pattern != "server":
            raise InputError("timeline", name, f"one with pairs or groups, in which {algorithm.name} works")
        return RoundRobin(schedule)
    partners = "random" if algorithm.pattern == "pairwise" else "none"
    if name == "independent":
        return Independent(schedule, str(options.get("partners", partners)))
    return WorstDelay(schedule, options.get("delay", schedule.n - 1), partners)  # type: ignore[arg-type]
