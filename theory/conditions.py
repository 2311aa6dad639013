"""Conditions of theorems, and what became of them at numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from theory.evaluate import Number, evaluate, required
from theory.symbols import Expr

ROUNDING = 1e-12

_OCTAVES = 200.0


@dataclass(frozen=True)
class Check:
    """A condition at numbers.

    Attributes
    ----------
    text
        The condition in words or plain mathematics.
    holds
        Whether it is met; an array where a constant was one.
    factor
        ``lhs / rhs``: up to 1 it is met, and 1e78 says that it fails by that factor. Inf where a positive left side
        meets a right side that is zero or negative.
    lhs, rhs
        Its two sides.
    """

    text: str
    holds: Any
    factor: Number
    lhs: Number
    rhs: Number

    def __bool__(self) -> bool:
        """Whether the condition holds everywhere."""
        return bool(np.all(self.holds))


@dataclass(frozen=True)
class Condition:
    """``lhs <= rhs`` (``lhs < rhs`` where strict, ``lhs = rhs`` where exact), with a sentence that says so.

    Write the side that should be small on the left: the factor by which a condition fails is ``lhs / rhs``.
    """

    text: str
    lhs: Expr
    rhs: Expr
    strict: bool = False
    exact: bool = False

    @property
    def relation(self) -> str:
        """The relation between the sides, as a character."""
        return "=" if self.exact else "<" if self.strict else "≤"

    def subs(self, replacements: Mapping[Expr, Expr]) -> Condition:
        """Return the condition with symbols replaced."""
        lhs, rhs = (sp.sympify(side).subs(replacements) for side in (self.lhs, self.rhs))
        return Condition(self.text, lhs, rhs, self.strict, self.exact)

    def check(self, constants: Mapping[str, Any], owner: str = "the condition") -> Check:
        """Return the condition at numbers; equality, and the boundary, are told up to a relative rounding of 1e-12.

        The boundary itself meets ``<=`` and misses ``<``.
        """
        lhs, rhs = evaluate(self.lhs, constants, owner), evaluate(self.rhs, constants, owner)
        with np.errstate(all="ignore"):
            slack = ROUNDING * np.abs(rhs)
            if self.exact:
                holds = np.abs(np.subtract(lhs, rhs)) <= 1e3 * slack
            else:
                below = rhs * (1 - ROUNDING * np.sign(rhs))
                holds = np.less(lhs, below) if self.strict else np.less_equal(lhs, rhs + slack)
            ratio = np.divide(lhs, rhs)
            factor = np.where(np.equal(lhs, rhs), 1.0, np.where(np.less_equal(rhs, 0) & np.greater(lhs, rhs), np.inf, ratio))
        if np.ndim(holds) == 0:
            return Check(self.text, bool(holds), float(factor), lhs, rhs)
        return Check(self.text, holds, factor, lhs, rhs)


def largest_admissible(conditions: Sequence[Condition], cap: Expr, constants: Mapping[str, Any], owner: str) -> Number:
    """Return the supremum of the step sizes below ``cap`` that meet the conditions, by bisection.

    Conditions that do not hold gamma have no say. The others must be monotone: met by every step below one that meets them.

    Parameters
    ----------
    conditions
        Conditions in symbols of the table.
    cap
        A step size that no admissible one exceeds, in symbols of the table.
    constants
        Numbers or arrays that broadcast against each other; ``gamma`` among them is ignored.
    owner
        Who asks; error messages name it.

    Returns
    -------
    float or float64 array, to a relative 1e-12 and admissible itself; zero where no step down to ``cap / 2^200`` is admissible.
    """
    top = evaluate(cap, {name: value for name, value in constants.items() if name != "gamma"}, owner)
    judges = [condition for condition in conditions if "gamma" in required(condition.lhs, condition.rhs)]

    def admitted(octaves: Any) -> Any:
        here = {**constants, "gamma": top * 2.0**octaves}
        return np.logical_and.reduce(np.broadcast_arrays(*[condition.check(here, owner).holds for condition in judges]))

    any_step = admitted(-_OCTAVES)
    low, high = np.full(any_step.shape, -_OCTAVES), np.zeros(any_step.shape)
    for _ in range(64):
        middle = (low + high) / 2
        meets = admitted(middle)
        low, high = np.where(meets, middle, low), np.where(meets, high, middle)
    found = np.where(any_step, top * 2.0**low, 0.0)
    return found if found.ndim else float(found)
