"""The gauge of every system beside the B^2 that theory predicts, and over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paper_figs import style
from paper_figs.gauge_rows import PROBLEM, ROWS, STEP, UNLIKE, WORKERS, Gauged, gauged

MEASURED, PRINTED, PROVED = style.PALETTE[0], style.PALETTE[1], style.PALETTE[2]
PROVED_HERE = (":rederived", "norm-bounded")
"""How keys of rows of the table end whose B is not the remembered one."""


def draw(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Draw a point with its interval for every row, its predictions as bars, and the ratio in print; write elastic_gauge."""
    import joblib

    iterations, replicas = (100, 16) if quick else (400, 128)
    work = (joblib.delayed(gauged)(row, iterations, replicas, seed) for row in ROWS)
    found: list[Gauged] = joblib.Parallel(n_jobs=1 if quick else jobs)(work)
    with style.sheet(1, width=10, height=0.27 * len(ROWS) + 1.7) as (figure, axes):
        _panel(axes[0], found)
        style.legend_below(figure, axes[0], columns=4)
        style.headline(
            figure,
            rf"Gauge of elastic consistency, largest over time and workers; {WORKERS} workers, $\gamma={STEP:g}$, cosine from "
            rf"where it is steepest, $d={PROBLEM['dim']}$, $\sigma={PROBLEM['sigma']:g}$;"
            "\n"
            rf"same data for all, but $\zeta={UNLIKE['zeta']:g}$ in rows with *; "
            rf"{iterations} rounds or updates, 95 % intervals over {replicas} replicas",
        )
        return style.save(figure, {"": _table(found), "over_time": _course(found)}, out, "elastic_gauge")


def _panel(axes: Any, found: Sequence[Gauged]) -> None:
    names = []
    split = sum(each.row.of_table for each in found) - 0.5
    for place, each in enumerate(found):
        low, high = each.reading.interval or (each.reading.gauge_sq,) * 2
        first = place == 0
        axes.plot([low, high], [place, place], color=MEASURED, linewidth=3, alpha=0.4, solid_capstyle="butt")
        axes.plot(each.reading.gauge_sq, place, "o", color=MEASURED, label="measured" if first else None)
        for key, bound in each.bounds.items():
            printed = each.row.of_table and not key.endswith(PROVED_HERE)
            label = None if not first else r"$B^2$ as printed, as far as remembered" if printed else r"$B^2$ proved here"
            look = {"color": PRINTED if printed else PROVED, "marker": "|", "markersize": 11, "markeredgewidth": 2}
            axes.plot(bound, place, linestyle="none", label=label, **look)
        axes.plot([each.reading.gauge_sq, max(each.bounds.values())], [place, place], color=style.FAINT, linewidth=0.7, zorder=0)
        axes.annotate(
            f"{each.reading.gauge_sq / each.best:.2g}", (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8
        )
        names.append(each.row.label + ("" if each.row.alike else " *"))
    axes.axhline(split, color=style.INK, linewidth=0.8)
    words = {"fontsize": 8, "xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    axes.annotate("above: rows of the table of $B$", (0.995, split), (0, 3), ha="right", **words)
    axes.annotate("below: systems that it does not have", (0.005, split), (0, -10), **words)
    axes.annotate("measured /\nsmallest $B^2$", (1.01, -1.1), xycoords=("axes fraction", "data"), fontsize=8)
    axes.set(xscale="log", yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.7))
    axes.set_xlabel(r"$\sup_t\max_i\,E\|\mathrm{center}_t-\mathrm{view}_t^i\|^2/\gamma^2$   [$f^2/x^2$]")


def _table(found: Sequence[Gauged]) -> dict[str, list[Any]]:
    """Return one line for every row and prediction."""
    lines = [(each, key, bound) for each in found for key, bound in each.bounds.items()]
    return {
        "row": [each.row.label for each, _, _ in lines],
        "system": [each.row.system for each, _, _ in lines],
        "timeline": [each.row.timeline or "natural" for each, _, _ in lines],
        "of the table": [each.row.of_table for each, _, _ in lines],
        "same data": [each.row.alike for each, _, _ in lines],
        "gauge [f^2/x^2]": [each.reading.gauge_sq for each, _, _ in lines],
        "95% low [f^2/x^2]": [(each.reading.interval or (np.nan,) * 2)[0] for each, _, _ in lines],
        "95% high [f^2/x^2]": [(each.reading.interval or (np.nan,) * 2)[1] for each, _, _ in lines],
        "iteration": [each.reading.iteration for each, _, _ in lines],
        "theorem": [key for _, key, _ in lines],
        "predicted B^2 [f^2/x^2]": [bound for _, _, bound in lines],
        "measured / predicted [1]": [each.reading.gauge_sq / bound for each, _, bound in lines],
    }


def _course(found: Sequence[Gauged]) -> dict[str, Any]:
    """Return the largest mean over workers in every iteration, a column for each row."""
    columns = {f"{each.row.label} [f^2/x^2]": each.reading.running for each in found}
    return {"iteration": np.arange(len(found[0].reading.running)), **columns}
