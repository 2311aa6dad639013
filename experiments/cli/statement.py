"""A theorem as text for a terminal: two-dimensional formulas in Unicode."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.stringpict import prettyForm

if TYPE_CHECKING:
    from theory.theorem import Theorem

# names of the symbol table whose spelling is not already what a reader expects
_SHOWN = {"batch": "M_b", "delta": "Δ", "f_star": "f*", "one_minus_q": "(1 - q)", "x0_sq": "mean ‖x(0)‖²"}


class _Unicode(PrettyPrinter):  # type: ignore[misc]
    """Writes symbols as papers do, and what is subtracted last."""

    def __init__(self) -> None:
        super().__init__({"use_unicode": True, "wrap_line": False})

    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        terms: list[Any] = super()._as_ordered_terms(expr, order)
        return sorted(terms, key=lambda term: bool(term.as_coeff_Mul()[0] < 0))

    def _print_Symbol(self, e: Any, bold_name: bool = False) -> Any:
        return prettyForm(_SHOWN[e.name]) if e.name in _SHOWN else super()._print_Symbol(e, bold_name)

    def _print_Min(self, expr: Any) -> Any:
        return self._helper_print_function(expr.func, expr.args, func_name="min")

    def _print_Max(self, expr: Any) -> Any:
        return self._helper_print_function(expr.func, expr.args, func_name="max")


def formula(left: str, relation: str, expression: Any) -> str:
    """Return ``left relation expression`` over several lines, the left side at the height of the fraction bar."""
    left_side = prettyForm(f"{left} {relation} ")
    return "\n".join(line.rstrip() for line in str(prettyForm(*left_side.right(_Unicode()._print(expression)))).splitlines())


def statement(theorem: Theorem) -> str:
    """Return the whole statement: title, source, assumptions, step, conditions, claim, definitions, standing."""
    card = theorem.card
    step = [] if theorem.step is None else [formula("γ", "=", theorem.step)]
    limit = [] if theorem.step_limit is None else [formula("γ", "≤", theorem.step_limit)]
    definitions = [formula(_Unicode().doprint(symbol), "=", value) for symbol, value in theorem.definitions]
    # the sentence of the quantity, then the formula below it: a long left side would push the bound off the screen
    claim = [f"{theorem.quantity.meaning}", formula("   ", "≤", theorem.right_side)]
    sections = [
        ("Assume", [assumption.text for assumption in theorem.assumptions]),
        ("Step size", step),
        ("Any step size up to", limit),
        ("If", [condition.text for condition in theorem.requires]),
        ("Then", claim),
        ("With", definitions),
        ("Leading order in K", _rate(theorem)),
        ("Units do not match", _units(theorem)),
        ("LaTeX", [theorem.latex()]),
        ("Standing", [textwrap.fill(f"{card.standing}. {card.standing_note}", 96, break_on_hyphens=False)]),
        ("Wording", [f"{card.provenance.tag}, confidence {card.provenance.confidence}"]),
    ]
    head = f"{card.key}: {card.title}\n{card.source}; about {', '.join(card.systems)}"
    return "\n\n".join([head, *(_section(name, parts) for name, parts in sections if parts)])


def _rate(theorem: Theorem) -> list[str]:
    """Return the leading term as K grows, and whether it depends on n and K through n K alone."""
    rate, linear = theorem.rate(), theorem.linear_speedup()
    if rate is None or linear is None or not rate.exponents["K"]:
        return []
    step = [] if rate.step is None else [formula("at γ", "=", rate.step)]
    speedup = "yes" if linear.holds else "no"
    return [formula("", "", rate.leading), *step, f"linear speed-up in the number of workers: {speedup}"]


def _units(theorem: Theorem) -> list[str]:
    """Return where unlike units meet, and in which units alone the statement is what it says; nothing where all match."""
    from theory.units import findings, fixed_units

    found = findings(theorem)
    fixed = " and ".join(f"{units} = 1" for units in fixed_units(found))
    closing = [f"as written it depends on the units: it takes them to be such that {fixed}"] if fixed else []
    return [textwrap.fill(str(finding), 96, subsequent_indent="    ", break_on_hyphens=False) for finding in found] + closing


def _section(name: str, parts: list[str]) -> str:
    gap = "\n\n" if any("\n" in part for part in parts[1:]) else "\n"
    return f"{name}\n" + textwrap.indent(gap.join(parts), "    ")
