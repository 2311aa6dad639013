"""Figure of exact worst cases: measured <= worst case <= theorem, without noise.

For D-PSGD, local SGD and SGP over step sizes: the largest value that problems of the toolkit reach, the exact worst case over
all smooth functions (a semidefinite program), and theorems, solid where their conditions hold; theorem over worst case by the
number of rounds, for P2 by workers and for all theorems, each at its own largest step; and the worst case over all symmetric
mixing matrices with eigenvalues in [-lambda, lambda], whatever the number of workers, beside particular ones.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from paper_figs import command, style
from paper_figs.worst_case_quotients import COLORS, NAMES, STEP, Columns, over_sizes, over_spectra, over_theorems
from paper_figs.worst_case_runs import NODES, System, systems

ZETA, SPREAD = 1.0, 2.0
"""Heterogeneity in (a) to (e), and in (f), where it is what mixing is about."""

TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Of the quotients in (d) and (e)."""


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write the figure ``worst_case`` below ``out``; return the paths of all files."""
    command.check(seed, jobs)
    rounds, most, long = (4, 4, 4) if quick else (8, 8, 10)
    gammas = np.unique(np.append(np.geomspace(0.02, 1.9, 4 if quick else 13), [0.5, 1.0, 1.5]))
    with style.sheet(6, width=13.5, height=9.0, rows=2) as (figure, axes):
        tables: dict[str, Columns] = {"": {}, "quotients": {}}
        for letter, panel, system in zip("abc", axes, systems(), strict=False):
            _over_steps(panel, system, gammas, rounds, quick, tables[""])
            style.title(panel, letter, f"{system.label}: $n$ = {NODES}, $K$ = {rounds}")
        axes[0].set_ylabel(r"mean over $k<K$ of $\|\nabla f(\bar x_k)\|^2$  [$L\Delta$]")
        over_sizes(axes[3], range(1, most + 1), ZETA, tables["quotients"])
        over_theorems(axes[4], range(1, most + 1), ZETA, tables["quotients"])
        style.title(axes[3], "d", "P2 over the exact worst case, rings")
        style.title(axes[4], "e", f"theorems over the exact worst case, $n$ = {NODES}")
        for panel in axes[3:5]:
            panel.set(xlabel="rounds $K$", ylabel="theorem / exact worst case, at the theorem's best step  [1]", yscale="log")
            panel.set(xlim=(0.8, most + 0.2), ylim=(0.9, 500))  # the legend above all lines
            panel.set_xticks(range(1, most + 1))
            panel.set_yticks(TICKS, TICKS, minor=False)
            panel.set_yticks([], minor=True)
        tables["spectrum"] = over_spectra(axes[5], long, SPREAD, 5 if quick else 11)
        axes[5].set(xlabel=r"second largest modulus of an eigenvalue of $W$, $\lambda$  [1]", yscale="log", ylim=(0.4, 50))
        axes[5].set_ylabel(r"mean over $k<K$ of $\|\nabla f(\bar x_k)\|^2$  [$L\Delta$]")
        style.title(axes[5], "f", rf"D-PSGD: $\gamma L$ = {STEP}, $K$ = {long}, $\zeta^2$ = {SPREAD**2:g} $L\Delta$")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles[:4], [f"(a-c) {labels[0]}", *labels[1:4]], loc="outside lower center", ncols=4)
        style.headline(
            figure,
            rf"no noise; $f(x_0)-f^*\leq\Delta$, heterogeneity $\zeta^2$ = {ZETA**2:g} $L\Delta$ (but for (f)).  "
            "Theorems: solid where their conditions hold, dotted beyond their largest step.",
        )
        return style.save(figure, tables, out, "worst_case")


def _over_steps(panel: Any, system: System, gammas: Any, rounds: int, quick: bool, table: Columns) -> None:
    """Draw measured values, worst cases and theorems of a system over step sizes, and add them to the table."""
    family, tilted = system.family(rounds), system.family(rounds, "tilted")
    exact = [family.at(gamma=gamma, zeta=ZETA) for gamma in gammas.tolist()]
    measured = [system.measured(gamma, rounds, ZETA, not quick) for gamma in gammas.tolist()]
    columns: Columns = {
        "system": [system.name] * len(gammas),
        "step size gamma L [1]": gammas.tolist(),
        "measured [L Delta]": [value for value, _ in measured],
        "on": [text for _, text in measured],
        "worst case, tilted functions [L Delta]": [tilted.at(gamma=gamma, zeta=ZETA).value for gamma in gammas.tolist()],
        "exact worst case [L Delta]": [found.value for found in exact],
        "its instance replayed [L Delta]": [
            system.replayed(found, gamma, rounds, ZETA) for found, gamma in zip(exact, gammas.tolist(), strict=True)
        ],
    }
    low, within, upper, replayed = (np.array(list(columns.values())[place]) for place in (2, 4, 5, 6))
    panel.fill_between(gammas, low, upper, color=style.PALETTE[0], alpha=0.15, linewidth=0)
    panel.plot(
        gammas, low, color=style.PALETTE[0], marker="o", markersize=3.5, label="measured, largest over problems of the toolkit"
    )
    panel.plot(
        gammas, within, color=style.INK, linestyle="--", linewidth=1.0, label="exact worst case, functions that differ by tilts"
    )
    panel.plot(gammas, upper, color=style.INK, linewidth=2.0, label="exact worst case")
    marks = {"linestyle": "none", "marker": "o", "markerfacecolor": "none", "markersize": 7, "markeredgewidth": 0.9}
    panel.plot(gammas[::3], replayed[::3], color=style.INK, label="its instance, run in the simulator", **marks)
    fine = np.geomspace(gammas[0], gammas[-1], 200)
    for key in system.theorems:
        limit = system.largest_step(key, rounds, ZETA)
        at = np.unique(np.append(fine, limit))
        bound = np.asarray(system.bound(key, at, rounds, ZETA), dtype=float)
        if bound[at == limit] > 1e6:  # a pole, beyond which it is no number that one could mean
            bound[at >= limit] = np.nan
        style.where_it_holds(panel, at, bound, at <= limit, color=COLORS[key], label=NAMES[key])
    for number in range(2):
        which = system.theorems[number] if number < len(system.theorems) else ""
        none = np.full(len(gammas), np.nan)
        columns[f"theorem {number + 1}"] = [which] * len(gammas)
        columns[f"bound {number + 1} [L Delta]"] = (system.bound(which, gammas, rounds, ZETA) if which else none).tolist()
        holds = gammas <= system.largest_step(which, rounds, ZETA) * (1 + 1e-12) if which else gammas < 0
        columns[f"bound {number + 1} applies"] = holds.tolist()
    for name, values in columns.items():
        table.setdefault(name, []).extend(values)
    panel.axhline(2.0, color=style.FAINT, linewidth=0.9, linestyle=(0, (4, 2)))
    panel.annotate(r"$\|\nabla f(x_0)\|^2\leq 2L\Delta$", (gammas[0], 2.0), (0, 3), textcoords="offset points", fontsize=8)
    panel.set(xscale="log", yscale="log", xlabel=r"step size $\gamma L$  [1]", ylim=(0.2, 100))
    handles, labels = panel.get_legend_handles_labels()
    panel.legend(handles[4:], labels[4:], loc="upper center")


if __name__ == "__main__":
    sys.exit(command.call(main, "worst_case", __doc__))
