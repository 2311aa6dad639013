"""Compressed gradients: what compressors do to vectors, one step with a memory, and averages of models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.measures.base import Measure, Sample, computed, farthest, horizons, largest, on_ball
from experiments.measures.quantised import MEASURES as QUANTISED
from numerics.noise.base import AdditiveNoise
from numerics.typing import Floats

if TYPE_CHECKING:
    import xarray as xr

    from experiments.settings import Setting
    from numerics.algorithms import Algorithm, State


def states(setting: Setting, replicas: range) -> Iterator[tuple[Algorithm, State]]:
    """Yield the algorithm and the state of a run in rounds before every iteration k < K, and at the end."""
    from numerics.streams import Streams
    from numerics.timeline import fitting

    claim, problem = setting.claim, setting.problem
    algorithm, streams = claim.build_algorithm(setting.gamma), Streams(claim.seed, replicas)
    clock = fitting(algorithm, setting.schedule, setting.timeline)
    state = algorithm.init(np.broadcast_to(problem.start(), (len(replicas), problem.dim)), claim.nodes)
    algorithm.equip(state, problem, streams)
    oracle = problem.oracle(streams)
    for event in clock.play(claim.iterations, streams):
        yield algorithm, state
        algorithm.step(state, oracle(algorithm.view(state, event), event.workers, None), event)
    yield algorithm, state


def average_of_models(weighted: bool) -> Sample:
    """Return a measure of f(y) - f* at the mean y of the models x_k, k < K, with weights (k + k_0)^2 or 1; see `averaged`."""

    def sample(setting: Setting, replicas: range) -> xr.Dataset:
        import xarray as xr

        at, objective = horizons(setting.claim.iterations), setting.problem.objective
        mean = np.zeros((len(replicas), setting.problem.dim))
        mass, running, radii = 0.0, np.empty((at.size, len(replicas))), np.zeros(len(replicas))
        watched = on_ball(setting)
        with np.errstate(all="ignore"):
            for k, (_, state) in enumerate(states(setting, replicas)):
                if watched:
                    radii = np.fmax(radii, np.linalg.norm(state.x[0] - objective.ball_center(), axis=-1))
                if k:
                    running[at == k] = objective.value(mean) - setting.constants["f_star"]
                weight = (k + setting.constants["k_0"]) ** 2 if weighted else 1.0
                mass += weight
                mean += (state.x[0] - mean) * (weight / mass)
        data: dict[str, Any] = {
            "sample": (("replica",), running[-1]),
            "running": (("horizon", "replica"), running),
            "diverged_at": (("replica",), np.where(np.isfinite(running[-1]), -1, setting.claim.iterations)),
        }
        if watched:
            data["farthest"] = (("replica",), radii)
        return xr.Dataset(data, coords={"horizon": at, "replica": np.array(replicas)})

    return sample


def step_ratios(setting: Setting, replicas: range) -> Floats:
    """Return the two sides of one step with a memory as a ratio, shape (K, R), given the state before the step.

    The left side is exact in the noise of the step: that moves y_k = x_k - m_k by gamma_k times a mean of n independent noises
    of variance sigma^2 each. The ratio of expectations over all that came before is between the least and the largest of these.
    """
    c, problem, n = setting.constants, setting.problem, setting.claim.nodes
    objective, best = problem.objective, problem.objective.minimiser()
    moment = c["M"] ** 2 + c["sigma"] ** 2
    found = np.empty((setting.claim.iterations, len(replicas)))
    for k, (algorithm, state) in enumerate(states(setting, replicas)):
        if k == len(found):
            break
        gamma, model, center = algorithm.gamma(k), state.x[0], algorithm.center(state)
        slope = objective.local_gradients(np.broadcast_to(model, (n, *model.shape))).mean(axis=0)
        apart, memory, excess = center - best, model - center, objective.value(model) - c["f_star"]
        moved = apart - gamma * slope
        left = np.vecdot(moved, moved) + gamma**2 * c["sigma"] ** 2 / n + gamma * excess
        right = (1 - c["mu"] * gamma / 2) * np.vecdot(apart, apart) + gamma**2 * moment
        right += gamma * (c["mu"] + 2 * c["L"]) * np.vecdot(memory, memory)
        found[k] = np.where((left == 0) & (right == 0), 1.0, left / np.where(right == 0, 1.0, right))
        found[k][(left > 0) & (right == 0)] = np.inf
    return found


def one_step(setting: Setting, replicas: range) -> xr.Dataset:
    """Return the samples of `step_ratios`; see `averaged`."""
    ratios = largest(step_ratios)(setting, replicas)
    return ratios.assign(farthest=("replica", farthest(setting, replicas))) if on_ball(setting) else ratios


def largest_weighted_mean(setting: Setting) -> float:
    """Return the largest weighted mean that the recursion of Mem-SGD leaves room for, by duality.

    That is a linear program in e_k and a_k; the least multipliers of the constraints solve its dual, from the last one
    backwards: y_(K-1) = w_(K-1) / gamma_(K-1), y_(k-1) = max(w_(k-1) / gamma_(k-1), (1 - mu gamma_k / 2) y_k).
    """
    c = setting.constants
    k = np.arange(setting.claim.iterations)
    weights, steps = (k + c["k_0"]) ** 2.0, 8 / (c["mu"] * (k + c["k_0"]))
    least, kept = weights / steps, 1 - c["mu"] * steps / 2
    multipliers = least.copy()
    for i in range(k.size - 1, 0, -1):
        multipliers[i - 1] = max(least[i - 1], kept[i] * multipliers[i])
    forced = float(multipliers @ (steps**2 * c["per_square"] + steps**3 * c["per_cube"]))
    return (float(multipliers[0] * kept[0]) * c["R_0"] ** 2 + forced) / float(weights.sum())


def _no_room(setting: Setting) -> tuple[str, float | None] | None:
    if setting.constants["k_0"] >= 4:
        return None
    return "measured from k_0 = 4 on, where a_k >= 0 is no further constraint", 4 / setting.constants["k_0"]


def _not_exact_in_noise(setting: Setting) -> tuple[str, None] | None:
    if setting.problem.objective.minimiser() is None or not isinstance(setting.problem.noise, AdditiveNoise):
        return "measured under additive noise, where the minimiser is known in closed form", None
    return None


MEASURES = {
    **QUANTISED,
    "memory_recursion_ratio": Measure(one_step, pathwise=True, lacking=_not_exact_in_noise),
    "weighted_recursion_mean": computed(largest_weighted_mean, "linear programming", lacking=_no_room),
    "weighted_average_suboptimality": Measure(average_of_models(weighted=True)),
    "average_suboptimality": Measure(average_of_models(weighted=False)),
}
