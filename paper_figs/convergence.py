"""Convergence against the number of iterations: measured means over runs, bounds, and fitted slopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.typing import Floats
from paper_figs.style import BY_NODES, FAINT, INK, MARKERS, Series, Table, title, where_it_holds, with_band

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule
    from numerics.problems import Problem
    from theory.theorem import Theorem

LEVEL = 0.95


@dataclass(frozen=True)
class Case:
    """One curve: a system on n workers, the constants of theorems about it, and its step size for each horizon K."""

    system: str
    problem: Problem
    schedule: MixingSchedule
    constants: Mapping[str, float]
    step: Callable[[Any], Any]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of workers."""
        return self.schedule.n

    def algorithm(self, iterations: int) -> Algorithm:
        """Return the algorithm with the step size for K = ``iterations``."""
        from numerics import algorithms

        return algorithms.get(self.system, step_size=float(self.step(iterations)), **self.options)

    def bound(self, theorem: Theorem, horizons: Floats) -> tuple[Series, Series]:
        """Return the bound of a theorem at these K and the prescribed steps, and whether its conditions hold there."""
        constants = {**self.constants, "K": horizons, "gamma": self.step(horizons)}
        return np.asarray(theorem.bound(**constants)), np.asarray(theorem.applies(**constants))


@dataclass(frozen=True)
class Curve:
    """Measured means over k < K of ||grad f(center)||^2: ``samples[j, r]`` for horizon K_j and replica r."""

    case: Case
    horizons: Floats
    samples: Floats

    @property
    def mean(self) -> Floats:
        """Mean over replicas, one per horizon."""
        mean: Floats = self.samples.mean(axis=1)
        return mean

    @property
    def half(self) -> Floats:
        """Half width of the 95 % Student interval of the mean, one per horizon."""
        return half_width(self.samples)

    def slope(self, start: float) -> tuple[float, float]:
        """Return the log-log slope over horizons >= ``start`` and the half width of its 95 % interval.

        The slope is fitted in each replica on its own; replicas are independent, hence the Student interval.
        """
        late = self.horizons >= start
        x = np.log(self.horizons[late])
        slopes = np.polyfit(x, np.log(self.samples[late]), 1)[0]
        return float(slopes.mean()), float(half_width(slopes))


def half_width(samples: Floats) -> Floats:
    """Return the half width of the 95 % Student interval of the mean over the last axis."""
    from scipy.stats import t

    replicas = samples.shape[-1]
    spread = samples.std(axis=-1, ddof=1) / np.sqrt(replicas)
    half: Floats = t.ppf((1 + LEVEL) / 2, replicas - 1) * spread
    return half


def _run(algorithm: Algorithm, problem: Problem, schedule: MixingSchedule, iterations: int, replicas: int, seed: int) -> Floats:
    from numerics import simulate

    run = simulate(
        algorithm,
        problem,
        schedule,
        iterations=iterations,
        replicas=replicas,
        seed=seed,
        quantities=("grad_norm_sq",),
    )
    mean: Floats = run["grad_norm_sq"].values[:-1].mean(axis=0)
    return mean


def measure(cases: Sequence[Case], horizons: Sequence[int], replicas: int, seed: int, jobs: int) -> list[Curve]:
    """Run every case once for every horizon, with the step size of that horizon; the longest runs first."""
    import joblib

    work = sorted(((case, k) for case in cases for k in horizons), key=lambda pair: -pair[1] * pair[0].n)
    done = joblib.Parallel(n_jobs=jobs)(
        joblib.delayed(_run)(case.algorithm(k), case.problem, case.schedule, k, replicas, seed) for case, k in work
    )
    found = {(case.n, k): samples for (case, k), samples in zip(work, done, strict=True)}
    at = np.array(sorted(horizons))
    return [Curve(case, at.astype(float), np.stack([found[case.n, k] for k in at])) for case in cases]


def headline(what: str, problem: Mapping[str, Any], replicas: int) -> str:
    """Return the line above the figure: system and graph, the constants of the tilted cosine, and the replicas."""
    return (
        rf"{what}; tilted cosine, $d={problem['dim']}$, $L={problem['smoothness']}$, $\sigma={problem['sigma']:g}$, "
        rf"$\zeta={problem['zeta']}$; {replicas} replicas"
    )


def draw_against_iterations(axes: Any, curves: Sequence[Curve], theorem: Theorem, constant: str, start: float) -> Table:
    """Draw measured means with bands and the printed bound against K; return the numbers."""
    for curve in curves:
        n, mean, half = curve.case.n, curve.mean, curve.half
        slope, error = curve.slope(start)
        label = rf"$n={n}$: slope ${slope:.3f}\pm{error:.3f}$"
        line = {"color": BY_NODES[n], "marker": MARKERS[n], "label": label}
        with_band(axes, curve.horizons, mean, mean - half, mean + half, **line)
        fine = np.geomspace(curve.horizons[0], curve.horizons[-1], 200)
        where_it_holds(axes, fine, *curve.case.bound(theorem, fine), color=BY_NODES[n], linewidth=1.0)
    axes.set(xscale="log", yscale="log", xlabel="iterations $K$", ylabel=_MEAN)
    axes.set_ylim(curves[-1].mean.min() / 6, 4 * curves[0].case.bound(theorem, curves[0].horizons)[0].max())
    axes.legend(loc="lower left", title=rf"measured; slope for $K\geq{start:.0f}$", alignment="left")
    constant += "\nbands and slopes: 95 % intervals;\nbands are about as wide as the lines"
    axes.text(0.98, 0.97, constant, transform=axes.transAxes, ha="right", va="top", fontsize=8, color=INK)
    title(axes, "a", r"prescribed step: the error falls as $1/\sqrt{nK}$")
    return _table(curves, theorem)


def draw_collapsed(
    axes: Any,
    curves: Sequence[Curve],
    unit: Callable[[Case], float],
    unit_text: str,
    levels: Mapping[str, float],
    ours: Theorem,
    ours_text: str,
) -> Table:
    """Draw the measured constants, mean * sqrt(nK) / unit, against nK: linear speed-up is one level line for all n."""
    rows: dict[str, list[Series]] = {}
    for curve in curves:
        n = curve.case.n
        work, scale = n * curve.horizons, np.sqrt(n * curve.horizons) / unit(curve.case)
        mean, half = curve.mean * scale, curve.half * scale
        line = {"color": BY_NODES[n], "marker": MARKERS[n], "label": f"$n={n}$"}
        with_band(axes, work, mean, mean - half, mean + half, **line)
        fine = np.geomspace(curve.horizons[0], curve.horizons[-1], 200)
        bound, holds = curve.case.bound(ours, fine)
        where_it_holds(axes, n * fine, bound * np.sqrt(n * fine) / unit(curve.case), holds, color=BY_NODES[n], linewidth=1.0)
        bound, holds = curve.case.bound(ours, curve.horizons)
        columns = (np.full(len(work), n), curve.horizons, work, mean, mean - half, mean + half, bound * scale, holds)
        for name, column in zip(_COLLAPSED, columns, strict=True):
            rows.setdefault(name, []).append(column)
    for text, level in levels.items():
        axes.axhline(level, color=FAINT, linewidth=1.0, linestyle="--")
        axes.text(0.99, level * 1.04, text, transform=axes.get_yaxis_transform(), ha="right", va="bottom", fontsize=8, color=INK)
    axes.set(xscale="log", yscale="log", xlabel="gradients taken, $nK$", ylabel=rf"mean $\times\,\sqrt{{nK}}\,/\,{unit_text}$")
    axes.legend(loc="lower right", title="measured, with 95 % band", alignment="left", ncols=2)
    axes.text(0.98, 1.42, ours_text, transform=axes.get_yaxis_transform(), ha="right", fontsize=8, color=INK)
    ticks = [0.2, 0.5, 1, 2, 5, 10, 20]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_ylim(curves[0].mean[0] * curves[0].case.n ** 0.5 * 6 / unit(curves[0].case), 2 * max(levels.values()))
    title(axes, "b", r"times $\sqrt{nK}$: the curves of all $n$ collapse")
    return {name: np.concatenate(parts) for name, parts in rows.items()}


_MEAN = r"mean over $k<K$ of $\|\nabla f(\bar x_k)\|^2$  [$f^2/x^2$]"
_COLLAPSED = (
    "n [workers]",
    "K [iterations]",
    "nK [gradients]",
    "measured constant [1]",
    "95% low [1]",
    "95% high [1]",
    "our bound [1]",
    "our bound applies",
)


def _table(curves: Sequence[Curve], theorem: Theorem) -> Table:
    rows: dict[str, list[Series]] = {}
    for curve in curves:
        bound, holds = curve.case.bound(theorem, curve.horizons)
        steps = np.asarray(curve.case.step(curve.horizons))
        columns = {
            "n [workers]": np.full(len(steps), curve.case.n),
            "K [iterations]": curve.horizons,
            "step size [x^2/f]": steps,
            "mean grad norm^2 [f^2/x^2]": curve.mean,
            "95% low [f^2/x^2]": curve.mean - curve.half,
            "95% high [f^2/x^2]": curve.mean + curve.half,
            f"bound {theorem.key} [f^2/x^2]": bound,
            "bound applies": holds,
        }
        for name, column in columns.items():
            rows.setdefault(name, []).append(column)
    return {name: np.concatenate(parts) for name, parts in rows.items()}
