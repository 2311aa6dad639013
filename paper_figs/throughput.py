"""Throughput against workers beside WAGMA-SGD's Figure 4, with the error of every bar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paper_figs import style
from paper_figs.bars import (
    DIGITISATION,
    FITTED,
    GOSSIP,
    MEASURED,
    SAMPLES,
    SCOPES,
    SYSTEMS,
    Bars,
    Fit,
    bars,
    command,
    fit,
    measured,
)

NODES = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
QUICK_NODES = (4, 16, 64, 256)
COLORS = dict(zip(SCOPES, (style.PALETTE[0], style.PALETTE[1]), strict=True))


def draw(out: Path, quick: bool, jobs: int) -> list[Path]:
    """Draw measured and modelled throughput per worker, one panel for each system, and write wagma_throughput."""
    nodes, processes = (QUICK_NODES, 1) if quick else (NODES, jobs)
    fits = {scope: fit(scope) for scope in SCOPES}
    best = min(fits.values(), key=lambda each: each.rms)
    other = next(scope for scope in SCOPES if scope != best.scope)
    models = [
        bars("fitted", best.settings, nodes, processes),
        bars(f"fitted, {other} barrier", best.settings | {"training.barrier": other}, nodes, processes),
        bars("workload as it ships", {}, nodes, processes),
    ]
    with style.sheet(8, width=13, height=6.4, rows=2) as (figure, axes):
        for axis, letter, system in zip(axes, "abcdefg", SYSTEMS, strict=False):
            _panel(axis, system, nodes, models, best, other)
            style.title(axis, letter, system)
            axis.set_xlabel("workers $P$")
            axis.label_outer()
        for axis in (axes[0], axes[4]):
            axis.set_ylabel("throughput per worker  [images/s]")
        axes[3].set_xlabel("workers $P$")
        axes[3].tick_params(labelbottom=True)
        _words(axes[7], axes[2], models, fits)
        style.headline(
            figure,
            "ResNet-50, batch 128 a worker, 2 random workers of every step 320 ms late: measured (Li et al. 2021, Fig. 4, "
            "digitised) and modelled by `straggler cluster`; numbers: error of the fitted model",
        )
        return style.save(figure, {"": _table(nodes, models), "fit": _fits(fits)}, out, "wagma_throughput")


def _panel(axes: Any, system: str, nodes: Sequence[int], models: Sequence[Bars], best: Fit, other: str) -> None:
    for P in MEASURED:
        height, seen = measured(system, P) / P, P in FITTED
        face = "#a8a8a8" if seen else "#d9d9d9"
        axes.bar(P, height, width=0.55 * P, color=face, zorder=1, label=f"measured, {'fitted' if seen else 'predicted'}")
        axes.text(P, 6, f"{100 * models[0].error(system, P):+.1f} %", ha="center", va="bottom", fontsize=8.5, rotation=90)
    shipped = [models[2].values[system, P] / P for P in nodes]
    axes.plot(nodes, shipped, color=style.FAINT, linestyle=":", linewidth=1.2, label="model, workload as it ships (5.5 GB/s)")
    if system in GOSSIP:
        values = [models[1].values[system, P] / P for P in nodes]
        axes.plot(nodes, values, color=COLORS[other], linestyle="--", marker="s", markersize=3, label=f"model, {other} barrier")
    values = [models[0].values[system, P] / P for P in nodes]
    axes.plot(nodes, values, color=COLORS[best.scope], marker="o", markersize=3.5, label=f"model, {best.scope} barrier")
    axes.set_xscale("log", base=2)
    axes.set_xticks([4, 16, 64, 256, 1024], ["4", "16", "64", "256", "1024"])
    axes.minorticks_off()
    axes.set(xlim=(2.6, 1500), ylim=(0, 225))


def _words(axes: Any, full: Any, models: Sequence[Bars], fits: dict[str, Fit]) -> None:
    """Fill the last panel with the legend, the fits, the medians, and what is left over."""
    axes.axis("off")
    handles, labels = full.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    axes.legend(once.values(), once, loc="upper left", bbox_to_anchor=(-0.1, 1.08), fontsize=8)
    lines = [f"fitted to the bars at $P={FITTED[0]}$ and {FITTED[1]} only:"]
    for each in fits.values():
        speed = "messages hidden" if math.isinf(each.bandwidth) else f"{each.bandwidth / 1e9:.2g} GB/s"
        lines.append(f"  {each.scope} barrier: {each.seconds:.3f} s, {speed}, rms {100 * each.rms:.1f} %")
    lines.append(f"median |error| (at $P={', '.join(map(str, MEASURED))}$):")
    for bars_ in models:
        apart = ", ".join(f"{100 * bars_.median([P]):.1f}" for P in MEASURED)
        lines.append(f"  {bars_.name}: {100 * bars_.median():.1f} %  ({apart})")
    lines.append("not explained, measured $-$ model, seconds an iteration:")
    largest = [f"{system} {P}: {seconds:+.2f}" for system, P, seconds in left_over(models[0])[:6]]
    lines += ["  " + ",  ".join(largest[start : start + 2]) for start in range(0, len(largest), 2)]
    lines.append("  (of wait-avoiding collectives: more with more members)")
    axes.text(-0.1, 0.54, "\n".join(lines), transform=axes.transAxes, fontsize=7.5, va="top", linespacing=1.25)


def left_over(model: Bars) -> list[tuple[str, int, float]]:
    """Return (system, P, measured - modelled seconds per iteration), largest size first."""
    found = [
        (system, P, SAMPLES * P / measured(system, P) - SAMPLES * P / model.values[system, P])
        for P in MEASURED
        for system in SYSTEMS
    ]
    return sorted(found, key=lambda entry: -abs(entry[2]))


def _table(nodes: Sequence[int], models: Sequence[Bars]) -> style.Table:
    columns: dict[str, list[Any]] = {}
    for model in models:
        for system in SYSTEMS:
            if model is models[1] and system not in GOSSIP:
                continue
            for P in nodes:
                bar, seen = model.values[system, P], P in MEASURED
                found = float(measured(system, P)) if seen else math.nan
                row = {
                    "model": model.name,
                    "system": system,
                    "P [workers]": P,
                    "fitted to": model is not models[2] and P in FITTED,
                    "measured [images/s]": found,
                    "digitisation error [images/s]": DIGITISATION if seen else math.nan,
                    "model [images/s]": bar,
                    "relative error [1]": model.error(system, P),
                    "measured iteration [s]": SAMPLES * P / found,
                    "model iteration [s]": SAMPLES * P / bar,
                    "command": command(system, P, model.settings),
                }
                for name, value in row.items():
                    columns.setdefault(name, []).append(value)
    return columns


def _fits(fits: dict[str, Fit]) -> style.Table:
    shown = list(fits.values())
    return {
        "barrier": [each.scope for each in shown],
        "compute [s]": [each.seconds for each in shown],
        "bandwidth [byte/s]": [each.bandwidth for each in shown],
        "rms log error of fitted bars [1]": [each.rms for each in shown],
    }
