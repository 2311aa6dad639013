"""Systems held against each other by what is proved about them: rankings, regions, and planes of who is proved to win where."""

from __future__ import annotations

from experiments.comparison.contenders import CANDIDATES, NOT_COMPARED
from experiments.comparison.ranking import Entry, Region, entries, known, regions, rounds_of
from experiments.comparison.setting import Setting

__all__ = ["CANDIDATES", "NOT_COMPARED", "Entry", "Region", "Setting", "entries", "known", "regions", "rounds_of"]
