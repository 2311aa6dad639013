"""Ways up a landscape over the unit cube: corners first, differential evolution, then along gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from experiments.attack.coordinates import CORNER, Coordinate
from numerics.typing import Floats

Height = Callable[[Floats], float]

POPULATION, GENERATIONS = 12, 200
EVALUATED = 1000
"""The most that L-BFGS-B asks for; points that were seen before cost nothing, so that the budget alone would not stop it."""

STEP = 1e-3
"""Of a numerical gradient, in units of the cube."""

LOWEST = -1e3
"""Height that stands for points that prove nothing."""


class Spent(Exception):
    """The evaluations are spent."""


class _Summit:
    """Remembers the highest point that was seen."""

    def __init__(self, height: Height, start: Floats) -> None:
        self._height, self.point, self.top = height, start, -math.inf

    def __call__(self, point: Floats) -> float:
        point = np.clip(point, 0.0, 1.0)
        found = self._height(point)
        if found > self.top:
            self.top, self.point = found, point.copy()
        return max(min(found, -LOWEST), LOWEST)


def corners(height: Height, start: Floats, moves: Sequence[Coordinate], generator: np.random.Generator) -> Floats:
    """Return the best point after trying, one coordinate at a time, zero, both ends, all choices, and two small moves."""
    summit = _Summit(height, start)
    with suppress(Spent):
        summit(start)
        for row in generator.permutation(len(moves)):
            move, here = moves[row], summit.point[row]
            tried = [0.0, 1.0, here - 0.1, here + 0.1] if not move.choices else []
            tried += [CORNER] if move.corner else []
            tried += [(k + 0.5) / len(move.choices) for k in range(len(move.choices))]
            for unit in tried:
                point = summit.point.copy()
                point[row] = unit
                summit(point)
    return summit.point


def evolution(height: Height, start: Floats, moves: Sequence[Coordinate], generator: np.random.Generator) -> Floats:
    """Return the best point of a differential evolution whose first generation is scattered around the start."""
    from scipy.optimize import Bounds, differential_evolution

    summit = _Summit(height, start)
    size = len(moves)
    scattered = np.clip(start + 0.1 * generator.standard_normal((POPULATION, size)), 0, 1)
    anywhere = generator.random((POPULATION, size))
    zero = np.array([move.corner for move in moves]) & (generator.random((POPULATION, size)) < 0.3)
    first = np.where(generator.random((POPULATION, size)) < 0.3, anywhere, scattered)
    first = np.where(zero, 0.0, first)
    first[0] = start

    def depth(point: Floats) -> float:
        return -summit(point)

    settings: dict[str, Any] = {"mutation": (0.4, 1.0), "recombination": 0.7, "tol": 0, "polish": False, "seed": generator}
    with suppress(Spent):
        summit(start)
        differential_evolution(depth, Bounds(np.zeros(size), np.ones(size)), init=first, maxiter=GENERATIONS, **settings)
    return summit.point


def ascent(height: Height, start: Floats, moves: Sequence[Coordinate]) -> Floats:
    """Return the best point of L-BFGS-B over the continuous coordinates, with numerical gradients."""
    from scipy.optimize import minimize

    summit = _Summit(height, start)
    # zero is a corner and no place to take a derivative
    rows = [row for row, move in enumerate(moves) if move.continuous and not (move.corner and start[row] < CORNER)]
    if not rows:
        return start
    bounds = [(CORNER if moves[row].corner else 0.0, 1.0) for row in rows]

    def depth(inner: Floats) -> float:
        point = start.copy()
        point[rows] = inner
        return -summit(point)

    with suppress(Spent):
        minimize(depth, start[rows], method="L-BFGS-B", bounds=bounds, options={"eps": STEP, "maxfun": EVALUATED})
    return summit.point
