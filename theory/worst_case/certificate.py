"""Both sides of a worst case, checked in floating point: multipliers that prove it and an instance that attains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from straggler import StragglerError
from theory.worst_case.solver import Answer, Cone, Solver, clarabel, interior, scs

Floats = NDArray[np.float64]

ATTEMPTS: tuple[tuple[Solver, float], ...] = (
    (interior, 1e-8),
    (clarabel, 1e-8),
    (interior, 1e-7),
    (clarabel, 1e-7),
    (clarabel, 1e-6),
    (scs, 1e-5),
)
"""Solvers in turn, each with the margin it leaves to the constraints."""

ROUNDING = 1e-12
"""What rounding may leave of a constraint that holds, relative to the largest number in it."""

EQUALITY = 1e-7
"""What solvers may leave of a constraint that holds with equality, relative to the largest number in the instance."""

SMALL_GAP = 2e-5
"""Relative gap beyond which one more solver is asked."""

LARGEST_GAP = 1e-3
"""Relative gap beyond which the two sides are no answer."""


@dataclass(frozen=True, eq=False)
class Certificate:
    """Two feasible points and what they prove: ``lower <= worst case <= upper``.

    Attributes
    ----------
    lower, upper
        Values of the instance and of the multipliers.
    multipliers
        One per inequality, shape (P,).
    gram
        Blocks of the Gram matrix.
    values
        Function values.
    solver
        Who found them.
    """

    lower: float
    upper: float
    multipliers: Floats
    gram: list[Floats]
    values: Floats
    solver: str

    @property
    def gap(self) -> float:
        """``upper - lower``."""
        return self.upper - self.lower


def certify(cone: Cone, attempts: Sequence[tuple[Solver, float]] = ATTEMPTS) -> Certificate:
    """Return certified bounds of the value of a cone program.

    A solver's word for what it found (solved, inaccurate, unbounded) counts for nothing: multipliers and instance are made
    feasible in the last digits and checked. If one of them fails, or they are far apart, the next solver is asked; if they are
    not close, one more is, and the closer of both counts.

    Raises
    ------
    StragglerError
        If no solver's answer passes.
    """
    reasons, first = [], None
    for solver, margin in attempts:
        try:
            found = _checked(cone, solver(cone, margin))
        except (StragglerError, ArithmeticError, ValueError, RuntimeError, np.linalg.LinAlgError) as problem:
            reasons.append(f"{solver.__name__}: {problem}")
            found = None
        if first is not None:
            return first if found is None or first.gap <= found.gap else found
        if found is not None and found.gap <= SMALL_GAP * abs(found.upper):
            return found
        first = found
    if first is not None:
        return first
    raise StragglerError(f"no solver gave a worst case that can be certified ({'; '.join(reasons)})")


def _checked(cone: Cone, answer: Answer) -> Certificate:
    numbers = (answer.multipliers, answer.gram, answer.values)
    if not all(np.isfinite(part).all() for part in numbers):
        raise StragglerError(f"{answer.status}, with numbers that are not finite")
    multipliers = balanced(cone, answer.multipliers)
    gram = [_positive(block) for block in cone.blocks.split(answer.gram)]
    short = shortfall(cone, multipliers)
    if short > 0:
        raise StragglerError(f"{answer.status}, multipliers that miss the cone by {short:.2g}")
    packed = cone.blocks.join(gram)
    excess = violation(cone, packed, answer.values)
    if excess > 0:
        raise StragglerError(f"{answer.status}, an instance that violates an inequality by {excess:.2g}")
    upper = float(cone.bounds @ multipliers)
    lower = float(cone.goal @ packed + cone.goal_values @ answer.values)
    if not lower <= upper * (1 + ROUNDING) + ROUNDING or upper - lower > LARGEST_GAP * max(abs(upper), 1e-6):
        raise StragglerError(f"{answer.status}, bounds {lower:.9g} and {upper:.9g} that are too far apart")
    return Certificate(lower, upper, multipliers, gram, answer.values, answer.solver)


def balanced(cone: Cone, multipliers: Floats) -> Floats:
    """Return nonnegative multipliers near these under which the values cancel, to rounding."""
    from scipy.optimize import nnls

    found = multipliers.copy()
    inequalities = slice(cone.inequalities)
    found[inequalities] = np.maximum(found[inequalities], 0.0)
    if cone.order:
        matrix = slice(cone.inequalities + cone.equal, None)
        found[matrix] = cone.extra.pack(_positive(cone.extra.unpack(found[matrix])))
    if cone.values.shape[1]:
        missing = cone.goal_values - cone.values.T @ found
        size = float(np.abs(missing).max())
        if size > 0:
            found[inequalities] += nnls(cone.values[inequalities].T, missing / size)[0] * size
    left = np.abs(cone.goal_values - cone.values.T @ found).max(initial=0.0)
    if left > ROUNDING * max(1.0, float(found.max())) * len(found):
        raise StragglerError(f"multipliers that do not cancel the values: {left:.2g} is left")
    return found


def shortfall(cone: Cone, multipliers: Floats) -> float:
    """Return by how much the matrix that should be positive semidefinite is not, beyond rounding; 0 where it is."""
    slack = cone.blocks.split(multipliers @ cone.matrix - cone.goal)
    allowed = ROUNDING * max(1.0, float(np.abs(multipliers).max()))
    lowest = min(float(np.linalg.eigvalsh(block)[0]) for block in slack)
    return max(0.0, -lowest - allowed)


def violation(cone: Cone, packed: Floats, values: Floats) -> float:
    """Return the largest violation of an inequality by an instance, beyond rounding; 0 where there is none."""
    excess = cone.matrix @ packed + cone.values @ values - cone.bounds
    size = max(1.0, float(np.abs(packed).max()), float(np.abs(values).max(initial=0.0)))
    rest = excess[cone.inequalities :]
    found = max(0.0, float(excess[: cone.inequalities].max()) - ROUNDING * size)
    if cone.equal:
        found = max(found, float(np.abs(rest[: cone.equal]).max()) - EQUALITY * size)
    if cone.order:
        found = max(found, float(np.linalg.eigvalsh(cone.extra.unpack(rest[cone.equal :]))[-1]) - ROUNDING * size)
    return found


def _positive(block: Floats) -> Floats:
    eigenvalues, vectors = np.linalg.eigh(block)
    clipped: Floats = (vectors * np.maximum(eigenvalues, 0.0)) @ vectors.T
    return clipped
