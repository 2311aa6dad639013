"""Graphs by name, as the command line spells them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numerics.graphs import random, static, time_varying
from numerics.graphs.files import READERS, from_file
from numerics.graphs.graph import Graph
from straggler import InputError, UnknownName

NAMES: dict[str, Callable[..., Graph]] = {
    "ring": static.ring,
    "path": static.path,
    "torus": static.torus,
    "hypercube": static.hypercube,
    "complete": static.complete,
    "star": static.star,
    "exponential": static.exponential,
    "one-peer-exponential": time_varying.one_peer_exponential,
    "k-peer-exponential": time_varying.k_peer_exponential,
    "bipartite-exponential": time_varying.bipartite_exponential,
    "erdos-renyi": random.erdos_renyi,
    "random-regular": random.random_regular,
}


def get(name: str, nodes: int | None = None, **options: Any) -> Graph:
    """Return the graph called ``name`` on ``nodes`` workers, or the one in the file of that name.

    Parameters
    ----------
    name
        One of `NAMES`, or the path of an existing file (see `from_file`).
    nodes
        Number of workers; a file knows its own, which must agree if given.
    options
        Further arguments of the graph: ``shape``, ``peers``, ``p``, ``degree``, ``seed``.

    Raises
    ------
    UnknownName
        If there is neither a graph nor a file of that name, or the graph has no such option.
    InputError
        If the number of workers is missing or does not fit.
    """
    if name not in NAMES:
        if not Path(name).is_file():
            if Path(name).suffix.lower() in READERS:
                raise InputError("graph file", name, "an existing file")
            raise UnknownName("graph", name, NAMES)
        graph = from_file(name)
        if options:
            raise InputError("options of a graph file", sorted(options), "none")
        if nodes is not None and nodes != graph.n:
            raise InputError("nodes", nodes, f"{graph.n}, the number of nodes in {name}")
        return graph
    factory = NAMES[name]
    known = [parameter for parameter in inspect.signature(factory).parameters if parameter != "n"]
    for option in options:
        if option not in known:
            raise UnknownName(f"option of graph {name}", option, known)
    if nodes is None and "shape" not in options:
        raise InputError("nodes", nodes, f"a whole number >= 2: {name} has no size of its own")
    return factory(nodes, **options)
