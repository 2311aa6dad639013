"""Where error feedback helps, hurts, or makes no difference that can be told: paired tests, corrected for their number."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs.feedback_runs import METHODS, Cell, Tuned, lowest

LEVEL = 0.05
CONTRASTS = (("ef", "none"), ("def", "none"), ("def", "ef"))
"""Which method is compared with which."""

HELPS, HURTS, EVEN = "helps", "hurts", "no difference"


@dataclass(frozen=True)
class Verdict:
    """One method against another in the same cell, each at its own best step, over the same replicas.

    Parameters
    ----------
    cell
        The cell of the first method.
    other
        The second method.
    difference, half
        Mean of first loss minus second, and half the width of its 95 % Student interval.
    ratio
        Mean of the first loss above the lowest over that of the second.
    p
        Two-sided p-value of the paired t-test, as it is.
    adjusted
        The same after Holm's correction for all tests made.
    """

    cell: Cell
    other: str
    difference: float
    half: float
    ratio: float
    p: float
    adjusted: float = np.nan

    @property
    def words(self) -> str:
        """Whether the first method helps, hurts or makes no difference, with 5 % for all tests together."""
        if self.adjusted > LEVEL:
            return EVEN
        return HELPS if self.difference < 0 else HURTS


def holm(p: Floats) -> Floats:
    """Return p-values corrected for their number by Holm's step-down procedure."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def compare(first: Tuned, second: Tuned) -> Verdict:
    """Compare two methods in the same cell."""
    from scipy.special import stdtr, stdtrit

    with np.errstate(invalid="ignore"):
        apart = first.losses - second.losses
    floor, size = lowest(first.cell.problem), len(apart)
    mean = float(apart.mean())
    error = float(apart.std(ddof=1) / np.sqrt(size))
    p = 2 * float(stdtr(size - 1, -abs(mean) / error)) if error > 0 else 1.0
    ratio = float((first.losses.mean() - floor) / (second.losses.mean() - floor))
    return Verdict(first.cell, second.cell.method, mean, float(stdtrit(size - 1, 0.975)) * error, ratio, p)


def verdicts(found: Sequence[Tuned]) -> list[Verdict]:
    """Return all comparisons, corrected together."""
    by_cell: Mapping[Cell, Tuned] = {each.cell: each for each in found}
    plain = [
        compare(each, by_cell[replace(each.cell, method=second)])
        for each in found
        for first, second in CONTRASTS
        if each.cell.method == first
    ]
    corrected = holm(np.array([verdict.p for verdict in plain]))
    return [replace(verdict, adjusted=float(p)) for verdict, p in zip(plain, corrected, strict=True)]


def counts(found: Sequence[Verdict], first: str, second: str, setting: tuple[int, int], stale: bool) -> dict[str, int]:
    """Return how often one method helps, hurts or makes no difference against another, with stale gradients or in rounds."""
    chosen = [
        verdict.words
        for verdict in found
        if (verdict.cell.method, verdict.other, verdict.cell.setting) == (first, second, setting)
        and (verdict.cell.delay is not None) == stale
    ]
    return {word: chosen.count(word) for word in (HELPS, HURTS, EVEN)}


def tallies(found: Sequence[Verdict]) -> dict[str, list[Any]]:
    """Return `counts` of every contrast and setting, with stale gradients and in rounds, as a table with the answer."""
    table: dict[str, list[Any]] = {}
    settings = dict.fromkeys(verdict.cell.setting for verdict in found)
    for (first, second), setting, stale in itertools.product(CONTRASTS, settings, (True, False)):
        line = {
            "method": METHODS[first],
            "against": METHODS[second],
            "share sent [1]": 1 / setting[0],
            "gradients": setting[1],
            "stale": stale,
            **counts(found, first, second, setting, stale),
            "answer": answer(found),
        }
        for header, value in line.items():
            table.setdefault(header, []).append(value)
    return table


def answer(found: Sequence[Verdict]) -> str:
    """Say what the runs say about error feedback with stale gradients, setting by setting."""
    every, told = np.zeros(3, dtype=int), []
    for setting in dict.fromkeys(verdict.cell.setting for verdict in found):
        mine = np.array(list(counts(found, "ef", "none", setting, stale=True).values()))
        every += mine
        told.append(f"{' / '.join(map(str, mine))} with 1/{setting[0]} sent and {setting[1]} gradients")
    return (
        f"With stale gradients and tuned steps, error feedback helps in {every[0]} of {every.sum()} cells, hurts in {every[1]}, "
        f"and makes no clear difference in {every[2]}: {'; '.join(told)}"
    )
