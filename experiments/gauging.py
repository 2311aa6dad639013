"""The gauge of a run in one number with an interval, beside the B^2 that theory predicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from experiments.relaxation import bounds
from numerics.typing import Floats

if TYPE_CHECKING:
    import xarray as xr

    from experiments.claims import Claim
    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule
    from numerics.problems import Problem
    from numerics.timeline import Timeline

Setup: TypeAlias = "tuple[MixingSchedule, Timeline | None]"

LEVEL = 0.95


@dataclass(frozen=True)
class Reading:
    """What a gauge says.

    Parameters
    ----------
    gauge_sq
        Largest over the moments read, and over the active workers, of the mean over replicas of
        ||center - view||^2 / gamma^2.
    interval
        95 % bounds of the largest expectation, or None for a single replica. The lower one is a Student bound on one half of
        the replicas at the place where the other half is largest; the upper one holds at all places at once.
    iteration, worker
        Where it is largest; no worker is named where another one is active in every replica.
    by_worker
        Mean over moments and replicas for each worker; nan for one that was never seen active.
    running, half
        Largest over workers at every moment, shape (moments,), and half the width of its pointwise 95 % band.
    """

    gauge_sq: float
    interval: tuple[float, float] | None
    iteration: int
    worker: int | None
    by_worker: list[float]
    running: Floats
    half: Floats


def read(readings: xr.Dataset, n: int) -> Reading:
    """Return what the dataset of `numerics.gauge.gauge` says about ``n`` workers."""
    distances, workers = readings["distance_sq"].values, readings["workers"].values
    moments, _, replicas = distances.shape
    means = distances.mean(axis=2)
    k, m = np.unravel_index(np.nanargmax(means), means.shape)
    counts = np.bincount(workers.ravel(), minlength=n)
    with np.errstate(invalid="ignore"):
        by_worker = np.bincount(workers.ravel(), weights=distances.ravel(), minlength=n) / counts
    worst = means.argmax(axis=1)
    widths = _half_widths(distances, 0.5 + LEVEL / 2)
    named = bool((workers[k, m] == workers[k, m, 0]).all())
    return Reading(
        gauge_sq=float(means[k, m]),
        interval=_interval(distances) if replicas >= 4 else None,
        iteration=int(readings["iteration"].values[k]),
        worker=int(workers[k, m, 0]) if named else None,
        by_worker=by_worker.tolist(),
        running=means.max(axis=1),
        half=widths[np.arange(moments), worst],
    )


def _half_widths(distances: Floats, quantile: float) -> Floats:
    """Return half the width of Student intervals of the means over the last axis."""
    from scipy.special import stdtrit

    replicas = distances.shape[-1]
    if replicas < 2:
        return np.full(distances.shape[:-1], np.nan)
    widths: Floats = stdtrit(replicas - 1, quantile) * distances.std(axis=-1, ddof=1) / np.sqrt(replicas)
    return widths


def _interval(distances: Floats) -> tuple[float, float]:
    choosing, judging = distances[..., ::2], distances[..., 1::2]
    k, m = np.unravel_index(np.nanargmax(choosing.mean(axis=-1)), distances.shape[:2])
    tail = (1 - LEVEL) / 2
    chosen = judging[k, m]
    lower = float(chosen.mean() - _half_widths(chosen[None], 1 - tail)[0])
    places = distances.shape[0] * distances.shape[1]
    upper = float((distances.mean(axis=-1) + _half_widths(distances, 1 - tail / places)).max())
    return max(0.0, lower), upper


def predicted(claim: Claim, algorithm: Algorithm, problem: Problem, readings: xr.Dataset, clock: Setup) -> dict[str, float]:
    """Return B^2 by key, for every theorem of the house that bounds the gauge of such a run.

    Parameters
    ----------
    claim
        System and options of the run; its theorem does not matter.
    algorithm, problem
        What was run.
    readings
        What `numerics.gauge.gauge` returned.
    clock
        Mixing schedule and, where one was named, timeline.
    """
    schedule, timeline = clock
    return bounds(claim, problem, schedule, timeline, readings.constants | {"gamma": algorithm.gamma(0)})
