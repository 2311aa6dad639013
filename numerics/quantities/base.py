"""What a quantity is, and the state it is measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from numerics.algorithms import Algorithm, State
from numerics.problems import Objective, Problem
from numerics.typing import Floats


@dataclass(frozen=True)
class Snapshot:
    """The state of an algorithm at one moment; center and views are computed once, for all quantities that ask."""

    problem: Problem
    algorithm: Algorithm
    state: State

    @property
    def objective(self) -> Objective:
        """The objective of the problem."""
        return self.problem.objective

    @cached_property
    def center(self) -> Floats:
        """The point the theorems speak about, shape (R, d)."""
        center: Floats = self.algorithm.center(self.state)
        return center

    @cached_property
    def views(self) -> Floats:
        """Where every worker would take its gradient, shape (n, R, d)."""
        views: Floats = self.algorithm.view(self.state, None)
        return views


@dataclass(frozen=True)
class Quantity:
    """A number, or one per worker, measured per replica on the state of an algorithm.

    Parameters
    ----------
    name, meaning, units
        How it is called, what it is, and its units in terms of the units [f] of the objective and [x] of the model.
    measure
        ``measure(snapshot)``, shape (R,), or (n, R) where there is one per worker.
    per_worker
        Whether there is one per worker.
    """

    name: str
    meaning: str
    units: str
    measure: Callable[[Snapshot], Floats]
    per_worker: bool = False
