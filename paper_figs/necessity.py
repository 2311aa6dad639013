"""Figure of necessity: how much of each theorem can be seen.

Per theorem, how many of its mutants are refuted: statements with a term left out, a power of n, K, rho, tau or T changed by a
half or one, or a constant divided by 2, 10 or 100. Below, for three theorems, the exact left side over the bound as stated and
with each term left out, along an axis on which the terms take turns: above one, the statement without the term is refuted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from paper_figs import command, style
from paper_figs.necessity_terms import Sweep, sweeps

if TYPE_CHECKING:
    from experiments.attack.necessity import Necessity

NAMES = {"term": "terms", "exponent": "powers", "constant": "constants"}
FEW = (
    *("lsgd.limsup:rederived", "lsgd.infrequent-leader", "elastic.nc-1:rederived", "elastic.sc-p:rederived"),
    *("ours.p1", "ours.p1-tuned", "sgp.lemma-3:corrected"),
)
"""Theorems of a quick look."""

FULL = "#0072B2"
CLIPPED = (3e-3, 300.0)
"""Range of the ratios drawn."""


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write the figure ``necessity`` below ``out``; return the paths of all files."""
    command.check(seed, jobs)
    from experiments.attack.necessity import chosen, examine_all

    keys = list(FEW) if quick else chosen([], ["rederived", "ours", "corrected"])
    found = examine_all(keys, evaluations=0, seed=seed, jobs=1 if quick else jobs)
    with style.sheet(6, width=14, height=6.5 if quick else 12.5, rows=2) as (figure, axes):
        figure.get_layout_engine().set(w_pad=0.15, h_pad=0.08)
        axes[0].get_gridspec().set_height_ratios([1, 1] if quick else [2.4, 1])
        for panel, letter, (heading, part) in zip(axes[:3], "abc", _thirds(found), strict=True):
            _matrix(panel, part)
            style.title(panel, letter, heading)
        curves: dict[str, list[Any]] = {}
        for panel, letter, sweep in zip(axes[3:], "def", sweeps(quick), strict=True):
            _terms(panel, sweep, curves)
            style.title(panel, letter, f"{sweep.theorem}\n{sweep.caption}")
        axes[3].set_ylabel("left side / bound  [1]")
        style.headline(
            figure,
            "(a)-(c): mutants refuted of those there are, all by claims that are kept and run again; darker is more.  "
            "implied: without the term the statement\nfollows from another theorem here; "
            "hidden: behind larger terms, wherever the theorem applies\n"
            "(d)-(f): exact left side over the bound, as stated and with one term left out; "
            "above one (shaded) the statement without that term is refuted",
        )
        return style.save(figure, {"": _counts(found), "terms": curves}, out, "necessity")


def _thirds(found: Sequence[Necessity]) -> list[tuple[str, list[Necessity]]]:
    """Return three blocks of theorems of about the same length: rederived, corrected, ours; bounds of zero are left out."""
    first = [each for each in found if each.theorem.standing == "rederived"]
    rest = [each for each in found if each.theorem.standing != "rederived" and len(each.standings) > 1]
    rest.sort(key=lambda each: each.theorem.standing)
    half = (len(rest) + 1) // 2
    blocks = [rest[:half], rest[half:]]
    return [
        ("rederived", first),
        *((" and ".join(dict.fromkeys(each.theorem.standing for each in part)), part) for part in blocks),
    ]


def _matrix(panel: Any, found: Sequence[Necessity]) -> None:
    """Draw how many mutants of each kind are refuted, a row per theorem and one for all of them."""
    from theory.mutants import TERM, implied_by

    counts = [each.counts() for each in found]
    terms = [[(each, one) for one in each.standings if one.mutant.kind == TERM and not one.refuted] for each in found]
    implied = [sum(implied_by(one.mutant) is not None for _, one in there) for there in terms]
    hidden = [sum(not implied_by(one.mutant) and each.hidden(one) is not None for each, one in there) for there in terms]
    notes = {"implied": [*implied, 0], "hidden": [*hidden, 0]}  # no room for totals
    total = {kind: (sum(each[kind][0] for each in counts), sum(each[kind][1] for each in counts)) for kind in NAMES}
    labels = [each.theorem.key.removesuffix(":rederived") for each in found]
    for row, each in enumerate([*counts, total]):
        for column, (refuted, there) in enumerate(each[kind] for kind in NAMES):
            share = refuted / there if there else 0.0
            at = row + (0.4 if row == len(counts) else 0.0)
            panel.add_patch(_cell(column, at, share if there else None))
            ink = "white" if share > 0.55 else style.INK if there else style.FAINT
            shown = f"{refuted}/{there}" if there else "none"
            for word, many in notes.items() if column == 0 else ():
                shown += f", {many[row]} {word}" if many[row] else ""
            panel.text(column, at, shown, ha="center", va="center", fontsize=7.5 if len(shown) < 12 else 6.3, color=ink)
    rows = [*range(len(counts)), len(counts) + 0.4]
    panel.set_yticks(rows, [*labels, "all of these"], fontsize=7.5)
    panel.set_xticks(range(len(NAMES)), NAMES.values())
    panel.xaxis.tick_top()
    panel.tick_params(length=0)
    panel.set(xlim=(-0.5, len(NAMES) - 0.5), ylim=(len(counts) + 0.9, -0.5))
    panel.grid(visible=False)
    for side in panel.spines.values():
        side.set_visible(False)


def _cell(column: float, row: float, share: float | None) -> Any:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Rectangle

    full, empty = np.array(to_rgb(FULL)), np.array(to_rgb("#f1f1f1"))
    colour = "white" if share is None else tuple(empty + share * (full - empty))
    return Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=colour, linewidth=0)


def _terms(panel: Any, sweep: Sweep, table: dict[str, list[Any]]) -> None:
    """Draw left side over bound, as stated and without each term, and add the numbers to the table."""
    from theory.typeset import latex

    shown, ratios = sweep.ratios()
    panel.axhspan(1, CLIPPED[1], color="#D55E00", alpha=0.07, linewidth=0)
    panel.axhline(1, color=style.FAINT, linewidth=0.8)
    for place, (mutant, values) in enumerate(zip(shown, ratios, strict=True)):
        label = "as stated" if mutant.expression is None else f"without ${latex(mutant.expression)}$"
        line = {"color": style.INK, "linewidth": 2.2} if mutant.expression is None else {"color": style.PALETTE[place - 1]}
        panel.plot(sweep.values, values, label=label, linestyle="-" if place == 0 else ("--", "-.", ":")[place % 3], **line)
        columns = {
            "theorem": [sweep.theorem] * len(values),
            "statement": [mutant.text] * len(values),
            "swept [as in the figure]": sweep.values.tolist(),
            "left side / bound [1]": values.tolist(),
        }
        for name, column in columns.items():
            table.setdefault(name, []).extend(column)
    panel.set(xscale="log", yscale="log", xlabel=sweep.label, ylim=CLIPPED)
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=4.5, fontsize=9.5)


def _counts(found: Sequence[Necessity]) -> dict[str, list[Any]]:
    rows = [(each, kind, *pair) for each in found for kind, pair in each.counts().items()]
    return {
        "theorem": [each.theorem.key for each, *_ in rows],
        "standing": [each.theorem.standing for each, *_ in rows],
        "mutants": [NAMES[kind] for _, kind, *_ in rows],
        "refuted [1]": [refuted for *_, refuted, _ in rows],
        "there are [1]": [there for *_, there in rows],
        "left side / bound as stated, at most [1]": [each.stated.factor for each, *_ in rows],
    }


if __name__ == "__main__":
    sys.exit(command.call(main, "necessity", __doc__))
