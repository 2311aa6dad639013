"""Speed-up against workers on a homogeneous cluster, with a network card each and with a link that all share.

Half of AD-PSGD's workers are passive: they answer when asked, and compute on meanwhile. However slow the link, they take their
gradients; that gradients are then averaged less often is not seen in speed-ups.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style
from paper_figs.calibrated import LINES, NAMES, speed_up
from paper_figs.waiting import Summary, append, summary

NODES = (2, 4, 8, 16, 32, 64, 128)
SHARED = 8.0
"""Messages that the shared link carries at full speed in panel (b)."""

CAPACITIES = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
RATIOS = {32: style.PALETTE[4], 64: style.PALETTE[2], 128: style.PALETTE[0]}
PRINTED_RATIO = (4, 8)
"""How many times faster per epoch than AllReduce AD-PSGD is said to be on clusters with shared networks."""


def speed_ups(system: str, n: int, capacity: float | None, rounds: int, seed: int, replicas: int) -> Floats:
    """Return the speed-up over one worker, shape (replicas,); only AD-PSGD has anything random, its partners."""
    own = replicas if system == "adpsgd" else 1
    found = np.array([speed_up(system, n, capacity, rounds, seed * replicas + r) for r in range(own)])
    return np.broadcast_to(found, (replicas,))


def draw(out: Path, quick: bool, seed: int) -> list[Path]:
    """Draw speed-ups to 128 workers and AD-PSGD's lead against the capacity of the link, and write adpsgd_scaling."""
    rounds, replicas = (30, 3) if quick else (300, 8)
    capacities = CAPACITIES[::3] if quick else CAPACITIES
    table: dict[str, list[Any]] = {}
    with style.sheet(3, width=13.5, height=4.6) as (figure, axes):
        for axis, capacity in zip(axes, (None, SHARED), strict=False):
            axis.plot(NODES, NODES, color=style.FAINT, linewidth=1, label="$n$")
            for system in NAMES:
                samples = np.stack([speed_ups(system, n, capacity, rounds, seed, replicas) for n in NODES])
                values = summary(samples)
                line = LINES[system] | {"label": NAMES[system], "marker": "o", "markersize": 3}
                style.with_band(axis, np.array(NODES), *values, **line)
                _add(table, system, np.inf if capacity is None else capacity, values)
            axis.set(xscale="log", yscale="log", xlabel="workers $n$", ylabel="speed-up over one worker", ylim=(1, 160))
            _ticks(axis.set_xticks, NODES)
            _ticks(axis.set_yticks, (1, 2, 4, 8, 16, 32, 64, 128))
            axis.legend(loc="upper left")
        style.title(axes[0], "a", "a network card each")
        style.title(axes[1], "b", f"a shared link that carries {SHARED:g} messages")
        lead = _lead(axes[2], capacities, rounds, seed, replicas)
        style.headline(
            figure,
            "homogeneous cluster, gradients and messages as long as fitted on 16 workers; "
            "AD-PSGD's passive workers wait for no message;\n"
            f"bands: 95 % intervals over {replicas} replicas of AD-PSGD's partners, mostly narrower than the lines",
        )
        return style.save(figure, {"": table, "lead": lead}, out, "adpsgd_scaling")


def _lead(axes: Any, capacities: tuple[float, ...], rounds: int, seed: int, replicas: int) -> style.Table:
    """Draw by how much AD-PSGD is faster per epoch than AllReduce."""
    table: dict[str, list[Any]] = {}
    at = np.array(capacities)
    for n, color in RATIOS.items():
        both = [
            np.stack([speed_ups(system, n, capacity, rounds, seed, replicas) for capacity in capacities])
            for system in ("adpsgd", "sgd")
        ]
        mean, low, high = summary(both[0] / both[1])
        style.with_band(axes, at, mean, low, high, color=color, marker="o", markersize=3, label=f"$n={n}$")
        columns = {"n [workers]": [n] * len(at), "capacity [messages]": at, "lead [1]": mean, "95% low": low, "95% high": high}
        append(table, columns)
    axes.axhspan(*PRINTED_RATIO, color=style.FAINT, alpha=0.2, linewidth=0)
    axes.text(at[-1], 7.9, "reported: 4 to 8 times", ha="right", va="top", fontsize=8)
    axes.set(xscale="log", yscale="log", ylim=(1, 16))
    axes.set(xlabel="capacity of the shared link  [messages at full speed]", ylabel="epochs per second, AD-PSGD / AllReduce")
    _ticks(axes.set_xticks, capacities)
    _ticks(axes.set_yticks, (1, 2, 4, 8, 16))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 0.02))
    style.title(axes, "c", "AD-PSGD's lead depends on the link")
    return table


def _ticks(setter: Any, values: tuple[float, ...]) -> None:
    setter(values, [f"{value:g}" for value in values])
    setter([], minor=True)


def _add(table: dict[str, list[Any]], system: str, capacity: float, values: Summary) -> None:
    mean, low, high = values
    columns = {
        "system": [system] * len(NODES),
        "shared link [messages]": [capacity] * len(NODES),
        "n [workers]": NODES,
        "speed-up [1]": mean,
        "95% low [1]": low,
        "95% high [1]": high,
    }
    append(table, columns)
