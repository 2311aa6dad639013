"""Evidence: runs of a claim, added look by look until they settle it or the budget ends."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments import measures, sequential, storage
from experiments.settings import Setting
from experiments.verdict import settle
from numerics.typing import Floats

if TYPE_CHECKING:
    import xarray as xr

    from numerics.mixing import MixingSchedule


@dataclass(frozen=True)
class Evidence:
    """What the runs of one claim gave.

    Parameters
    ----------
    interval
        Confidence bounds of the bounded quantity.
    exact
        Its exact value, where second moments close.
    horizon, running, running_low, running_high
        Iteration counts and, at each, the mean over replicas of the running quantity with a pointwise 95 % interval.
    diverged_at
        First iteration at which a replica overflowed, or -1.
    farthest
        Largest distance of a view from the center of the ball on which constants are certified, or None.
    rounding
        What rounding may put between two numbers that are equal in exact arithmetic.
    """

    interval: sequential.Interval
    exact: float | None
    horizon: list[int]
    running: list[float]
    running_low: list[float]
    running_high: list[float]
    diverged_at: int
    farthest: float | None
    rounding: float


def gather(setting: Setting, bound: float, alpha: float, store: Path | None) -> Evidence:
    """Add replicas, look by look, until the interval lies on one side of the bound or the budget ends."""
    measure = measures.get(setting.theorem.quantity.name)
    exact = measure.exact(setting) if measure.exact else None
    if measure.average_of:
        exact = measures.exact_mean(setting, measure.average_of)
    rounding = setting.rounding + measure.rounding * abs(bound)
    pieces: list[xr.Dataset] = []
    done = 0
    for look, size in enumerate(sequential.looks(setting.claim.budget)):
        pieces.append(_sampled(setting, measure, range(done, size), store))
        done = size
        samples = np.concatenate([piece["sample"].values for piece in pieces])
        interval = _extremes(samples, alpha) if measure.pathwise else sequential.student(samples, sequential.spent(alpha, look))
        diverged = np.concatenate([piece["diverged_at"].values for piece in pieces])
        if (diverged >= 0).any() or settle(interval.lower, interval.upper, bound, None, rounding) is not None:
            break
    running = np.concatenate([piece["running"].values for piece in pieces], axis=1)
    middle, half = _band(running, measure.pathwise)
    overflowed = diverged[diverged >= 0]
    farthest = [float(piece["farthest"].max()) for piece in pieces if "farthest" in piece]
    return Evidence(
        interval=interval,
        exact=None if overflowed.size else exact,
        horizon=[int(k) for k in pieces[0]["horizon"].values],
        running=middle.tolist(),
        running_low=(middle - half).tolist(),
        running_high=(middle + half).tolist(),
        diverged_at=int(overflowed.min()) if overflowed.size else -1,
        farthest=max(farthest) if farthest else None,
        rounding=rounding,
    )


def _band(running: Floats, pathwise: bool) -> tuple[Floats, Floats]:
    """Return center and half width of the pointwise 95 % band of (horizon, R): the mean, or the largest run if pathwise."""
    if pathwise:
        return running.max(axis=1), np.zeros(len(running))
    from scipy.special import stdtrit

    size = running.shape[1]
    with np.errstate(all="ignore"):
        return running.mean(axis=1), stdtrit(size - 1, 0.975) * running.std(axis=1, ddof=1) / math.sqrt(size)


def _sampled(setting: Setting, measure: measures.Measure, replicas: range, store: Path | None) -> xr.Dataset:
    """Return the samples of some replicas, from the store if they are there, else run and stored."""
    if store is None:
        return measure.sample(setting, replicas)
    quantity = setting.theorem.quantity.name
    described = setting.claim.run_description(setting.gamma, quantity, replicas)
    # problem and graph may be files, whose content can change under their names
    described |= {"made from": setting.problem.provenance(), "mixing": _fingerprint(setting.schedule)}
    described |= {name: setting.constants[name] for name in measure.constants}
    path = store / f"{storage.key_of(described)}.nc"
    if path.exists():
        return storage.load(path)
    dataset = measure.sample(setting, replicas)
    storage.save(dataset.assign_attrs(description=described), path)
    return dataset


def _fingerprint(schedule: MixingSchedule) -> str:
    """Return a hash of the matrices of one period of a schedule, or of what a random one is drawn from."""
    if schedule.period is None:
        return json.dumps(schedule.provenance(), sort_keys=True)
    content = hashlib.sha256()
    for k in range(schedule.period):
        content.update(schedule.at(k).matrix().tobytes())
    return content.hexdigest()


def _extremes(samples: Floats, alpha: float) -> sequential.Interval:
    """Return the largest sample as an interval: a pathwise statement must hold in every run."""
    worst = float(samples.max())
    return sequential.Interval(worst, worst, worst, alpha, samples.size)
