"""The gauge of elastic consistency at its worst: over time and over workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.measures.base import PILOT, Measure, farthest, horizons, on_ball, without_chance
from numerics.typing import Floats

if TYPE_CHECKING:
    import xarray as xr

    from experiments.settings import Setting


def sample(setting: Setting, replicas: range) -> xr.Dataset:
    """Return ||center - view||^2 / gamma^2 where its expectation is largest; see `experiments.measures.averaged`.

    The iteration and the worker are found on sixteen runs of another seed (one, where all are the same), so that the choice
    does not bias what is sampled there. ``running`` holds the distance of that worker at every horizon.
    """
    import xarray as xr

    pilots = range(1 if without_chance(setting) else 16)
    pilot = _distances(setting, pilots, setting.claim.seed + PILOT).mean(axis=-1)
    k, worker = np.unravel_index(np.nanargmax(pilot), pilot.shape)
    values = _distances(setting, replicas, setting.claim.seed)
    at = horizons(setting.claim.iterations)
    running = np.concatenate([values[at[:-1] - 1, worker], values[k, worker][None]])
    lost = ~np.isfinite(values).all(axis=1)
    data: dict[str, Any] = {
        "sample": (("replica",), running[-1]),
        "running": (("horizon", "replica"), running),
        "diverged_at": (("replica",), np.where(lost.any(axis=0), lost.argmax(axis=0), -1)),
    }
    if on_ball(setting):
        data["farthest"] = (("replica",), farthest(setting, replicas))
    return xr.Dataset(data, coords={"horizon": at, "replica": np.array(replicas)})


def _distances(setting: Setting, replicas: range, seed: int) -> Floats:
    """Return the readings of all events, shape (K, active, R)."""
    from numerics.gauge import gauge

    claim = setting.claim
    readings: Floats = gauge(
        claim.build_algorithm(setting.gamma),
        setting.problem,
        setting.schedule,
        iterations=claim.iterations,
        replicas=replicas,
        seed=seed,
        every=1,
        timeline=setting.timeline,
    ).distance_sq.values
    return readings


MEASURES = {"gauge_sq": Measure(sample)}
