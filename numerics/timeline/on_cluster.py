"""The timeline of an algorithm that runs on a modelled cluster: its own options and its own graph, not those of the workload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.algorithms.grouping import Grouping
from numerics.timeline import compressed
from numerics.timeline.clock import ClusterTimeline
from numerics.timeline.system import PATTERNS, WORKLOAD
from straggler import InputError, UnknownName

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule

DEFAULT = "resnet50-64"
"""The workload unless told otherwise."""

DECIDED = ("period", "switch", "overlap", "send_every", "group", "grouping")
"""Options of systems on a cluster that an algorithm has itself."""


def on_cluster(algorithm: Algorithm, schedule: MixingSchedule, workload: object = DEFAULT, **options: object) -> ClusterTimeline:
    """Return the timeline of an algorithm on the cluster of a workload.

    The algorithm says how often and in which groups workers average and how messages are compressed, the schedule who talks
    to whom. Messages have the size that they have for the workload's model, whatever the dimension of the problem. Local SGD
    averages by an all-reduce where the schedule is the exact average of all, and by the messages of its graph where not.

    Parameters
    ----------
    algorithm, schedule
        What runs; the schedule gives the number of workers.
    workload
        Name of a workload or path of a TOML file, see `numerics.cluster.load`.
    options
        ``allreduce``, ``barrier``, ``partners``, ``initiators``, ``mode`` and ``k`` of `of_system` and, with a dot, values of
        the workload (``network.bandwidth``).

    Raises
    ------
    StragglerError
        For a system that no cluster is modelled for, an option it has not or that the algorithm decides, and as `load`.
    """
    from numerics.cluster import load

    system = algorithm.name
    if system not in PATTERNS:
        raise UnknownName("system on a cluster", system, PATTERNS)
    pattern, changes = PATTERNS[system], {name: value for name, value in options.items() if "." in name}
    asked = load(str(workload), changes)
    decided = {*DECIDED, "peers", *(compressed.OPTIONS if "compressor" in pattern.options else ())}
    free = [name for name in pattern.options if name not in decided]
    chosen = _decided(algorithm, schedule.n) | {"reals": asked.gradient.parameters, "algorithm": algorithm}
    for option in free:
        default = pattern.options[option]
        chosen[option] = vars(asked.training)[option] if default is WORKLOAD else default
    if system == "local-sgd" and not _averages(schedule):
        chosen["allreduce"], free = None, []
    for option, value in options.items():
        if option in changes:
            continue
        if option in pattern.options and option not in free:
            raise InputError(option, value, f"no value for {system}: {_decides(option)}")
        if option not in free:
            raise UnknownName(f"option of {system} on a cluster", option, ["workload", *free])
        chosen[option] = value
    return pattern.build(asked.cluster(schedule.n), schedule, chosen)


def _decided(algorithm: Algorithm, n: int) -> dict[str, Any]:
    """Return what an algorithm says of its communication; no period at all where it never waits for everybody."""
    found = {name: getattr(algorithm, name) for name in DECIDED if hasattr(algorithm, name)}
    if "period" in found:
        found["period"] = found["period"] or None
    if hasattr(algorithm, "group_size"):
        found["group"] = Grouping(n, algorithm.group_size, found["grouping"]).size
    return found


def _decides(option: str) -> str:
    if option in ("peers", "allreduce"):
        return "the graph and its weights decide it"
    return "it is an option of the algorithm, which decides it"


def _averages(schedule: MixingSchedule) -> bool:
    """Return whether every round of a schedule is the exact average of all workers."""
    if schedule.period is None:
        return False
    return all(np.allclose(schedule.at(k).matrix(), 1 / schedule.n, rtol=0, atol=1e-12) for k in range(schedule.period))
