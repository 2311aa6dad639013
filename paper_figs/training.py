"""Simulated training on the modelled cluster of WAGMA-SGD's Figure 4: error against seconds, and what its groups are good for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style
from paper_figs.bars import SAMPLES, WORKLOAD, measured

WORKERS, STEP = 64, 0.05
PROBLEM: dict[str, Any] = {"dim": 20, "start": 2.0, "sigma": 2.0, "zeta": 1.0}
LAST, QUICK_LAST, BIN = 400.0, 200.0, 16.0
SECONDS = 0.6
"""No round takes less, so that LAST / SECONDS rounds reach LAST."""

CYCLE = 20
"""Rounds in a bin: two periods of global averages."""

ERRORS = {"value": "at the mean model", "view_grad_norm_sq": "at the workers' own models"}


@dataclass(frozen=True)
class Run:
    """A system: its name, words and look in the legend, options of timeline and algorithm, and its measured bar."""

    name: str
    label: str
    color: str
    cluster: Mapping[str, Any] = field(default_factory=dict)
    algorithm: Mapping[str, Any] = field(default_factory=dict)
    dash: str = "-"
    bar: str | None = None

    @property
    def measured(self) -> float | None:
        """Measured seconds of a round with these options, from the digitised bars; None where there are none."""
        return SAMPLES * WORKERS / measured(self.bar, WORKERS) if self.bar else None


C = style.PALETTE
SYSTEMS = (
    Run("local-sgd", r"local SGD, $\tau=10$", C[5], {"period": 10}, {"period": 10}),
    Run("dpsgd", "D-PSGD", C[4], bar="D-PSGD"),
    Run("sgp", "SGP (2n)", C[3], bar="SGP (2n)"),
    Run("adpsgd", "AD-PSGD", C[1], bar="AD-PSGD"),
    Run("eager", "eager-SGD", C[2], {"period": 32}, {"period": 32}, bar="eager-SGD"),
    Run("wagma", "WAGMA-SGD, $S=8$", C[0], {"group": 8}, {"group_size": 8}, bar="WAGMA-SGD"),
    Run("sgd", "all-reduce", C[6], dash="--", bar="all-reduce"),  # last, to be seen above SGP
)


def _groups(label: str, color: str, size: int, grouping: str = "dynamic", dash: str = "-") -> Run:
    return Run("wagma", label, color, {"group": size, "grouping": grouping}, {"group_size": size, "grouping": grouping}, dash)


ABLATIONS = (
    _groups("no groups (68.5 %)", C[5], 1),
    _groups("fixed groups, $S=8$ (72.2 %)", C[1], 8, "fixed"),
    _groups("$S=4$ (72.8 %)", C[2], 4),
    _groups("$S=8$, as proposed (75.3 %)", C[0], 8),
    _groups("$S=P=64$ (no gain, 1.24 x slower)", C[6], 64, dash="--"),
)
"""With what the paper prints in brackets: top-1 accuracy of ResNet-50 on 64 workers."""


@dataclass(frozen=True)
class Curves:
    """What replicas of a run went through.

    Parameters
    ----------
    times, rounds
        Middles of the bins, in seconds and in rounds (n gradients).
    by_time, by_round
        Means over each bin of the errors in `ERRORS`, by name, shape (bins, R).
    seconds
        Seconds per round, mean over replicas.
    """

    times: Floats
    rounds: Floats
    by_time: Mapping[str, Floats]
    by_round: Mapping[str, Floats]
    seconds: float


def measure(run: Run, replicas: range, seed: int, last: float) -> Curves:
    """Simulate one system on the cluster for ``last`` seconds."""
    from numerics import algorithms, cluster, graphs, problems, simulate, timeline

    clock = timeline.of_system(run.name, cluster.load(WORKLOAD), WORKERS, **run.cluster)
    algorithm = algorithms.get(run.name, step_size=STEP, **run.algorithm)
    schedule = getattr(clock, "schedule", None) or graphs.complete(WORKERS).schedule()
    problem = problems.rational(workers=WORKERS, **PROBLEM)
    found = simulate(
        algorithm,
        problem,
        schedule,
        iterations=int(last / SECONDS) * clock.events,
        replicas=replicas,
        seed=seed,
        record_every=clock.events,
        quantities=list(ERRORS),
        timeline=clock,
    )
    times = found["time"].values[1:]
    rounds = np.repeat(np.arange(1.0, len(times) + 1)[:, None], times.shape[1], axis=1)
    errors = {name: found[name].values[1:] for name in ERRORS}
    seconds_edges, rounds_edges = np.arange(0.0, last + 1, BIN), np.arange(0.5, len(times) + 1, CYCLE)
    return Curves(
        (seconds_edges[1:] + seconds_edges[:-1]) / 2,
        (rounds_edges[1:] + rounds_edges[:-1]) / 2,
        {name: binned(times, values, seconds_edges) for name, values in errors.items()},
        {name: binned(rounds, values, rounds_edges) for name, values in errors.items()},
        float((times[-1] / len(times)).mean()),
    )


def binned(places: Floats, values: Floats, edges: Floats) -> Floats:
    """Return means of values whose places are in each bin, shape (bins, R) from (records, R); NaN for an empty bin."""
    found = np.full((len(edges) - 1, values.shape[1]), np.nan)
    for replica in range(values.shape[1]):
        which = np.digitize(places[:, replica], edges) - 1
        inside = (which >= 0) & (which < len(found))
        total = np.bincount(which[inside], weights=values[inside, replica], minlength=len(found))
        count = np.bincount(which[inside], minlength=len(found))
        np.divide(total, count, out=found[:, replica], where=count > 0)
    return found


def interval(samples: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean and ends of the 95 % Student interval over replicas, each of shape (bins,), from shape (bins, R)."""
    from scipy.special import stdtrit

    size = samples.shape[1]
    mean = samples.mean(axis=1)
    half = float(stdtrit(size - 1, 0.975)) * samples.std(axis=1, ddof=1) / np.sqrt(size)
    return mean, mean - half, mean + half


def curves(runs: Sequence[Run], quick: bool, seed: int, jobs: int) -> list[Curves]:
    """Simulate these systems, one after another or in several processes."""
    import joblib

    replicas, last = (range(4), QUICK_LAST) if quick else (range(16), LAST)
    return list(joblib.Parallel(n_jobs=1 if quick else jobs)(joblib.delayed(measure)(run, replicas, seed, last) for run in runs))


def draw(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Draw error against seconds for all systems, and the ablations; write wagma_seconds and wagma_ablations."""
    done = curves([*SYSTEMS, *ABLATIONS], quick, seed, jobs)
    systems, ablations = done[: len(SYSTEMS)], done[len(SYSTEMS) :]
    replicas = systems[0].by_time["value"].shape[1]
    about = (
        rf"{WORKERS} workers on the cluster {WORKLOAD}, rational function, $d={PROBLEM['dim']}$, "
        rf"$\sigma={PROBLEM['sigma']:g}$, $\zeta={PROBLEM['zeta']:g}$, step {STEP:g}; means over bins, "
        f"95 % bands over {replicas} replicas"
    )
    return [*_seconds(out, systems, about), *_ablations(out, ablations, about)]


def _seconds(out: Path, found: Sequence[Curves], about: str) -> list[Path]:
    table: dict[str, list[Any]] = {}
    with style.sheet(2, width=10.5, height=5.2) as (figure, axes):
        for axis, letter, name in zip(axes, "ab", ERRORS, strict=True):
            for run, curve in zip(SYSTEMS, found, strict=True):
                _curve(axis, table, run, curve, name, "time [s]", curve.times, curve.by_time[name])
            _dress(axis, name)
            style.title(axis, letter, f"error {ERRORS[name]}")
            axis.set_xlabel("wall-clock time on the modelled cluster  [s]")
        style.legend_below(figure, axes[0], columns=4)
        style.headline(figure, about + "\nin the legend: seconds a round, in brackets where measured")
        return style.save(figure, {"": table}, out, "wagma_seconds")


def _ablations(out: Path, found: Sequence[Curves], about: str) -> list[Path]:
    table: dict[str, list[Any]] = {}
    name = "view_grad_norm_sq"
    with style.sheet(2, width=10.5, height=5.2) as (figure, axes):
        for run, curve in zip(ABLATIONS, found, strict=True):
            _curve(axes[0], table, run, curve, name, "rounds", curve.rounds, curve.by_round[name])
            _curve(axes[1], table, run, curve, name, "time [s]", curve.times, curve.by_time[name])
        for axis, letter, text in zip(axes, "ab", ("against rounds", "against seconds"), strict=True):
            _dress(axis, name)
            style.title(axis, letter, f"WAGMA-SGD, {ERRORS[name]}: {text}")
        axes[0].set_xlabel("rounds of $n$ gradients")
        axes[1].set_xlabel("wall-clock time on the modelled cluster  [s]")
        style.legend_below(figure, axes[1], columns=3)
        style.headline(figure, about + "\nin the legend: seconds a round; in brackets what the paper prints for ResNet-50, top-1")
        return style.save(figure, {"": table}, out, "wagma_ablations")


def _curve(
    axes: Any, table: dict[str, list[Any]], run: Run, curve: Curves, name: str, unit: str, places: Floats, samples: Floats
) -> None:
    mean, low, high = interval(samples)
    kept = np.isfinite(mean)
    seen = f" ({run.measured:.3f})" if run.measured is not None else ""
    line = {"color": run.color, "linestyle": run.dash, "label": f"{run.label}: {curve.seconds:.3f}{seen}"}
    style.with_band(axes, places[kept], mean[kept], np.maximum(low[kept], 1e-9), high[kept], **line)
    columns: dict[str, Sequence[Any] | Floats] = {
        "system": [run.label] * int(kept.sum()),
        "error": [ERRORS[name]] * int(kept.sum()),
        "against": [unit] * int(kept.sum()),
        "place": places[kept],
        "mean": mean[kept],
        "95% low": low[kept],
        "95% high": high[kept],
        "seconds a round [s]": [curve.seconds] * int(kept.sum()),
    }
    for header, column in columns.items():
        table.setdefault(header, []).extend(column)


def _dress(axes: Any, name: str) -> None:
    axes.set(yscale="log", xlim=(0, None))
    axes.set_ylabel(
        r"$f(\bar x)-f^\star$  [$f$]" if name == "value" else r"mean over workers of $\|\nabla f(x_i)\|^2$  [$f^2/x^2$]"
    )
