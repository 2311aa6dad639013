"""Measures: what a replica contributes to the quantity a theorem bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from numerics.typing import Floats

if TYPE_CHECKING:
    import xarray as xr

    from experiments.settings import Setting

HORIZONS = 40

PILOT = 1 << 32
"""What is added to the seed of a claim for the runs that only say where to look."""


Sample: TypeAlias = Callable[["Setting", range], "xr.Dataset"]


@dataclass(frozen=True)
class Measure:
    """How a named quantity is sampled.

    Parameters
    ----------
    sample
        ``sample(setting, replicas)`` runs the replicas; see `averaged` for what it returns.
    pathwise
        The theorem bounds every single run, not only the expectation: one run above the bound refutes it.
    average_of
        Name in `numerics.quantities` whose mean over iterations this is; None for other quantities.
    constants
        Constants that the samples depend on besides what describes the run: they are part of the name under which samples are
        stored.
    exact
        ``exact(setting)`` returns the exact value of the quantity where it can be computed, else None.
    rounding
        Part of the bound that rounding may make up: nonzero where the bound is attained.
    witness, sampled
        What the exact value and what the sample comes from, in words; in ``sampled``, ``{}`` stands for the number of replicas.
    lacking
        ``lacking(setting)`` returns why the quantity cannot be measured there, and by which factor something is missed (None
        where it is not a number); None where it can.
    """

    sample: Sample
    pathwise: bool = False
    average_of: str | None = None
    constants: tuple[str, ...] = ()
    exact: Callable[[Setting], float | None] | None = None
    rounding: float = 0.0
    witness: str = "exact second moments"
    sampled: str = "{} replicas"
    lacking: Callable[[Setting], tuple[str, float | None] | None] | None = None


def horizons(iterations: int) -> np.ndarray:
    """Return about forty iteration counts from 1 to K, evenly spaced in logarithm."""
    return np.unique(np.geomspace(1, iterations, HORIZONS).round().astype(int))


def averaged(name: str) -> Sample:
    """Return a measure of the mean over k < K of the quantity ``name`` along a run.

    The dataset has ``sample`` (replica), the running means ``running`` (horizon, replica), ``diverged_at`` (replica) and,
    where the constants hold on a ball only, ``farthest`` (replica), the largest distance of a view from its center.
    """

    def running(_: Setting, values: Floats, at: Floats) -> Floats:
        means: Floats = np.cumsum(values[:-1], axis=0)[at - 1] / at[:, None]
        return means

    return _along(name, running)


def last(name: str) -> Sample:
    """Return a measure of the quantity ``name`` at the final iterate k = K; see `averaged`."""
    return _along(name, lambda _, values, at: values[at])


def remaining(name: str) -> Sample:
    """Return a measure of what the quantity ``name`` settles at: its mean over the last half of a run; see `averaged`."""

    def tail(_: Setting, values: Floats, at: Floats) -> Floats:
        return np.concatenate([values[at[:-1]], values[len(values) // 2 :].mean(axis=0, keepdims=True)])

    return _along(name, tail)


def computed(value: Callable[[Setting], float], witness: str, **more: Any) -> Measure:
    """Return the measure of a quantity that is computed without any sampling: every replica has the same."""

    def sample(setting: Setting, replicas: range) -> xr.Dataset:
        return single(np.full(len(replicas), value(setting)), replicas)

    return Measure(sample, exact=value, witness=witness, **more)


def single(samples: Floats, replicas: range) -> xr.Dataset:
    """Return the dataset of a quantity, shape (R,), that is not a function of the iteration; see `averaged`."""
    import xarray as xr

    data = {
        "sample": (("replica",), samples),
        "running": (("horizon", "replica"), samples[None, :]),
        "diverged_at": (("replica",), np.where(np.isnan(samples), 0, -1)),
    }
    return xr.Dataset(data, coords={"horizon": np.array([1]), "replica": np.array(replicas)})


def at_worst(name: str, least: bool = False) -> Sample:
    """Return a measure of the largest expectation over k < K, and over workers, of the quantity ``name``; see `averaged`.

    Where it is largest is found on sixteen runs of another seed (one, where all are the same); what is sampled is the quantity
    there, so that the choice does not bias it. ``running`` holds the quantity itself, of the chosen worker, at every horizon.

    Parameters
    ----------
    name
        Name in `numerics.quantities`; there may be one of every worker.
    least
        Measure the smallest expectation instead. What is sampled is no smaller in expectation: it can show that the smallest
        is below a bound but, unless all runs are the same, not quite that it is above.
    """

    def worst(setting: Setting, values: Floats, at: Floats) -> Floats:
        pilots = range(1 if without_chance(setting) else 16)
        pilot = run(setting, pilots, (name,), seed=setting.claim.seed + PILOT)[name].values[:-1].mean(axis=-1)
        found = np.nanargmin(pilot) if least else np.nanargmax(pilot)
        k, *worker = np.unravel_index(found, pilot.shape)
        followed = values[:, worker[0]] if worker else values
        return np.concatenate([followed[at[:-1]], followed[k][None]])

    return _along(name, worst)


def without_chance(setting: Setting) -> bool:
    """Return whether all replicas of the run of a claim are the same."""
    from numerics.timeline import fitting

    clock = fitting(setting.claim.build_algorithm(setting.gamma), setting.schedule, setting.timeline)
    return setting.problem.numbers["sigma"] == 0 and clock.deterministic


def run(setting: Setting, replicas: range, quantities: tuple[str, ...], seed: int | None = None) -> xr.Dataset:
    """Return some replicas of the run of a claim."""
    from numerics import simulate

    claim = setting.claim
    return simulate(
        claim.build_algorithm(setting.gamma),
        setting.problem,
        setting.schedule,
        iterations=claim.iterations,
        replicas=replicas,
        seed=claim.seed if seed is None else seed,
        timeline=setting.timeline,
        quantities=quantities,
        x0=claim.build_start(setting.problem),
    )


def _along(name: str, running: Callable[[Setting, Floats, Any], Floats]) -> Sample:
    """Return a measure that makes ``running(setting, values, horizons)`` of a quantity along a run; its end is the sample."""

    def sample(setting: Setting, replicas: range) -> xr.Dataset:
        import xarray as xr

        watched = ("view_radius",) if on_ball(setting) else ()
        ran = run(setting, replicas, (name, *watched))
        at = horizons(setting.claim.iterations)
        along = running(setting, ran[name].values, at)
        data: dict[str, Any] = {
            "sample": (("replica",), along[-1]),
            "running": (("horizon", "replica"), along),
            "diverged_at": (("replica",), ran["diverged_at"].values),
        }
        if watched:
            data["farthest"] = (("replica",), ran["view_radius"].values.max(axis=0))
        return xr.Dataset(data, coords={"horizon": at, "replica": np.array(replicas)})

    return sample


def largest(along: Callable[[Setting, range], Floats]) -> Sample:
    """Return a measure of the largest value over k < K of ``along(setting, replicas)``, shape (K, R); see `averaged`."""

    def sample(setting: Setting, replicas: range) -> xr.Dataset:
        import xarray as xr

        at = horizons(setting.claim.iterations)
        values = along(setting, replicas)
        running = np.maximum.accumulate(values, axis=0)[at - 1]
        lost = np.isnan(values)  # an infinite ratio is a value, not an overflow
        data = {
            "sample": (("replica",), running[-1]),
            "running": (("horizon", "replica"), running),
            "diverged_at": (("replica",), np.where(lost.any(axis=0), lost.argmax(axis=0), -1)),
        }
        return xr.Dataset(data, coords={"horizon": at, "replica": np.array(replicas)})

    return sample


def on_ball(setting: Setting) -> bool:
    """Return whether some constant of the problem is certified on a ball only."""
    return any(constant.kind == "certified on ball" for constant in setting.problem.constants.values())


def farthest(setting: Setting, replicas: range) -> Floats:
    """Return how far a view of each replica came from the center of the ball on which constants are certified, shape (R,)."""
    radii: Floats = run(setting, replicas, ("view_radius",))["view_radius"].values.max(axis=0)
    return radii


def exact_mean(setting: Setting, name: str) -> float | None:
    """Return the exact expectation of the mean over k < K of ``name``, or None where second moments do not close."""
    moments = exact(setting)
    return None if moments is None else float(moments[name].values[:-1].mean())


def exact(setting: Setting) -> xr.Dataset | None:
    """Return the exact moments of the run of a claim, or None where second moments do not close."""
    from numerics.moments import closes, exact_moments
    from numerics.timeline import fitting
    from straggler import InputError

    if not closes(setting.problem):
        return None
    claim, algorithm = setting.claim, setting.claim.build_algorithm(setting.gamma)
    clock = fitting(algorithm, setting.schedule, setting.timeline)
    if not clock.deterministic and clock.chances(0) is None:
        return None
    try:
        start = claim.build_start(setting.problem)
        return exact_moments(algorithm, setting.problem, setting.schedule, iterations=claim.iterations, x0=start, timeline=clock)
    except InputError:  # the claim is well-formed: a system that is not linear says so
        return None
