"""Planes drawn: the system with the smallest bound by colour, that bound by contours, and where the speed-up is linear."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from straggler import InputError

if TYPE_CHECKING:
    from experiments.comparison.planes import Plane

SUFFIXES = (".png", ".pdf", ".svg")

COLOURS: Mapping[str, str] = {
    "sgd": "#222222",
    "dpsgd": "#0072B2",
    "sgp": "#D55E00",
    "osgp": "#CC79A7",
    "local-sgd": "#009E73",
    "adpsgd": "#E69F00",
    "apsgd": "#56B4E9",
    "wagma-sequential": "#882255",
    "eager": "#F0E442",
    "hogwild": "#332288",
    "async-ef": "#AA4499",
    "message-passing": "#44AA99",
    "elastic-scheduling": "#999933",
    "compressed-messages": "#CC6677",
    "compressed-sgd": "#117733",
    "ef-sgd": "#8a8a8a",
    "def": "#661100",
    "mem-sgd": "#6699CC",
    "lgd": "#AA7744",
    "lsgd": "#DDAA77",
    "adversarial-views": "#bbbbbb",
    "adversarial-views-async": "#555555",
}
"""One colour per system, in all figures; the first ones told apart by people with any kind of colour vision."""

AXES: Mapping[str, str] = {
    "n": "workers $n$",
    "K": "rounds $K$",
    "staleness": "staleness  [rounds]",
    "1 - rho": r"$1-\rho$ of a round",
    "zeta": r"heterogeneity $\zeta$",
}
TITLES: Mapping[str, str] = {
    "n-K": "workers and rounds",
    "n-staleness": "workers and staleness",
    "rho-zeta": "contraction and heterogeneity",
}


def files(out: Path) -> list[Path]:
    """Return the images that ``--out`` asks for: itself, or ``compare.png`` and ``compare.pdf`` in a folder.

    Raises
    ------
    InputError
        It has an ending that is no image's.
    """
    if out.suffix.lower() in SUFFIXES and not out.is_dir():
        return [out]
    if out.suffix and not out.is_dir():
        raise InputError("--out", str(out), f"a folder, or an image that ends in {', '.join(SUFFIXES)}")
    return [out / "compare.png", out / "compare.pdf"]


def draw(planes: Sequence[Plane], head: str, out: Path) -> list[Path]:
    """Write planes as panels of one image and return the paths; each file whole or not at all.

    Parameters
    ----------
    planes
        What to draw, from left to right.
    head
        What is compared, and on what.
    out
        An image, or a folder.

    Raises
    ------
    InputError
        ``out`` names no image that can be drawn. ResultError: it cannot be written.
    """
    import matplotlib
    from matplotlib.figure import Figure

    from experiments.storage import write

    paths = files(out)
    width = 1.0 + 4.3 * len(planes)
    with matplotlib.rc_context({"font.size": 9, "pdf.fonttype": 42, "hatch.linewidth": 0.6}):
        figure = Figure(figsize=(width, 5.6), layout="constrained")
        panels = figure.subplots(1, len(planes), squeeze=False).ravel()
        for axes, plane in zip(panels, planes, strict=True):
            paint(axes, plane)
            axes.set_title(TITLES[plane.name], loc="left", fontsize=10)
        figure.legend(handles=key(planes), loc="outside lower center", ncols=max(2, int(width / 3.3)), frameon=False)
        figure.suptitle(
            "\n".join(textwrap.wrap(head, int(14 * width)) + caption(planes, int(14 * width))), x=0.01, ha="left", fontsize=8
        )
        for path in paths:
            write(path, lambda file, path=path: figure.savefig(file, format=path.suffix[1:].lower(), dpi=150))
    return paths


def paint(axes: Any, plane: Plane) -> None:
    """Draw one plane on logarithmic axes: winners, hatching where no theorem applies, contours, and lines of K_linear."""
    from matplotlib.colors import ListedColormap

    axes.patch.set(facecolor="white", hatch="////", edgecolor="#b0b0b0")
    shown = np.ma.masked_less(plane.winners, 0)
    colours = ListedColormap([_light(COLOURS[system]) for system in plane.systems])
    axes.pcolormesh(
        _edges(plane.x), _edges(plane.y), shown, cmap=colours, vmin=-0.5, vmax=len(plane.systems) - 0.5, rasterized=True
    )
    axes.set(xscale="log", yscale="log", xlabel=AXES[plane.x_name], ylabel=AXES[plane.y_name])
    axes.set(xlim=_edges(plane.x)[[0, -1]], ylim=_edges(plane.y)[[0, -1]])
    if plane.x_name == "n":
        ticks = [int(n) for n in plane.x if np.log2(n) % 1 == 0 or n in (9, 36, 100)]
        axes.set_xticks(ticks, ticks)
        axes.set_xticks([], minor=True)
    _contours(axes, plane)
    for system, rounds in plane.K_linear.items():
        seen = np.where(np.isfinite(rounds), rounds, np.nan)
        axes.plot(plane.x, seen, color="white", linewidth=3.2)
        axes.plot(plane.x, seen, color=COLOURS[system], linewidth=1.7, linestyle=_dash(plane.systems.index(system)))
    for index, system in enumerate(plane.systems):
        _name(axes, plane, plane.winners == index, system, COLOURS[system])
    _name(axes, plane, plane.winners < 0, "no theorem\napplies", "#555555")


def key(planes: Sequence[Plane]) -> list[Any]:
    """Return the entries of a legend for all planes: who wins somewhere, hatching, contours, lines of K_linear."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    systems = list(dict.fromkeys(system for plane in planes for system in plane.systems))
    winning = {plane.systems[index] for plane in planes for index in np.unique(plane.winners) if index >= 0}
    found: list[Any] = [
        Patch(facecolor=_light(COLOURS[system]), edgecolor=COLOURS[system], label=f"smallest bound: {system}")
        for system in systems
        if system in winning
    ]
    if any((plane.winners < 0).any() for plane in planes):
        found.append(Patch(facecolor="white", hatch="////", edgecolor="#b0b0b0", label="no theorem applies"))
    found.append(Line2D([], [], color="#444444", linewidth=0.8, label="smallest bound, powers of ten"))
    for plane in planes:
        found += [
            Line2D(
                [],
                [],
                color=COLOURS[system],
                linestyle=_dash(plane.systems.index(system)),
                label=f"linear speed-up above: {system}",
            )
            for system, rounds in plane.K_linear.items()
            if np.isfinite(rounds).any()
        ]
    return found


def caption(planes: Sequence[Plane], width: int) -> list[str]:
    """Return lines that say what is bounded and what stays fixed, panel by panel, and who is left out."""
    what = f"bounds of {planes[0].quantity}, each at the admissible step with the least bound where the theorem leaves it free"
    lines = textwrap.wrap(what, width)
    for plane in planes:
        fixed = ", ".join(f"{name} = {value:g}" for name, value in plane.fixed.items())
        gone = "; ".join(f"{system}: {why}" for system, why in plane.left_out.items())
        more = {"n-staleness": "staleness s: tau = s rounds, T = s n updates", "rho-zeta": "one symmetric W"}.get(plane.name)
        level = f"the same for every {plane.y_name}: {', '.join(plane.level)}" if plane.level else None
        told = (more, level, f"left out: {gone}" if gone else None)
        parts = [f"{TITLES[plane.name]}: {fixed}", *(part for part in told if part)]
        lines += textwrap.wrap("; ".join(parts), width)
    assumed = dict.fromkeys(text for plane in planes for text in plane.assumed)
    return lines + (textwrap.wrap(f"assumed: {'; '.join(assumed)}", width) if assumed else [])


def _light(colour: str) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb

    return tuple(0.45 * part + 0.55 for part in to_rgb(colour))


def _dash(index: int) -> Any:
    return ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))[index % 5]


def _edges(centers: Any) -> Any:
    logs = np.log(centers)
    middles = (logs[1:] + logs[:-1]) / 2
    return np.exp(np.concatenate([[2 * logs[0] - middles[0]], middles, [2 * logs[-1] - middles[-1]]]))


def _contours(axes: Any, plane: Plane) -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.ma.masked_invalid(np.log10(plane.smallest))
    if logs.count() == 0:
        return
    low, high = np.ceil(logs.min()), np.floor(logs.max())
    levels = np.arange(low, high + 1)
    if len(levels) > 9:
        levels = levels[:: int(np.ceil(len(levels) / 9))]
    if len(levels) and min(plane.smallest.shape) > 1:
        lines = axes.contour(plane.x, plane.y, logs, levels=levels, colors="#444444", linewidths=0.8, linestyles="solid")
        axes.clabel(lines, fmt=lambda level: f"$10^{{{level:.0f}}}$", fontsize=7)


def _name(axes: Any, plane: Plane, where: Any, text: str, colour: str) -> None:
    """Write a name where its region is widest, if there is room for it."""
    from scipy.ndimage import distance_transform_edt

    rows, columns = where.shape
    steps = (1.0 / rows, 1.0 / columns)
    depth = distance_transform_edt(np.pad(where, 1), sampling=steps)[1:-1, 1:-1]
    if depth.max() < 0.06:
        return
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    axes.text(
        plane.x[column],
        plane.y[row],
        text,
        ha="center",
        va="center",
        color="#222222" if colour == COLOURS["eager"] else colour,  # yellow cannot be read on white
        fontweight="bold",
        bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "alpha": 0.85, "linewidth": 0},
    )
