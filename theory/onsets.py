"""The onsets of `theory.transient` as expressions, where they can be solved for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from theory.chain import distributed
from theory.roots import positive_root
from theory.symbols import Expr, K, L, delta, gamma
from theory.theorem import Theorem
from theory.transient import falling


@dataclass(frozen=True)
class Onsets:
    """Expressions of the constants, each None where there is no closed form; they suppose that conditions without K hold.

    Attributes
    ----------
    conditions, non_vacuous, linear
        As in `theory.transient.Transient`, the second at the start gradient ``2 L delta``. Where a coefficient is zero (no
        heterogeneity, averages in every step) ``linear`` is to be taken in the limit.
    scale
        The K at which the last of the other terms, taken one by one, equals the leading one: a lower bound on ``linear`` that
        is easier to read, and its order. Conditions are left out.
    """

    conditions: Expr | None
    non_vacuous: Expr | None
    linear: Expr | None
    scale: Expr | None


def onsets(theorem: Theorem) -> Onsets:
    """Return the onsets of a theorem in closed form; a step that it leaves free is the one of its rate.

    Raises
    ------
    StragglerError
        The theorem says nothing about how fast something falls with K.
    """
    rate = falling(theorem)
    conditions = _conditions(theorem, rate.step)
    terms = _by_power(_stepped(theorem.expanded(), rate.step))
    if terms is None:
        return Onsets(conditions, None, None, None)
    order = max(terms)
    leading = terms[order]
    others = {order - power: coefficient for power, coefficient in terms.items() if power != order}
    below = _crossing({-power: coefficient for power, coefficient in terms.items()}, 2 * L * delta)
    beyond = _crossing(others, leading) if others else sp.S.One
    if not theorem.linear_speedup():
        beyond = None
    scale = sp.Max(1, *[(coefficient / leading) ** (1 / power) for power, coefficient in others.items()])
    return Onsets(conditions, _latest(conditions, below), _latest(conditions, beyond), scale)


def _stepped(expression: Expr, step: Expr | None) -> Expr:
    return expression if step is None else expression.subs(gamma, step)


def _latest(*parts: Expr | None) -> Expr | None:
    known = [part for part in parts if part is not None]
    return sp.Max(1, *known) if len(known) == len(parts) else None


def _power(expression: Expr) -> Expr | None:
    """Return the power of K that the expression is, up to a factor, factor by factor; None where that does not show it."""
    if not expression.has(K):
        return sp.S.Zero
    if expression == K:
        return sp.S.One
    if expression.is_Pow and not expression.exp.has(K):
        inner = _power(expression.base)
        return None if inner is None else inner * expression.exp
    powers = [_power(part) for part in expression.args]
    if None not in powers and expression.is_Mul:
        return sp.Add(*powers)
    if isinstance(expression, sp.Add | sp.Max | sp.Min) and len(set(powers)) == 1:
        return powers[0]
    return None


def _monomial(expression: Expr) -> tuple[Expr, Expr] | None:
    """Return coefficient and power of K where the expression is one times the other; None where it is not."""
    power = _power(expression)
    return None if power is None or not power.is_Rational else (expression.subs(K, 1), power)


def _conditions(theorem: Theorem, step: Expr | None) -> Expr | None:
    """Return the K from which those conditions hold that get easier as K grows; None where one cannot be solved."""
    found: list[Expr] = []
    for condition in theorem.requires:
        sides = [_monomial(_stepped(theorem.expanded(side), step)) for side in (condition.lhs, condition.rhs)]
        if sides[0] is None or sides[1] is None:
            return None
        (left, slower), (right, faster) = sides[0], sides[1]
        if slower == faster:
            continue
        if slower > faster or right == 0:
            return None
        found.append((left / right) ** (1 / (faster - slower)))
    return sp.Max(1, *found)


def _by_power(bound: Expr) -> dict[sp.Rational, Expr] | None:
    """Return the coefficients of the bound by power of K; None where a term is no power of K, or does not fall."""
    collected: dict[sp.Rational, list[Expr]] = {}
    for term in distributed(bound):
        found = _monomial(term)
        if found is None or found[1] >= 0:
            return None
        collected.setdefault(found[1], []).append(found[0])
    return {power: sp.factor_terms(sp.Add(*parts)) for power, parts in collected.items()}


def _crossing(falling: dict[sp.Rational, Expr], level: Expr) -> Expr | None:
    """Return the K at which ``sum of c K^(-e)`` over ``falling`` (e to c) equals ``level``.

    In ``z = K^(-g)``, g the common divisor of the exponents, this is a polynomial with one positive root; None where that has no
    closed form.
    """
    divisor = _divisor(tuple(falling))
    root = positive_root({int(power / divisor): coefficient for power, coefficient in falling.items()}, level)
    return None if root is None else root ** (-1 / divisor)


def _divisor(powers: Sequence[sp.Rational]) -> sp.Rational:
    """Return the largest number of which all these positive rationals are whole multiples."""
    common = sp.ilcm(1, *[power.q for power in powers])
    return sp.Rational(sp.igcd(0, *[int(power * common) for power in powers]), common)
