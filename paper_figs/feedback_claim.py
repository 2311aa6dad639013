"""Does error feedback help asynchronous sparsified SGD? Losses at tuned steps, verdicts, and losses at every step."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from paper_figs import style
from paper_figs.feedback_runs import (
    CELLS,
    DELAYS,
    DETACHED,
    METHODS,
    PROBLEMS,
    SETTINGS,
    SPARSE,
    STEPS,
    WORKERS,
    Budget,
    Tuned,
    lowest,
    sweep,
)
from paper_figs.feedback_tests import Verdict, answer, tallies, verdicts
from paper_figs.feedback_verdicts import draw_verdicts

COLORS = dict(zip(METHODS, (style.INK, style.PALETTE[1], style.PALETTE[0]), strict=True))
NAMES = ["sync", *(str(delay) for delay in DELAYS if delay is not None)]
STALEST = 64
WIDTH = 140
"""Characters of a line above a figure."""

QUICK = (16, 256)
LOOKS: dict[tuple[int, int], dict[str, Any]] = {
    QUICK: {"linestyle": "-", "marker": "o"},
    SETTINGS[0]: {"linestyle": "-", "marker": "o"},
    SETTINGS[1]: {"linestyle": ":", "marker": "s"},
}
"""How settings are drawn; the others are in the tables only."""


def draw(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Run all cells and write elastic_feedback, elastic_feedback_verdicts and elastic_feedback_steps."""
    budget = Budget(2, 4) if quick else Budget(8, 32)
    few = [replace(cell, setting=QUICK) for cell in CELLS if cell.setting == SETTINGS[0] and cell.delay in (None, STALEST)]
    cells = few if quick else CELLS
    found = sweep(cells, budget, seed, 1 if quick else jobs)
    judged = verdicts(found)
    about = (
        f"{WORKERS} workers, minibatches of one; all cells have the same grid of {len(STEPS)} steps, tuned on "
        f"{budget.tuning} replicas a step, and {budget.fresh} fresh replicas"
    )
    return [
        *_tuned(out, found, judged, about),
        *draw_verdicts(out, judged, about),
        *_steps(out, found, about),
    ]


def _tuned(out: Path, found: Sequence[Tuned], judged: Sequence[Verdict], about: str) -> list[Path]:
    from paper_figs.waiting import summary

    table: dict[str, list[Any]] = {}
    with style.sheet(9, width=10.5, height=8.6, rows=3) as (figure, axes):
        for axis, letter, (problem, sparse) in zip(axes, "abcdefghi", _pairs(), strict=True):
            mine = [each for each in found if (each.cell.problem, each.cell.sparse) == (problem, sparse)]
            for setting, method in itertools.product(dict.fromkeys(each.cell.setting for each in mine), METHODS):
                drawn = [each for each in mine if (each.cell.setting, each.cell.method) == (setting, method)]
                values = np.array([summary(each.losses - lowest(problem)) for each in drawn]).T
                for each, reported in zip(drawn, values.T, strict=True):
                    _add(table, each, *reported)
                if setting not in LOOKS:
                    continue
                places = np.array([DELAYS.index(each.cell.delay) for each in drawn]) + 0.06 * (list(METHODS).index(method) - 1)
                line = {"color": COLORS[method], "linewidth": 1.2, "markersize": 3.5} | LOOKS[setting]
                label = f"{METHODS[method]}, {setting[1]} gradients"
                axis.errorbar(places, values[0], [values[0] - values[1], values[2] - values[0]], label=label, **line)
            axis.set(yscale="log", xticks=range(len(NAMES)), xticklabels=NAMES)
            style.title(axis, letter, f"{problem}, {SPARSE[sparse]}")
            if letter in "adg":
                axis.set_ylabel("loss above the lowest found  [$f$]")
            if letter in "ghi":
                axis.set_xlabel("delay of a gradient  [updates]")
        style.legend_below(figure, axes[0], columns=6)
        style.headline(
            figure,
            f"{fill(answer(judged), WIDTH)}\n"
            + fill(f"{about}; here 1/{SETTINGS[0][0]} of the coordinates sent; 95 % intervals; DEF detaches {DETACHED:g}", WIDTH),
        )
        return style.save(figure, {"": table, "answer": tallies(judged)}, out, "elastic_feedback")


def _pairs() -> list[tuple[str, str]]:
    return [(problem, sparse) for problem in PROBLEMS for sparse in SPARSE]


def _add(table: dict[str, list[Any]], each: Tuned, mean: float, low: float, high: float) -> None:
    cell = each.cell
    line = {
        "problem": cell.problem,
        "compressor": SPARSE[cell.sparse],
        "share sent [1]": 1 / cell.kept,
        "gradients": cell.gradients,
        "method": METHODS[cell.method],
        "timing": cell.timing,
        "step [x^2/f]": each.step,
        "step at the edge of the grid": each.at_edge,
        "loss above the lowest [f]": mean,
        "95% low [f]": low,
        "95% high [f]": high,
        "lowest loss found [f]": lowest(cell.problem),
        "diverged replicas": int(np.isinf(each.losses).sum()),
    }
    for header, value in line.items():
        table.setdefault(header, []).append(value)


def _steps(out: Path, found: Sequence[Tuned], about: str) -> list[Path]:
    """Draw the tuning runs: what a method gets at a step that is not its own best."""
    table: dict[str, list[Any]] = {}
    with style.sheet(9, width=10.5, height=8.6, rows=3) as (figure, axes):
        for axis, letter, (problem, sparse) in zip(axes, "abcdefghi", _pairs(), strict=True):
            for each in found:
                cell = each.cell
                shown = cell.setting in (SETTINGS[0], QUICK) and cell.delay in (None, STALEST)
                if (cell.problem, cell.sparse) != (problem, sparse) or not shown:
                    continue
                above = np.where(np.isfinite(each.tuning), each.tuning, np.nan) - lowest(problem)
                stale = cell.delay is not None
                label = f"{METHODS[cell.method]}, {f'delay {STALEST}' if stale else 'synchronous'}"
                line = {"color": COLORS[cell.method], "linestyle": "-" if stale else ":", "label": label}
                axis.plot(STEPS, above, marker="o" if stale else None, markersize=3, linewidth=1.2, **line)
                for step, value in zip(STEPS, above, strict=True):
                    for header, entry in {
                        "problem": problem, "compressor": SPARSE[sparse], "method": METHODS[cell.method],
                        "timing": cell.timing, "step [x^2/f]": step, "mean loss above the lowest [f]": value,
                    }.items():  # fmt: skip
                        table.setdefault(header, []).append(entry)
            axis.set_yscale("log")
            axis.set_xscale("log", base=2)
            axis.set_ylim(top=30)
            style.title(axis, letter, f"{problem}, {SPARSE[sparse]}")
            if letter in "adg":
                axis.set_ylabel("loss above the lowest found  [$f$]")
            if letter in "ghi":
                axis.set_xlabel(r"step of a gradient  [$x^2/f$]")
        style.legend_below(figure, axes[0], columns=6)
        style.headline(
            figure,
            f"At one and the same step error feedback may help or hurt: means of the tuning replicas, 1/{SETTINGS[0][0]} of the "
            f"coordinates sent, longest runs\n{about}",
        )
        return style.save(figure, {"": table}, out, "elastic_feedback_steps")
