"""Seconds per epoch with one slow worker: the printed table beside the fitted cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from paper_figs import style
from paper_figs.calibrated import FITTED, LINES, NAMES, PRINTED, SERIAL, SLOWDOWNS, epoch

MARKERS = {"sgd": "s", "dpsgd": "o", "adpsgd": "D"}


def compare(seed: int) -> dict[str, list[Any]]:
    """Return printed and modelled seconds and speed-ups, a row for each system and slowdown."""
    table: dict[str, list[Any]] = {}
    for system, rows in PRINTED.items():
        for slowdown, (seconds, speed_up) in zip(SLOWDOWNS, rows, strict=True):
            modelled = epoch(system, slowdown, seed=seed)
            row = {
                "system": system,
                "slowdown [1]": slowdown,
                "printed epoch [s]": seconds,
                "modelled epoch [s]": modelled,
                "relative error [1]": modelled / seconds - 1,
                "printed speed-up [1]": speed_up,
                "modelled speed-up [1]": SERIAL / modelled,
                "fitted": (system, slowdown) in FITTED,
            }
            for name, value in row.items():
                table.setdefault(name, []).append(value)
    return table


def draw(out: Path, quick: bool, seed: int) -> list[Path]:
    """Draw seconds per epoch against the slowdown, with the table of both beside it, and write adpsgd_slow_worker."""
    table = compare(seed)
    slowdowns = np.geomspace(1, 100, 7 if quick else 25)
    curves: dict[str, list[Any]] = {"slowdown [1]": slowdowns.tolist()}
    with style.sheet(2, width=12.5, height=4.9) as (figure, (left, right)):
        for system in (*PRINTED, "apsgd"):
            seconds = [epoch(system, slowdown, seed=seed) for slowdown in slowdowns]
            curves[f"modelled epoch of {system} [s]"] = seconds
            left.plot(slowdowns, seconds, **LINES[system], label=f"{NAMES[system]}, modelled")
        for system, rows in PRINTED.items():
            left.plot(
                SLOWDOWNS,
                [seconds for seconds, _ in rows],
                color=LINES[system]["color"],
                marker=MARKERS[system],
                markerfacecolor="none",
                markersize=7,
                linestyle="none",
                label=f"{NAMES[system]}, printed",
            )
        left.axhline(SERIAL, color=style.FAINT, linewidth=1)
        left.text(100, SERIAL * 0.95, "one worker alone", ha="right", va="top", fontsize=8, color=style.INK)
        left.set(xscale="log", yscale="log", xlabel="slowdown of one worker of 16", ylabel="time per epoch  [s]", ylim=(0.9, 160))
        left.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        left.set_xticks([], minor=True)
        left.set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        left.set_yticks([], minor=True)
        left.legend(loc="upper left")
        style.title(left, "a", "only those who wait are as slow as the slowest")
        _table(right, table)
        style.title(right, "b", "printed and modelled, relative error of the model")
        style.headline(
            figure,
            "16 workers, ResNet-20 on CIFAR-10: table of Lian et al. 2018 (from memory, not held against the print) and\n"
            "a cluster fitted on its row without a slow worker (time of a gradient, of a message, of a gradient of AD-PSGD). "
            "Times are constant: no bands",
        )
        return style.save(figure, {"": table, "curves": curves}, out, "adpsgd_slow_worker")


def _table(axes: Any, table: dict[str, list[Any]]) -> None:
    axes.axis("off")
    cells = []
    for row in range(len(table["system"])):
        fitted = table["fitted"][row]
        cells.append(
            [
                NAMES[table["system"][row]],
                "none" if table["slowdown [1]"][row] == 1 else f"{table['slowdown [1]'][row]}x",
                _cell(table["printed epoch [s]"][row], table["printed speed-up [1]"][row]),
                _cell(table["modelled epoch [s]"][row], table["modelled speed-up [1]"][row]),
                "fitted" if fitted else f"{100 * table['relative error [1]'][row]:+.1f} %",
            ]
        )
    heads = ["system", "slowdown", "printed\n[s] (speed-up)", "modelled\n[s] (speed-up)", "error"]
    drawn = axes.table(cells, colLabels=heads, loc="upper center", cellLoc="right", colWidths=[0.2, 0.16, 0.24, 0.24, 0.16])
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(9)
    for (row, column), cell in drawn.get_celld().items():
        cell.set(edgecolor="#dddddd", linewidth=0.6, height=0.125 if row == 0 else 0.066)
        if column == 0:
            cell.set_text_props(ha="left")


def _cell(seconds: float, speed_up: float) -> str:
    return f"{seconds:.{1 if seconds >= 100 else 2}f} ({speed_up:.2f})"
