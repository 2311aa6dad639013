"""Which timeline a training system has on a cluster, by the name of the system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from numerics import graphs
from numerics.mixing import GroupMean, MixingSchedule, PeriodicSchedule
from numerics.timeline import compressed
from numerics.timeline.clock import ClusterTimeline
from numerics.timeline.overlapped import NeighbourBarrier, Overlapped
from numerics.timeline.pairwise import Pairwise
from numerics.timeline.periodic import Barrier, Periodic
from numerics.timeline.server import Server
from numerics.timeline.wait_avoiding import WaitAvoiding
from straggler import InputError, UnknownName, at_least

if TYPE_CHECKING:
    from numerics.cluster import Cluster, Workload

BARRIERS = ("global", "neighbour")
WORKLOAD = object()
"""Default of an option that the workload decides."""


@dataclass(frozen=True)
class Pattern:
    """How a system communicates.

    Parameters
    ----------
    build
        Makes the timeline from a cluster, the schedule of a graph and the options.
    options
        Options with their defaults; `WORKLOAD` for what the workload says under the same name in its section ``training``.
    graph
        Name of the usual graph; None where there is none to choose, since all talk to all or to a server.
    """

    build: Callable[[Cluster, MixingSchedule, dict[str, Any]], ClusterTimeline]
    options: Mapping[str, Any]
    graph: str | None = None


def of_system(
    system: str, workload: Workload, workers: int, graph: str | MixingSchedule | None = None, **options: object
) -> ClusterTimeline:
    """Return the timeline of a system that trains on a workload.

    Parameters
    ----------
    system
        One of `PATTERNS`.
    workload
        Compute times, imbalance, network, size of messages; also period, group, barrier, allreduce and peers, where the
        options do not say otherwise.
    workers
        Number of workers P >= 2.
    graph
        Who talks to whom, where the system has a graph: a name or file for `numerics.graphs.get`, or a schedule. By default
        a ring for D-PSGD, the exponential graph with ``peers`` peers per round for SGP, the bipartite exponential one for
        AD-PSGD.
    options
        ``period`` (rounds between two averages over all), ``switch`` (first local round), ``allreduce`` (algorithm of
        collectives), ``barrier`` (global or neighbour), ``peers``, ``overlap``, ``send_every``, ``partners``, ``initiators``,
        ``mode`` and ``k`` (of the server), ``mode`` (solo or majority), ``group`` (size, or "sqrt"), ``grouping`` (dynamic,
        fixed); ``compressor`` and its options, where messages are compressed. See the timelines for their meaning, and
        `PATTERNS` for which system has which.

    Raises
    ------
    StragglerError
        For a system, graph or option that is not known, a graph where there is none to choose, a value out of range.
    """
    if system not in PATTERNS:
        raise UnknownName("system on a cluster", system, PATTERNS)
    pattern = PATTERNS[system]
    for option in options:
        if option not in pattern.options:
            raise UnknownName(f"option of {system} on a cluster", option, pattern.options)
    at_least("nodes", workers, 2)
    training = vars(workload.training)
    defaults = {name: training[name] if default is WORKLOAD else default for name, default in pattern.options.items()}
    chosen = defaults | options
    if "group" in chosen:
        asked = replace(workload, training=replace(workload.training, group=chosen["group"]))
        chosen["group"] = asked.group_size(workers)
    schedule = _schedule(system, pattern, workers, graph, chosen)
    if "compressor" in pattern.options:
        from numerics import algorithms

        told: dict[str, Any] = {name: value for name, value in options.items() if name in compressed.OPTIONS}
        chosen |= {"reals": workload.gradient.parameters, "algorithm": algorithms.get(system, step_size=1.0, **told)}
    return pattern.build(workload.cluster(workers), schedule, chosen)


def _schedule(
    system: str, pattern: Pattern, workers: int, graph: str | MixingSchedule | None, chosen: Mapping[str, Any]
) -> MixingSchedule:
    if pattern.graph is None:
        if graph is not None:
            raise InputError("graph", getattr(graph, "name", graph), f"none: {system} has no graph to choose")
        return PeriodicSchedule([GroupMean(workers, workers)], "complete")
    if graph is None and pattern.graph == "k-peer-exponential":
        peers = at_least("peers", chosen["peers"], 1)
        return graphs.one_peer_exponential(workers).schedule() if peers == 1 else _exponential(workers, peers)
    found = pattern.graph if graph is None else graph
    return graphs.get(found, workers).schedule() if isinstance(found, str) else found


def _exponential(workers: int, peers: int) -> MixingSchedule:
    return graphs.k_peer_exponential(workers, peers=peers).schedule()


def _barrier(cluster: Cluster, schedule: MixingSchedule, chosen: dict[str, Any]) -> ClusterTimeline:
    if chosen["barrier"] not in BARRIERS:
        raise UnknownName("barrier", str(chosen["barrier"]), BARRIERS)
    return Barrier(cluster, schedule, None) if chosen["barrier"] == "global" else NeighbourBarrier(cluster, schedule)


def _periodic(cluster: Cluster, schedule: MixingSchedule, chosen: dict[str, Any]) -> ClusterTimeline:
    return Periodic(cluster, schedule, chosen["period"], chosen["allreduce"], chosen.get("switch", 0))


def _wagma(cluster: Cluster, _: MixingSchedule, chosen: dict[str, Any]) -> ClusterTimeline:
    return WaitAvoiding(cluster, "group", chosen["group"], chosen["period"], chosen["allreduce"], chosen["grouping"])


def _eager(cluster: Cluster, _: MixingSchedule, chosen: dict[str, Any]) -> ClusterTimeline:
    if chosen["mode"] not in ("solo", "majority"):
        raise UnknownName("mode", str(chosen["mode"]), ("solo", "majority"))
    return WaitAvoiding(cluster, chosen["mode"], None, chosen["period"], chosen["allreduce"])


def _gathered(cluster: Cluster, schedule: MixingSchedule, chosen: dict[str, Any]) -> ClusterTimeline:
    return compressed.in_rounds(chosen["algorithm"], cluster, schedule, chosen["reals"], chosen["allreduce"])


def _collected(cluster: Cluster, _: MixingSchedule, chosen: dict[str, Any]) -> ClusterTimeline:
    return compressed.at_server(chosen["algorithm"], cluster, chosen["reals"])


RELEASED = 32
"""Rounds between two blocking averages in the released code of eager-SGD."""

_SPREAD = Pattern(_periodic, {"period": WORKLOAD, "allreduce": WORKLOAD})
_SERVED = Pattern(lambda cluster, _, chosen: Server(cluster, chosen["mode"], chosen["k"]), {"mode": "asynchronous", "k": None})
_EVERY_GRADIENT = Pattern(lambda cluster, *_: Server(cluster, "asynchronous"), {})
_COMPRESSED = Pattern(_gathered, {"allreduce": WORKLOAD} | dict.fromkeys(compressed.OPTIONS))

PATTERNS: dict[str, Pattern] = {
    "sgd": Pattern(lambda cluster, schedule, chosen: Barrier(cluster, schedule, chosen["allreduce"]), {"allreduce": WORKLOAD}),
    "local-sgd": Pattern(_periodic, {"period": WORKLOAD, "switch": 0, "allreduce": WORKLOAD}),
    "dpsgd": Pattern(_barrier, {"barrier": WORKLOAD}, "ring"),
    "sgp": Pattern(_barrier, {"barrier": WORKLOAD, "peers": WORKLOAD}, "k-peer-exponential"),
    "osgp": Pattern(
        lambda cluster, schedule, chosen: Overlapped(cluster, schedule, chosen["overlap"], chosen["send_every"]),
        {"overlap": 1, "send_every": 1, "peers": WORKLOAD},
        "k-peer-exponential",
    ),
    "adpsgd": Pattern(
        lambda cluster, schedule, chosen: Pairwise(cluster, schedule, chosen["partners"], chosen["initiators"]),
        {"partners": "random", "initiators": "active"},
        "bipartite-exponential",
    ),
    "apsgd": _SERVED,
    "downpour": _EVERY_GRADIENT,
    "easgd-async": _EVERY_GRADIENT,
    "eamsgd-async": _EVERY_GRADIENT,
    "easgd": _SPREAD,
    "eamsgd": _SPREAD,
    "lgd": _SPREAD,
    "lsgd": _SPREAD,
    "eager": Pattern(_eager, {"mode": "solo", "period": RELEASED, "allreduce": WORKLOAD}),
    "compressed-sgd": _COMPRESSED,
    "ef-sgd": _COMPRESSED,
    "def": _COMPRESSED,
    "mem-sgd": _COMPRESSED,
    "compressed-messages": _COMPRESSED,
    "async-ef": Pattern(_collected, dict.fromkeys(compressed.OPTIONS)),
    "wagma": Pattern(_wagma, {"group": WORKLOAD, "period": WORKLOAD, "grouping": "dynamic", "allreduce": WORKLOAD}),
}
"""Systems that a cluster is modelled for.

Workers of a server exchange with it after every gradient. Elastic averaging and leaders in rounds spread the center or
the leader's model by the all-reduce, which takes no less time than a broadcast. For
compressed messages see `numerics.timeline.compressed`.
"""
