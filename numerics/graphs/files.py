"""Graphs that come from networkx, or from a file networkx can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.graphs.graph import Graph
from straggler import InputError, StragglerError

if TYPE_CHECKING:
    import networkx as nx

READERS = {
    ".graphml": "read_graphml",
    ".gml": "read_gml",
    ".edgelist": "read_edgelist",
    ".edges": "read_edgelist",
    ".txt": "read_edgelist",
    ".adjlist": "read_adjlist",
    ".g6": "read_graph6",
    ".graph6": "read_graph6",
}


def from_networkx(graph: nx.Graph[Any], name: str = "networkx") -> Graph:
    """Return a networkx graph as a `Graph`; an arc u -> v of a directed graph means that u sends to v.

    Nodes whose labels are all whole numbers are numbered in that order, others in the order of the graph. Self-loops,
    parallel edges and edge attributes are left out: weights are chosen by `Graph.schedule`.

    Raises
    ------
    InputError
        If it has fewer than two nodes or is not (strongly) connected.
    """
    nodes = list(graph.nodes)
    if len(nodes) < 2:
        raise InputError(f"nodes of {name}", len(nodes), "a whole number >= 2")
    if all(str(node).removeprefix("-").isdigit() for node in nodes):
        nodes.sort(key=lambda node: int(str(node)))
    number = {node: i for i, node in enumerate(nodes)}
    adjacency = np.zeros((len(nodes), len(nodes)), dtype=bool)
    for sender, receiver in graph.to_directed().edges():
        if sender != receiver:
            adjacency[number[receiver], number[sender]] = True
    return Graph(name, len(nodes), (adjacency,), directed=bool((adjacency != adjacency.T).any()))


def from_file(path: str | Path) -> Graph:
    """Return the graph in a file: .graphml, .gml, .edgelist, .edges or .txt, .adjlist, .g6 or .graph6.

    Raises
    ------
    InputError
        If the ending is not known.
    StragglerError
        If the file cannot be read or holds no connected graph.
    """
    import networkx as nx

    path = Path(path)
    if path.suffix.lower() not in READERS:
        raise InputError("graph file", str(path), f"a name ending in one of {', '.join(READERS)}")
    try:
        graph = getattr(nx, READERS[path.suffix.lower()])(path)
    except Exception as error:  # networkx readers raise whatever their parsers raise
        reason = str(error).splitlines() or [""]
        raise StragglerError(f"cannot read graph file {path}: {type(error).__name__}: {reason[0]}") from None
    if isinstance(graph, list):
        raise InputError(f"graphs in {path}", len(graph), "exactly one graph")
    return from_networkx(graph, path.name)
