"""Units of expressions, inferred from the leaves up; places where unlike units meet are noted.

Units are powers of a parameter ``x`` and of an objective value ``f``. A finding of this kind needs no numbers: it is read off
the expression tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.symbols import TABLE, Expr


@dataclass(frozen=True)
class Units:
    """Rational exponents of the base units; ``f^3 x^-4`` in text, and ``1`` for a pure number."""

    x: Fraction = Fraction(0)
    f: Fraction = Fraction(0)

    @classmethod
    def of(cls, powers: Mapping[str, int]) -> Units:
        """Return units from a mapping such as ``{"f": 2, "x": -2}``."""
        return cls(Fraction(powers.get("x", 0)), Fraction(powers.get("f", 0)))

    def __mul__(self, other: Units) -> Units:
        return Units(self.x + other.x, self.f + other.f)

    def __truediv__(self, other: Units) -> Units:
        return Units(self.x - other.x, self.f - other.f)

    def __pow__(self, exponent: Fraction | int) -> Units:
        return Units(self.x * exponent, self.f * exponent)

    def __bool__(self) -> bool:
        """Whether this is more than a pure number."""
        return bool(self.x or self.f)

    @property
    def powers(self) -> tuple[tuple[str, Fraction], ...]:
        """Base units and exponents, the largest exponent first."""
        pairs = [pair for pair in (("f", self.f), ("x", self.x)) if pair[1]]
        return tuple(sorted(pairs, key=lambda pair: -pair[1]))

    def exponent_of(self, base: Units) -> Fraction | None:
        """Return the p with ``base ** p`` equal to these units; None where there is none."""
        if not base or self.x * base.f != self.f * base.x:
            return None
        return self.x / base.x if base.x else self.f / base.f

    def __str__(self) -> str:
        return " ".join(name + _power(exponent) for name, exponent in self.powers) or "1"


PURE = Units()


def _power(exponent: Fraction) -> str:
    if exponent == 1:
        return ""
    return f"^{exponent}" if exponent.denominator == 1 else f"^({exponent})"


def _unbound(expression: Expr) -> bool:
    """Whether an expression is the same in all units: zero or infinity."""
    return bool(expression.is_zero or expression.is_infinite)


def table_units() -> dict[sp.Symbol, Units | None]:
    """Return the units of every symbol of the table."""
    return {entry.symbol: Units.of(entry.units) for entry in TABLE.values()}


@dataclass(frozen=True)
class Part:
    """A part of an expression, and its units."""

    expression: Expr
    units: Units


@dataclass(frozen=True)
class Clash:
    """A place where units do not go together.

    Attributes
    ----------
    kind
        ``+`` (a sum), ``min``, ``max``, a relation such as ``≤`` (two sides that are compared), ``^`` (a power whose exponent has
        units, or is no number while its base has units), ``unknown`` (a symbol without units), or the name of a function that
        takes pure numbers only, such as ``log``.
    expression
        The sub-expression.
    parts
        What meets there: terms of the same units together, in their order; what has the wrong units where only one thing has.
    """

    kind: str
    expression: Expr
    parts: tuple[Part, ...]


@dataclass
class Inference:
    """Infers units, and notes every clash once; what holds a clash has no units, so that one error is one clash.

    Attributes
    ----------
    known
        Units of symbols; None for a symbol whose definition has none.
    clashes
        What was noted so far, the innermost places first.
    """

    known: dict[sp.Symbol, Units | None]
    clashes: list[Clash] = field(default_factory=list)

    def units(self, expression: Expr) -> Units | None:
        """Return the units of an expression; None where they are open: zero, infinity, and what holds a clash."""
        if expression.is_Symbol:
            return self._symbol(expression)
        if expression.is_number:
            return None if _unbound(expression) else PURE
        if expression.is_Mul:
            factors = [self.units(factor) for factor in expression.args]
            product = PURE
            for factor in factors:
                if factor is None:
                    return None
                product *= factor
            return product
        if expression.is_Pow:
            return self._raised(expression)
        if expression.is_Add:
            return self.like("+", expression, expression.as_ordered_terms())
        if isinstance(expression, sp.Min | sp.Max):
            return self.like(expression.func.__name__.lower(), expression, sorted(expression.args, key=str))
        if isinstance(expression, sp.Abs):
            return self.units(expression.args[0])
        if isinstance(expression, sp.Piecewise):
            self._conditions(expression)
            return self.like("cases", expression, [value for value, _ in expression.args])
        return self._function(expression)

    def like(self, kind: str, expression: Expr, terms: Sequence[Expr]) -> Units | None:
        """Return the units that all terms share; note a clash where they share none."""
        groups: dict[Units, list[Expr]] = {}
        open_ended = False
        for term in terms:
            found = self.units(term)
            if found is not None:
                groups.setdefault(found, []).append(term)
            open_ended |= found is None and not _unbound(term)
        if len(groups) > 1:
            together = sp.Add if kind == "+" else sp.Tuple
            parts = [Part(same[0] if len(same) == 1 else together(*same), units) for units, same in groups.items()]
            self.clashes.append(Clash(kind, expression, tuple(parts)))
            return None
        return None if open_ended else next(iter(groups), None)

    def _symbol(self, symbol: sp.Symbol) -> Units | None:
        if symbol not in self.known:
            self.known[symbol] = None
            self.clashes.append(Clash("unknown", symbol, ()))
        return self.known[symbol]

    def _raised(self, power: Expr) -> Units | None:
        base, exponent = self.units(power.base), self.units(power.exp)
        if exponent:
            self.clashes.append(Clash("^", power, (Part(power.exp, exponent),)))
            return None
        if base is None or not base:
            return base
        if power.exp.is_Rational:
            return base ** Fraction(int(power.exp.p), int(power.exp.q))
        self.clashes.append(Clash("^", power, (Part(power.base, base),)))
        return None

    def _conditions(self, cases: sp.Piecewise) -> None:
        for _, condition in cases.args:
            for relation in condition.atoms(Relational) if isinstance(condition, Boolean) else ():
                self.like(relation.rel_op, relation, [relation.lhs, relation.rhs])

    def _function(self, call: Expr) -> Units | None:
        """Functions such as log take and return pure numbers."""
        inside = [(argument, self.units(argument)) for argument in call.args if isinstance(argument, sp.Expr)]
        wrong = tuple(Part(argument, units) for argument, units in inside if units)
        if wrong:
            self.clashes.append(Clash(call.func.__name__, call, wrong))
        return None if wrong or any(units is None and not _unbound(argument) for argument, units in inside) else PURE
