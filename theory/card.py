"""The identity card of a theorem: everything about it that is not mathematics.

Cards do not need sympy, so that a listing of theorems is immediate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from theory.references import Paper, paper

Standing = Literal["printed", "rederived", "corrected", "ours"]


@dataclass(frozen=True)
class Source:
    """Where a statement comes from: the paper, and what the statement is called there."""

    paper_key: str
    statement: str

    @property
    def paper(self) -> Paper:
        """The paper."""
        return paper(self.paper_key)

    def __str__(self) -> str:
        """Authors, year and statement."""
        return f"{self.paper.short}, {self.statement}"


@dataclass(frozen=True)
class Provenance:
    """How the wording was obtained: read in the print, recalled, or derived here; and how sure that is."""

    tag: Literal["read", "recalled", "derived"]
    confidence: Literal["high", "medium", "low"] = "high"


@dataclass(frozen=True)
class Card:
    """Identity of a theorem.

    Attributes
    ----------
    key
        ``paper.statement``, with ``:standing`` where several standings exist.
    title
        A title for tables.
    source
        Paper and statement.
    module, attribute
        Where the theorem object lives, below `theory.papers`.
    systems
        Names of the algorithms it speaks about.
    standing
        ``printed`` (as the paper states it), ``rederived`` (proved again, same or better constants), ``corrected`` (the
        printed form fails), ``ours``.
    standing_note
        What failed, what was recalled, what was proved.
    provenance
        How the wording was obtained.
    known_false
        As stated it is known to be false: a run that violates it is a finding, not a failure.
    """

    key: str
    title: str
    source: Source
    module: str
    attribute: str
    systems: tuple[str, ...]
    standing: Standing
    standing_note: str
    provenance: Provenance
    known_false: bool = False
