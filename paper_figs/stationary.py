"""Where elastic averaging comes to rest though the gradient is not zero, on the example of easgd.moved-stationary-point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from numerics.algorithms.election import Judge
from numerics.typing import Array, Floats
from paper_figs import style

TILT, STEP = 0.5, 0.1
PENALTIES = (0.03, 0.1, 0.3, 0.9)
SHOWN = 0.3
STARTS = (2.5, -3.0)


def value(x: Floats) -> Floats:
    """Return e^(1 - |x|) outside [-1, 1], and inside (3 - x^2)/2 + c x (1 - x^2)^2 with c = 1/2."""
    inside = (3 - x**2) / 2 + TILT * x * (1 - x**2) ** 2
    return np.where(np.abs(x) > 1, np.exp(1 - np.abs(x)), inside)


def slope(x: Floats) -> Floats:
    """Return the derivative of `value`, which is continuous."""
    inside = -x + TILT * (1 - x**2) * (1 - 5 * x**2)
    return np.where(np.abs(x) > 1, -np.sign(x) * np.exp(1 - np.abs(x)), inside)


def resting(penalty: float) -> float:
    """Return y >= 1 with lambda y = e^(1 - y): workers at y and -y and a center at 0 do not move."""
    from scipy.special import lambertw

    return float(lambertw(np.e / penalty).real)


class ByValue(Judge):
    """Judges models by `value`."""

    def values(self, x: Array) -> Array:
        """Return f at every model, shape (n, R)."""
        return value(x[..., 0])


def slopes(penalty: float, rounds: int, leader: bool) -> Floats:
    """Return |f'| at both workers of EAGD, or of LGD, with two workers, shape (rounds + 1, 2)."""
    from numerics import algorithms, graphs
    from numerics.engine import run
    from numerics.events import rounds as events

    x0 = np.array(STARTS)[:, None, None]
    algorithm: Any = (
        algorithms.LGD(step_size=STEP, attraction=penalty) if leader else algorithms.EASGD(step_size=STEP, alpha=STEP * penalty)
    )
    state = algorithm.init(x0, 2)
    if leader:
        algorithm.seat(state, ByValue())
    seen = [np.abs(slope(state.x[:, 0, 0]))]
    run(
        algorithm,
        lambda points, *_: slope(points),
        events(graphs.complete(2).schedule(), rounds),
        state,
        lambda *moment: seen.append(np.abs(slope(moment[-1].x[:, 0, 0]))),
    )
    return np.array(seen)


def draw(out: Path, rounds: int) -> list[Path]:
    """Draw the function with the points at rest, and gradients along runs, and write easgd_stationary."""
    runs = {penalty: slopes(penalty, rounds, leader=False) for penalty in PENALTIES}
    led = slopes(SHOWN, rounds, leader=True)
    with style.sheet(2, width=10.5, height=4.2) as (figure, (left, right)):
        _function(left)
        _runs(right, runs, led)
        style.headline(
            figure,
            rf"two workers without noise, step {STEP}, started at {STARTS[0]} and {STARTS[1]}; our example: the theorem of "
            "the paper says that such functions exist",
        )
        return style.save(figure, {"": _table(runs, led), "points": _points(runs)}, out, "easgd_stationary")


def _function(axis: Any) -> None:
    x, y = np.linspace(-5, 5, 801), resting(SHOWN)
    axis.plot(x, value(x), color=style.INK, label=r"$f$")
    for at, color, label in (
        (y, style.PALETTE[1], rf"workers at rest, $\pm y$, $y={y:.2f}$: $|\nabla f|=\lambda y={SHOWN * y:.2f}$"),
        (-y, style.PALETTE[1], None),
        (0.0, style.PALETTE[0], rf"center at rest, 0: $\nabla f={TILT}$"),
    ):
        here, rise = float(value(np.array(at))), float(slope(np.array(at)))
        axis.plot([at - 0.9, at + 0.9], [here - 0.9 * rise, here + 0.9 * rise], color=color, linewidth=1, linestyle="--")
        axis.plot(at, here, marker="o", markersize=7, color=color, linestyle="none", label=label)
    axis.set(xlabel="$x$  [$x$]", ylabel="$f(x)$  [$f$]", ylim=(-0.1, 2.9), xlim=(-5, 5))
    axis.legend(loc="upper left")
    style.title(axis, "a", rf"a point at rest for $\lambda={SHOWN}$, with the tangents of $f$")


def _runs(axis: Any, runs: dict[float, Floats], led: Floats) -> None:
    k = np.arange(len(led))
    for (penalty, sample), color in zip(runs.items(), (style.PALETTE[5], style.PALETTE[4], *style.PALETTE[1:3]), strict=True):
        axis.plot(k, sample.max(axis=1), color=color, label=rf"EAGD, $\lambda={penalty}$, worse worker")
        axis.axhline(penalty * resting(penalty), color=color, linewidth=1, linestyle=":")
    axis.plot(k, led.min(axis=1), color=style.PALETTE[0], label=rf"LGD, $\lambda={SHOWN}$, leader")
    axis.set(xscale="log", yscale="log", xlabel="iterations $k$", ylabel=r"$|\nabla f(x^i_k)|$  [$f/x$]", xlim=(1, k[-1]))
    axis.legend(loc="lower left")
    style.title(axis, "b", r"gradients along runs; dotted: $\lambda y(\lambda)$")


def _table(runs: dict[float, Floats], led: Floats) -> style.Table:
    columns: dict[str, list[Any]] = {
        "algorithm": [],
        "lambda [f/x^2]": [],
        "k [iterations]": [],
        "|f'| worker 1 [f/x]": [],
        "|f'| worker 2 [f/x]": [],
    }
    k = np.unique(np.append(0, np.geomspace(1, len(led) - 1, 100).astype(int)))
    for name, penalty, sample in [("EAGD", *item) for item in runs.items()] + [("LGD", SHOWN, led)]:
        cells = ([name] * len(k), [penalty] * len(k), k, *sample[k].T)
        for column, cell in zip(columns.values(), cells, strict=True):
            column.extend(cell)
    return columns


def _points(runs: dict[float, Floats]) -> style.Table:
    return {
        "lambda [f/x^2]": list(runs),
        "y [x]": [resting(penalty) for penalty in runs],
        "lambda y [f/x]": [penalty * resting(penalty) for penalty in runs],
        "largest |f'| of EAGD at the end [f/x]": [float(sample[-1].max()) for sample in runs.values()],
    }
