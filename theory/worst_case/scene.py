"""What a semidefinite program is about: the vectors of its Gram matrix, the points they make up, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from straggler import UnknownName
from theory.worst_case.interpolation import Data
from theory.worst_case.rows import Blocks, Polynomial, Rows, square
from theory.worst_case.symmetry import Symmetry

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Scene:
    """A worst case for L = 1 and Delta = 1, at any step size.

    Attributes
    ----------
    what
        The class of functions, in words.
    blocks
        The Gram matrix.
    variables
        Number of value variables.
    families
        Named inequalities.
    goal
        Rows whose left sides are added up and maximised.
    data
        All points near the start at which functions are known; those of worker i are numbered ``points[i]``.
    points
        For each worker the numbers of its points in ``data``.
    tilt
        Combination of the basis, shape (n, D), that is added to the gradients of worker i where functions differ by a tilt only.
    start, heights, best
        Where there is a minimiser, at the origin: where the algorithm starts; for each worker the number of the variable that is
        the value there; and gradients at the minimiser, shape (n, D). None for an algorithm that starts at the origin.
    far
        Other points of a single function, by name: where, from the minimiser, the gradient, and the number of the value.
    curvature
        The ratio mu/L.
    messages, share
        Where messages are compressed: what compressors leave and what they are handed, over gamma, and the `Method.share`.
    equalities
        Named rows that hold with equality.
    matrix, order
        One family, or none: the packed triangle of a symmetric matrix of this size that is negative semidefinite.
    """

    what: str
    blocks: Blocks
    variables: int
    families: Mapping[str, Rows]
    goal: Rows
    data: Data
    points: tuple[Numbers, ...]
    tilt: Floats | None = None
    start: Floats | None = None
    heights: tuple[int, ...] = ()
    best: Floats | None = None
    far: Mapping[str, tuple[Polynomial, Floats, int]] = field(default_factory=dict)
    curvature: float = -1.0
    messages: tuple[Polynomial, Polynomial] | None = None
    share: float = 0.0
    equalities: Mapping[str, Rows] = field(default_factory=dict)
    matrix: Mapping[str, Rows] = field(default_factory=dict)
    order: int = 0


class Basis:
    """Vectors of a Gram matrix: ``slots`` for every worker, number i slots + s, and then ``common`` ones.

    Parameters
    ----------
    symmetry
        Symmetry of the workers.
    workers, slots, common
        Numbers of workers, of vectors of each worker, of vectors of all.
    centred
        Slots whose vectors sum to zero over the workers.
    unused
        Numbers of worker vectors that do not occur; only without symmetry.
    """

    def __init__(
        self,
        symmetry: Symmetry,
        workers: int,
        slots: int,
        common: int = 0,
        centred: tuple[int, ...] = (),
        unused: tuple[int, ...] = (),
    ) -> None:
        self.workers, self.slots, self.common = workers, slots, common
        self.size = workers * slots + common
        frames = []
        for number, mode in enumerate(symmetry.modes):
            columns = [column for slot in range(slots) if (column := self._slot(slot, mode, number, centred)).shape[1]]
            if number == 0 and common:
                shared = np.zeros((self.size, common, mode.shape[2]))
                shared[workers * slots :, :, 0] = np.eye(common)
                columns.append(shared)
            if columns:
                frames.append(np.concatenate(columns, axis=1))
        if unused:
            kept = np.abs(frames[0][list(unused)]).max(axis=(0, 2)) == 0
            frames[0] = frames[0][:, kept]
        self.blocks = Blocks(frames)

    def _slot(self, slot: int, mode: Floats, number: int, centred: tuple[int, ...]) -> Floats:
        n = self.workers
        if slot in centred and number == 0:
            # what is left of the mode besides the mean of all workers, which it contains
            inside = mode[:, :, 0]
            rest = np.linalg.qr(np.column_stack([inside.sum(axis=0), np.eye(inside.shape[1])]))[0][:, 1:]
            mode = (inside @ rest)[:, :, None]
        columns = np.zeros((self.size, *mode.shape[1:]))
        columns[slot : n * self.slots : self.slots] = mode
        return columns

    def vector(self, worker: int, slot: int) -> Floats:
        """Return the one-hot combination of a worker's vector."""
        found = np.zeros(self.size)
        found[worker * self.slots + slot] = 1.0
        return found

    def from_start(self, combinations: Floats, plain: Sequence[int] = ()) -> Polynomial:
        """Return combinations (P, D) of gradients as those of gradients at the start, and gamma times those of `Data.bends`.

        Slot 0 of a worker is its gradient at the start; slots ``plain`` are no gradients.
        """
        kept = np.zeros_like(combinations)
        bends = combinations.copy()
        edge = self.workers * self.slots
        kept[:, edge:], bends[:, edge:] = combinations[:, edge:], 0.0
        for slot in range(self.slots):
            column = slice(slot, edge, self.slots)
            if slot in plain:
                kept[:, column] = combinations[:, column]
            else:
                kept[:, : edge : self.slots] += combinations[:, column]
            if slot in plain or slot == 0:
                bends[:, column] = 0.0
        return kept, bends

    def shared(self, number: int) -> Floats:
        """Return the one-hot combination of a common vector."""
        found = np.zeros(self.size)
        found[self.workers * self.slots + number] = 1.0
        return found

    def mean(self, slot: int) -> Floats:
        """Return the mean over workers of one slot."""
        found = np.zeros(self.size)
        found[slot : self.workers * self.slots : self.slots] = 1 / self.workers
        return found


def merged(points: Floats, known: Floats, tolerance: float = 1e-9) -> int:
    """Return the number of the row of ``known`` that equals ``points``, or -1."""
    if not len(known):
        return -1
    near = np.abs(known - points).max(axis=1) <= tolerance
    return int(near.argmax()) if near.any() else -1


GOALS = ("mean", "least")


def gradient_goal(gradients: Polynomial, variables: int, goal: str) -> tuple[Rows, dict[str, Rows], int]:
    """Return what is maximised, the families it needs, and the number of value variables with those it adds.

    Parameters
    ----------
    gradients
        Gradients at the centers 0, ..., K, parts of shape (K + 1, D).
    variables
        Number of value variables.
    goal
        ``mean`` over k < K of the squared norms, or the ``least`` over k <= K: one more variable that is below all of them.

    Raises
    ------
    UnknownName
        For another goal.
    """
    if goal not in GOALS:
        raise UnknownName("goal", goal, GOALS)
    rounds = len(gradients[0]) - 1
    if goal == "mean":
        before = [part[:rounds] for part in gradients]
        return Rows(square(1 / rounds, before), np.zeros((rounds, variables)), np.zeros(rounds)), {}, variables
    last = np.eye(variables + 1)[-1:]
    labels = tuple(f"||grad f||^2 at xbar^{k}" for k in range(rounds + 1))
    least = Rows(square(-1.0, gradients), np.repeat(last, rounds + 1, axis=0), np.zeros(rounds + 1), labels)
    return Rows((), last, np.zeros(1)), {"least": least}, variables + 1
