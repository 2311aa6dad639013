"""The worst-case programs among the evaluations: a few rounds without noise, over all functions of the class."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from experiments.attack import climb
from experiments.attack.coordinates import Coordinate, coordinates, locate, place
from experiments.attack.probe import CLASS, Probe, worst
from experiments.attack.shapes import SHAPES
from experiments.attack.space import chosen
from experiments.claims import Claim
from numerics.typing import Floats
from straggler import StragglerError

if TYPE_CHECKING:
    from theory.theorem import Theorem

BALL: dict[str, float] = {"dim": 1, "smoothness": 1.0, "mu": 1.0, "sigma": 0.0, "zeta": 0.0, "start": 1.0}
"""Problem whose constants the class has: L = 1, Delta = 1/2; units do the rest."""

SIZES = ((2, 1), (2, 2), (2, 4), (4, 2), (4, 3))
"""Workers and rounds."""

MOVED = ("step", "zeta", "graph", "nodes", "iterations", "options", "timeline_options")
"""Coordinates of a claim that a program knows; more rounds or workers than it takes prove nothing."""

FIRST = ((0.9999, 0.0), (0.7, 0.0), (0.9999, 0.5), (0.4, 3.0))
"""Shares of the largest step, and heterogeneities, that are tried before climbing."""


class Book(Protocol):
    """What counts evaluations and keeps the best."""

    def spend(self, evaluations: float) -> None:
        """Count evaluations."""

    def keep(self, found: Probe) -> float:
        """Remember a probe and return the logarithm of its ratio."""


def applies(theorem: Theorem) -> bool:
    """Return whether there may be worst cases that a theorem can be held against."""
    return theorem.quantity.name == "mean_grad_norm_sq" and set(theorem.constants) <= CLASS


def hardest(theorem: Theorem, book: Book, most: int) -> None:
    """Search the worst cases that a theorem can be held against, solving no more than ``most`` programs."""
    if most < 2:
        return
    rated: list[tuple[float, Claim]] = []
    for (step, zeta), (nodes, rounds), system in product(FIRST, SIZES, theorem.systems):
        for shape in SHAPES.get(system, ({},)):
            small: dict[str, Any] = shape | {"nodes": nodes, "iterations": rounds, "problem_options": BALL}
            claim = Claim(theorem=theorem.key, system=system, problem="quadratic", budget=16, **chosen(theorem) | small)
            there = _at(claim, step, zeta)
            if len(rated) < most / 2:
                rated.append((_height(there, book), there))
    height, best = max(rated, key=lambda each: each[0])
    if not np.isfinite(height):
        return
    moves = [move for move in coordinates(best, theorem) if move.path[-1] in MOVED or move.path[0] in MOVED]
    climbed = _Counted(best, moves, book, most - len(rated))
    point = climb.corners(climbed, locate(best, moves), moves, np.random.default_rng(0))
    climb.ascent(climbed, point, moves)


class _Counted:
    """The worst case around a claim, for so many programs."""

    def __init__(self, claim: Claim, moves: list[Coordinate], book: Book, most: int) -> None:
        self._claim, self._moves, self._book, self._left = claim, moves, book, most

    def __call__(self, point: Floats) -> float:
        if self._left <= 0:
            raise climb.Spent
        self._left -= 1
        return _height(place(self._claim, self._moves, point), self._book)


def _at(claim: Claim, step: float, zeta: float) -> Claim:
    options = {**claim.problem_options, "zeta": zeta}
    return claim.model_copy(update={"problem_options": options} | ({"step": step} if isinstance(claim.step, float) else {}))


def _height(claim: Claim, book: Book) -> float:
    book.spend(1)
    try:
        found = worst(claim)
    except StragglerError:
        found = None
    return -np.inf if found is None else book.keep(found)
