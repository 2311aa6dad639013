"""The links of a two-way graph, and what edge weights make of them: matrices, Laplacians, quadratic forms."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from straggler import InputError, at_least

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Links:
    """The edges of a connected undirected graph without self-loops.

    Parameters
    ----------
    n
        Number of nodes.
    ends
        The two nodes of every edge, shape (m, 2), the smaller one first, in lexicographic order.
    """

    n: int
    ends: Whole

    @property
    def m(self) -> int:
        """Number of edges."""
        return len(self.ends)

    @cached_property
    def degree(self) -> Whole:
        """Number of neighbours of every node, shape (n,)."""
        return np.bincount(self.ends.ravel(), minlength=self.n).astype(np.intp)

    @cached_property
    def incidence(self) -> Any:
        """Which node touches which edge: a sparse matrix of zeros and ones, shape (n, m)."""
        from scipy.sparse import csr_array

        edge = np.repeat(np.arange(self.m), 2)
        return csr_array((np.ones(2 * self.m), (self.ends.ravel(), edge)), shape=(self.n, self.m))

    @cached_property
    def adjacency(self) -> Any:
        """Neighbours as a sparse matrix of shape (n, n); its data are the numbers of the edges, counted from zero."""
        from scipy.sparse import csr_array

        first, second = self.ends.T
        places = (np.concatenate([first, second]), np.concatenate([second, first]))
        return csr_array((np.tile(np.arange(self.m), 2), places), shape=(self.n, self.n))

    def laplacian(self, weights: Floats) -> Floats:
        """Return sum_e w_e (e_i - e_j)(e_i - e_j)' for edge weights of shape (m,), shape (n, n)."""
        first, second = self.ends.T
        result = np.zeros((self.n, self.n))
        result[first, second] = result[second, first] = -weights
        np.fill_diagonal(result, self.incidence @ weights)
        return result

    def matrix(self, weights: Floats) -> Floats:
        """Return the mixing matrix W = I - sum_e w_e (e_i - e_j)(e_i - e_j)', shape (n, n)."""
        mixing: Floats = np.eye(self.n) - self.laplacian(weights)
        return mixing

    def forms(self, matrix: Floats) -> Floats:
        """Return (e_i - e_j)' Y (e_i - e_j) of every edge for a symmetric Y of shape (n, n), shape (m,)."""
        first, second = self.ends.T
        diagonal = np.diagonal(matrix)
        values: Floats = diagonal[first] + diagonal[second] - 2.0 * matrix[first, second]
        return values

    def gram(self, matrix: Floats) -> Floats:
        """Return B'YB for the signed incidence matrix B and a symmetric Y of shape (n, n), shape (m, m)."""
        first, second = self.ends.T
        rows = matrix[first] - matrix[second]
        values: Floats = np.take(rows, first, axis=1)
        values -= np.take(rows, second, axis=1)
        return values


def links(graph: ArrayLike | Links) -> Links:
    """Return the links of a graph.

    Parameters
    ----------
    graph
        A symmetric boolean adjacency of shape (n, n), or a list of edges of shape (m, 2) between nodes 0 ... n - 1.

    Raises
    ------
    InputError
        If there are fewer than two nodes, a self-loop, a one-way link, or more than one connected component.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if isinstance(graph, Links):
        return graph
    given = np.asarray(graph)
    if given.dtype == np.bool_:
        if given.ndim != 2 or given.shape[0] != given.shape[1]:
            raise InputError("shape of the adjacency", given.shape, "a square matrix")
        if (given != given.T).any():
            sender, receiver = np.argwhere(given & ~given.T)[0].tolist()
            raise InputError("link", (sender, receiver), "two-way links: the weights of a link are those of both directions")
        n, pairs = len(given), np.argwhere(given)
    else:
        if given.ndim != 2 or given.shape[1] != 2 or not np.issubdtype(given.dtype, np.integer) or given.min(initial=0) < 0:
            raise InputError("edges", given.shape, "a boolean adjacency (n, n) or edges (m, 2) between nodes 0 ... n - 1")
        n, pairs = int(given.max(initial=-1)) + 1, given
    at_least("nodes", n, 2)
    if (pairs[:, 0] == pairs[:, 1]).any():
        raise InputError("self-loop at node", int(pairs[pairs[:, 0] == pairs[:, 1]][0, 0]), "links between two nodes")
    ends = np.unique(np.sort(pairs, axis=1), axis=0).astype(np.intp)
    parts, _ = connected_components(coo_array((np.ones(len(ends)), ends.T), shape=(n, n)), directed=False)
    if parts != 1:
        raise InputError("number of connected components", int(parts), "1: no weights make a disconnected graph mix")
    return Links(n, ends)


def enough_memory(what: str, size: int, needed: float) -> None:
    """Raise `InputError` if an estimated ``needed`` bytes are more than this machine has free.

    Parameters
    ----------
    what
        What is counted by ``size``, for the message.
    size
        The offending size.
    needed
        Estimate in bytes, made before anything is built.
    """
    free = float(os.sysconf("SC_AVPHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    if needed > free:
        gib = f"{needed / 2**30:.3g} GiB of memory, of which {free / 2**30:.3g} GiB are free"
        raise InputError(what, size, f"fewer: this method would take {gib}")
