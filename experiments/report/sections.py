"""What the page says about one theorem: its statement, its evidence in order, and a summary line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from markupsafe import Markup

from experiments.report import plot, prose
from experiments.report.evidence import Row
from experiments.verdict import VERDICTS
from theory import registry

if TYPE_CHECKING:
    from experiments.verify import Outcome
    from theory.statement import Pieces
    from theory.theorem import Theorem

_WORDING = {
    "read": "wording read in the print",
    "recalled": "wording recalled, not compared with the print",
    "derived": "derived here",
}


@dataclass(frozen=True)
class Step:
    """One line of a derivation: a relation, and why it holds."""

    relation: Markup
    because: Markup


@dataclass(frozen=True)
class Section:
    """A theorem with the outcomes of its claims."""

    theorem: Theorem
    outcomes: tuple[Outcome, ...]

    @property
    def key(self) -> str:
        """The key of the theorem, which is also the anchor of the section."""
        return self.theorem.key

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of the evidence table."""
        return [Row(outcome) for outcome in self.outcomes]

    @property
    def counts(self) -> dict[str, int]:
        """Number of claims by verdict, for the verdicts that occur."""
        found = [outcome.finding.verdict for outcome in self.outcomes]
        return {verdict: found.count(verdict) for verdict in VERDICTS if verdict in found}

    @property
    def tightest(self) -> float | None:
        """The smallest ratio bound / measured among the claims that were tested."""
        tested = [
            outcome.finding.factor
            for outcome in self.outcomes
            if outcome.evidence is not None and outcome.finding.factor is not None and outcome.finding.verdict != "inapplicable"
        ]
        return min(tested, default=None)

    @property
    def quantity_units(self) -> str:
        """Units of the bounded quantity."""
        return prose.units(self.theorem.quantity.units.items())

    @property
    def wording(self) -> str:
        """How the wording was obtained, and how sure that is."""
        provenance = self.theorem.card.provenance
        shown = _WORDING[provenance.tag]
        return shown if provenance.tag == "derived" else f"{shown} (confidence: {provenance.confidence})"

    @cached_property
    def pieces(self) -> Pieces:
        """The statement in MathML."""
        return self.theorem.mathml()

    @cached_property
    def proof(self) -> list[Markup]:
        """The paragraphs of the proof."""
        return prose.paragraphs(self.theorem.proof) if self.theorem.proof else []

    @cached_property
    def derivation(self) -> list[Step]:
        """The chain of inequalities by which the program derived the bound: start, links, end."""
        from theory.typeset import mathml, relation

        chain = self.theorem.derivation
        if chain is None:
            return []
        rows = [
            (mathml(chain.start), "start"),
            *((relation(mathml(link.part), "≤", mathml(link.upper)), link.because) for link in chain.links),
            (mathml(chain.end), "end"),
        ]
        return [Step(prose.statement(row, block=True), prose.sentence(because)) for row, because in rows]

    @cached_property
    def plot(self) -> plot.Plot | None:
        """Measured against bound over K, for up to three claims; None without evidence that can be drawn."""
        return plot.draw(self.theorem, self.outcomes)

    @property
    def constants(self) -> list[str]:
        """Names of the constants that bound, conditions and step ask for, in the order of the table of symbols."""
        from theory.symbols import TABLE

        known = set().union(*(outcome.constants for outcome in self.outcomes)) if self.outcomes else set()
        return [name for name in TABLE if name in self.theorem.constants and name in known]


def sections(outcomes: Iterable[Outcome]) -> list[Section]:
    """Return a section for every theorem of the registry, in its order, whether or not there are claims about it."""
    by_key: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_key.setdefault(outcome.finding.theorem, []).append(outcome)
    return [Section(registry.get(card.key), tuple(by_key.get(card.key, ()))) for card in registry.cards()]
