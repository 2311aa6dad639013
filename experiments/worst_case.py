"""Worst cases meet runs: the program of a claim, and the worst instance replayed through the simulator."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.claims import STEEPNESS
from experiments.recorded import Recorded
from experiments.settings import Setting, schedule_key
from numerics.algorithms import EFSGD, LGD
from numerics.typing import Floats
from straggler import StragglerError

if TYPE_CHECKING:
    import xarray as xr

    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule
    from numerics.timeline import Timeline
    from theory.worst_case import Family, Instance, Method, WorstCase

MOST_ROUNDS, MOST_WORKERS = 5, 8
"""Claims with more are left without a worst case: what takes longest among them takes ten seconds, without any symmetry."""


def replay(
    instance: Instance,
    algorithm: Algorithm,
    schedule: MixingSchedule,
    iterations: int,
    *,
    delta: float = 1.0,
    zeta: float = 0.0,
    quantities: tuple[str, ...] = ("grad_norm_sq",),
    record_every: int = 1,
    timeline: Timeline | None = None,
) -> xr.Dataset:
    """Run an algorithm on a worst-case instance and return what was recorded.

    Instances of `theory.worst_case.last_iterate` are known at the first and the last center only: there ``record_every`` has
    to be the number of iterations. Those of `theory.worst_case.error_feedback` want an algorithm whose compressor is the
    `experiments.recorded.RecordedCompressor` of the same instance.

    Raises
    ------
    StragglerError
        If the algorithm goes where the one of the worst case did not go.
    """
    from numerics import simulate
    from numerics.noise import NoNoise
    from numerics.problems import Problem

    problem = Problem(Recorded(instance, delta, zeta), NoNoise(), "worst-case")
    settings: dict[str, Any] = {"quantities": quantities, "record_every": record_every, "timeline": timeline}
    return simulate(algorithm, problem, schedule, iterations=iterations, **settings)


def method(
    algorithm: Algorithm, schedule: MixingSchedule, iterations: int, timeline: Timeline | None = None, dim: int | None = None
) -> Method | None:
    """Return an algorithm without noise as worst cases see it, or None for one that has no such form here.

    Error feedback is seen with any compressors that lose no more than its own, which must draw no random numbers, does on vectors
    of ``dim`` coordinates; without ``dim`` it has no form.
    """
    from theory import worst_case as theory

    if algorithm.momentum or callable(algorithm.step_size) or (schedule.period is None and algorithm.name in ("dpsgd", "sgp")):
        return None
    n, named = schedule.n, algorithm.name
    if named == "sgd":
        return theory.gradient_descent(iterations, n)
    if named == "dpsgd":
        return theory.dpsgd(_matrices(schedule, iterations), getattr(algorithm, "order", ""))
    if named == "sgp":
        return theory.sgp(_matrices(schedule, iterations))
    if named == "local-sgd" and not getattr(algorithm, "switch", 0) and schedule.period is not None:
        averages = all(np.allclose(matrix, 1 / n, rtol=0, atol=1e-12) for matrix in _matrices(schedule, schedule.period))
        return theory.local_sgd(iterations, n, getattr(algorithm, "period", 1)) if averages else None
    if isinstance(algorithm, EFSGD) and named == "ef-sgd" and dim is not None:
        lost = None if algorithm.compression.random or algorithm.detached else algorithm.compression.contraction(dim)
        return None if lost is None else theory.error_feedback(iterations, 1 - lost, n)
    if named == "apsgd" and timeline is not None and timeline.name == "worst-delay" and timeline.deterministic:
        return theory.delayed(iterations, int(timeline.staleness or 0), n)
    return None


def _matrices(schedule: MixingSchedule, rounds: int) -> list[Floats]:
    return [schedule.at(k).matrix() for k in range(rounds)]


def of(setting: Setting) -> float | None:
    """Return the exact worst case of what the theorem of a claim bounds, at the constants of its problem; see `found`."""
    there = found(setting)
    return None if there is None else there.value


def found(setting: Setting) -> WorstCase | None:
    """Return the worst case of what the theorem of a claim bounds, with its proof and its instance.

    None where there is none: with noise, for other quantities than those of `CASES` and settings that these do not cover, and
    where no solver's answer can be certified.
    """
    claim, c, case = setting.claim, setting.constants, CASES.get(setting.theorem.quantity.name)
    if case is None or c.get("sigma") != 0 or c.get("nu", 0.0) != 0 or claim.step in STEEPNESS:
        return None
    try:
        return case(setting)
    except StragglerError:
        return None


def _gradient(setting: Setting) -> WorstCase | None:
    """Return that of the mean squared gradient at the centers, for the algorithms of `method`, few rounds and few workers."""
    claim, c = setting.claim, setting.constants
    if claim.iterations > MOST_ROUNDS or claim.nodes > MOST_WORKERS or claim.apart:
        return None
    options = tuple(sorted(claim.options.items()))
    timeline = (claim.timeline, tuple(sorted(claim.timeline_options.items())))
    family = _family(claim.system, options, schedule_key(claim), claim.iterations, timeline)
    return None if family is None else family.at(gamma=setting.gamma, L=c["L"], delta=c["delta"], zeta=c["zeta"])


def _descent(setting: Setting) -> WorstCase | None:
    """Return that of a step towards leaders: two pulls are one, of their strengths together, to a point between them.

    Wherever that is, the right side of the descent inequality is no smaller with two leaders than with one who is there.
    """
    from theory.worst_case import led_descent

    c, leaders = setting.constants, setting.claim.build_algorithm(setting.gamma)
    if not isinstance(leaders, LGD) or leaders.momentum or c["zeta"]:
        return None
    strength = c["lambda_"] + (c["lambda_G"] if leaders.groups > 1 else 0.0)
    return led_descent(setting.gamma * strength, gamma=setting.gamma, L=c["L"], mu=c["mu"])


def _excess(setting: Setting) -> WorstCase | None:
    """Return that of the last suboptimality where leaders are elected in every round.

    Workers who start together stay together without noise, and do gradient descent on the function they share.
    """
    from theory.worst_case import gradient_descent, last_iterate

    claim, c, leaders = setting.claim, setting.constants, setting.claim.build_algorithm(setting.gamma)
    if not isinstance(leaders, LGD) or leaders.momentum or c["zeta"] or claim.apart or claim.iterations > MOST_ROUNDS:
        return None
    if leaders.period > 1 or (leaders.groups > 1 and leaders.global_period > 1):
        return None
    family = last_iterate(gradient_descent(claim.iterations))
    return family.at(gamma=setting.gamma, L=c["L"], mu=c["mu"], delta=c["delta"])


CASES: dict[str, Callable[[Setting], WorstCase | None]] = {
    "mean_grad_norm_sq": _gradient,
    "leader_descent_ratio": _descent,
    "last_worker_suboptimality": _excess,
}
"""Worst cases by the name of the quantity in the theory."""


@lru_cache(maxsize=64)
def _family(system: str, options: Any, key: Any, iterations: int, clock: Any) -> Family | None:
    """Return the worst case of a system; claims that differ in theorem, problem and step size share it."""
    from experiments.mixing.design import mixing
    from numerics import algorithms, graphs, timeline
    from theory.worst_case import nonconvex

    graph, nodes, graph_options, weights = key
    schedule = mixing(graphs.get(graph, nodes, **dict(graph_options)), weights)
    algorithm = algorithms.get(system, step_size=1.0, **dict(options))
    named, settings = clock
    ticks = None if named is None else timeline.get(named, algorithm, schedule, **dict(settings))
    found = method(algorithm, schedule, iterations, ticks)
    return None if found is None else nonconvex(found)
