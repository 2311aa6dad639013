"""Orbits of links and calls: which of them a symmetry of the graph exchanges, and so may have equal weights at an optimum."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from theory.best_mixing.edges import Links, Whole

_BUDGET = 4000


def edge_orbits(links: Links) -> Whole:
    """Return a label 0 ... k - 1 per edge, shape (m,): equal labels only where an automorphism was found.

    Every permutation is verified before it is used, so that the answer is sound even where the search for symmetries, by
    individualisation and refinement, stops early: orbits then come out too small, and only speed is lost.
    Source: Boyd, Diaconis, Parrilo and Xiao (2009), "Fastest mixing Markov chain on graphs with symmetries".
    """
    calls = call_orbits(links)
    return _joined(calls, np.roll(np.arange(2 * links.m), links.m))[: links.m]


def call_orbits(links: Links) -> Whole:
    """Return a label per direction of every edge, shape (2 m,): from first to second end, then from second to first.

    What `edge_orbits` says holds here too; the orbits of edges are those of calls with either direction taken for one.
    """
    if 2 * links.m == links.n * (links.n - 1):
        return np.zeros(2 * links.m, dtype=np.intp)
    search = _Search(links)
    search.exchange_twins()
    search.move_vertices()
    search.move_neighbours()
    return search.calls


class _Search:
    """Automorphisms found so far, as the orbits of vertices and calls they generate."""

    def __init__(self, links: Links) -> None:
        self.links, self.budget = links, _BUDGET
        self.random = np.random.default_rng(links.m)
        first, second = links.ends.T
        self.tails, self.heads = np.concatenate([first, second]), np.concatenate([second, first])
        self.codes = self.tails * links.n + self.heads
        self.order = np.argsort(self.codes)
        self.adjacency = links.adjacency.copy()
        self.adjacency.data = np.ones(2 * links.m, dtype=np.int64)
        self.vertices, self.calls = np.arange(links.n), np.arange(2 * links.m)
        self.colours = self._closed_walks()

    def _closed_walks(self) -> Whole:
        """Return colours that tell vertices apart by the number of closed walks of up to seven steps."""
        single = self.adjacency.astype(np.float64)
        # powers stay sparse where few nodes are a few steps away
        single = single if self.links.degree.max() ** 3 < self.links.n else single.toarray()
        power, counts = single, []
        for _ in range(3):
            following = power @ single
            counts += [(power * power).sum(axis=1), (power * following).sum(axis=1)]
            power = following
        rounded = np.stack(counts, axis=1)
        rounded = np.where(rounded < 2**53, rounded, 0.0)  # beyond this float64 does not count exactly
        return np.unique(rounded, axis=0, return_inverse=True)[1].ravel()

    def exchange_twins(self) -> None:
        """Merge what is exchanged by swapping two vertices with the same neighbours, as the leaves of a star."""
        dense = self.adjacency.toarray() > 0
        for neighbours in (dense, dense | np.eye(self.links.n, dtype=bool)):
            packed = np.packbits(neighbours, axis=1)
            _, kinds = np.unique(packed, axis=0, return_inverse=True)
            for kind in np.flatnonzero(np.bincount(kinds.ravel()) > 1):
                twins = np.flatnonzero(kinds.ravel() == kind)
                for one, other in pairwise(twins.tolist()):
                    swap = np.arange(self.links.n)
                    swap[[one, other]] = other, one
                    self.merge(swap)

    def move_vertices(self) -> None:
        """Look for symmetries that take one vertex to another, between those no invariant tells apart."""
        for cell in range(self.colours.max() + 1):
            members = np.flatnonzero(self.colours == cell)
            for other in members[1:]:
                if self.vertices[other] != self.vertices[members[0]]:
                    self.try_to_move(self.colours, members[0], other)

    def move_neighbours(self) -> None:
        """Look for symmetries that keep a vertex and take one of its links to another."""
        for vertex in np.unique(self.vertices, return_index=True)[1]:
            colours = self.colours.copy()
            colours[vertex] = colours.max() + 1
            nearby = self.adjacency.indices[self.adjacency.indptr[vertex] : self.adjacency.indptr[vertex + 1]]
            for position, other in enumerate(nearby):
                for earlier in nearby[:position]:
                    one, two = self.place(vertex * self.links.n + np.array([earlier, other]))
                    if self.calls[one] == self.calls[two]:
                        break
                    if colours[earlier] == colours[other] and self.try_to_move(colours, earlier, other):
                        break

    def try_to_move(self, colours: Whole, one: Any, other: Any) -> bool:
        """Merge the orbits of an automorphism that keeps colours and takes one vertex to another, if one is found."""
        left, right = colours.copy(), colours.copy()
        left[one] = right[other] = colours.max() + 1
        found = self.match(left, right)
        if found is None:
            return False
        self.merge(found)
        return True

    def match(self, left: Whole, right: Whole) -> Whole | None:
        """Return an automorphism that takes colours on the left to equal colours on the right; None if none is found."""
        while True:
            if self.budget <= 0:
                return None
            self.budget -= 1
            hashes = self.random.integers(1 << 62, size=max(left.max(), right.max()) + 1)
            signs = [colours * 1_000_003 + 31 * (self.adjacency @ hashes[colours]) for colours in (left, right)]
            labels = np.unique(np.concatenate(signs), return_inverse=True)[1].ravel()
            classes = labels.max() + 1
            finer = labels[: self.links.n], labels[self.links.n :]
            counts = np.bincount(finer[0], minlength=classes)
            if (counts != np.bincount(finer[1], minlength=classes)).any():
                return None
            stable = classes == len(np.unique(left))
            left, right = finer
            if stable:
                break
        if classes == self.links.n:
            return self.verified(left, right)
        cell = int(np.flatnonzero(counts == counts[counts > 1].min())[0])
        chosen = int(np.flatnonzero(left == cell)[0])
        candidates = sorted(np.flatnonzero(right == cell).tolist(), key=lambda vertex: vertex != chosen)
        for candidate in candidates:
            deeper = left.copy(), right.copy()
            deeper[0][chosen] = deeper[1][candidate] = classes
            found = self.match(*deeper)
            if found is not None or self.budget <= 0:
                return found
        return None

    def verified(self, left: Whole, right: Whole) -> Whole | None:
        """Return the permutation between two discrete colourings if it keeps the adjacency."""
        image = np.empty(self.links.n, dtype=np.intp)
        image[np.argsort(left)] = np.argsort(right)
        moved = image[self.tails] * self.links.n + image[self.heads]
        return image if np.array_equal(np.sort(moved), self.codes[self.order]) else None

    def place(self, codes: Whole) -> Whole:
        """Return the numbers of calls given as n times the caller plus the one called."""
        found: Whole = self.order[np.searchsorted(self.codes, codes, sorter=self.order)]
        return found

    def merge(self, image: Whole) -> None:
        """Join the orbits that an automorphism links."""
        targets = self.place(image[self.tails] * self.links.n + image[self.heads])
        self.vertices = _joined(self.vertices, image)
        self.calls = _joined(self.calls, targets)


def _joined(labels: Whole, image: Whole) -> Whole:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = labels.max() + 1
    joins = coo_array((np.ones(len(labels)), (labels, labels[image])), shape=(size, size))
    merged: Whole = connected_components(joins, directed=False)[1][labels].astype(np.intp)
    return merged
