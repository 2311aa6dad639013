"""A bound as a tree of sums, maxima and minima over terms, in which one term can be changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import sympy as sp

from theory.symbols import TABLE, Expr, L, lost, mu, q, rho

BELOW_ONE = (rho, q, lost)

_NOWHERE = (-1,)
_JOINS = {sp.Add: "+", sp.Max: "max", sp.Min: "min"}


@dataclass(frozen=True)
class Node:
    """Terms joined by a sum, a maximum or a minimum; terms are expressions."""

    join: Literal["+", "max", "min"]
    parts: tuple[Node | Expr, ...]


def split(expression: Expr) -> Node | Expr:
    """Return the tree of an expression, products distributed over the sums, maxima and minima among their factors.

    Denominators, powers, and sums with a negative summand (n - 1, say) are factors and stay whole, and so does a summand of a
    factor with another one that it can never outgrow: mu in 2L + mu, 1 in n + 1.
    """
    head = expression.func
    if head in _JOINS and not _differs(expression):
        return _flat(_JOINS[head], [split(part) for part in expression.args])
    for factor in sp.Mul.make_args(expression):
        parts = _summands(factor)
        if len(parts) > 1:
            rest = expression / factor
            return _flat(_JOINS[factor.func], [split(rest * part) for part in parts])
    return expression


def leaves(tree: Node | Expr) -> Iterator[tuple[tuple[int, ...], Expr]]:
    """Yield path and expression of every term."""
    if not isinstance(tree, Node):
        yield (), tree
        return
    for place, part in enumerate(tree.parts):
        for path, leaf in leaves(part):
            yield (place, *path), leaf


def replaced(tree: Node | Expr, path: tuple[int, ...], term: Expr | None) -> Expr | None:
    """Return the expression of a tree with what is at a path replaced; None leaves it out, and what had no other part with it."""
    if not path:
        return term
    if not isinstance(tree, Node):
        return tree
    parts = [
        replaced(part, path[1:], term) if path[0] == place else replaced(part, _NOWHERE, None)
        for place, part in enumerate(tree.parts)
    ]
    kept = [part for part in parts if part is not None]
    if not kept:
        return None
    return {"+": sp.Add, "max": sp.Max, "min": sp.Min}[tree.join](*kept)


def below_minimum(tree: Node | Expr, path: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the path of the minimum that a term is an argument of, or None."""
    at: tuple[int, ...] = ()
    while isinstance(tree, Node):
        if tree.join == "min":
            return at
        at, tree = path[: len(at) + 1], tree.parts[path[len(at)]]
    return None


def _flat(join: str, parts: list[Node | Expr]) -> Node:
    joined: list[Node | Expr] = []
    for part in parts:
        joined.extend(part.parts if isinstance(part, Node) and part.join == join else [part])
    return Node(join, tuple(joined))  # type: ignore[arg-type]


def _differs(expression: Expr) -> bool:
    return bool(expression.is_Add) and any(part.as_coeff_Mul()[0] < 0 for part in expression.args)


def _summands(factor: Expr) -> list[Expr]:
    """Return the parts of a factor that a product is distributed over; one where it stays whole."""
    if factor.func not in _JOINS or _differs(factor):
        return [factor]
    parts = list(factor.args)
    if not factor.is_Add:
        return parts
    for small, large in permutations(factor.args, 2):
        if small in parts and large in parts and _outgrown(small / large):
            parts.remove(small)
            parts[parts.index(large)] = small + large
    return parts


def _outgrown(ratio: Expr) -> bool:
    """Return whether a ratio is at most a number, by the ranges of the symbols and mu <= L."""
    powers = {base: exponent for base, exponent in ratio.as_powers_dict().items() if not base.is_number}
    if powers.get(mu, 0) > 0 and powers.get(L, 0) == -powers[mu]:
        del powers[mu], powers[L]
    return all(
        bool(exponent.is_positive) if base in BELOW_ONE else _large(base) and bool(exponent.is_negative)
        for base, exponent in powers.items()
    )


def _large(base: Expr) -> bool:
    entry = TABLE.get(getattr(base, "name", ""))
    return entry is not None and entry.least >= 1
