"""Figure of closed-form spectra: how fast families of mixing matrices contract, per round and per message.

1 - rho against the number of workers from closed forms (lines), from eigenvalues of the matrices (markers), and to leading
order in n (dashed), for graphs and for random groups and pairs; rounds, and messages per worker, until the mean square
disagreement has fallen to one per cent.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paper_figs import command, style
from paper_figs.spectral_curves import Curve, graph_curves, random_curves

TICKS = (4, 16, 64, 256, 1024)


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write the figure ``spectra`` below ``out``; return the paths of all files."""
    command.check(seed, jobs)
    families = (graph_curves(), random_curves())
    most = 64 if quick else 200
    with style.sheet(4, width=12.5, height=10.6, rows=2) as (figure, axes):
        table: dict[str, list[Any]] = {}
        for panel, curves in zip(axes[:2], families, strict=True):
            for curve in curves:
                _gap(panel, curve, most, table)
            panel.set(yscale="log", ylabel=r"$1-\rho$ of a round  [1]")
        _reference(axes[0], 300, 8 * np.pi**2 / 3 / 300**2, r"ring: $8\pi^2/(3n^2)$")
        _reference(axes[1], 300, 2 * np.pi**2 / 300**3, r"ring: $2\pi^2/n^3$")
        axes[0].set_ylim(4e-6, 1.6)
        axes[1].set_ylim(1e-8, 1.6)
        style.title(axes[0], "a", r"graphs: $\rho=\|W-J\|_2^2$")
        style.title(axes[1], "b", r"random groups and pairs: $\rho=\|\mathbb{E}[W^\top W]-J\|_2$")
        every = [*families[0], *families[1]]
        for panel, what in zip(axes[2:], ("rounds", "messages"), strict=True):
            _needed(panel, every, what)
        axes[2].set_ylabel("rounds until mean square disagreement is 1 %  [1]")
        axes[3].set_ylabel("messages per worker until the same  [1]")
        style.title(axes[2], "c", "contraction per round (gossip: a round is one pair)")
        style.title(axes[3], "d", "contraction per message")
        for panel in axes:
            panel.set(xscale="log", xlabel="workers $n$", xlim=(3.6, 1150))
            panel.set_xticks(TICKS, TICKS, minor=False)
            panel.set_xticks([], minor=True)
        for panel in axes[:2]:
            panel.legend(loc="lower left", fontsize=7.5)
        style.headline(
            figure,
            "closed forms: lines; eigenvalues of the matrices: markers; leading order in $n$: thin dashes.  "
            "(c) and (d): colours and dashes of (a) and (b);\n"
            r"the one-peer exponential graph is played in order there, exact after $\log_2 n$ rounds",
        )
        return style.save(figure, {"": table}, out, "spectra")


def _gap(panel: Any, curve: Curve, most: int, table: dict[str, list[Any]]) -> None:
    """Draw 1 - rho of one family and add its numbers to the table."""
    closed, (marks, values) = curve.closed(), curve.measured(most)
    panel.plot(closed["n"], closed["gap"], color=curve.color, linestyle=curve.dash)
    if not np.allclose(closed["leading"], closed["gap"], rtol=1e-9):  # where it is not the whole expression
        panel.plot(closed["n"], closed["leading"], color=curve.color, linewidth=0.8, linestyle="--", alpha=0.8)
    panel.plot(
        marks,
        values,
        marker=curve.marker,
        color=curve.color,
        linestyle="none",
        markerfacecolor="white" if curve.dash == ":" else curve.color,
    )
    panel.plot([], [], color=curve.color, linestyle=curve.dash, marker=curve.marker, label=curve.label, **_face(curve))
    by_size = dict(zip(marks.tolist(), values.tolist(), strict=True))
    columns = {
        "family": [curve.key] * len(closed["n"]),
        "n [workers]": closed["n"].astype(int).tolist(),
        "1 - rho, closed form [1]": closed["gap"].tolist(),
        "leading order [1]": closed["leading"].tolist(),
        "1 - rho, eigenvalues [1]": [by_size.get(n, np.nan) for n in closed["n"].tolist()],
        "rounds to 1% [1]": closed["rounds"].tolist(),
        "messages per worker to 1% [1]": closed["messages"].tolist(),
    }
    for name, values_ in columns.items():
        table.setdefault(name, []).extend(values_)


def _needed(panel: Any, curves: Sequence[Curve], what: str) -> None:
    """Draw rounds or messages until one per cent for all families."""
    for curve in curves:
        closed = curve.closed()
        panel.plot(closed["n"], closed[what], color=curve.color, linestyle=curve.dash)
        if curve.dash == "none":
            panel.plot(closed["n"], closed[what], color=curve.color, linestyle="none", marker=curve.marker, **_face(curve))
    panel.set_yscale("log")


def _face(curve: Curve) -> dict[str, Any]:
    return {"markerfacecolor": "white"} if curve.dash == ":" else {}


def _reference(panel: Any, n: float, at: float, text: str) -> None:
    """Write what a dashed line is beside it."""
    panel.annotate(text, (n, at), (6, 5), textcoords="offset points", fontsize=8)


if __name__ == "__main__":
    sys.exit(command.call(main, "spectra", __doc__))
