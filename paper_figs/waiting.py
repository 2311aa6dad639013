"""Error against iterations and against seconds, with and without a slow worker, for systems that wait and that do not.

All workers draw from the same data: what a slow worker does to the limit where data differ is in `paper_figs.bias`. Against
iterations, reads that are old by n - 1 updates do not show at this step; what differs between the systems is time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import calibrated, style
from paper_figs.calibrated import LINES, NAMES, SLOWDOWNS, N
from paper_figs.convergence import half_width

PROBLEM: dict[str, Any] = {
    "dim": 20,
    "smoothness": 1.0,
    "start": 1.5,
    "sigma": 2.0,
    "zeta": 0.0,
    "noise": "rademacher",
}
STEP = 0.1
"""Step size gamma of a mean of 16 gradients: a single gradient moves the center by gamma/16 in every system."""

Summary = tuple[Floats, Floats, Floats]
"""Mean over replicas and ends of its 95 % interval."""


@dataclass(frozen=True)
class Run:
    """A system with one slow worker: ||grad f(center)||^2 and times in seconds, both of shape (records, R)."""

    system: str
    slowdown: int
    gradients: Floats
    errors: Floats
    times: Floats

    def against_iterations(self) -> Summary:
        """Return the error after each number of ``gradients`` per worker."""
        return summary(self.errors)

    def against_seconds(self, grid: Floats) -> Summary:
        """Return the error at common times, each replica interpolated on its own clock; nan after the end of its run."""
        columns = zip(self.times.T, self.errors.T, strict=True)
        return summary(np.stack([np.interp(grid, time, error, right=np.nan) for time, error in columns], axis=-1))


def summary(samples: Floats) -> Summary:
    """Return mean and 95 % Student interval over the last axis."""
    mean, half = samples.mean(axis=-1), half_width(samples)
    return mean, mean - half, mean + half


def simulated(system: str, slowdown: int, rounds: int, replicas: int, seed: int) -> Run:
    """Run a system until its workers have taken ``rounds`` gradients each, on average."""
    from numerics import algorithms, problems, simulate

    clock = calibrated.timeline(system, N, slowdown)
    problem = problems.cosine(workers=N, **PROBLEM)
    step = STEP / N if system == "apsgd" else STEP  # the server adds gradients up
    found = simulate(
        algorithms.get(system, step_size=step),
        problem,
        calibrated.schedule(system),
        iterations=rounds * clock.events,
        replicas=replicas,
        seed=seed,
        record_every=clock.events,
        quantities=("grad_norm_sq",),
        timeline=clock,
    )
    gradients = found["iteration"].values / clock.events
    return Run(system, slowdown, gradients, found["grad_norm_sq"].values, found["time"].values)


def measure(rounds: int, replicas: int, seed: int, jobs: int) -> list[Run]:
    """Run every system with every slowdown."""
    import joblib

    work = [(system, slowdown, rounds, replicas, seed) for slowdown in SLOWDOWNS for system in NAMES]
    found: list[Run] = joblib.Parallel(n_jobs=jobs)(joblib.delayed(simulated)(*one) for one in work)
    return found


def draw(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Draw the error against iterations above the error against seconds, a column for each slowdown."""
    rounds, replicas = (80, 8) if quick else (150, 64)
    runs = measure(rounds, replicas, seed, 1 if quick else jobs)
    seconds = np.geomspace(0.3, max(run.times.max() for run in runs), 120 if quick else 300)
    tables: dict[str, dict[str, list[Any]]] = {"": {}, "seconds": {}}
    with style.sheet(8, width=13, height=6.4, rows=2) as (figure, axes):
        for run in runs:
            column = SLOWDOWNS.index(run.slowdown)
            line = LINES[run.system] | {"label": NAMES[run.system]}
            values = run.against_iterations()
            style.with_band(axes[column], run.gradients, *values, **line)
            _add(tables[""], run, "gradients per worker", run.gradients, values)
            grid = seconds[seconds <= run.times[-1].min()]
            values = run.against_seconds(grid)
            style.with_band(axes[4 + column], grid, *values, **line)
            _add(tables["seconds"], run, "time [s]", grid, values)
        _dress(axes, runs, seconds)
        style.legend_below(figure, axes[0], columns=4)
        style.headline(
            figure,
            rf"{N} workers on the fitted cluster; cosine, $d={PROBLEM['dim']}$, $L={PROBLEM['smoothness']:g}$, "
            rf"$\sigma={PROBLEM['sigma']:g}$, $\zeta=0$ (all draw from the same data), $\gamma={STEP:g}$ "
            rf"(A-PSGD: $\gamma/{N}$ a gradient); mean of {replicas} replicas, bands: its 95 % interval",
        )
        return style.save(figure, tables, out, "adpsgd_convergence")


def _dress(axes: Any, runs: list[Run], seconds: Floats) -> None:
    lowest = min(float(run.errors.mean(axis=1).min()) for run in runs)
    for index, (axis, letter) in enumerate(zip(axes, "abcdefgh", strict=True)):
        slowdown = SLOWDOWNS[index % 4]
        axis.set(yscale="log", ylim=(lowest / 2, 40))
        style.title(axis, letter, f"one worker {slowdown}x slower" if slowdown > 1 else "no slow worker")
        if index < 4:
            axis.set(xlabel="iterations, in gradients per worker", xlim=(0, runs[0].gradients[-1]))
        else:
            axis.set(xlabel="wall-clock time  [s]", xscale="log", xlim=(seconds[0], seconds[-1]))
    axes[0].text(0.97, 0.95, "the four nearly coincide", transform=axes[0].transAxes, ha="right", va="top", fontsize=8)
    for index in (0, 4):
        axes[index].set_ylabel(r"mean of $\|\nabla f(\bar x)\|^2$  [$f^2/x^2$]")


def _add(table: dict[str, list[Any]], run: Run, axis: str, at: Floats, values: Summary) -> None:
    mean, low, high = values
    columns = {
        "system": [run.system] * len(at),
        "slowdown [1]": [run.slowdown] * len(at),
        axis: at,
        "mean grad norm^2 [f^2/x^2]": mean,
        "95% low [f^2/x^2]": low,
        "95% high [f^2/x^2]": high,
    }
    append(table, columns)


def append(table: dict[str, list[Any]], columns: Mapping[str, Any]) -> None:
    """Append rows to a table, given as columns."""
    for name, column in columns.items():
        table.setdefault(name, []).extend(column)
