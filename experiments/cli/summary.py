"""The numbers of a run: means over iterations and replicas, with an interval over replicas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.simulation import DEFAULT_QUANTITIES
from numerics.typing import Floats

if TYPE_CHECKING:
    import xarray as xr

LEVEL = 0.95


def summary(run: xr.Dataset) -> dict[str, Any]:
    """Return the summary of a simulated run in plain values.

    Parameters
    ----------
    run
        Dataset of `numerics.simulate` with ``grad_norm_sq``, ``consensus_sq`` and ``value``.

    Returns
    -------
    dict
        What the run was; ``mean_grad_norm_sq`` and ``mean_consensus_sq``, means over the recorded iterations k < K and over
        replicas; ``mean_grad_norm_sq_ci``, a Student interval at 95 % over replicas (see `interval`);
        ``final_value``, the mean of f(center) at iteration K; ``recorded``, mean and largest value of what else was recorded;
        ``diverged``, iteration by replica; ``time``, seconds to the last iteration, and ``mean_staleness``, means over
        replicas, and ``largest_staleness`` of a gradient in updates, None where the timeline has no clock or nothing is stale.
    """
    attributes = run.provenance
    averages = run["grad_norm_sq"].values[:-1].mean(axis=0)
    diverged = {int(r): int(k) for r, k in zip(run["replica"].values, run["diverged_at"].values, strict=True) if k >= 0}
    constants = run.constants
    return {
        "system": attributes["system"],
        "options": attributes["options"],
        "problem": attributes["problem"]["name"],
        "graph": attributes["graph"]["graph"],
        "weights": attributes["graph"].get("weights"),
        "nodes": int(constants["n"]),
        "dim": int(constants["d"]),
        "iterations": int(constants["K"]),
        "replicas": run.sizes["replica"],
        "record_every": attributes["record_every"],
        "seed": attributes["seed"],
        "constants": constants,
        "mean_grad_norm_sq": float(averages.mean()),
        "mean_grad_norm_sq_ci": interval(averages),
        "mean_consensus_sq": float(run["consensus_sq"].values[:-1].mean()),
        "final_value": float(run["value"].values[-1].mean()),
        "recorded": {
            name: {"mean": float(values.values[:-1].mean()), "max": float(values.values.max())}
            for name, values in run.data_vars.items()
            if "iteration" in values.dims and name not in (*DEFAULT_QUANTITIES, "time")
        },
        "diverged": diverged,
        "time": _mean(run, "time"),
        "mean_staleness": _mean(run, "mean_staleness"),
        "largest_staleness": float(run["largest_staleness"].max()) if "largest_staleness" in run else None,
        "loop_seconds": attributes["loop_seconds"],
    }


def _mean(run: xr.Dataset, name: str) -> float | None:
    """Return the mean over replicas, at the last iteration of what has several; None where a run has none of it."""
    return float(run[name].values[-1].mean() if "iteration" in run[name].dims else run[name].mean()) if name in run else None


def interval(samples: Floats) -> tuple[float, float] | None:
    """Return the two-sided Student interval at 95 % for the mean of independent samples, shape (R,).

    None for one sample, and where a sample is not finite.
    """
    from scipy.special import stdtrit

    size = samples.size
    if size < 2 or not np.isfinite(samples).all():
        return None
    middle = float(samples.mean())
    half = float(stdtrit(size - 1, 0.5 + LEVEL / 2)) * float(samples.std(ddof=1)) / math.sqrt(size)
    return middle - half, middle + half
