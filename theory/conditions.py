"""Conditions of theorems, and what became of them at numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from theory.evaluate import Number, evaluate
from theory.symbols import Expr

ROUNDING = 1e-12


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
