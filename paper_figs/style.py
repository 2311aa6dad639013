"""How the figures look: fonts, colours, axes, and how a figure and its numbers reach the disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.storage import write

Series = NDArray[Any]
"""Numbers, counts, or yes and no along an axis."""

Table = Mapping[str, Sequence[Any] | Series]
"""The numbers of a panel: columns of one length, by a header that names quantity and units."""

INK, FAINT = "#222222", "#8a8a8a"
BY_NODES = {4: "#E69F00", 8: "#009E73", 16: "#0072B2", 32: "#7B3294"}
MARKERS = {4: "o", 8: "s", 16: "D", 32: "^"}
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#222222")
"""Colours of Okabe and Ito, told apart by people with any kind of colour vision."""

ROUNDED = 1e-13
"""Norms and squared distances of order one below this are zero to rounding."""

RC = {
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
    "figure.facecolor": "white",
    "pdf.fonttype": 42,  # glyphs as TrueType, so that text in the PDF stays text
}


@contextmanager
def sheet(panels: int, width: float = 10.0, height: float = 4.4, rows: int = 1) -> Iterator[tuple[Any, Any]]:
    """Yield a figure of the house style and its axes, row by row; sizes in inches.

    No backend is chosen and no window opened: the figure is drawn by Agg when it is saved.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, panels // rows, squeeze=False).ravel()
        yield figure, axes


def headline(figure: Any, text: str) -> None:
    """Say above the whole figure what was run."""
    figure.suptitle(text, x=0.012, ha="left", fontsize=9)


def title(axes: Any, letter: str, text: str) -> None:
    """Head a panel with its letter in bold and what it shows."""
    axes.set_title(rf"$\bf{{({letter})}}$ {text}")


def with_band(axes: Any, x: Series, center: Series, low: Series, high: Series, **line: Any) -> None:
    """Draw a curve over its band."""
    axes.fill_between(x, low, high, color=line["color"], alpha=0.22, linewidth=0)
    axes.plot(x, center, **line)


def decaying(axes: Any, x: Series, center: Series, low: Series, high: Series, floor: float, **line: Any) -> None:
    """Draw a curve that may reach zero over its band on a logarithmic axis that ends at ``floor``.

    What is below `ROUNDED` is zero to rounding: it is marked at the floor with the step at which it got there.
    """
    clipped = [np.maximum(values, floor * 1e-3) for values in (center, low, high)]
    zero = np.flatnonzero(center < ROUNDED)
    until = int(zero[0]) + 1 if len(zero) else len(x)
    with_band(axes, x[:until], *(values[:until] for values in clipped), **line)
    if len(zero):
        last = x[zero[0]]
        axes.plot(last, floor, marker="v", color=line["color"], clip_on=False, linestyle="none")
        text = f"exact after {last} round{'s' if last > 1 else ''}"
        axes.annotate(text, (last, floor), (5, 4), textcoords="offset points", fontsize=8, color=line["color"])
    axes.set(yscale="log", ylim=(floor, 2.5))


def where_it_holds(axes: Any, x: Series, y: Series, holds: Series, **line: Any) -> None:
    """Draw a bound: solid where the conditions of its theorem hold, dotted and faint where they do not."""
    axes.plot(x, np.where(holds, y, np.nan), **line)
    fails = ~holds
    fails[:-1] |= ~holds[1:]
    fails[1:] |= ~holds[:-1]
    axes.plot(x, np.where(fails, y, np.nan), **(line | {"linestyle": ":", "linewidth": 1.0, "label": None}))


def save(figure: Any, tables: Mapping[str, Table], out: Path, name: str, dpi: int = 150) -> list[Path]:
    """Write a figure as PDF and PNG and the numbers of its panels as CSV, each file whole or not at all.

    Parameters
    ----------
    figure
        A matplotlib figure.
    tables
        Numbers by panel: ``""`` goes to ``NAME.csv``, ``"right"`` to ``NAME_right.csv``.
    out, name
        Folder and common name of the files.
    dpi
        Pixels per inch of the PNG.

    Raises
    ------
    ResultError
        If a file cannot be written.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once, for both formats
    paths = []
    for kind, metadata in (("pdf", {"CreationDate": None}), ("png", {"Software": None})):
        path = out / f"{name}.{kind}"
        write(path, lambda file, kind=kind, metadata=metadata: figure.savefig(file, format=kind, metadata=metadata, dpi=dpi))
        paths.append(path)
    for panel, table in tables.items():
        path = out / (f"{name}_{panel}.csv" if panel else f"{name}.csv")
        text = as_csv(table)
        write(path, lambda file, text=text: file.write_text(text, encoding="utf-8"))
        paths.append(path)
    return paths


def as_csv(table: Table) -> str:
    """Return a table as CSV text with a header; numbers are written so that they read back exactly."""
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(table)
    rows.writerows(zip(*(np.asarray(column).tolist() for column in table.values()), strict=True))
    return stream.getvalue()


def legend_below(figure: Any, axes: Any, columns: int) -> None:
    """Put the legend of one panel below the whole figure."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
