"""Contraction of products of mixing matrices: spectral norm, and second eigenvalue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style
from paper_figs.families import Family

if TYPE_CHECKING:
    from numerics.mixing import MixingSchedule

MEASURES = ("eigenvalue", "norm", "de-biased norm")
"""``|lambda_2|`` of the product P = W_{r-1} ... W_0, ``||P - J||_2``, and ``||diag(P 1)^-1 P - J||_2``."""

LABELS = {
    "eigenvalue": r"$|\lambda_2(P)|$,  $P=W_{r-1}\cdots W_0$  [1]",
    "norm": r"$\|P-J\|_2$,  $P=W_{r-1}\cdots W_0$  [1]",
    "de-biased norm": r"$\|\mathrm{diag}(P\mathbf{1})^{-1}P-J\|_2$  [1]",
}


def path_of(schedule: MixingSchedule, rounds: int) -> Floats:
    """Return the three `MEASURES` of the product of the first r rounds for r = 0 .. rounds, shape (3, rounds + 1)."""
    from numerics.mixing import contraction, second_eigenvalue

    product = np.eye(schedule.n)
    values = [(1.0, 1.0, 1.0)]
    for k in range(rounds):
        product = schedule.at(k).apply(product, np.empty_like(product))
        debiased = product / product.sum(axis=1, keepdims=True)
        values.append((second_eigenvalue(product), contraction(product), contraction(debiased)))
    return np.array(values).T


def spread_of(samples: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, 5 % and 95 % quantile over the first axis."""
    low, high = np.quantile(samples, [0.05, 0.95], axis=0)
    return samples.mean(axis=0), low, high


def tabulate(families: Sequence[Family], rounds: int) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Return mean, 5 % and 95 % of all measures by the label of the family, each of shape (3, rounds + 1)."""
    return {
        family.label: spread_of(np.stack([path_of(schedule, rounds) for schedule in family.schedules])) for family in families
    }


def table_of(spreads: dict[str, tuple[Floats, Floats, Floats]]) -> style.Table:
    """Return the numbers of `tabulate` as columns."""
    columns: dict[str, list[Any]] = {"schedule": [], "rounds": []}
    for label, parts in spreads.items():
        length = parts[0].shape[1]
        columns["schedule"] += [label] * length
        columns["rounds"] += range(length)
        for which, measure in enumerate(MEASURES):
            for statistic, part in zip(("mean", "5%", "95%"), parts, strict=True):
                columns.setdefault(f"{measure} {statistic} [1]", []).extend(part[which])
    return columns


def draw_sgp(out: Path, families: Sequence[Family], rounds: int = 12) -> list[Path]:
    """Draw the three measures against the number of rounds and write sgp_contraction; return the paths."""
    spreads = tabulate(families, rounds)
    heads = ("second eigenvalue", "spectral norm", "spectral norm, push-sum weights divided out")
    with style.sheet(3, width=12.5, height=4.9) as (figure, axes):
        for which, (panel, letter, head) in enumerate(zip(axes, "abc", heads, strict=True)):
            for family in families:
                line: dict[str, Any] = {"color": family.color, "linestyle": family.dash, "label": family.label, "marker": "."}
                mean, low, high = (part[which] for part in spreads[family.label])
                style.with_band(panel, np.arange(rounds + 1), mean, low, high, **line)
            panel.set(xlim=(0, rounds), ylim=(-0.03, 1.35), xticks=range(0, rounds + 1, 2))
            panel.set(xlabel="mixing rounds $r$", ylabel=LABELS[MEASURES[which]])
            style.title(panel, letter, head)
        axes[1].text(rounds, 1.04, r"random products tend to $w\mathbf{1}^\top/n$, not to $J$", ha="right", fontsize=8)
        style.legend_below(figure, axes[0], columns=3)
        style.headline(figure, f"{families[0].schedules[0].n} workers; random schemes: mean and 5–95 % band over draws")
        return style.save(figure, {"": table_of(spreads)}, out, "sgp_contraction")


def draw_dpsgd(
    out: Path, families: Sequence[Family], gaps: dict[str, tuple[Family, list[int], Floats]], rounds: int = 30
) -> list[Path]:
    """Draw the norm against the number of rounds and the spectral gap against n; write dpsgd_contraction.

    Parameters
    ----------
    families
        Symmetric schedules, for which norm and second eigenvalue coincide.
    gaps
        By label: how it is drawn, numbers of workers, and ``1 - sqrt(rho)`` per number and draw.
    """
    spreads = tabulate(families, rounds)
    with style.sheet(2, height=4.9) as (figure, (left, right)):
        for family in families:
            line: dict[str, Any] = {"color": family.color, "linestyle": family.dash, "label": family.label}
            mean, low, high = (part[1] for part in spreads[family.label])
            style.decaying(left, np.arange(rounds + 1), mean, low, high, 1e-5, **line)
        left.set(xlim=(0, rounds), xlabel="mixing rounds $r$", ylabel=r"$\|W^r-J\|_2=|\lambda_2(W)|^r$  [1]")
        n = families[0].schedules[0].n
        style.title(left, "a", f"contraction of {n} workers")
        table: dict[str, list[Any]] = {"graph": [], "n [workers]": [], "1 - sqrt(rho) [1]": [], "5% [1]": [], "95% [1]": []}
        for label, (family, nodes, samples) in gaps.items():
            mean, low, high = spread_of(samples.T)
            line = {"color": family.color, "linestyle": family.dash, "marker": "o"}
            style.with_band(right, np.array(nodes), mean, low, high, **line)
            cells: tuple[Any, ...] = ([label] * len(nodes), nodes, mean, low, high)
            for column, cell in zip(table, cells, strict=True):
                table[column].extend(cell)
        many = np.array([4.0, 128.0])
        right.plot(many, 4 * np.pi**2 / (3 * many**2), color=style.FAINT, linewidth=1, linestyle=":")
        right.text(60, 4 * np.pi**2 / (3 * 60**2) * 0.55, r"$4\pi^2/(3n^2)$", ha="right", fontsize=8)
        right.set(xscale="log", yscale="log", xlabel="workers $n$", ylabel=r"gap $1-\sqrt{\rho}=1-|\lambda_2(W)|$  [1]")
        right.set_xticks([4, 8, 16, 32, 64, 128], [4, 8, 16, 32, 64, 128], minor=False)
        right.set_xticks([], minor=True)
        style.title(right, "b", "the gap that conditions on $K$ divide by")
        style.legend_below(figure, left, columns=5)
        style.headline(figure, "Metropolis weights; Erdős-Rényi: mean and 5–95 % band over draws of the graph")
        return style.save(figure, {"": table_of(spreads), "gap": table}, out, "dpsgd_contraction")
