"""The terms of a bound, as its statement shows them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import sympy as sp

from theory.mutants.tree import Node, below_minimum, leaves, replaced, split
from theory.symbols import TABLE, Expr

if TYPE_CHECKING:
    from theory.theorem import Theorem

Definitions = tuple[tuple[sp.Symbol, Expr], ...]


@dataclass(frozen=True)
class Statement:
    """A bound whose sums are in the open: what is left of its definitions are factors, and sums that several terms use.

    Attributes
    ----------
    right_side
        The bound.
    definitions
        The definitions it still uses, each may use later ones.
    """

    right_side: Expr
    definitions: Definitions

    def expanded(self) -> Expr:
        """Return the bound in symbols of the table alone."""
        expression = self.right_side
        for symbol, value in self.definitions:
            expression = expression.subs(symbol, value)
        return expression


@dataclass(frozen=True)
class Term:
    """A term of a bound.

    Attributes
    ----------
    holder
        Symbol of the definition whose sum it belongs to; None for the bound itself.
    path, expression
        Where it is in the tree of that sum, and what it is.
    whole
        Path of the minimum that it is an argument of, which is left out as a whole; else its own path.
    """

    holder: sp.Symbol | None
    path: tuple[int, ...]
    expression: Expr
    whole: tuple[int, ...]

    @property
    def text(self) -> str:
        """The term in plain mathematics, and the definition it stands in."""
        return spelled(self.expression) + (f" (in {self.holder.name})" if self.holder is not None else "")


def spelled(expression: Expr) -> str:
    """Return an expression in plain mathematics, with the names of a paper: 4 gamma L sigma^2/n."""
    names = {
        symbol: sp.Symbol(entry.latex.removeprefix("\\"))
        for symbol in expression.free_symbols
        if (entry := TABLE.get(symbol.name)) and entry.latex.removeprefix("\\").replace("_", "").isalnum()
    }
    return str(expression.xreplace(names)).replace("**", "^").replace("*", " ")


def statement(theorem: Theorem) -> Statement:
    """Return the bound of a theorem with its sums in the open.

    A definition that is a sum is written out where one term uses it; where several do (H in 2H + c(3H + sigma^2)), it stays a
    symbol in these terms, and what is left out of it is left out of all. A definition that is one product is written out where
    such a sum hides in it. Abbreviations of factors (G, p, D_2) stay.
    """
    return _opened(sp.sympify(theorem.right_side), theorem.definitions)


@cache
def _opened(right: Expr, definitions: Definitions) -> Statement:
    kept: list[tuple[sp.Symbol, Expr]] = []
    for place, (symbol, value) in enumerate(definitions):
        later = [other for other, inside in definitions[place + 1 :] if isinstance(split(inside), Node)]
        parts = [right, *(inside for _, inside in kept)]
        uses = sum(_is_factor(leaf, symbol) for part in parts for _, leaf in leaves(split(part)))
        held = sum(symbol in leaf.free_symbols for part in parts for _, leaf in leaves(split(part)))
        if not held:
            continue
        opened = uses == held and isinstance(split(value), Node) and held == 1
        hides = not isinstance(split(value), Node) and any(_is_factor(value, other) for other in later)
        if opened or hides:
            right = right.subs(symbol, value)
            kept = [(name, inside.subs(symbol, value)) for name, inside in kept]
        else:
            kept.append((symbol, value))
    return Statement(right, tuple(kept))


@cache
def terms(shown: Statement) -> tuple[Term, ...]:
    """Return the terms of a bound: of the distributed right side, then of the sums that several of them use.

    Arguments of a maximum are terms like summands. Squares and other powers of sums stay whole, and so do differences.
    """
    holders = [(None, shown.right_side), *((symbol, value) for symbol, value in shown.definitions if _sums(shown, symbol))]
    found = []
    for holder, value in holders:
        tree = split(sp.sympify(value))
        for path, leaf in leaves(tree):
            minimum = below_minimum(tree, path)
            found.append(Term(holder, path, leaf, path if minimum is None else minimum))
    return tuple(term for term in found if term.expression != 0)


def changed(shown: Statement, term: Term, expression: Expr | None) -> Expr:
    """Return the expanded bound with a term replaced, or left out where None."""
    path = term.whole if expression is None else term.path

    def other(value: Expr) -> Expr:
        new = replaced(split(sp.sympify(value)), path, expression)
        return sp.Integer(0) if new is None else new

    if term.holder is None:
        return Statement(other(shown.right_side), shown.definitions).expanded()
    swapped = tuple((name, other(value) if name == term.holder else value) for name, value in shown.definitions)
    return Statement(shown.right_side, swapped).expanded()


def _is_factor(term: Expr, symbol: sp.Symbol) -> bool:
    return bool(sp.sympify(term.as_powers_dict().get(symbol, 0)) == 1)


def _sums(shown: Statement, symbol: sp.Symbol) -> bool:
    """Return whether a definition is a sum, and a factor of every term that uses it."""
    value = dict(shown.definitions)[symbol]
    parts = [shown.right_side, *(inside for _, inside in shown.definitions)]
    users = [leaf for part in parts for _, leaf in leaves(split(sp.sympify(part))) if symbol in leaf.free_symbols]
    return isinstance(split(value), Node) and all(_is_factor(leaf, symbol) for leaf in users)
