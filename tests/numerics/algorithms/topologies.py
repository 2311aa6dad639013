"""Mixing schedules to try every algorithm on: each registered graph, awkward sizes, and push weights."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx

from numerics import algorithms, graphs
from numerics.mixing import MixingSchedule
from straggler import StragglerError


def one_way() -> graphs.Graph:
    """A directed graph whose out-degrees differ, so that push-sum weights do not stay at one."""
    return graphs.from_networkx(nx.DiGraph([(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 3), (2, 0), (2, 4)]))


TOPOLOGIES: dict[str, Callable[[], MixingSchedule]] = {
    **{f"{name}-8": (lambda name=name: graphs.get(name, 8).schedule()) for name in graphs.NAMES},
    "complete-2": lambda: graphs.complete(2).schedule(),
    "ring-6": lambda: graphs.ring(6).schedule(),
    "ring-5-lazy": lambda: graphs.ring(5).schedule("lazy"),
    "torus-3x3": lambda: graphs.torus(shape=(3, 3)).schedule(),
    "one-peer-exponential-6": lambda: graphs.one_peer_exponential(6).schedule(),
    "k-peer-exponential-9": lambda: graphs.k_peer_exponential(9).schedule(),
    "random-peer-5-shared": lambda: graphs.random_peer(5, seed=1, shared=True),
    "random-peer-7": lambda: graphs.random_peer(7, "complete", seed=2),
    "path-5-push": lambda: graphs.path(5).schedule("push"),
    "star-6-push": lambda: graphs.star(6).schedule("push"),
    "erdos-renyi-7-push": lambda: graphs.erdos_renyi(7, seed=3).schedule("push"),
    "one-way-5-push": lambda: one_way().schedule(),
}


def admitted(name: str, topology: str) -> bool:
    """Whether an algorithm is defined on a topology."""
    try:
        algorithms.get(name, step_size=0.1).admit(TOPOLOGIES[topology]())
    except StragglerError:
        return False
    return True


ADMITTED: dict[str, list[str]] = {name: [t for t in TOPOLOGIES if admitted(name, t)] for name in algorithms.REGISTRY}
