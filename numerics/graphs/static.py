"""Graphs that do not change in time: ring, path, torus, hypercube, complete, star, exponential."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from numerics.graphs.graph import Adjacency, Graph, node_count
from straggler import InputError, at_least


def ring(n: int) -> Graph:
    """Return the cycle on n >= 2 workers."""
    return Graph("ring", n, (hops(n, (1, -1)),))


def path(n: int) -> Graph:
    """Return the path 0 - 1 - ... - (n-1)."""
    return Graph("path", n, (links(n, ((i, i + 1) for i in range(n - 1))),))


def complete(n: int) -> Graph:
    """Return the complete graph; with Metropolis weights every round is an exact average."""
    node_count("nodes of complete", n)
    return Graph("complete", n, (~np.eye(n, dtype=bool),))


def star(n: int) -> Graph:
    """Return the star with worker 0 in the middle."""
    return Graph("star", n, (links(n, ((0, i) for i in range(1, n))),))


def torus(n: int | None = None, shape: Sequence[int] | None = None) -> Graph:
    """Return the torus, two-dimensional and as square as n allows, or of the given shape in any dimension.

    Parameters
    ----------
    n
        Number of workers; may be left out where ``shape`` is given.
    shape
        Sides, each at least 2, numbered in C order; their product must be n.

    Raises
    ------
    InputError
        If n does not factor into two sides >= 2, or does not agree with the shape.
    """
    if shape is None:
        nodes = node_count("nodes of torus", 0 if n is None else n)
        side = max((a for a in range(2, math.isqrt(nodes) + 1) if nodes % a == 0), default=None)
        if side is None:
            raise InputError("nodes of torus", nodes, "a product of two sides >= 2, or shape=(a, b, ...)")
        shape = (side, nodes // side)
    sides = tuple(at_least("side of torus", side, 2) for side in shape)
    total = math.prod(sides)
    if not sides or (n is not None and n != total):
        raise InputError("nodes of torus", n, f"the product of the sides {sides}")
    label = np.arange(total).reshape(sides)
    pairs = (
        pair
        for axis in range(len(sides))
        for pair in zip(label.ravel().tolist(), np.roll(label, -1, axis).ravel().tolist(), strict=True)
    )
    return Graph("torus", total, (links(total, pairs),), params={"shape": list(sides)})


def hypercube(n: int) -> Graph:
    """Return the hypercube: workers whose numbers differ in one bit are linked; `InputError` unless n is a power of two."""
    node_count("nodes of hypercube", n)
    if n & (n - 1):
        raise InputError("nodes of hypercube", n, "a power of two")
    bits = [1 << b for b in range(n.bit_length() - 1)]
    return Graph("hypercube", n, (links(n, ((i, i ^ bit) for i in range(n) for bit in bits)),))


def exponential(n: int) -> Graph:
    """Return the static directed exponential graph: i sends to i + 2^j (mod n) for all 2^j < n (Ying et al. 2021)."""
    node_count("nodes of exponential", n)
    return Graph("exponential", n, (hops(n, powers(n, 2)),), directed=n > 3)


def hops(n: int, distances: Iterable[int]) -> Adjacency:
    """Return the adjacency, shape (n, n), in which every i sends to i + distance (mod n); distances 0 mod n are left out."""
    node_count("nodes", n)
    adjacency, sender = np.zeros((n, n), dtype=bool), np.arange(n)
    for distance in distances:
        if distance % n:
            adjacency[(sender + distance) % n, sender] = True
    return adjacency


def links(n: int, pairs: Iterable[tuple[int, int]]) -> Adjacency:
    """Return the symmetric adjacency, shape (n, n), of two-way links."""
    node_count("nodes", n)
    adjacency = np.zeros((n, n), dtype=bool)
    for a, b in pairs:
        adjacency[a, b] = adjacency[b, a] = True
    return adjacency


def powers(n: int, base: int) -> list[int]:
    """Return 1, base, base^2, ... below n."""
    found = [1]
    while found[-1] * base < n:
        found.append(found[-1] * base)
    return found
