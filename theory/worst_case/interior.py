r"""A primal-dual interior-point method for programs with few, dense rows.

Worst cases have a few hundred rows and matrices of a few dozen columns: the system for the multipliers, one row each, is far
smaller than what a solver for sparse problems factorises. Search directions of Helmberg, Rendl, Vanderbei and Wolkowicz (1996),
Kojima, Shindoh and Hara (1997) and Monteiro (1997), with the predictor and corrector of Mehrotra.

With X the matrices, s the slacks of inequalities, f the values and y the multipliers, A X + a f + s = b, A'y - C = Z, a'y = c,
and in the limit X Z = 0 and s y = 0. Where rows are the entries of a semidefinite matrix that is their slack, it is one of the X.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.worst_case.rows import Triangle

Floats = NDArray[np.float64]
Solve = Callable[[Floats, Floats], tuple[Floats, Floats]]

MOST_STEPS = 80
SHORT_OF = 0.98
"""Part of the way to the boundary that is gone."""
REFINED = 3
"""How often a direction is computed, from what it leaves of the rows: their system is nearly singular towards the end."""
LEAST_CENTRED = 0.02
"""The smallest part of the complementarity that a step aims at."""


class Block:
    """A positive semidefinite matrix X of the program, and its slack Z.

    Parameters
    ----------
    triangle
        Its packing.
    packed
        What multiplies it in each row, shape (P, t).
    goal
        C, packed.
    size
        Multiple of the identity that X and Z are at first.
    """

    def __init__(self, triangle: Triangle, packed: Floats, goal: Floats, size: float) -> None:
        self.triangle, self.packed, self.goal = triangle, packed, triangle.unpack(goal)
        self.matrices = np.zeros((len(packed), triangle.size, triangle.size))
        self.matrices[:, triangle.rows, triangle.columns] = packed / triangle.scale
        self.matrices[:, triangle.columns, triangle.rows] = packed / triangle.scale
        self.X, self.Z = size * np.eye(triangle.size), size * np.eye(triangle.size)
        rows, columns = triangle.rows, triangle.columns
        self.missing = np.zeros_like(self.Z)
        self._halves = rows * triangle.size + columns, columns * triangle.size + rows

    def schur(self) -> Floats:
        """Return <A_p, X A_q Z^-1> for all rows p, q, shape (P, P)."""
        self.inverse = symmetric(np.asarray(np.linalg.inv(self.Z), dtype=np.float64))
        count, size = len(self.matrices), self.triangle.size
        left = (self.matrices.reshape(-1, size) @ self.inverse).reshape(count, size, size)
        both = (left.transpose(0, 2, 1).reshape(-1, size) @ self.X).reshape(count, -1)
        upper, lower = (np.take(both, half, axis=1) for half in self._halves)
        found: Floats = self.packed @ ((upper + lower) * (0.5 * self.triangle.scale)).T
        return found

    def rows(self, matrix: Floats) -> Floats:
        """Return <A_p, matrix> for all rows."""
        found: Floats = self.packed @ self.triangle.pack(matrix)
        return found

    def slack(self, y: Floats) -> Floats:
        """Return A'y - C."""
        found: Floats = self.triangle.unpack(y @ self.packed) - self.goal
        return found

    def direction(self, dy: Floats, target: float, second: Floats | float) -> tuple[Floats, Floats]:
        """Return changes of X and Z that go with those of the multipliers."""
        dZ = self.triangle.unpack(dy @ self.packed) + self.missing
        return symmetric(target * self.inverse - self.X - (self.X @ dZ + second) @ self.inverse), dZ


def symmetric(matrix: Floats) -> Floats:
    """Return the symmetric part."""
    found: Floats = (matrix + matrix.T) / 2
    return found


def within(matrix: Floats, change: Floats) -> float:
    """Return how far a positive definite matrix can move along a change."""
    from scipy.linalg import solve_triangular

    root = np.linalg.cholesky(matrix)
    inner = solve_triangular(root, solve_triangular(root, change, lower=True).T, lower=True)
    lowest = float(np.linalg.eigvalsh(symmetric(inner))[0])
    return np.inf if lowest >= 0 else -1 / lowest


def ahead(vector: Floats, change: Floats) -> float:
    """Return how far a positive vector can move along a change."""
    down = change < 0
    return float((-vector[down] / change[down]).min(initial=np.inf))


@dataclass(frozen=True, eq=False)
class Change:
    """A search direction: multipliers, values, slacks, and X and Z of each block."""

    y: Floats
    f: Floats
    s: Floats
    blocks: list[tuple[Floats, Floats]]


@dataclass(frozen=True, eq=False)
class Iterate:
    """Multipliers, values and matrices, and what is left of complementarity, relative to the value."""

    y: Floats
    f: Floats
    X: list[Floats]
    gap: float


class Path:
    """The iterates.

    Parameters
    ----------
    blocks
        The matrices.
    known, bounds, aim
        a (P, V), b (P,), c (V,).
    inequalities
        Number of rows, the first ones, that have a slack.
    """

    def __init__(self, blocks: list[Block], known: Floats, bounds: Floats, aim: Floats, inequalities: int) -> None:
        self.blocks, self.known, self.bounds, self.aim, self.m = blocks, known, bounds, aim, inequalities
        self.y, self.f = np.append(np.ones(self.m), np.zeros(len(bounds) - self.m)), np.zeros(len(aim))
        self.s = np.full(self.m, 1.0 + float(np.abs(bounds).max()))
        self.order = self.m + sum(block.triangle.size for block in blocks)

    def run(self, missed: float, accuracy: float) -> Iterate | None:
        """Return the last iterate that misses no row by more than ``missed``, or None if there was none.

        Goes on until the gap is below ``accuracy``, or rounding keeps rows from being met.
        """
        best, worse, feasible = None, 0, False
        for _ in range(MOST_STEPS):
            off, gap = self._look()
            if feasible and off <= missed:
                best, worse = Iterate(self.y, self.f, [block.X for block in self.blocks], gap), 0
            elif best is not None:
                worse += 1
            if worse > 1 or (best is not None and best.gap < accuracy):
                break
            try:
                lengths = self._step()
            except np.linalg.LinAlgError:
                break
            feasible = feasible or lengths[1] == 1.0
            if feasible:  # from here on Z is known without error
                for block in self.blocks:
                    block.Z = block.slack(self.y)
            if min(lengths) < 1e-7:
                break
        return best

    def _look(self) -> tuple[float, float]:
        """Find what is missing; return the most by which a row is missed, and the gap relative to the value."""
        for block in self.blocks:
            block.missing = block.slack(self.y) - block.Z
        self.left = self._left(self.s, self.f, [block.X for block in self.blocks])
        touch = float(self.s @ self.y[: self.m]) + sum(float(np.sum(block.X * block.Z)) for block in self.blocks)
        self.left += self.bounds
        self.mu = touch / self.order
        return float(np.abs(self.left).max()), touch / (1.0 + abs(float(self.bounds @ self.y)))

    def _left(self, s: Floats, f: Floats, matrices: list[Floats]) -> Floats:
        found: Floats = -self.known @ f - sum(block.rows(X) for block, X in zip(self.blocks, matrices, strict=True))
        found[: self.m] -= s
        return found

    def _step(self) -> tuple[float, float]:
        """Make a step; return the lengths of its primal and its dual side."""
        from scipy.linalg import cho_factor, cho_solve

        schur: Floats = np.sum([block.schur() for block in self.blocks], axis=0)
        schur[np.arange(self.m), np.arange(self.m)] += self.s / self.y[: self.m]
        schur[np.diag_indices(len(schur))] *= 1 + 1e-14
        factor = cho_factor(symmetric(schur), lower=True, check_finite=False)
        spread = cho_solve(factor, self.known, check_finite=False)
        inner = self.known.T @ spread

        def solve(right: Floats, off: Floats) -> tuple[Floats, Floats]:
            plain: Floats = cho_solve(factor, right, check_finite=False)
            df = np.asarray(np.linalg.solve(inner, off - self.known.T @ plain), dtype=np.float64)
            return plain + spread @ df, df

        none = [0.0] * len(self.blocks)
        guess = self._direction(solve, 0.0, 0.0, none)
        primal, dual = (min(1.0, length) for length in self._lengths(guess))
        after = float((self.s + primal * guess.s) @ (self.y + dual * guess.y)[: self.m])
        for block, (dX, dZ) in zip(self.blocks, guess.blocks, strict=True):
            after += float(np.sum((block.X + primal * dX) * (block.Z + dual * dZ)))
        centred = min(1.0, max(LEAST_CENTRED, (after / self.order / self.mu) ** 2))
        second = [dX @ dZ for dX, dZ in guess.blocks]
        change = self._direction(solve, centred * self.mu, guess.s * guess.y[: self.m], second)
        primal, dual = (min(1.0, SHORT_OF * length) for length in self._lengths(change))
        self.s, self.f, self.y = self.s + primal * change.s, self.f + primal * change.f, self.y + dual * change.y
        for block, (dX, dZ) in zip(self.blocks, change.blocks, strict=True):
            block.X, block.Z = block.X + primal * dX, block.Z + dual * dZ
        return primal, dual

    def _direction(self, solve: Solve, target: float, second: Floats | float, seconds: Sequence[Floats | float]) -> Change:
        y, dy, df = self.y[: self.m], np.zeros(len(self.y)), np.zeros(len(self.f))
        for _ in range(1 + REFINED):
            ds = (target - second - self.s * dy[: self.m]) / y - self.s
            moves = [block.direction(dy, target, more) for block, more in zip(self.blocks, seconds, strict=True)]
            wrong = self.left + self._left(ds, df, [dX for dX, _ in moves])
            more_y, more_f = solve(-wrong, self.aim - self.known.T @ (self.y + dy))
            dy, df = dy + more_y, df + more_f
        ds = (target - second - self.s * dy[: self.m]) / y - self.s
        moves = [block.direction(dy, target, more) for block, more in zip(self.blocks, seconds, strict=True)]
        return Change(dy, df, ds, moves)

    def _lengths(self, change: Change) -> tuple[float, float]:
        pairs = list(zip(self.blocks, change.blocks, strict=True))
        primal = min([ahead(self.s, change.s), *(within(block.X, dX) for block, (dX, _) in pairs)])
        dual = min([ahead(self.y[: self.m], change.y[: self.m]), *(within(block.Z, dZ) for block, (_, dZ) in pairs)])
        return primal, dual
