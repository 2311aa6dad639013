"""What collective operations cost: closed formulas in latency, bandwidth and reduction speed.

With alpha the latency, beta = 1/bandwidth and gamma the reduction per byte, b bytes and p workers. Sources: Thakur,
Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19 (2005); Patarasuk and Yuan, J. Parallel Distrib. Comput. 69
(2009). Except for the hierarchical ones, all messages are taken to pass between nodes.
"""

from __future__ import annotations

from collections.abc import Callable

from numerics.cluster.network import Network
from straggler import InputError, UnknownName, at_least, positive


def ring(network: Network, workers: int, size: float) -> float:
    """Return the seconds of a ring all-reduce, ``2(p-1) alpha + (p-1)/p b (2 beta + gamma)``."""
    return reduce_scatter(network, workers, size) + allgather(network, workers, size)


def reduce_scatter(network: Network, workers: int, size: float) -> float:
    """Return the seconds of a ring reduce-scatter, ``(p-1)(alpha + b/p (beta + gamma))``."""
    return (workers - 1) * _combine(network, size / workers)


def allgather(network: Network, workers: int, size: float) -> float:
    """Return the seconds of a ring all-gather of ``size`` bytes in all, ``(p-1)(alpha + b/p beta)``."""
    return (workers - 1) * network.send(size / workers)


def recursive_doubling(network: Network, workers: int, size: float) -> float:
    """Return the seconds of an all-reduce by recursive doubling, ``log2 p (alpha + b beta + b gamma)``.

    If p is not a power of two, workers beyond one first hand over their vector and are told the result in the end, which
    costs ``2(alpha + b beta) + b gamma`` on top.
    """
    core, fold = _power_of_two(network, workers, size)
    return fold + (core.bit_length() - 1) * _combine(network, size)


def rabenseifner(network: Network, workers: int, size: float) -> float:
    """Return the seconds of Rabenseifner's all-reduce, ``2 log2 p alpha + (p-1)/p b (2 beta + gamma)``.

    It reduces and scatters by recursive halving, then gathers by recursive doubling. If p is not a power of two, the
    workers beyond one cost as much as in `recursive_doubling`.
    """
    core, fold = _power_of_two(network, workers, size)
    rounds, part = core.bit_length() - 1, (core - 1) / core * size
    latency = network.latency
    return fold + 2 * rounds * latency + 2 * (network.send(part) - latency) + part * network.reduction


def binomial(network: Network, workers: int, size: float) -> float:
    """Return the seconds of a binomial reduction followed by a broadcast, ``ceil(log2 p) (2 alpha + b (2 beta + gamma))``."""
    return _depth(workers) * (_combine(network, size) + network.send(size))


def hierarchical(network: Network, workers: int, size: float) -> float:
    """Return the seconds of a two-level all-reduce in which every worker of a node reduces a part of its own.

    Reduce-scatter within the node of g workers, a ring over the nodes for each of the g parts at the same time (every worker
    has a network card), all-gather within the node.
    """
    members, nodes = _levels(network, workers)
    inside = network.inside
    within = reduce_scatter(inside, members, size) + allgather(inside, members, size)
    return within + ring(network, nodes, size / members)


def hierarchical_leader(network: Network, workers: int, size: float) -> float:
    """Return the seconds of a two-level all-reduce in which one worker of a node speaks for it.

    Binomial reduction to the leader within the node, a ring over the leaders, binomial broadcast within the node.
    """
    members, nodes = _levels(network, workers)
    return binomial(network.inside, members, size) + ring(network, nodes, size)


NAMES: dict[str, Callable[[Network, int, float], float]] = {
    "ring": ring,
    "recursive-doubling": recursive_doubling,
    "rabenseifner": rabenseifner,
    "binomial": binomial,
    "hierarchical": hierarchical,
    "hierarchical-leader": hierarchical_leader,
}
"""All-reduce algorithms by name."""


def allreduce(name: str, network: Network, workers: int, size: float) -> float:
    """Return the seconds of an all-reduce of ``size`` bytes over ``workers`` workers that all start at once.

    Raises
    ------
    UnknownName
        If ``name`` is not in `NAMES`.
    InputError
        For fewer than one worker, a negative size, nodes that the workers do not fill.
    """
    if name not in NAMES:
        raise UnknownName("all-reduce", name, NAMES)
    return NAMES[name](network, at_least("workers", workers, 1), positive("size", size, zero_ok=True))


def activation(network: Network, workers: int) -> float:
    """Return the seconds until an initiator has told everybody to start, ``ceil(log2 p) alpha``."""
    return _depth(at_least("workers", workers, 1)) * network.latency


def partial(name: str, network: Network, workers: int, size: float) -> float:
    """Return the seconds of a wait-avoiding all-reduce, from the arrival of its initiator (eager-SGD, PPoPP 2020)."""
    return activation(network, workers) + allreduce(name, network, workers, size)


def group(name: str, network: Network, workers: int, members: int, size: float) -> float:
    """Return the seconds of a wait-avoiding all-reduce within groups of ``members``, all of them at once (WAGMA-SGD).

    The initiator activates all workers; each group then reduces by itself. InputError if the groups do not fill the workers.
    """
    if at_least("members", members, 1) > workers or workers % members:
        raise InputError("members", members, f"a divisor of the {workers} workers")
    return activation(network, workers) + allreduce(name, network, members, size)


def _combine(network: Network, size: float) -> float:
    return network.send(size) + size * network.reduction


def _depth(workers: int) -> int:
    return (workers - 1).bit_length()


def _power_of_two(network: Network, workers: int, size: float) -> tuple[int, float]:
    core = 1 << (workers.bit_length() - 1)
    return core, (0.0 if core == workers else _combine(network, size) + network.send(size))


def _levels(network: Network, workers: int) -> tuple[int, int]:
    members = min(workers, network.workers_per_node)
    if workers % members:
        raise InputError("workers", workers, f"a multiple of {members}, the workers per node")
    return members, workers // members
