"""How a theorem is written: LaTeX, MathML pieces, Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from theory.conditions import Condition
from theory.symbols import gamma
from theory.typeset import latex, mathml, relation

if TYPE_CHECKING:
    from theory.theorem import Theorem


@dataclass(frozen=True)
class Pieces:
    """Presentation MathML of the parts of a theorem, each a bare ``<mrow>`` for `theory.typeset.math`.

    Attributes
    ----------
    claim
        ``quantity <= bound``.
    bound, step, step_limit
        The right side; the prescribed step and the largest one (empty where there is none).
    conditions
        One relation per condition, in order.
    definitions
        One equation per abbreviation, in order.
    """

    claim: str
    bound: str
    step: str
    step_limit: str
    conditions: tuple[str, ...]
    definitions: tuple[str, ...]


def latex_claim(theorem: Theorem) -> str:
    r"""Return ``quantity \le bound``."""
    return rf"{theorem.quantity.latex} \le {latex(theorem.right_side)}"


def latex_condition(condition: Condition) -> str:
    """Return a condition in LaTeX."""
    sign = {"≤": r"\le", "<": "<", "=": "="}[condition.relation]
    return f"{latex(condition.lhs)} {sign} {latex(condition.rhs)}"


def mathml_pieces(theorem: Theorem) -> Pieces:
    """Return the parts of a theorem in presentation MathML."""
    step = "" if theorem.step is None else relation(mathml(gamma), "=", mathml(theorem.step))
    limit = "" if theorem.step_limit is None else relation(mathml(gamma), "≤", mathml(theorem.step_limit))
    bound = mathml(theorem.right_side)
    return Pieces(
        claim=relation(theorem.quantity.mathml, "≤", bound),
        bound=bound,
        step=step,
        step_limit=limit,
        conditions=tuple(relation(mathml(c.lhs), c.relation, mathml(c.rhs)) for c in theorem.requires),
        definitions=tuple(relation(mathml(symbol), "=", mathml(value)) for symbol, value in theorem.definitions),
    )


def markdown(theorem: Theorem) -> str:
    """Return the whole statement for a notebook: title, standing, assumptions, step, conditions, claim, definitions."""
    card = theorem.card
    lines = [f"**{theorem.title}** (`{theorem.key}`, {theorem.standing}; {card.source})", ""]
    if theorem.assumptions:
        lines += ["Assume " + "; ".join(assumption.text for assumption in theorem.assumptions) + ".", ""]
    if theorem.step is not None:
        lines += [rf"Take $\gamma = {latex(theorem.step)}$.", ""]
    if theorem.requires:
        lines += ["If " + ", ".join(f"${latex_condition(condition)}$" for condition in theorem.requires) + ", then", ""]
    lines += [f"$$ {theorem.latex()} $$", ""]
    if theorem.definitions:
        lines += ["with " + ", ".join(f"${latex(symbol)} = {latex(value)}$" for symbol, value in theorem.definitions) + ".", ""]
    if theorem.standing_note:
        lines += [f"*{theorem.standing_note}*"]
    return "\n".join(lines)
