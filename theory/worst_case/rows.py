"""Linear inequalities in a Gram matrix and function values, stacked: no loop over expressions anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Term = tuple[int, float, Floats, Floats]
Polynomial = Sequence[Floats]
"""Vectors that depend on the step size: what multiplies 1, gamma, gamma^2, ..., each (P, D)."""


def times(factor: float, first: Polynomial, second: Polynomial, power: int = 0) -> tuple[Term, ...]:
    """Return ``factor gamma^power <first, second>`` as terms."""
    return tuple((power + i + j, factor, u, v) for i, u in enumerate(first) for j, v in enumerate(second))


def square(factor: float, vectors: Polynomial) -> tuple[Term, ...]:
    """Return ``factor ||vectors||^2`` as terms."""
    return tuple(
        (i + j, factor if i == j else 2 * factor, u, v) for i, u in enumerate(vectors) for j, v in enumerate(vectors) if i <= j
    )


def rows_of(vectors: Polynomial, numbers: NDArray[np.intp]) -> Polynomial:
    """Return some of the vectors."""
    return tuple(part[numbers] for part in vectors)


@dataclass(frozen=True, eq=False)
class Rows:
    """P inequalities ``sum_t gamma^{p_t} c_t <u_t, v_t> + (a + gamma^2 a') . f <= b``.

    Attributes
    ----------
    terms
        Tuples (power of gamma, c, u, v); u and v of shape (P, D) are combinations of the basis of the Gram matrix.
    values
        a, shape (P, variables).
    bounds
        b, shape (P,).
    labels
        What each inequality says, for people; empty where the name of the family says it.
    bent
        a', shape (P, variables), or None for zero.
    order
        The inequalities that people know are these times gamma to this power.
    """

    terms: tuple[Term, ...]
    values: Floats
    bounds: Floats
    labels: tuple[str, ...] = ()
    bent: Floats | None = None
    order: int = 0

    @property
    def powers(self) -> int:
        """Number of powers of gamma that occur among the terms."""
        return 1 + max((power for power, *_ in self.terms), default=0)

    def at(self, gamma: float) -> Floats:
        """Return what multiplies the variables at a step size, (P, variables)."""
        return self.values if self.bent is None else self.values + gamma**2 * self.bent

    def __len__(self) -> int:
        return len(self.bounds)


class Triangle:
    """Upper triangles of symmetric matrices as vectors, column by column, off-diagonal entries times sqrt(2)."""

    def __init__(self, size: int) -> None:
        columns, rows = np.tril_indices(size)
        self.size, self.rows, self.columns = size, rows, columns
        self.scale = np.where(rows == columns, 1.0, np.sqrt(2.0))

    def __len__(self) -> int:
        return len(self.rows)

    def pack(self, matrices: Floats) -> Floats:
        """Return (..., s, s) as (..., s (s + 1) / 2)."""
        packed: Floats = matrices[..., self.rows, self.columns] * self.scale
        return packed

    def unpack(self, vector: Floats) -> Floats:
        """Return (s (s + 1) / 2,) as a symmetric matrix."""
        matrix = np.zeros((self.size, self.size))
        matrix[self.rows, self.columns] = matrix[self.columns, self.rows] = vector / self.scale
        return matrix

    @cached_property
    def identity(self) -> Floats:
        """The packed identity."""
        return np.where(self.rows == self.columns, 1.0, 0.0)


class Blocks:
    """A Gram matrix (D, D) as the sum over blocks m and copies r of ``U_mr B_m U_mr'``.

    Parameters
    ----------
    frames
        For each block U, shape (D, size, copies), with orthonormal columns.
    """

    def __init__(self, frames: Sequence[Floats]) -> None:
        self.frames = [frame for frame in frames if frame.shape[1]]
        self.triangles = [Triangle(frame.shape[1]) for frame in self.frames]
        self.edges = np.concatenate([[0], np.cumsum([len(triangle) for triangle in self.triangles])])

    @property
    def sizes(self) -> list[int]:
        """Sizes of the blocks."""
        return [triangle.size for triangle in self.triangles]

    @property
    def length(self) -> int:
        """Number of entries of all triangles together."""
        return int(self.edges[-1])

    def coefficients(self, rows: Rows) -> Floats:
        """Return what multiplies the packed blocks in each row and power of gamma, shape (powers, P, length)."""
        found = np.zeros((rows.powers, len(rows), self.length))
        for frame, triangle, begin, end in zip(self.frames, self.triangles, self.edges[:-1], self.edges[1:], strict=True):
            for power, factor, u, v in rows.terms:
                left, right = (np.einsum("pd,dsr->prs", side, frame, optimize=True) for side in (u, v))
                # the symmetric part of the outer product, summed over copies, straight in the triangle
                a, b = left[:, :, triangle.rows], right[:, :, triangle.columns]
                product = np.einsum("prt,prt->pt", a, b)
                if u is not v:
                    product += np.einsum("prt,prt->pt", left[:, :, triangle.columns], right[:, :, triangle.rows])
                    product *= 0.5
                found[power, :, begin:end] += factor * triangle.scale * product
        return found

    def split(self, packed: Floats) -> list[Floats]:
        """Return the blocks of a packed vector (length,) as symmetric matrices."""
        return [
            triangle.unpack(packed[a:b]) for triangle, a, b in zip(self.triangles, self.edges[:-1], self.edges[1:], strict=True)
        ]

    def join(self, matrices: Sequence[Floats]) -> Floats:
        """Return symmetric matrices, one per block, as one packed vector (length,)."""
        return np.concatenate([triangle.pack(matrix) for triangle, matrix in zip(self.triangles, matrices, strict=True)])

    def gram(self, matrices: Sequence[Floats]) -> Floats:
        """Return the Gram matrix (D, D) that these blocks stand for."""
        total: Floats = sum(
            np.einsum("dsr,st,etr->de", frame, block, frame, optimize=True)
            for frame, block in zip(self.frames, matrices, strict=True)
        )
        return total

    @cached_property
    def identity(self) -> Floats:
        """All blocks the identity, packed."""
        return np.concatenate([triangle.identity for triangle in self.triangles])
