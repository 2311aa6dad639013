"""Statements that add unlike units, as the page shows them: each formula with units below its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from experiments.report import prose

if TYPE_CHECKING:
    from experiments.report.sections import Section
    from theory.dimensions import Part, Units
    from theory.theorem import Theorem
    from theory.units import Finding, Repair

_SIGNS = {"+": "+", "min": ",", "max": ",", "cases": ",", "=": "=", "≤": "≤", "<": "&lt;"}


@dataclass(frozen=True)
class Place:
    """One place: where in the statement, what meets there, and what would repair it."""

    where: Markup
    formula: Markup
    repair: Markup


@dataclass(frozen=True)
class Mismatch:
    """A theorem with its places, and the units that it takes to be one."""

    section: Section
    fixed: Markup
    places: tuple[Place, ...]


def mismatches(sections: Sequence[Section]) -> list[Mismatch]:
    """Return the theorems whose units do not match, in their order."""
    from theory.units import findings, fixed_units

    shown = []
    for section in sections:
        found = findings(section.theorem)
        if found:
            fixed = Markup(" and ").join(prose.statement(f"<mrow>{_units(each)}</mrow>") for each in fixed_units(found))
            shown.append(Mismatch(section, fixed, tuple(_place(section.theorem, each) for each in found)))
    return shown


def _place(theorem: Theorem, finding: Finding) -> Place:
    clash, where = finding.clash, _where(theorem, finding)
    if clash.kind == "unknown":
        return Place(where, prose.sentence(finding.text), Markup())
    joined = f"<mo>{_SIGNS.get(clash.kind, ',')}</mo>".join(_lined(theorem, part) for part in clash.parts)
    if clash.kind not in ("+", "=", "≤", "<"):
        joined = f"<mi>{clash.kind}</mi><mo>(</mo>{joined}<mo>)</mo>"
    repair = Markup("; ").join(_repair(each) for each in finding.repairs)
    return Place(where, prose.statement(f"<mrow>{joined}</mrow>", block=True), repair)


def _where(theorem: Theorem, finding: Finding) -> Markup:
    """Return the place in words; conditions by their number in the statement."""
    from theory.typeset import mathml
    from theory.units import plain

    kind, _, rest = finding.where.partition(" ")
    if kind == "condition":
        return Markup("condition {}").format([condition.text for condition in theorem.requires].index(rest) + 1)
    for symbol, _ in theorem.definitions:
        if finding.where == f"definition of {plain(symbol)}":
            return Markup("definition of {}").format(prose.statement(mathml(symbol)))
    return Markup(finding.where)


def _lined(theorem: Theorem, part: Part) -> str:
    """Return MathML of a part over a line over its units."""
    from sympy import Tuple

    from theory.typeset import mathml

    bounded = str(part.expression) == theorem.quantity.name
    alike = tuple(part.expression) if isinstance(part.expression, Tuple) else (part.expression,)
    inside = theorem.quantity.mathml if bounded else "<mo>,</mo>".join(map(mathml, alike))
    # a border rather than a brace: no font has braces of every width
    below = f'<mrow class="below"><mo stretchy="false">[</mo>{_units(part.units)}<mo stretchy="false">]</mo></mrow>'
    return f'<munder><mrow class="over-units">{inside}</mrow>{below}</munder>'


def _units(units: Units) -> str:
    """Return MathML of units, upright: they are no variables."""
    shown = []
    for name, exponent in units.powers:
        base = f'<mi mathvariant="normal">{name}</mi>'
        sign = "<mo>−</mo>" if exponent < 0 else ""
        size = f"<mn>{abs(exponent)}</mn>"
        shown.append(base if exponent == 1 else f"<msup>{base}<mrow>{sign}{size}</mrow></msup>")
    return '<mspace width="0.2em"/>'.join(shown) or "<mn>1</mn>"


def _repair(repair: Repair) -> Markup:
    from theory.typeset import mathml

    lacks = Markup("{} lacks a factor of units {}").format(
        prose.statement(mathml(repair.part.expression)), prose.statement(f"<mrow>{_units(repair.factor)}</mrow>")
    )
    such = Markup(" or ").join(prose.statement(mathml(each)) for each in repair.such)
    return lacks + Markup(", such as {}").format(such) if such else lacks
