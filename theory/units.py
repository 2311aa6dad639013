"""Statements that add, compare or equate unlike units: true at most in some units, and reported as findings.

A theorem whose step is ``sqrt(n/K)`` says something else in metres than in feet. Findings are read off the expression trees;
that a change of units changes the numbers is an independent check.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from theory.dimensions import PURE, Clash, Inference, Part, Units, table_units
from theory.symbols import R_0, Expr, L, delta, gamma
from theory.theorem import Theorem

_JOINED = {"+": " + ", "cases": " or "}
_SUGGESTED = (gamma, L, R_0, sp.sqrt(delta / L), delta)


@dataclass(frozen=True)
class Repair:
    """What a part of a clash lacks: a factor of these units; and expressions in the theorem's own constants that have them."""

    part: Part
    factor: Units
    such: tuple[Expr, ...] = ()

    def __str__(self) -> str:
        such = f", such as {' or '.join(map(_upright, self.such))}" if self.such else ""
        return f"{_bracketed(self.part.expression)} needs a factor of units {self.factor}{such}"


@dataclass(frozen=True)
class Finding:
    """A place in a theorem where units do not match.

    Attributes
    ----------
    theorem
        Key of the theorem.
    where
        ``bound``, ``step``, ``largest step``, ``condition ...`` or ``definition of ...``.
    clash
        What meets there, with units; see `theory.dimensions.Clash`.
    repairs
        Which factors would repair it, in powers of one constant; empty where that is not evident.
    """

    theorem: str
    where: str
    clash: Clash
    repairs: tuple[Repair, ...] = ()

    @property
    def text(self) -> str:
        """The clash in words, such as ``L sigma^2/2 [f^3 x^-4] + delta [f]``."""
        kind, parts = self.clash.kind, self.clash.parts
        whole = plain(self.clash.expression)
        if kind == "unknown":
            return f"the units of {whole} are not known: it is not in the table of symbols"
        shown = [f"{_bracketed(part.expression)} [{part.units}]" for part in parts]
        if len(parts) == 1:
            return f"{whole}, which needs a pure number for {shown[0]}"
        if kind in ("min", "max"):
            return f"{kind}({', '.join(shown)})"
        return _JOINED.get(kind, f" {kind} ").join(shown)

    @property
    def repair(self) -> str:
        """What would repair it, in words; empty where that is not evident."""
        return "; ".join(map(str, self.repairs))

    def as_dict(self) -> dict[str, object]:
        """Return the finding in plain values."""
        parts = [{"expression": str(part.expression), "units": str(part.units)} for part in self.clash.parts]
        place = {"theorem": self.theorem, "where": self.where, "kind": self.clash.kind}
        return place | {"expression": str(self.clash.expression), "parts": parts, "text": self.text, "repair": self.repair}

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


def plain(expression: Expr) -> str:
    """Return an expression as one writes it in a line of text: ``L sigma^2/2``."""
    return str(expression).replace("**", "^").replace("*", " ").replace("lambda_", "lambda")


def _upright(expression: Expr) -> str:
    """Return a product of powers with one root, as one writes it: sympy pulls roots of positive symbols apart."""
    roots = {factor.as_base_exp()[1].q for factor in sp.Mul.make_args(expression)} - {1}
    if len(roots) != 1:
        above, below = expression.as_numer_denom()
        return f"1/{plain(below)}" if above == 1 and below != 1 else plain(expression)
    (degree,) = roots
    inside = plain(expression**degree)
    return f"sqrt({inside})" if degree == 2 else f"({inside})^(1/{degree})"


def _bracketed(expression: Expr) -> str:
    return f"({plain(expression)})" if isinstance(expression, sp.Add) else plain(expression)


def findings(theorem: Theorem) -> tuple[Finding, ...]:
    """Return every place where the units of a theorem do not match; none for a statement that holds in all units.

    Definitions come first, then bound, steps and conditions. What holds such a place is not reported again for it. Symbols
    that are neither in the table nor defined are findings too, and their units stay open.
    """
    quantity = sp.Symbol(theorem.quantity.name, positive=True)
    inference = Inference(table_units() | {quantity: Units.of(theorem.quantity.units)})
    found: list[Finding] = []
    # a definition may use later ones
    for symbol, value in reversed(theorem.definitions):
        before = len(inference.clashes)
        intended = inference.known.get(symbol)
        inference.known[symbol] = inference.units(sp.sympify(value))
        found += _findings(theorem, f"definition of {plain(symbol)}", value, intended, inference.clashes[before:])
    for where, left, relation, right in _relations(theorem, quantity):
        before = len(inference.clashes)
        units = inference.units(left), inference.units(right)
        if units[0] is not None and units[1] is not None and units[0] != units[1]:
            parts = (Part(left, units[0]), Part(right, units[1]))
            inference.clashes.append(Clash(relation, sp.Tuple(left, right), parts))
        found += _findings(theorem, where, right, units[0], inference.clashes[before:])
    return tuple(found)


def fixed_units(found: Iterable[Finding]) -> tuple[Units, ...]:
    """Return the units that a statement with these findings takes to be one: none, one (as ``x^2 f^-1``), or ``x`` and ``f``."""
    ratios: list[Units] = []
    for finding in found:
        parts = finding.clash.parts
        first = PURE if len(parts) == 1 else parts[0].units if parts else PURE
        ratios += [part.units / first for part in parts if part.units != first]
    if not ratios:
        return ()
    if any(ratio.exponent_of(ratios[0]) is None for ratio in ratios):
        return Units.of({"x": 1}), Units.of({"f": 1})
    return (_primitive(ratios[0]),)


def _primitive(units: Units) -> Units:
    """Return the units of which these are a power, in whole exponents without a common divisor; lengths count upwards."""
    common = sp.ilcm(units.x.denominator, units.f.denominator)
    x, f = int(units.x * common), int(units.f * common)
    divisor = sp.igcd(x, f) * (-1 if x < 0 or (x == 0 and f < 0) else 1)
    return Units(Fraction(x, int(divisor)), Fraction(f, int(divisor)))


def _relations(theorem: Theorem, quantity: Expr) -> Iterator[tuple[str, Expr, str, Expr]]:
    """Yield what a theorem relates: where, left side, relation, right side."""
    yield "bound", quantity, "≤", sp.sympify(theorem.right_side)
    steps = (("step", theorem.step, "="), ("largest step", theorem.step_limit, "≤"), ("cap of the step", theorem.step_cap, "≤"))
    for where, step, relation in steps:
        if step is not None:
            yield where, gamma, relation, sp.sympify(step)
    for condition in theorem.requires:
        yield f"condition {condition.text}", sp.sympify(condition.lhs), condition.relation, sp.sympify(condition.rhs)


def _findings(theorem: Theorem, where: str, whole: Expr, intended: Units | None, clashes: Sequence[Clash]) -> Iterator[Finding]:
    for clash in clashes:
        aim = intended if clash.expression == whole else None
        yield Finding(theorem.key, where, clash, _repairs(theorem, where, clash, aim))


def _repairs(theorem: Theorem, where: str, clash: Clash, intended: Units | None) -> tuple[Repair, ...]:
    """Return which factors would make the parts of a clash alike; nothing where they are no powers of one constant."""
    if not clash.parts:
        return ()
    aim = _aim(where, clash, intended)
    wrong = [part for part in clash.parts if part.units != aim]
    factors = [aim / part.units for part in wrong]
    if any(factor.exponent_of(factors[0]) is None for factor in factors):
        return ()
    known = set(theorem.constants) - ({"gamma"} if theorem.step is not None or "step" in where else set())
    return tuple(Repair(part, factor, _such(factor, known)) for part, factor in zip(wrong, factors, strict=True))


def _aim(where: str, clash: Clash, intended: Units | None) -> Units:
    """Return the units that the parts of a clash are meant to have."""
    if len(clash.parts) == 1:
        return PURE
    own = [part.units for part in clash.parts]
    if clash.kind in ("=", "≤", "<"):
        # bounds and steps are held against what they bound; the small side of a condition against its other side
        return own[0] if not where.startswith("condition") or not own[0] else own[1]
    if intended in own:
        return intended
    terms = [len(sp.Add.make_args(part.expression)) for part in clash.parts]
    simplest = [abs(units.x) + abs(units.f) for units in own]
    return own[min(range(len(own)), key=lambda place: (-terms[place], simplest[place]))]


def _such(factor: Units, known: set[str]) -> tuple[Expr, ...]:
    """Return up to two powers of known constants that have these units."""
    found: list[Expr] = []
    for base in _SUGGESTED:
        units = Inference(table_units()).units(base)
        power = None if units is None else factor.exponent_of(units)
        if power is not None and {symbol.name for symbol in base.free_symbols} <= known:
            found.append(base ** sp.Rational(power.numerator, power.denominator))
    return tuple(found[:2])
