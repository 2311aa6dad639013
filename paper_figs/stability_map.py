"""The picture of `stability`: maps of EASGD and ADMM, and how slowly the example diverges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style
from paper_figs.stability import EXAMPLE, ROUNDING, SPANS, START, WINDOW, boundary, cells, chart, example, peaks, radius


def draw(out: Path, quick: bool, jobs: int) -> list[Path]:
    """Draw the three maps and the example, and write easgd_stability."""
    points, laps, jobs = (16, 8000, 1) if quick else (64, 12000, jobs)
    maps = {case: chart(*case, points, jobs) for case in (("easgd", 3), ("admm", 3), ("admm", 8))}
    runs = {system: example(system, laps) for system in ("admm", "easgd")}
    with style.sheet(4, width=15.0, height=4.2) as (figure, axes):
        _easgd(figure, axes[0], maps["easgd", 3])
        for axis, letter, n in zip(axes[1:3], "bc", (3, 8), strict=True):
            _admm(figure, axis, letter, n, maps["admm", n])
        _example(axes[3], runs)
        style.headline(
            figure,
            r"$F(x)=x^2/2$ in one dimension, no noise, workers take turns: spectral radius of one lap (every worker once) as a "
            "linear map of all variables; blue: stable, red: unstable, dashed: radius 1",
        )
        return style.save(figure, {"": _table(maps), "summary": _summary(maps), "example": _runs(runs)}, out, "easgd_stability")


def _map(figure: Any, axis: Any, system: str, radii: Floats, label: str, scale: float, ticks: list[float]) -> None:
    from matplotlib.colors import TwoSlopeNorm

    steps, strengths = cells(system, len(radii))
    excess = (radii - 1) * scale
    norm = TwoSlopeNorm(0.0, ticks[0], ticks[-1])
    image = axis.pcolormesh(steps, strengths, excess, cmap="RdBu_r", norm=norm, shading="nearest", rasterized=True)
    figure.colorbar(image, ax=axis, label=label, extend="both", aspect=30, ticks=ticks)
    axis.contour(steps, strengths, excess, levels=[ROUNDING * scale], colors="#FFD700", linestyles="--", linewidths=1.2, zorder=3)
    axis.set(xlim=(0, SPANS[system][0]), ylim=(0, SPANS[system][1]))
    axis.grid(visible=False)


def _easgd(figure: Any, axis: Any, radii: Floats) -> None:
    _map(figure, axis, "easgd", radii, "spectral radius - 1  [1]", 1, [-0.5, -0.25, 0, 0.5, 1, 1.5])
    fine = np.linspace(0, 2, 200)
    axis.plot(fine, boundary(fine), color=style.INK, linewidth=2.6, label=r"printed: $\alpha=(4-2\eta)/(4-\eta)$")
    axis.legend(loc="lower left")
    axis.set(xlabel=r"step size $\eta$  [$x^2/F$]", ylabel=r"moving rate $\alpha$  [1]")
    style.title(axis, "a", f"EASGD, 3 workers: {_share(radii):.0%} unstable")


def _admm(figure: Any, axis: Any, letter: str, n: int, radii: Floats) -> None:
    _map(figure, axis, "admm", radii, r"(spectral radius - 1) $\times$ 1000  [1]", 1e3, [-9, -6, -3, 0, 1, 2, 3])
    step, penalty = EXAMPLE["step_size"], EXAMPLE["penalty"]
    axis.plot(step, penalty, marker="o", markersize=7, color="white", markeredgecolor=style.INK)
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
    text = r"$\eta=0.001$, $\rho=2.5$:" + f"\nradius {radius('admm', n, step, penalty):.5f}\n(largest: {radii.max():.5f})"
    axis.annotate(text, (step, penalty), (10, -8), textcoords="offset points", fontsize=8, bbox=box)
    axis.set(xlabel=r"step size $\eta$  [$x^2/F$]", ylabel=r"penalty $\rho$  [$F/x^2$]", xticks=[0, 0.005, 0.01])
    style.title(axis, letter, f"ADMM, {n} workers: {_share(radii):.0%} unstable")


def _example(axis: Any, runs: dict[str, Floats]) -> None:
    names = {"admm": "ADMM", "easgd": r"EASGD, $\alpha=\eta\rho$"}
    for (system, centers), color in zip(runs.items(), (style.PALETTE[1], style.PALETTE[0]), strict=True):
        laps, largest = peaks(centers)
        axis.plot(laps, largest, color=color, label=names[system])
    growth, (laps, largest) = radius("admm", 3, EXAMPLE["step_size"], EXAMPLE["penalty"]), peaks(runs["admm"])
    late = laps >= 0.6 * laps[-1]
    line = largest[-1] * growth ** (laps[late] - laps[-1])
    axis.plot(laps[late], 2 * line, color=style.INK, linestyle="--", label=rf"$\propto{growth:.5f}^k$")
    axis.set(yscale="log", xlabel="laps $k$", xlim=(0, laps[-1]), ylim=(0.1, 1e5))
    axis.set_ylabel(f"largest |center variable| in {WINDOW} laps  [$x$]")
    axis.set_xticks(np.linspace(0, laps[-1], 3))
    axis.legend(loc="upper left")
    style.title(axis, "d", f"the example, from {START:g}")


def _share(radii: Floats) -> float:
    return float(np.mean(radii > 1 + ROUNDING))


def _table(maps: dict[tuple[str, int], Floats]) -> style.Table:
    columns: dict[str, list[Any]] = {}
    for (system, n), radii in maps.items():
        steps, strengths = cells(system, len(radii))
        block: dict[str, Any] = {
            "system": [system] * radii.size,
            "n [workers]": [n] * radii.size,
            "eta [x^2/F]": np.tile(steps, len(strengths)),
            "alpha [1] or rho [F/x^2]": np.repeat(strengths, len(steps)),
            "spectral radius of a lap [1]": radii.ravel(),
            "stable": radii.ravel() <= 1 + ROUNDING,
        }
        for name, cell in block.items():
            columns.setdefault(name, []).extend(cell)
    return columns


def _summary(maps: dict[tuple[str, int], Floats]) -> style.Table:
    return {
        "system": [system for system, _ in maps],
        "n [workers]": [n for _, n in maps],
        "unstable share [1]": [_share(radii) for radii in maps.values()],
        "largest radius [1]": [float(radii.max()) for radii in maps.values()],
        "radius at the example [1]": [
            radius(system, n, EXAMPLE["step_size"], EXAMPLE["penalty"] * (EXAMPLE["step_size"] if system == "easgd" else 1))
            for system, n in maps
        ],
    }


def _runs(runs: dict[str, Floats]) -> style.Table:
    columns = {f"largest |center| since the row before, {system} [x]": peaks(centers)[1] for system, centers in runs.items()}
    return {"laps": peaks(runs["admm"])[0], **columns}
