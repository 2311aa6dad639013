"""Symmetry of the workers: what may be permuted without anyone noticing, and the blocks a Gram matrix then falls into.

A semidefinite program that is invariant under a group has an invariant solution (average any one over the group), and an
invariant Gram matrix is block diagonal in the characters of the group (Gatermann and Parrilo 2004). Two kinds of groups are
looked for: all permutations, and the translations of a finite abelian group (rings, tori, hypercubes, exponential graphs), with
or without inversion. Failing that, an exchange of pairs of workers (a path seen from the other end) halves the matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EQUAL = 1e-12


@dataclass(frozen=True, eq=False)
class Symmetry:
    """How worker space falls apart.

    Attributes
    ----------
    kind
        ``none``, ``exchange``, ``translations``, ``translations and inversion``, or ``all permutations``.
    modes
        For each block an array (n, columns, copies) of worker coordinates. A Gram matrix is the sum over blocks and copies of
        ``V B V'`` with V the columns of one copy; the first block belongs to what all workers have in common.
    partners
        Where worker 0 can be moved to any other: workers j such that the group moves every pair to (0, j).
    likes
        For each worker the first one it can be moved to.
    """

    kind: str
    modes: tuple[Floats, ...]
    partners: tuple[int, ...]
    likes: tuple[int, ...]

    @staticmethod
    def none(n: int) -> Symmetry:
        """Return that of n workers none of whom can be exchanged."""
        return Symmetry("none", (np.eye(n)[:, :, None],), tuple(range(n)), tuple(range(n)))

    @property
    def transitive(self) -> bool:
        """Whether what holds for worker 0 holds for all."""
        return not any(self.likes)

    @property
    def representatives(self) -> tuple[int, ...]:
        """Workers for whom something must be said: it then holds for those like them."""
        return tuple(sorted(set(self.likes)))

    @property
    def shares(self) -> dict[int, float]:
        """The part of all workers that each representative stands for."""
        return {i: self.likes.count(i) / len(self.likes) for i in self.representatives}


def detect(n: int, matrices: Sequence[Floats]) -> Symmetry:
    """Return the largest symmetry found of all these mixing matrices, each (n, n)."""
    even = np.full((n, 1, 1), n**-0.5)
    if n == 1:
        return Symmetry("all permutations", (even,), (0,), (0,))
    if all(_exchangeable(matrix) for matrix in matrices):
        rest = np.linalg.qr(np.column_stack([np.ones(n), np.eye(n)[:, 1:]]))[0][:, 1:]
        return Symmetry("all permutations", (even, rest[:, None, :]), (0, 1), (0,) * n)
    for radices in _factorisations(n):
        elements = np.array(list(product(*map(range, radices))))
        difference = _number((elements[None, :] - elements[:, None]) % radices, radices)
        if not all(np.allclose(matrix, matrix[0][difference], atol=EQUAL, rtol=0) for matrix in matrices):
            continue
        opposite = _number(-elements % np.array(radices), radices)
        inversion = all(np.allclose(matrix[0], matrix[0][opposite], atol=EQUAL, rtol=0) for matrix in matrices)
        kind = "translations and inversion" if inversion else "translations"
        return Symmetry(kind, tuple(_characters(elements, radices, opposite, inversion)), tuple(range(n)), (0,) * n)
    swap = exchange(matrices)
    return Symmetry.none(n) if swap is None else _halves(swap)


def exchange(matrices: Sequence[Floats], tries: int = 20_000) -> NDArray[np.intp] | None:
    """Return a permutation that is its own inverse and leaves all matrices as they are, or None if the search finds none.

    Workers are paired one by one, with others first; ``tries`` limits how many pairings are looked at.
    """
    stack = np.round(np.asarray(matrices), 12)
    n = stack.shape[1]
    columns_of, rows_of = np.sort(stack, axis=1), np.sort(stack, axis=2)
    seen = [np.concatenate([columns_of[:, :, i].ravel(), rows_of[:, i].ravel()]) for i in range(n)]
    found = np.full(n, -1)
    left = [tries]

    def fits(i: int, j: int) -> bool:
        left[0] -= 1
        if not np.array_equal(seen[i], seen[j]):
            return False
        found[i], found[j] = j, i
        known = (found >= 0).nonzero()[0]
        both = np.array([i, j])
        rows, columns = np.ix_(both, known), np.ix_(known, both)
        moved_rows, moved_columns = np.ix_(both[::-1], found[known]), np.ix_(found[known], both[::-1])
        same = all((m[rows] == m[moved_rows]).all() and (m[columns] == m[moved_columns]).all() for m in stack)
        if not same:
            found[i] = found[j] = -1
        return same

    def pair() -> bool:
        free = (found < 0).nonzero()[0]
        if not len(free):
            return bool((found != range(n)).any())
        i = int(free[0])
        for j in (*free[:0:-1], i):
            if left[0] > 0 and fits(i, int(j)):
                if pair():
                    return True
                found[i] = found[j] = -1
        return False

    return found if pair() else None


def _halves(swap: NDArray[np.intp]) -> Symmetry:
    """Return the symmetry of an exchange: what stays the same, and what changes its sign."""
    n = len(swap)
    identity = np.eye(n)
    fixed, moved = (swap == range(n)).nonzero()[0], (swap > range(n)).nonzero()[0]
    pairs = identity[moved] + identity[swap[moved]], identity[moved] - identity[swap[moved]]
    even = np.concatenate([identity[fixed], pairs[0] / 2**0.5]).T
    odd = pairs[1].T / 2**0.5
    likes = tuple(int(i) for i in np.minimum(swap, range(n)))
    return Symmetry("exchange", (even[:, :, None], odd[:, :, None]), tuple(range(n)), likes)


def _exchangeable(matrix: Floats) -> bool:
    outside = matrix[~np.eye(len(matrix), dtype=bool)]
    return bool(np.ptp(outside) <= EQUAL and np.ptp(matrix.diagonal()) <= EQUAL)


def _factorisations(n: int) -> Iterator[tuple[int, ...]]:
    """Yield the ways to write n as an ordered product of factors above 1, the single factor first."""
    yield (n,)
    for factor in range(2, n // 2 + 1):
        if n % factor == 0:
            yield from ((factor, *rest) for rest in _factorisations(n // factor))


def _number(elements: NDArray[np.intp], radices: tuple[int, ...]) -> NDArray[np.intp]:
    found: NDArray[np.intp] = np.ravel_multi_index(tuple(np.moveaxis(elements, -1, 0)), radices)
    return found


def _characters(
    elements: NDArray[np.intp], radices: tuple[int, ...], opposite: NDArray[np.intp], inversion: bool
) -> Iterator[Floats]:
    """Yield the real characters one by one, and the complex ones in pairs: as two copies of one column, or of a plane."""
    n = len(elements)
    for number, frequency in enumerate(elements):
        angle = 2 * np.pi * (elements * frequency / np.array(radices)).sum(axis=1)
        wave, other = np.cos(angle), np.sin(angle)
        if opposite[number] == number:
            yield wave[:, None, None] / n**0.5
        elif opposite[number] > number:
            plane = np.stack([wave, other], axis=1) * (2 / n) ** 0.5
            yield plane[:, None, :] if inversion else np.stack([plane, np.stack([-plane[:, 1], plane[:, 0]], axis=1)], axis=2)
