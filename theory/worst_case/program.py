"""A worst case at any step size: built once, evaluated at numbers."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from straggler import InputError, positive
from theory.worst_case.certificate import Certificate, certify
from theory.worst_case.memory import require
from theory.worst_case.scene import Scene
from theory.worst_case.solver import Cone

Floats = NDArray[np.float64]


class Program:
    """The semidefinite program of a `Scene`, with coefficients that are polynomials in the step size.

    Parameters
    ----------
    scene
        Inequalities and goal.

    Raises
    ------
    InputError
        If building and solving it would take more memory than the machine has left.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.families = {**scene.families, **scene.equalities, **scene.matrix}
        self.counts = [len(rows) for rows in self.families.values()]
        copies = max((frame.shape[2] for frame in scene.blocks.frames), default=1)
        require(rows=sum(self.counts), sizes=scene.blocks.sizes, copies=copies)

    @cached_property
    def _coefficients(self) -> list[Floats]:
        return [self.scene.blocks.coefficients(rows) for rows in self.families.values()]

    @cached_property
    def _goal(self) -> Floats:
        found: Floats = self.scene.blocks.coefficients(self.scene.goal).sum(axis=1)
        return found

    def cone(self, gamma: float, **bounds: float) -> Cone:
        """Return the cone program at step size ``gamma``, for L = Delta = 1.

        ``bounds`` multiply the bounds of the families of that name.
        """
        right = np.concatenate([rows.bounds * bounds.get(name, 1.0) for name, rows in self.families.items()])
        matrix = np.concatenate([_at(gamma, part) for part in self._coefficients])
        values = np.concatenate([rows.at(gamma) for rows in self.families.values()])
        goal = _at(gamma, self._goal)
        equal = sum(len(rows) for rows in self.scene.equalities.values())
        goal_values = self.scene.goal.at(gamma).sum(axis=0)
        return Cone(self.scene.blocks, matrix, values, right, goal, goal_values, equal, self.scene.order)

    def solve(self, gamma: float, **bounds: float) -> Certificate:
        """Return the certified worst case at step size ``gamma``, for L = Delta = 1."""
        return certify(self.cone(gamma, **bounds))

    def split(self, multipliers: Floats, gamma: float) -> dict[str, Floats]:
        """Return multipliers by the name of their family, of inequalities as people know them: times gamma^order."""
        parts = np.split(multipliers, np.cumsum(self.counts)[:-1])
        named = zip(self.families.items(), parts, strict=True)
        return {name: part * gamma**-rows.order for (name, rows), part in named}


def _at(gamma: float, coefficients: Floats) -> Floats:
    """Return the value of a polynomial whose coefficients are stacked along the first axis."""
    found: Floats = np.tensordot(gamma ** np.arange(len(coefficients)), coefficients, axes=1)
    return found


SMALLEST, LARGEST = 1e-4, 2.0
"""Step sizes, times L, for which there are programs: above 2 gradient descent on a quadratic diverges."""


def relative_step(gamma: float, smoothness: float) -> float:
    """Return gamma L; `InputError` outside of [1e-4, 2)."""
    step = positive("gamma", gamma) * positive("L", smoothness)
    if not SMALLEST <= step < LARGEST:
        raise InputError("gamma", gamma, f"{SMALLEST:g} <= gamma L < {LARGEST:g}, here L = {smoothness:g}")
    return step
