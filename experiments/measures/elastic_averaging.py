"""Elastic averaging and the multiplier method on quadratics: spectral radii of passes, and exact distances to the minimiser."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from experiments.measures.base import Measure, computed, exact, largest, last
from numerics.typing import Floats

if TYPE_CHECKING:
    import xarray as xr

    from experiments.settings import Setting

MANY = (16, 24, 32, 48, 64, 96, 128)
"""Numbers of workers from which the limit of many is extrapolated."""

EXTRAPOLATION = 1e-8
"""Part of itself to which the extrapolated limit of many workers is known."""

STAYS = 1e-6
"""How far, in units of one, models may be from where they were put to have stayed there."""


def radius(setting: Setting, inverse: bool = False) -> float:
    """Return the spectral radius of a pass over the workers, or its inverse, read off the maps of the algorithm itself."""
    from numerics.moments import spectral_radius

    algorithm = setting.claim.build_algorithm(setting.gamma)
    found = spectral_radius(algorithm, setting.problem, setting.schedule, timeline=setting.timeline)
    return 1 / found if inverse else found


def distances(setting: Setting) -> dict[str, Floats]:
    """Return exact mean squares of distances to the minimiser at k = 0 .. K: of the workers' mean, the workers, the center."""
    from numerics.moments import exact_moments

    claim = setting.claim
    moments = exact_moments(claim.build_algorithm(setting.gamma), setting.problem, setting.schedule, iterations=claim.iterations)
    names = ("view_mean_distance_sq", "view_distance_sq", "center_distance_sq")
    return {name: moments[name].values for name in names}


def last_distance(setting: Setting) -> float | None:
    """Return the exact E||center - x*||^2 after K iterations, or None where second moments do not close."""
    moments = exact(setting)
    return None if moments is None else float(moments["center_distance_sq"].values[-1])


def limit_distance(setting: Setting, nodes: int | None = None) -> float:
    """Return the exact limit of E||center - x*||^2 as k grows, with another number of workers where n alpha stays the same."""
    from numerics.moments import stationary

    claim = setting.claim
    if nodes is not None:
        share = setting.constants["pull"] * claim.nodes / nodes
        claim = claim.model_copy(update={"nodes": nodes, "options": {**claim.options, "alpha": share}})
    found = stationary(claim.build_algorithm(setting.gamma), claim.build_problem(), claim.build_schedule())
    return found["center_distance_sq"]


def many_workers(setting: Setting) -> float:
    """Return the limit of n times `limit_distance` as n grows with n alpha fixed.

    Moments are rational functions of 1/n: the limit is that of a quotient of quadratics in 1/n through the values at `MANY`.
    """
    values = np.array([n * limit_distance(setting, n) for n in MANY])
    h = MANY[0] / np.array(MANY)
    columns = np.stack([np.ones_like(h), h, h**2, -values * h, -values * h**2], axis=1)
    return float(np.linalg.lstsq(columns, values, rcond=None)[0][0])


def _many_sampled(setting: Setting, replicas: range) -> xr.Dataset:
    """Return n times the squared distance at the end of runs with the n workers of the claim."""
    found = last("center_distance_sq")(setting, replicas)
    return found.assign({name: setting.claim.nodes * found[name] for name in ("sample", "running")})


def recursion_ratios(setting: Setting) -> Floats:
    """Return the largest of the three ratios s_(k+1) / (U s_k + v) for k < K, by exact moments, shape (K,)."""
    c, n, gamma, found = setting.constants, setting.claim.nodes, setting.gamma, distances(setting)
    mu, smooth, alpha = c["mu"], c["L"], c["pull"]
    c_1 = 2 * gamma * mu * smooth / (mu + smooth)
    c_2 = 2 * gamma * smooth * (1 - 2 * np.sqrt(mu * smooth) / (mu + smooth))
    matrix = [[1 - c_1 - c_2 - alpha, c_2, alpha], [0, 1 - c_1 - alpha, alpha], [n * alpha, 0, 1 - n * alpha]]
    noise = gamma**2 * c["sigma"] ** 2
    along = np.array(list(found.values()))
    allowed = np.array(matrix) @ along[:, :-1] + np.array([noise / n, noise, 0])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios: Floats = np.where((along[:, 1:] == 0) & (allowed == 0), 1.0, along[:, 1:] / allowed).max(axis=0)
    return ratios


def moved(setting: Setting) -> float:
    """Return 1 / the least of |f'(y)|, |f'(-y)|, |f'(0)|, where EASGD that is put to (y, -y, 0) is after K iterations.

    y >= 1 solves lambda y = exp(1 - y). Infinite if EASGD does not stay there: the point is not stationary then.
    """
    from scipy.optimize import brentq

    from numerics.engine import run
    from numerics.events import rounds

    claim, objective, strength = setting.claim, setting.problem.objective, setting.constants["lambda_"]
    y = brentq(lambda t: strength * t - np.exp(1 - t), 1.0, 1 / strength, xtol=1e-15) if strength < 1 else 1.0
    algorithm = claim.build_algorithm(setting.gamma)
    put = np.array([y, -y])[:, None, None]
    state = algorithm.init(put, 2)
    run(algorithm, objective.local_gradients, rounds(setting.schedule, claim.iterations), state)
    points = np.concatenate([state.x[:, 0], algorithm.center(state)])
    if np.abs(points - np.array([[y], [-y], [0.0]])).max() > STAYS:
        return float("inf")
    return float(1 / np.abs(objective.gradient(points)).min())


def _not_the_example(setting: Setting) -> tuple[str, None] | None:
    if setting.claim.problem == "bump" and setting.problem.dim == 1 and setting.claim.nodes == 2:
        return None
    return "is about two workers on the one-dimensional problem bump", None


def _open(setting: Setting) -> tuple[str, None] | None:
    from numerics.moments import closes

    return None if closes(setting.problem) else ("measured on quadratics with additive noise, by exact second moments", None)


def _not_yet_stable(setting: Setting) -> tuple[str, float | None] | None:
    """Return that the fewest workers the limit is extrapolated from are too few for this step, if so."""
    share = setting.constants["pull"] * setting.claim.nodes
    x, few = setting.gamma * setting.constants["L"], share / MANY[0]
    least = (2 - x) * (2 - share)
    if 2 * few < least:
        return _open(setting)
    return f"measured from {MANY[0]} workers on, where this step is not stable", 2 * few / least


def _ratios_as_runs(setting: Setting, replicas: range) -> Floats:
    return np.repeat(recursion_ratios(setting)[:, None], len(replicas), axis=1)


def _not_in_turns(setting: Setting) -> tuple[str, None] | None:
    if setting.claim.timeline != "round-robin":
        return "is about workers that take turns (timeline round-robin)", None
    if setting.claim.options.get("period", 1) != 1:
        return "is about workers that exchange in every step (period 1)", None
    return _open(setting)


_PASS = "the eigenvalues of a pass"

MEASURES = {
    "round_robin_spectral_radius": computed(radius, _PASS, lacking=_not_in_turns),
    "admm_inverse_spectral_radius": computed(partial(radius, inverse=True), _PASS, lacking=_not_in_turns),
    "last_center_distance_sq": Measure(last("center_distance_sq"), exact=last_distance),
    "limit_center_distance_sq": Measure(last("center_distance_sq"), exact=limit_distance, lacking=_open),
    "limit_workers_center_distance_sq": Measure(
        _many_sampled,
        exact=many_workers,
        rounding=EXTRAPOLATION,
        witness=f"exact second moments of up to {MANY[-1]} workers",
        lacking=_not_yet_stable,
    ),
    "elastic_recursion_ratio": Measure(
        largest(_ratios_as_runs), exact=lambda setting: float(recursion_ratios(setting).max()), lacking=_open
    ),
    "moved_inverse_slope": computed(moved, "a run that stays at the point", lacking=_not_the_example),
}
