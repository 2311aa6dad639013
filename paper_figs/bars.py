"""Throughput bars of WAGMA-SGD's Figure 4: measured ones, and what `straggler cluster` says, fitted to the smaller clusters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.typing import Floats

WORKLOAD = "resnet50-64"
SAMPLES = 128
SYSTEMS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "local SGD": ("local-sgd", {"period": 1}),
    "all-reduce": ("sgd", {}),
    "D-PSGD": ("dpsgd", {}),
    "AD-PSGD": ("adpsgd", {}),
    "SGP (2n)": ("sgp", {"peers": 2}),
    "eager-SGD": ("eager", {}),
    "WAGMA-SGD": ("wagma", {}),
}
"""The systems of the figure, by name and options of the command; local SGD averages in every round, as printed."""

GOSSIP = ("D-PSGD", "SGP (2n)")
"""Systems for which it matters whether all workers wait for all or for their neighbours."""

MEASURED: dict[int, tuple[int, ...]] = {
    4: (572, 577, 572, 678, 536, 637, 643),
    16: (2292, 2307, 2307, 3116, 2181, 2808, 2838),
    64: (9147, 9071, 9319, 13053, 9122, 10149, 11439),
    256: (32515, 32617, 35849, 52697, 36431, 32556, 44521),
}
"""Images per second by number of workers, in the order of `SYSTEMS`.

Li et al., IEEE TPDS 32(7), 2021, arXiv 2005.00124, Figure 4 (ResNet-50 on ImageNet, local batch 128, two random workers of
every step 320 ms late), digitised from the vector bars of the PDF to about 25 images/s. The bars reproduce the speed-ups in
the text (1.25, 1.26, 1.23, 1.25 and 1.13 at 64 workers).
"""

IDEAL = {4: 880, 16: 3339, 64: 13255, 256: 53248}
"""The bars "ideal", images per second: no imbalance and no communication."""

DIGITISATION = 25.0
"""Error of a bar, images per second."""

FITTED = (4, 16)
"""Numbers of workers that the fit sees."""

SCOPES = ("global", "neighbour")
TOLERANCE: dict[str, Any] = {"diff_step": 0.01, "xtol": 1e-5, "ftol": 1e-6}
"""Of the fit: the bars have three digits."""


@dataclass(frozen=True)
class Fit:
    """Parameters of the model that fit the bars of `FITTED`.

    Parameters
    ----------
    scope
        Whom D-PSGD and SGP wait for.
    seconds
        Compute time of a gradient.
    bandwidth
        Bytes per second; infinite if these bars show no cost of communication.
    rms
        Root of the mean squared logarithm of model over measured, over the fitted bars.
    """

    scope: str
    seconds: float
    bandwidth: float
    rms: float

    @property
    def settings(self) -> dict[str, Any]:
        """What the command is told."""
        return changes(self.seconds, self.bandwidth, self.scope)


def changes(seconds: float, bandwidth: float, scope: str) -> dict[str, Any]:
    """Return compute time, bandwidth and barrier scope as values of the workload."""
    return {"compute.seconds": seconds, "network.bandwidth": bandwidth, "training.barrier": scope}


def bar(system: str, workers: int, settings: Mapping[str, Any]) -> float:
    """Return the images per second that the command gives."""
    from experiments.cli.cluster import achieved

    name, options = SYSTEMS[system]
    return float(achieved(name, WORKLOAD, workers, settings={**options, **settings})["throughput"])


def command(system: str, workers: int, settings: Mapping[str, Any]) -> str:
    """Return the command line of a bar."""
    name, options = SYSTEMS[system]
    words = "".join(f" --set {option}={value}" for option, value in {**options, **settings}.items())
    return f"straggler cluster {name} --workload {WORKLOAD} --nodes {workers}{words}"


def deviations(seconds: float, bandwidth: float, scope: str, nodes: Sequence[int] = FITTED) -> Floats:
    """Return log(model / measured) of all bars at these numbers of workers, the ideal ones first."""
    ideal = [math.log(SAMPLES * P / seconds / IDEAL[P]) for P in nodes]
    settings = changes(seconds, bandwidth, scope)
    return np.array(ideal + [math.log(bar(s, P, settings) / m) for P in nodes for s, m in zip(SYSTEMS, MEASURED[P], strict=True)])


def fit(scope: str) -> Fit:
    """Return compute time and bandwidth that fit the bars of `FITTED` best, by least squares in the logarithm.

    Latency is not fitted: it is hidden by the length of the messages.
    """
    from scipy.optimize import least_squares

    def residuals(parameters: Floats) -> Floats:
        seconds, per_gigabyte = parameters.tolist()
        return deviations(seconds, _bandwidth(per_gigabyte), scope)

    found = least_squares(residuals, (0.6, 0.15), bounds=((0.1, 0.0), (2.0, 10.0)), method="dogbox", **TOLERANCE)
    seconds, per_gigabyte = found.x.tolist()
    return Fit(scope, float(f"{seconds:.4g}"), float(f"{_bandwidth(per_gigabyte):.3g}"), float(np.sqrt(np.mean(found.fun**2))))


def _bandwidth(per_gigabyte: float) -> float:
    # a terabyte per second sends a model in 0.1 ms, which no bar can tell from nothing
    return 1e9 / per_gigabyte if per_gigabyte > 1e-3 else math.inf


@dataclass(frozen=True)
class Bars:
    """Model bars by system and number of workers.

    Parameters
    ----------
    name
        Which parameters.
    settings
        What the command is told, besides the options of the system.
    values
        Images per second, by system and number of workers.
    """

    name: str
    settings: Mapping[str, Any]
    values: Mapping[tuple[str, int], float]

    def error(self, system: str, workers: int) -> float:
        """Return model / measured - 1; NaN where nothing was measured."""
        if workers not in MEASURED:
            return math.nan
        return self.values[system, workers] / measured(system, workers) - 1

    def median(self, nodes: Sequence[int] = tuple(MEASURED)) -> float:
        """Return the median size of the errors at these numbers of workers."""
        return float(np.median([abs(self.error(system, P)) for system in SYSTEMS for P in nodes]))


def measured(system: str, workers: int) -> int:
    """Return a digitised bar, images per second."""
    return MEASURED[workers][list(SYSTEMS).index(system)]


def bars(name: str, settings: Mapping[str, Any], nodes: Sequence[int], jobs: int) -> Bars:
    """Return all bars with these settings; the longest runs begin first."""
    import joblib

    keys = [(system, P) for P in sorted(nodes, reverse=True) for system in SYSTEMS]
    values = joblib.Parallel(n_jobs=jobs)(joblib.delayed(bar)(system, P, settings) for system, P in keys)
    return Bars(name, settings, dict(zip(keys, values, strict=True)))
