"""Disagreement between workers: how it dies out without gradients, and where gradient noise keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style
from paper_figs.contraction import spread_of
from paper_figs.convergence import half_width
from paper_figs.families import Family

if TYPE_CHECKING:
    from numerics.mixing import MixingSchedule
    from theory.theorem import Theorem

ROUNDS = 25
FLOOR = 1e-12
STARTS = 200
QUADRATIC: dict[str, Any] = {"dim": 4, "smoothness": 0.05, "mu": 0.01, "sigma": 2.0, "zeta": 0.1, "noise": "gaussian"}
STEP = 0.05
SPOKEN = {"sgp": "SGP", "dpsgd": "D-PSGD"}


def decay(schedule: MixingSchedule, starts: int, generator: np.random.Generator) -> Floats:
    """Return ``(1/n) sum_i (z_i - mean)^2`` after 0 .. `ROUNDS` rounds from normal starts, shape (rounds + 1, starts).

    The models are pushed with SGP's weights and de-biased, which changes nothing where mixing is doubly stochastic.
    """
    from numerics.algorithms import SGP

    state = SGP(step_size=1.0).init(generator.standard_normal((schedule.n, starts, 1)), schedule.n)
    rows = []
    for k in range(ROUNDS + 1):
        z = state.debiased()[..., 0]
        rows.append(((z - state.x[..., 0].mean(axis=0)) ** 2).mean(axis=0))
        state.mix(schedule.at(k))
        state.push_weights(schedule.at(k))
    return np.array(rows)


def error_text(name: str) -> str:
    """Return what is on the axis: the views of SGP are called z, those of D-PSGD x."""
    view = {"sgp": "z", "dpsgd": "x"}[name]
    return rf"$\mathrm{{mean}}_i\,\|{view}_i-\bar x\|^2$  [$x^2$]"


def draw(
    out: Path, name: str, families: Sequence[Family], theorem: Theorem, bound_text: str, quick: bool, seed: int
) -> list[Path]:
    """Draw both panels and write NAME_consensus; ``theorem``, called ``bound_text``, bounds the mean. Return the paths."""
    with style.sheet(2, height=4.9) as (figure, (left, right)):
        tables = {
            "": _draw_decay(left, name, families, seed),
            "noise": _draw_noise(right, name, families, theorem, bound_text, quick, seed),
        }
        style.legend_below(figure, left, columns=3 if len(families) == 6 else 5)
        style.headline(
            figure,
            f"{SPOKEN[name]}, {families[0].schedules[0].n} workers; (b): quadratic, "
            rf"$d={QUADRATIC['dim']}$, $L={QUADRATIC['smoothness']}$, $\sigma={QUADRATIC['sigma']:g}$, "
            rf"$\zeta={QUADRATIC['zeta']}$, step {STEP}",
        )
        return style.save(figure, tables, out, f"{name}_consensus")


def _draw_decay(axes: Any, name: str, families: Sequence[Family], seed: int) -> style.Table:
    rounds = np.arange(ROUNDS + 1)
    columns: dict[str, list[Any]] = {}
    for family in families:
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
        per_draw = max(1, STARTS // len(family.schedules))
        samples = np.concatenate([decay(schedule, per_draw, generator) for schedule in family.schedules], axis=1)
        mean, low, high = spread_of(samples.T)
        line = {"color": family.color, "linestyle": family.dash, "label": family.label}
        style.decaying(axes, rounds, mean, low, high, FLOOR, **line)
        cells = (np.full(len(rounds), family.label), rounds, mean, low, high)
        for column, cell in zip(("schedule", "rounds", "consensus error [x^2]", "5% [x^2]", "95% [x^2]"), cells, strict=True):
            columns.setdefault(column, []).append(cell)
    axes.set(xlim=(0, ROUNDS), xlabel="mixing rounds $k$", ylabel=rf"consensus error, {error_text(name)}")
    style.title(axes, "a", "no gradients, spread starts: mean and 5–95 % band")
    return {key: np.concatenate(parts) for key, parts in columns.items()}


def _draw_noise(
    axes: Any, name: str, families: Sequence[Family], theorem: Theorem, bound_text: str, quick: bool, seed: int
) -> style.Table:
    from numerics import algorithms, mixing, problems, simulate
    from numerics.moments import exact_moments

    iterations, replicas, every = (60, 16, 10) if quick else (300, 64, 20)
    columns: dict[str, list[Any]] = {}
    bounds: list[float] = []
    for family in families:
        if family.random:
            continue
        schedule = family.schedules[0]
        problem = problems.quadratic(workers=schedule.n, **QUADRATIC)
        algorithm = algorithms.get(name, step_size=STEP)
        exact = exact_moments(algorithm, problem, schedule, iterations=iterations)["consensus_sq"].values
        run = simulate(
            algorithm, problem, schedule, iterations=iterations, replicas=replicas, seed=seed, quantities=("consensus_sq",)
        )
        samples = run["consensus_sq"].values
        mean, half = samples.mean(axis=1), half_width(samples)
        at = np.arange(every, iterations + 1, every)
        axes.plot(np.arange(1, iterations + 1), exact[1:], color=family.color, linestyle=family.dash)
        axes.errorbar(at, mean[at], half[at], color=family.color, linestyle="none", marker="o", markersize=3, elinewidth=1)
        constants = {**problem.numbers, "n": schedule.n, "rho": mixing.rho(schedule), "gamma": STEP, "K": iterations}
        if "B_E" in theorem.constants:
            norms = mixing.error_norms(schedule)
            constants |= {"B_E": norms.B_E, "B_2": norms.B_2}
        bound = theorem.bound(**constants) if theorem.applies(**constants) else np.nan
        bounds.append(bound)
        axes.plot([0.93 * iterations, iterations], [bound, bound], color=family.color, linewidth=3, solid_capstyle="butt")
        cells = (
            np.full(iterations + 1, family.label),
            np.arange(iterations + 1),
            exact,
            mean,
            half,
            np.full(iterations + 1, bound),
        )
        for column, cell in zip(_NOISE, cells, strict=True):
            columns.setdefault(column, []).append(cell)
    axes.set(yscale="log", xlim=(0, iterations), xlabel="iterations $k$", ylabel=rf"expected consensus error, {error_text(name)}")
    axes.set_ylim(top=3 * np.nanmax(bounds))
    text = f"bars: {bound_text} on the mean over $k<{iterations}$\nrandom graphs left out"
    axes.text(0.9, 0.97, text, transform=axes.transAxes, ha="right", va="top", fontsize=8)
    style.title(axes, "b", "gradient noise: exact (lines), simulated ± 95 % (dots)")
    return {key: np.concatenate(parts) for key, parts in columns.items()}


_NOISE = (
    "schedule",
    "k [iterations]",
    "exact consensus error [x^2]",
    "measured [x^2]",
    "95% half width [x^2]",
    "bound on the mean over k [x^2]",
)
