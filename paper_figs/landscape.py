"""Leader and elastic averaging on the rings of sinc: who pulls the workers where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style
from paper_figs.runs import play

STARTS = ((20.0, 11.0), (17.0, 8.0), (-6.0, -4.0), (-15.0, -18.0))
STEP = PULL = 0.1
MINIMA = ((1.4303, "-0.2172"), (3.4709, "-0.0913"))
"""Radius and value of the two innermost rings of minima."""

HEADS = {"EAGD": "elastic averaging (EAGD)", "LGD": "leader (LGD)"}
COLORS = (style.PALETTE[2], style.PALETTE[3], style.PALETTE[4], style.PALETTE[5])
FAR, NEAR = 23.0, 4.7


def trace(rounds: int) -> dict[str, tuple[Floats, Floats]]:
    """Return, for EAGD and LGD, workers and center, shape (rounds + 1, 5, 2), and f there, shape (rounds + 1, 5)."""
    from numerics import algorithms, problems

    problem = problems.sinc(noise="none")
    found = {}
    for name, algorithm in (
        ("EAGD", algorithms.EASGD(step_size=STEP, alpha=PULL)),
        ("LGD", algorithms.LGD(step_size=STEP, pull=PULL)),
    ):
        points: list[Floats] = []
        play(
            algorithm,
            problem,
            np.array(STARTS),
            rounds,
            lambda _, state, algorithm=algorithm, points=points: points.append(  # type: ignore[misc]
                np.concatenate([state.x[:, 0], algorithm.center(state)])
            ),
        )
        found[name] = (np.array(points), problem.objective.value(np.array(points)))
    return found


def draw(out: Path, rounds: int = 150) -> list[Path]:
    """Draw both trajectories over the landscape and the best value against iterations; write lsgd_landscape."""
    found = trace(rounds)
    with style.sheet(3, width=13.0, height=4.6) as (figure, axes):
        for axis, letter, name in zip(axes, "ab", found, strict=False):
            points, values = found[name]
            image = _landscape(axis, FAR, 450)
            axis.set(xlabel="$x_1$  [$x$]", ylabel="$x_2$  [$x$]", xlim=(-FAR, FAR), ylim=(-FAR, FAR))
            inset = axis.inset_axes((0.6, 0.02, 0.38, 0.38))
            _landscape(inset, NEAR, 200)
            inset.set(xlim=(-NEAR, NEAR), ylim=(-NEAR, NEAR), xticks=[], yticks=[])
            inset.spines[:].set_visible(True)
            axis.indicate_inset_zoom(inset, edgecolor=style.INK)
            for where in (axis, inset):
                _paths(where, points[:, : 5 if name == "EAGD" else 4])
            end = points[-1, 0]
            style.title(axis, letter, f"{HEADS[name]} to ({end[0]:.2f}, {end[1]:.2f}), $f={values[-1, 0]:.4f}$")
            axis.legend(loc="upper left", frameon=True, framealpha=0.85, edgecolor="none")
        bar = figure.colorbar(image, ax=axes[1], label=r"$f$  [$f$]", format="%g", ticks=[-0.2, -0.1, -0.03, 0, 0.03, 0.1, 0.2])
        bar.minorticks_off()
        _values(axes[2], found)
        style.headline(
            figure,
            rf"four workers, no noise, on $\sin(\pi r)/(\pi r)$, step {STEP}, share {PULL} of the distance to center or leader; "
            "center started in the mean (the function is identified from the levels of the authors' poster)",
        )
        return style.save(figure, {"": _table(found), "ends": _ends(found)}, out, "lsgd_landscape")


def _landscape(axis: Any, reach: float, cells: int) -> Any:
    from matplotlib.colors import AsinhNorm

    edges = np.linspace(-reach, reach, cells + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    heights = np.sinc(np.hypot(*np.meshgrid(middle, middle)))
    norm = AsinhNorm(linear_width=0.02, vmin=-0.25, vmax=0.25)
    image = axis.imshow(heights, extent=(-reach, reach, -reach, reach), origin="lower", cmap="RdBu_r", norm=norm, alpha=0.6)
    turn = np.linspace(0, 2 * np.pi, 200)
    for ring, _ in MINIMA:
        axis.plot(ring * np.cos(turn), ring * np.sin(turn), color=style.INK, linewidth=0.7, linestyle=":")
    axis.grid(visible=False)
    return image


def _paths(axis: Any, points: Floats) -> None:
    for who in range(points.shape[1]):
        color, label = (COLORS[who], f"worker {who + 1}") if who < 4 else (style.INK, "center variable")
        axis.plot(*points[:, who].T, color=color, marker=".", markersize=3, linewidth=1.2, label=label)
        axis.plot(*points[0, who], marker="o", color=color, markeredgecolor="white")
    axis.plot(*points[-1, 0], marker="*", markersize=8, color="#FFD700", markeredgecolor=style.INK, zorder=5)


def _values(axis: Any, found: dict[str, tuple[Floats, Floats]]) -> None:
    for (name, (_, values)), color in zip(found.items(), (style.PALETTE[1], style.PALETTE[0]), strict=True):
        k = np.arange(len(values))
        for worker in range(4):
            axis.plot(k, values[:, worker], color=color, linewidth=0.6, alpha=0.5)
        axis.plot(k, values[:, :4].min(axis=1), color=color, label=f"{name}: best worker (thin: each)")
    for _, text in MINIMA:
        axis.axhline(float(text), color=style.FAINT, linewidth=1, linestyle=":")
        axis.text(len(k) - 1, float(text) + 0.004, text, ha="right", va="bottom", fontsize=8)
    axis.set(xlabel="iterations $k$", ylabel="$f(x^i_k)$  [$f$]", xlim=(0, len(k) - 1))
    axis.legend(loc="upper right")
    style.title(axis, "c", "value along the runs")


def _table(found: dict[str, tuple[Floats, Floats]]) -> style.Table:
    columns: dict[str, list[Any]] = {
        "algorithm": [],
        "point": [],
        "k [iterations]": [],
        "x_1 [x]": [],
        "x_2 [x]": [],
        "value [f]": [],
    }
    for name, (points, values) in found.items():
        for who in range(5):
            label = f"worker {who + 1}" if who < 4 else "center"
            cells = ([name] * len(points), [label] * len(points), range(len(points)), *points[:, who].T, values[:, who])
            for column, cell in zip(columns.values(), cells, strict=True):
                column.extend(cell)
    return columns


def _ends(found: dict[str, tuple[Floats, Floats]]) -> style.Table:
    return {
        "algorithm": list(found),
        "x_1 of worker 1 [x]": [points[-1, 0, 0] for points, _ in found.values()],
        "x_2 of worker 1 [x]": [points[-1, 0, 1] for points, _ in found.values()],
        "largest distance between workers [x]": [
            float(np.linalg.norm(points[-1, :4, None] - points[-1, None, :4], axis=-1).max()) for points, _ in found.values()
        ],
        "best value [f]": [float(values[-1, :4].min()) for _, values in found.values()],
    }
