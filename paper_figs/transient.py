"""Figure of where rates become true: transient times by theorem and in fact, onsets, and who has the smallest bound where.

Rounds from which D-PSGD speeds up linearly, by theorem and by exact second moments of a run, against the number of workers; how
far D-PSGD is from parallel SGD round by round; onsets of several theorems on a ring; regions of the smallest bound.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from paper_figs import command, style
from paper_figs import transient_moments as moments

GRAPHS = {
    "ring": ("#0072B2", "o"),
    "torus": ("#009E73", "s"),
    "one-peer-exponential": ("#D55E00", "D"),
    "complete": ("#222222", "^"),
}
THEOREMS = (
    ("ours.p2", "dpsgd", "D-PSGD (ours.p2)"),
    ("dpsgd.corollary-2:rederived", "dpsgd", "D-PSGD (Corollary 2)"),
    ("ours.p6", "adpsgd", "AD-PSGD (ours.p6)"),
    ("ours.p3", "local-sgd", r"local SGD, $\tau=4$ (ours.p3)"),
)
SYSTEMS = ("dpsgd", "sgp", "local-sgd", "eager", "adpsgd")
NOTES = {
    "n-staleness": "staleness of s rounds is tau = s, and T = s n updates; steps between averages count as staleness.",
    "rho-zeta": "AD-PSGD contracts so in the updates of a round",
}
"""What the caption says about a plane."""

TICKS = (4, 8, 16, 32, 64, 128, 256)


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write the figure ``transient`` below ``out``; return the paths of all files."""
    command.check(seed, jobs)
    from experiments.comparison import drawing, planes

    family = planes.Family("ring", {}, None, {"zeta": 0.3})
    names = planes.PLANES[2:] if quick else planes.PLANES
    with style.sheet(6, width=15.0, height=9.8, rows=2) as (figure, axes):
        tables = {
            "": _transients(axes[0], 16 if quick else 64, 64 if quick else 256),
            "ratio": _ratios(axes[1], (8, 16) if quick else (8, 16, 32, 64)),
            "onsets": _onsets(axes[2], TICKS[:3] if quick else TICKS),
        }
        found = [planes.plane(name, SYSTEMS, family, family.at(16)) for name in names]  # type: ignore[arg-type]
        for panel, plane, letter in zip(axes[3:], found, "def", strict=False):
            drawing.paint(panel, plane)
            style.title(
                panel,
                letter,
                {"n-K": "smallest bound, ring: workers and rounds"}.get(plane.name, drawing.TITLES[plane.name]),
            )
            tables[plane.name] = _regions(plane)
        for panel in axes[3 + len(found) :]:
            panel.set_axis_off()
        figure.legend(handles=drawing.key(found), loc="outside lower center", ncols=5)
        style.headline(
            figure,
            r"$L=\Delta=\sigma=1$; theorems at their admissible step with the least bound.  (a), (b): exact second moments of "
            r"D-PSGD on quadratics with curvature and tilt along the slowest mode, $\zeta=1$ at the minimiser; it has joined"
            "\n"
            rf"once its error is within {moments.WITHIN:g} times that of parallel SGD; the theorem gets the largest $\zeta$ "
            rf"between the start and its mirror image.  {'(c)' if quick else '(c)-(e)'}: $\zeta=0.3$; 16 workers and $K=10^6$ "
            "where these are fixed.\n"
            "(a): no marker where D-PSGD is within that from the first rounds on.  "
            + "  ".join(f"({letter}): {NOTES[name]}" for name, letter in zip(names, "def", strict=False) if name in NOTES),
        )
        return style.save(figure, tables, out, "transient")


def _mixing(name: str, n: int) -> Any:
    from numerics import graphs

    return graphs.get(name, n).schedule()


def _sizes(name: str, most: int) -> list[int]:
    return [n for n in ((4, 9, 16, 36, 64, 144, 256) if name == "torus" else TICKS) if n <= most]


def _transients(axes: Any, most_measured: int, most: int) -> style.Table:
    """Transient time by theorem (lines) and in fact (markers), by graph."""
    import theory
    from numerics.mixing import gossip_constants
    from numerics.mixing.contraction import rho
    from theory.transient import transient

    rows = []
    for name, (colour, marker) in GRAPHS.items():
        products = name == "one-peer-exponential"  # no single round contracts
        theorem = theory.get("ours.p4-doubly" if products else "ours.p2")
        for n in _sizes(name, most):
            schedule = _mixing(name, n)
            problem = moments.along_slowest_mode(schedule, 1.0)
            mixing = gossip_constants(schedule) if products else {"rho": rho(schedule)}
            promised = transient(theorem, best_step=True, n=n, L=1.0, delta=1.0, sigma=1.0, zeta=problem.zeta, **mixing).linear
            fact = np.nan
            if n <= most_measured:
                joined = moments.joined(*moments.excess(problem, schedule, np.arange(2, 52.0)))
                fact = joined if joined > 4 * (schedule.period or 1) else np.nan
            rows.append((name, n, theorem.key, problem.zeta, promised, fact))
        mine = np.array([(row[1], row[4], row[5]) for row in rows if row[0] == name])
        axes.plot(mine[:, 0], mine[:, 1], color=colour, label=f"{name}, theorem")
        seen = np.isfinite(mine[:, 2])
        if seen.any():
            axes.plot(mine[seen, 0], mine[seen, 2], color=colour, marker=marker, linestyle=":", label=f"{name}, in fact")
    x, guide = np.array([22.0, 64.0]), 1e11
    axes.plot(x, guide * (x / 22) ** 11, color=style.FAINT, linewidth=1)
    axes.annotate("slope 11", (64, guide * (64 / 22) ** 11), (5, -8), textcoords="offset points", color=style.FAINT)
    _in_workers(axes, "rounds until the speed-up is linear  [1]")
    axes.legend(loc="upper left", fontsize=7.5)
    style.title(axes, "a", "transient time of D-PSGD, by theorem and in fact")
    names = ("graph", "n [workers]", "theorem", "zeta [f/x]", "K_linear, theorem [rounds]", "K_linear, in fact [rounds]")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _ratios(axes: Any, sizes: tuple[int, ...]) -> style.Table:
    """Error of D-PSGD on a ring over that of parallel SGD, against K."""
    table: dict[str, list[Any]] = {"n [workers]": [], "K [rounds]": [], "error / error of parallel SGD [1]": []}
    for index, n in enumerate(sizes):
        schedule = _mixing("ring", n)
        rounds, ratio = moments.excess(moments.along_slowest_mode(schedule, 1.0), schedule, np.arange(2, 52.0))
        axes.plot(rounds, ratio, color=style.PALETTE[index], label=f"$n={n}$")
        for column, values in zip(table.values(), ([n] * len(rounds), rounds.tolist(), ratio.tolist()), strict=True):
            column.extend(values)
    axes.axhline(moments.WITHIN, color=style.FAINT, linewidth=1, linestyle="--")
    axes.set(xscale="log", yscale="log", xlabel="rounds $K$", ylabel="error of D-PSGD / error of parallel SGD  [1]")
    axes.legend(loc="upper right")
    style.title(axes, "b", "D-PSGD on a ring joins parallel SGD (exact moments)")
    return table


def _onsets(axes: Any, sizes: tuple[int, ...]) -> style.Table:
    """Rounds from which theorems apply, say something, and speed up linearly, on a ring."""
    import theory
    from experiments.comparison import rounds_of
    from experiments.comparison.setting import Setting
    from numerics import graphs
    from theory.transient import transient

    kinds = (("conditions", ":"), ("non_vacuous", "--"), ("linear", "-"))
    rows = []
    for (key, system, label), colour in zip(THEOREMS, style.PALETTE, strict=False):
        theorem = theory.get(key)
        for n in sizes:
            setting = Setting(graphs.ring(n), None, {"zeta": 0.3})
            constants, _ = setting.constants(system, theorem)
            needed = {"n": float(n), "L": 1.0, "delta": 1.0, **constants}
            found, times = transient(theorem, best_step=True, **needed), rounds_of(system, theorem, needed)
            rows.append((key, n, *(getattr(found, kind) / times for kind, _ in kinds)))
        mine = np.array([row[1:] for row in rows if row[0] == key], dtype=float)
        for column, (_, dash) in enumerate(kinds, 1):
            axes.plot(
                mine[:, 0], np.maximum(mine[:, column], 1), color=colour, linestyle=dash, label=label if dash == "-" else None
            )
    for kind, dash in kinds:
        axes.plot([], [], color=style.INK, linestyle=dash, label={"non_vacuous": "not vacuous"}.get(kind, kind))
    _in_workers(axes, "rounds from which it holds  [1]")
    axes.legend(loc="best", fontsize=7.5)
    style.title(axes, "c", "onsets on a ring: conditions, not vacuous, linear speed-up")
    names = ("theorem", "n [workers]", "K_conditions [rounds]", "K_non_vacuous [rounds]", "K_linear [rounds]")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _in_workers(axes: Any, label: str) -> None:
    axes.set(xscale="log", yscale="log", xlabel="workers $n$", ylabel=label)
    axes.set_xticks(TICKS, TICKS, minor=False)
    axes.set_xticks([], minor=True)


def _regions(plane: Any) -> style.Table:
    names = np.array([*plane.systems, "no theorem applies"])
    columns, lines = np.meshgrid(plane.x, plane.y)
    values = (columns, lines, names[plane.winners], plane.smallest)
    header = (f"{plane.x_name} [1]", f"{plane.y_name} [1]", "smallest bound", "bound [f^2/x^2]")
    return {name: column.ravel().tolist() for name, column in zip(header, values, strict=True)}


if __name__ == "__main__":
    sys.exit(command.call(main, "transient", __doc__))
