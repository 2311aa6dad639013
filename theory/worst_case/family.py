"""Worst cases as functions of the step size and of the constants of a problem; what does not depend on them is built once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from straggler import InputError, UnknownName, positive
from theory.worst_case.instance import Instance, recover
from theory.worst_case.local import smooth
from theory.worst_case.methods import Method
from theory.worst_case.program import Program, relative_step
from theory.worst_case.spectral import spectral
from theory.worst_case.strongly_convex import convex, leader_step
from theory.worst_case.tilted import tilted

Floats = NDArray[np.float64]

FUNCTIONS = ("local", "tilted")


@dataclass(frozen=True, eq=False)
class WorstCase:
    """The largest value that a quantity can take, with proof and example.

    Attributes
    ----------
    lower, upper
        ``lower`` is attained by the instance, ``upper`` proved by the multipliers; both were checked in floating point.
    instance
        Functions that attain ``lower``.
    multipliers
        What each family of inequalities is multiplied by in the proof of ``upper``, for L = Delta = 1.
    labels
        What these inequalities say.
    functions
        The class of functions, in words.
    solver
        Who found it.
    """

    lower: float
    upper: float
    instance: Instance
    multipliers: dict[str, Floats]
    labels: dict[str, tuple[str, ...]]
    functions: str
    solver: str

    @property
    def value(self) -> float:
        """The worst case: its certified upper bound."""
        return self.upper

    @property
    def gap(self) -> float:
        """``upper - lower``."""
        return self.upper - self.lower

    def proof(self, least: float = 1e-4) -> str:
        """Return a sketch of the proof of the upper bound: the inequalities to add up, one per line, and their multipliers.

        Added up they leave a sum of squares; multipliers below ``least`` times the largest are left out.
        """
        largest = max(float(m.max(initial=0.0)) for m in self.multipliers.values())
        lines = [
            f"{m:.4g} x ({name}) {self.labels[name][row] if self.labels[name] else row}"
            for name, column in self.multipliers.items()
            for row, m in enumerate(column)
            if m > least * largest
        ]
        return "\n".join(lines)


class Family:
    """A worst case at any step size and constants; programs are built on first use and kept.

    Parameters
    ----------
    build
        Returns the program for a ratio mu/L and for heterogeneous workers or not.
    workers
        Number n of workers.
    degree
        What the goal is: 2 a squared gradient, 1 a value, 0 a squared distance (the power of L it is proportional to).
    start
        ``value`` or ``distance``: which of Delta and R the start is bounded by.
    """

    def __init__(self, build: Callable[[float, bool], Program], workers: int, *, degree: int, start: str = "value") -> None:
        self._build, self._workers, self._degree, self._start = cache(build), workers, degree, start

    def at(
        self, *, gamma: float, L: float = 1.0, delta: float = 1.0, zeta: float = 0.0, mu: float = 0.0, radius: float = 1.0
    ) -> WorstCase:
        """Return the worst case at these numbers.

        Parameters
        ----------
        gamma
            Step size, from 1e-4/L to below 2/L.
        L, mu
            Smoothness > 0, and strong convexity in [0, L) where that is what the family is about.
        delta, radius
            f(x_0) - f* > 0, or ||x_0 - x*|| > 0, whichever the family is about.
        zeta
            Root of the mean square heterogeneity, >= 0.

        Raises
        ------
        InputError
            If a number is outside its range.
        StragglerError
            If no solver's answer can be certified.
        """
        step = relative_step(gamma, L)
        zeta = positive("zeta", zeta, zero_ok=True)
        if zeta and self._workers == 1:
            raise InputError("zeta", zeta, "0 for a single worker")
        unit = positive("radius", radius) if self._start == "distance" else (positive("delta", delta) / L) ** 0.5
        program = self._build(positive("mu", mu, zero_ok=True) / L, zeta > 0)
        found = program.solve(step, heterogeneity=(zeta / (L * unit)) ** 2)
        scale = float(L**self._degree * unit**2)
        return WorstCase(
            found.lower * scale,
            found.upper * scale,
            recover(program.scene, found, step, unit, L),
            program.split(found.multipliers, step),
            {name: rows.labels for name, rows in program.families.items()},
            program.scene.what,
            found.solver,
        )


def nonconvex(method: Method, functions: str = "local", goal: str = "mean") -> Family:
    """Return the worst case of the gradient at the centers over L-smooth functions, see the modules `local` and `tilted`.

    Parameters
    ----------
    method
        K rounds of an algorithm.
    functions
        ``local``: every worker has a function of its own; ``tilted``: functions differ by linear terms.
        Without heterogeneity (zeta = 0) all workers have the same function.
    goal
        ``mean`` over k < K of ||grad f(center_k)||^2, or the ``least`` of them over k <= K.

    Raises
    ------
    UnknownName
        For other functions, or another goal.
    """
    if functions not in FUNCTIONS:
        raise UnknownName("functions", functions, FUNCTIONS)

    def build(_: float, heterogeneous: bool) -> Program:
        alone = method.n == 1 or (heterogeneous and functions == "local")
        return Program(smooth(method, goal=goal) if alone else tilted(method, goal=goal, heterogeneous=heterogeneous))

    return Family(build, method.n, degree=2)


def any_mixing(rounds: int, workers: int, eigenvalue: float, goal: str = "mean") -> Family:
    """Return an upper bound of the worst case of D-PSGD over all mixing matrices of a spectrum, see the module `spectral`.

    Heterogeneity must not be zero; the cost does not depend on the number of workers.
    """

    def build(_: float, heterogeneous: bool) -> Program:
        if not heterogeneous:
            raise InputError("zeta", 0.0, "zeta > 0: functions that are all the same are no class of this program")
        return Program(spectral(rounds, workers, eigenvalue, goal))

    return Family(build, workers, degree=2)


def last_iterate(method: Method, goal: str = "value", start: str = "value") -> Family:
    """Return the worst case of f(center_K) - f*, or ||center_K - x*||^2, over (strongly) convex functions, see `convex`."""

    def build(curvature: float, heterogeneous: bool) -> Program:
        return Program(convex(method, curvature, goal=goal, start=start, heterogeneous=heterogeneous))

    return Family(build, method.n, degree={"value": 1, "distance": 0}.get(goal, 1), start=start)


def led_step(pull: float, lead: float) -> Family:
    """Return the worst case of f(x_+) - f* after one step of LGD, see `strongly_convex.leader_step`."""
    return Family(lambda curvature, _: Program(leader_step(curvature, pull, lead)), 1, degree=1)


def led_descent(pull: float, *, gamma: float, L: float, mu: float) -> WorstCase:
    """Return the worst case, over leaders too, of one step of LGD over what the descent inequality allows it.

    That is the largest ratio of f(x_+) - f*, x_+ = x - gamma grad f(x) - pull (x - z), to the right side
    (1 - mu gamma)(f(x) - f*) - pull (f(x) - f(z)), for functions in F_{mu,L}, mu > 0, and any points x and z. Theorem 1 of Teng
    et al. (NeurIPS 2019) says that it is at most one. The instance is one for L = 1.

    Raises
    ------
    InputError
        If a number is outside its range, or mu gamma + pull >= 1.
    """
    step, lead = relative_step(gamma, L), float(pull > 0)  # without a pull it does not matter where z is
    family = Family(lambda curvature, _: Program(leader_step(curvature, pull, lead, step)), 1, degree=0)
    return family.at(gamma=step, mu=positive("mu", mu) / L)
