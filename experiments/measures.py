"""Measures: what a replica contributes to the quantity a theorem bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import push_sum_lemma
from numerics.typing import Floats
from straggler import UnknownName

if TYPE_CHECKING:
    import xarray as xr

    from experiments.settings import Setting

HORIZONS = 40


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
    """

    sample: Callable[[Setting, range], xr.Dataset]
    pathwise: bool = False
    average_of: str | None = None


def horizons(iterations: int) -> np.ndarray:
    """Return about forty iteration counts from 1 to K, evenly spaced in logarithm."""
    return np.unique(np.geomspace(1, iterations, HORIZONS).round().astype(int))


def averaged(name: str) -> Callable[[Setting, range], xr.Dataset]:
    """Return a measure of the mean over k < K of the quantity ``name`` along a run.

    The dataset has ``sample`` (replica), the running means ``running`` (horizon, replica), ``diverged_at`` (replica) and,
    where the constants hold on a ball only, ``farthest`` (replica), the largest distance of a view from its center.
    """

    def sample(setting: Setting, replicas: range) -> xr.Dataset:
        import xarray as xr

        from numerics import simulate

        claim = setting.claim
        watched = ("view_radius",) if on_ball(setting) else ()
        run = simulate(
            claim.build_algorithm(setting.gamma),
            setting.problem,
            setting.schedule,
            iterations=claim.iterations,
            replicas=replicas,
            seed=claim.seed,
            timeline=setting.timeline,
            quantities=(name, *watched),
        )
        values = run[name].values[:-1]
        at = horizons(claim.iterations)
        running = np.cumsum(values, axis=0)[at - 1] / at[:, None]
        data: dict[str, Any] = {
            "sample": (("replica",), running[-1]),
            "running": (("horizon", "replica"), running),
            "diverged_at": (("replica",), run["diverged_at"].values),
        }
        if watched:
            data["farthest"] = (("replica",), run["view_radius"].values.max(axis=0))
        return xr.Dataset(data, coords={"horizon": at, "replica": np.array(replicas)})

    return sample


def largest(along: Callable[[Setting, range], Floats]) -> Callable[[Setting, range], xr.Dataset]:
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


def exact_mean(setting: Setting, name: str) -> float | None:
    """Return the exact expectation of the mean over k < K of ``name``, or None where second moments do not close."""
    from numerics.moments import closes, exact_moments
    from numerics.timeline import fitting

    if not closes(setting.problem):
        return None
    claim, algorithm = setting.claim, setting.claim.build_algorithm(setting.gamma)
    clock = fitting(algorithm, setting.schedule, setting.timeline)
    if clock.slots and not clock.deterministic and clock.chances(0) is None:
        return None
    moments = exact_moments(algorithm, setting.problem, setting.schedule, iterations=claim.iterations, timeline=clock)
    values: Floats = moments[name].values[:-1]
    return float(values.mean())


def get(quantity: str) -> Measure:
    """Return the measure of a quantity of the theory, by name."""
    pathwise = {
        "lemma3_per_node_ratio": Measure(largest(partial(push_sum_lemma.ratios, per_node=True)), pathwise=True),
        "lemma3_rms_ratio": Measure(largest(partial(push_sum_lemma.ratios, per_node=False)), pathwise=True),
    }
    if quantity in pathwise:
        return pathwise[quantity]
    if not quantity.startswith("mean_"):
        raise UnknownName("measured quantity", quantity, [*pathwise, "mean_..."])
    name = quantity.removeprefix("mean_")
    return Measure(averaged(name), average_of=name)
