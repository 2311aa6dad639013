"""Where error feedback with random blocks diverges, and how much of the residual must be detached that it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style

WORKERS, BLOCKS, MARKED = 8, 10, 0.2
PROBLEM: dict[str, Any] = {"dim": 20, "smoothness": 1.0, "mu": 1.0, "start": 1.0, "sigma": 1.0}
"""A quadratic of one curvature, the same for all workers, with noise."""

STEPS: Floats = np.array([0.05, 0.1, 0.15, MARKED, 0.25, 0.3, 0.4, 0.6, 0.8])
RUNS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("none", "compressed-sgd", {}),
    ("EF", "ef-sgd", {}),
    (r"DEF, $\lambda=0.3$", "def", {"detached": 0.3}),
    (r"DEF, $\lambda=0.6$", "def", {"detached": 0.6}),
    (r"DEF, $\lambda=1$", "def", {"detached": 1.0}),
)
LARGEST = 1e12
"""Where the axis ends; what is larger, or not finite, is marked there."""


def measured(system: str, options: dict[str, Any], step: float, rounds: int, replicas: int, seed: int) -> Floats:
    """Return ||grad f(center)||^2 at the end, shape (R,), inf where it is not finite."""
    from numerics import algorithms, graphs, problems
    from numerics.simulation import simulate

    algorithm = algorithms.get(system, step_size=step, compressor="random-block", blocks=BLOCKS, **options)
    problem = problems.quadratic(workers=WORKERS, **PROBLEM)
    found = simulate(
        algorithm,
        problem,
        graphs.complete(WORKERS),
        iterations=rounds,
        replicas=replicas,
        seed=seed,
        record_every=rounds,
        quantities=("grad_norm_sq",),
    )
    values: Floats = found["grad_norm_sq"].values[-1]
    return np.where(np.isfinite(values), values, np.inf)


def draw(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Draw the error after many rounds against gamma L; write elastic_divergence."""
    rounds, replicas = (100, 8) if quick else (1000, 32)
    import joblib

    work = [(system, options, float(step), rounds, replicas, seed) for _, system, options in RUNS for step in STEPS]
    every = joblib.Parallel(n_jobs=1 if quick else jobs)(joblib.delayed(measured)(*one) for one in work)
    curves = np.stack(every).reshape(len(RUNS), len(STEPS), replicas)
    grown_at = (curves[:, STEPS.tolist().index(MARKED)] > PROBLEM["dim"]).mean(axis=1)
    table: dict[str, list[Any]] = {}
    with style.sheet(1, width=7.4, height=4.6) as (figure, axes):
        axis = axes[0]
        for (name, _, _), color, found in zip(RUNS, (style.INK, *style.PALETTE[1:5]), curves, strict=True):
            low, middle, high = np.quantile(found, [0.1, 0.5, 0.9], axis=1)
            drawn = [np.minimum(values, LARGEST) for values in (middle, low, high)]
            style.with_band(axis, STEPS, *drawn, color=color, label=name, marker="o")
            grown = (found > 10 * PROBLEM["dim"]).sum(axis=1)
            for place, step in enumerate(STEPS):
                line = {
                    "method": name.replace("$", "").replace(r"\lambda", "lambda"),
                    "gamma L [1]": step,
                    "median grad norm^2 [f^2/x^2]": middle[place],
                    "10% [f^2/x^2]": low[place],
                    "90% [f^2/x^2]": high[place],
                    "replicas above ten times the start": int(grown[place]),
                    "replicas": replicas,
                }
                for header, value in line.items():
                    table.setdefault(header, []).append(value)
        axis.axhline(PROBLEM["dim"], color=style.FAINT, linewidth=0.8)
        axis.annotate("at the start", (STEPS[-1], PROBLEM["dim"]), (0, 3), textcoords="offset points", ha="right", fontsize=8)
        axis.axvline(MARKED, color=style.FAINT, linewidth=0.8, linestyle=":")
        axis.annotate(rf"$\gamma L={MARKED:g}$", (MARKED, LARGEST), (4, -10), textcoords="offset points", fontsize=8)
        axis.set(yscale="log", ylim=(None, LARGEST), xlabel=r"$\gamma L$  [1]")
        axis.set_ylabel(rf"$\|\nabla f(\bar x)\|^2$ after {rounds} rounds  [$f^2/x^2$]")
        style.legend_below(figure, axis, columns=5)
        style.headline(
            figure,
            rf"At $\gamma L={MARKED:g}$ the error ends above its start in {100 * grown_at[1]:.0f} % of replicas with EF, "
            f"in {100 * grown_at[2:].max():.0f} % with DEF\n"
            rf"Random blocks, one of {BLOCKS} shared by {WORKERS} workers; quadratic, $L=\mu={PROBLEM['smoothness']:g}$,"
            "\n"
            rf"$d={PROBLEM['dim']}$, $\sigma={PROBLEM['sigma']:g}$, same data; medians and 10 to 90 % of {replicas} replicas",
        )
        return style.save(figure, {"": table}, out, "elastic_divergence")
