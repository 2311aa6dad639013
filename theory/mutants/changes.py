"""Mutants: one change that makes a bound smaller, and the statement with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.evaluate import evaluate
from theory.mutants.terms import Statement, Term, changed, spelled, statement, terms
from theory.symbols import Expr, K, T, k_0, n, one_minus_q, p, q, rho, tau

if TYPE_CHECKING:
    from theory.theorem import Theorem

STATED, TERM, EXPONENT, CONSTANT = "as stated", "term", "exponent", "constant"
KINDS = (TERM, EXPONENT, CONSTANT)

GROWING = (n, K, tau, T)
"""Symbols whose powers are lowered: numbers that are at least one."""

SHRINKING = (rho, 1 - rho, 1 - sp.sqrt(rho), p, 1 - q, one_minus_q)
"""Factors whose powers are raised: numbers below one."""

STEPS = (sp.Rational(1, 2), sp.Integer(1))
DIVISORS = (2, 10, 100)


@dataclass(frozen=True)
class Mutant:
    """A statement that differs from a theorem by one change of its bound; assumptions, conditions and step stay.

    Attributes
    ----------
    theorem
        The theorem.
    kind
        ``as stated``, or what was changed: one of `KINDS`.
    term
        The term that was changed, in plain mathematics; empty for the statement itself.
    text
        The change in words.
    right_side
        The bound, in symbols of the table.
    expression
        The term that was changed, as the statement shows it; None for the statement itself.
    """

    theorem: Theorem
    kind: str
    term: str
    text: str
    right_side: Expr
    expression: Expr | None = None

    def bound(self, **constants: Any) -> Any:
        """Return the bound at numbers or at arrays that broadcast, as `theory.theorem.Theorem.bound` does."""
        return evaluate(self.right_side, constants, f"a mutant of {self.theorem.key}")


def mutants(theorem: Theorem) -> tuple[Mutant, ...]:
    """Return the statement itself and its mutants, term by term.

    Each term (see `theory.mutants.terms.terms`) is left out; its powers of n, K, tau and T are lowered, those of rho and of
    the gap 1 - sqrt(rho), 1 - rho or 1 - q raised, by 1/2 and by 1; and it is divided by 2, 10 and 100. The other direction is
    implied by the theorem, so nothing can refute it: it is not a mutant. Neither is a change that does not change the bound.
    """
    stated = theorem.expanded()
    changes = [change for change in _distinct(statement(theorem)) if change[3] != stated]
    return (Mutant(theorem, STATED, "", STATED, stated), *(Mutant(theorem, *change) for change in changes))


@cache
def _distinct(shown: Statement) -> tuple[tuple[str, str, str, Expr, Expr], ...]:
    """Return kind, term, text, bound and changed term of the changes, the first of those that come to the same bound."""
    found: dict[Expr, tuple[str, str, str, Expr, Expr]] = {}
    for term in terms(shown):
        for kind, text, expression in _changes(term):
            right = changed(shown, term, expression)
            found.setdefault(right, (kind, term.text, text, right, term.expression))
    return tuple(found.values())


def _changes(term: Term) -> Iterator[tuple[str, str, Expr | None]]:
    """Yield kind, text and new expression (None: left out) of the changes of a term."""
    yield TERM, f"without {term.text}", None
    for base, exponent in term.expression.as_powers_dict().items():
        direction = _direction(base)
        for step in STEPS if direction else ():
            new = exponent + direction * step
            text = f"{_power(base, exponent)} -> {_power(base, new)} in {term.text}"
            yield EXPONENT, text, term.expression * base ** (direction * step)
    constant = term.expression.as_coeff_Mul()[0]
    for divisor in DIVISORS:
        text = f"constant {spelled(constant)} -> {float(constant) / divisor:.4g} in {term.text}"
        yield CONSTANT, text, term.expression / divisor


def _direction(base: Expr) -> int:
    """Return in which direction a change of the power of a factor makes it smaller; 0 for factors that are left alone."""
    if base in SHRINKING:
        return 1
    growing = base in GROWING or (base.is_Add and base - k_0 in GROWING)
    return -1 if growing else 0


def _power(base: Expr, exponent: Expr) -> str:
    shown = spelled(base)
    return f"{shown if base.is_Symbol else f'({shown})'}^{exponent}"
