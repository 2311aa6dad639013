"""Chains of termwise inequalities: how a corollary is produced from its theorem.

A chain starts with a sum of positive monomials. Each link bounds a part of some monomials from above; because every
other factor is positive, the sum can only grow. The links say why, and `Chain.worst` checks them at numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from straggler import StragglerError
from theory.evaluate import evaluate
from theory.symbols import Expr


@dataclass(frozen=True)
class Link:
    """One step of a chain: the part, what bounds it from above, and why."""

    part: Expr
    upper: Expr
    because: str


@dataclass(frozen=True)
class Chain:
    """An expression and the links that bound it from above.

    Attributes
    ----------
    start
        Where the chain starts.
    links
        Its links so far.
    end
        The bound it has reached.
    """

    start: Expr
    end: Expr
    links: tuple[Link, ...] = ()

    @classmethod
    def of(cls, start: Expr) -> Chain:
        """Return a chain without links; `StragglerError` unless ``start`` is a sum of positive monomials."""
        _monomials(start)
        return cls(start, start)

    def bound(self, part: Expr, upper: Expr, because: str) -> Chain:
        """Return the chain with ``part`` bounded by ``upper`` wherever it divides a monomial.

        Parameters
        ----------
        part
            A product of powers. A monomial with the r-th power of it, r > 0, gets the r-th power of ``upper`` instead;
            so ``1/gamma`` bounds the negative powers of gamma, and ``gamma`` the positive ones.
        upper
            Its upper bound.
        because
            Why ``part <= upper``.

        Raises
        ------
        StragglerError
            No monomial holds the part, or a monomial is negative.
        """
        terms = [_replaced(term, part, upper) for term in _monomials(self.end)]
        if all(new is None for _, new in terms):
            raise StragglerError(f"no term of {self.end} holds {part}")
        end = sp.Add(*[old if new is None else new for old, new in terms])
        return replace(self, end=end, links=(*self.links, Link(part, upper, because)))

    def rewritten(self, end: Expr, definitions: Mapping[Expr, Expr] | None = None) -> Chain:
        """Return the chain with its end written another way; `StragglerError` unless the two are equal."""
        difference = (self.end - end).subs(definitions or {})
        if sp.simplify(difference) != 0:
            raise StragglerError(f"{end} is not another way to write {self.end}")
        return replace(self, end=end)

    def at(self, values: Mapping[Expr, Expr]) -> Chain:
        """Return the chain with symbols replaced by nonnegative values throughout."""
        links = tuple(Link(link.part.subs(values), link.upper.subs(values), link.because) for link in self.links)
        return Chain(self.start.subs(values), self.end.subs(values), links)

    def worst(self, constants: Mapping[str, Any], definitions: Mapping[Expr, Expr] | None = None) -> dict[str, float]:
        """Return, for each link and for the whole chain, the largest ratio left/right at these arrays of constants.

        All are at most one (up to rounding) where the conditions under which the chain was forged hold.
        """
        pairs = {link.because: (link.part, link.upper) for link in self.links} | {"start <= end": (self.start, self.end)}

        def value(expression: Expr) -> Any:
            expanded = sp.sympify(expression)
            for symbol, meaning in (definitions or {}).items():
                expanded = expanded.subs(symbol, meaning)
            return evaluate(expanded, constants, "the chain")

        return {because: float(np.max(np.divide(value(left), value(right)))) for because, (left, right) in pairs.items()}


def distributed(expression: Expr) -> list[Expr]:
    """Return the terms of an expression with sums in numerators multiplied out; denominators and powers stay whole."""
    if expression.is_Add:
        return [term for part in expression.args for term in distributed(part)]
    sums = [factor for factor in sp.Mul.make_args(expression) if factor.is_Add]
    if not sums:
        return [expression]
    rest = expression / sums[0]
    return [term for part in sums[0].args for term in distributed(rest * part)]


def _monomials(expression: Expr) -> list[Expr]:
    terms = distributed(sp.sympify(expression))
    for term in terms:
        if term.as_coeff_Mul()[0] < 0:
            raise StragglerError(f"{term} is negative: bounding a part of it from above proves nothing")
    return terms


def _replaced(term: Expr, part: Expr, upper: Expr) -> tuple[Expr, Expr | None]:
    powers = term.as_powers_dict()
    wanted = part.as_powers_dict()
    ratios = {sp.sympify(powers.get(base, 0)) / exponent for base, exponent in wanted.items()}
    if len(ratios) != 1:
        return term, None
    ratio = ratios.pop()
    if not ratio.is_positive:
        return term, None
    return term, term / part**ratio * upper**ratio
