"""The numbers of a claim: every constant a theorem asks for, computed by ``numerics`` and handed over by name."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from experiments.claims import STEEPNESS, Claim
from experiments.measures import geometry
from straggler import InputError

if TYPE_CHECKING:
    from numerics.mixing import MixingSchedule
    from numerics.problems import Problem
    from numerics.timeline import Timeline
    from theory.theorem import Theorem


UNBIASED = 1e-13
"""Part of a vector that rounding leaves of the mean of its compressions, whose coordinates are of its own size."""


@dataclass(frozen=True)
class Setting:
    """A claim made concrete: its theorem, problem and mixing, the step size, and the constants under the theorem's names."""

    claim: Claim
    theorem: Theorem
    problem: Problem
    schedule: MixingSchedule
    timeline: Timeline | None
    gamma: float
    constants: dict[str, float]

    @property
    def rounding(self) -> float:
        """What rounding may leave of a squared distance that is zero in exact arithmetic; 0 for other quantities.

        A distance is a difference of coordinates, known to 1e-13 of their size (of the start, and of its distance to a
        minimiser); the variance of the center, of order K gamma^2 sigma^2, is known to 1e-14 of itself. A bias is relative.
        """
        if self.theorem.quantity.name == "compression_bias":
            return UNBIASED
        if self.theorem.quantity.name != "mean_consensus_sq":
            return 0.0
        c = self.constants
        return 1e-26 * (c["x0_sq"] + 2 * c["delta"] / c["L"]) + 1e-14 * c["K"] * (self.gamma * c["sigma"]) ** 2


def prepare(claim: Claim) -> Setting:
    """Return the setting of a claim.

    Raises
    ------
    StragglerError
        If a name is unknown, a value is outside its range, or the theorem speaks about other systems.
    """
    from theory import registry

    theorem = registry.get(claim.theorem)
    if claim.system not in theorem.systems:
        raise InputError("system", claim.system, f"one of those {claim.theorem} speaks about: {', '.join(theorem.systems)}")
    problem, schedule = claim.build_problem(), claim.build_schedule()
    timeline = claim.build_timeline(claim.build_algorithm(1.0), schedule)
    constants = _base(claim, problem, schedule, timeline) | _mixing(claim, theorem, problem) | dict(claim.parameters)
    if "M" in theorem.constants:  # objectives whose gradients are not bounded do not state a bound
        constants = {"M": math.inf} | constants
    gamma = _gamma(claim, theorem, constants)
    if gamma > 0:  # some options are a share over the step size, or the other way round
        constants = claim.build_algorithm(gamma).symbols(claim.nodes) | constants
    if {"B", "quorum"} <= set(theorem.constants):  # where the timeline does not say otherwise, all workers take part
        constants = {"quorum": float(claim.nodes)} | constants
    setting = Setting(claim, theorem, problem, schedule, timeline, gamma, constants | {"gamma": gamma})
    if "B" in theorem.constants and "B" not in constants:
        from experiments import relaxation

        return replace(setting, constants=setting.constants | {"B": relaxation.gauge(setting)})
    if "cosine" not in theorem.constants:
        return setting
    return replace(setting, constants=setting.constants | {"cosine": geometry.cosine(setting)})


def _base(claim: Claim, problem: Problem, schedule: MixingSchedule, timeline: Timeline | None) -> dict[str, float]:
    from numerics.simulation import constants

    # the step size is not known yet: what depends on it is left out
    algorithm = claim.build_algorithm(1.0)
    found = constants(algorithm, problem, schedule, claim.iterations, claim.build_start(problem), timeline)
    later = claim.build_algorithm(2.0).symbols(claim.nodes)
    varying = {name for name, value in algorithm.symbols(claim.nodes).items() if later[name] != value}
    return {name: value for name, value in found.items() if name != "gamma" and name not in varying}


def _gamma(claim: Claim, theorem: Theorem, constants: dict[str, float]) -> float:
    if claim.step == "prescribed":
        if theorem.step is None:
            raise InputError("step", claim.step, f"a fraction of the largest step: {claim.theorem} leaves the step size free")
        return float(theorem.step_size(**constants))
    if theorem.step is not None:
        raise InputError("step", claim.step, f"'prescribed': {claim.theorem} prescribes the step size")
    if claim.step in STEEPNESS:
        if "mu" not in constants:
            raise InputError("step", claim.step, f"a problem that is strongly convex: {claim.problem} is not")
        return STEEPNESS[str(claim.step)] / (constants["mu"] * claim.offset)
    if not theorem.limits_step:
        return float(claim.step)
    # a pull that is a share over the step size does not limit the step: what is asked of the share holds or does not
    limit = theorem.largest_step(**{"lambda_": 0.0, "lambda_G": 0.0, "pull": 0.0} | constants)
    return float(claim.step) * float(limit)


def _mixing(claim: Claim, theorem: Theorem, problem: Problem) -> dict[str, float]:
    """Return B_E, B_2 and (C, q) where the theorem asks for them; they take a moment to compute."""
    needed = set(theorem.constants)
    if needed.isdisjoint({"B_E", "B_2", "C", "q", "one_minus_q"}):
        return {}
    if claim.constants == "printed":
        return _printed_envelope(claim, problem)
    return dict(_computed(schedule_key(claim), int(getattr(claim.build_algorithm(1.0), "overlap", 0))))


def schedule_key(claim: Claim) -> tuple[str, int, tuple[tuple[str, object], ...], str | None]:
    """Return what determines the mixing schedule of a claim, hashable."""
    return claim.graph, claim.nodes, tuple(sorted(claim.graph_options.items())), claim.weights


@lru_cache(maxsize=256)
def _computed(key: tuple[str, int, tuple[tuple[str, object], ...], str | None], overlap: int) -> tuple[tuple[str, float], ...]:
    from experiments.mixing.design import mixing
    from numerics import graphs
    from numerics.mixing import push_sum_constants

    graph, nodes, options, weights = key
    schedule = mixing(graphs.get(graph, nodes, **dict(options)), weights)
    return tuple(push_sum_constants(schedule, overlap).items())


def _printed_envelope(claim: Claim, problem: Problem) -> dict[str, float]:
    """Return the explicit (C, q) of SGP Lemma 3, from degree, diameter and period of the graph."""
    from numerics import graphs
    from numerics.mixing.envelope import lemma3_constants

    graph = graphs.get(claim.graph, claim.nodes, **claim.graph_options)
    found = lemma3_constants(graph.n, graph.max_degree + 1, graph.diameter, len(graph.phases), problem.dim)
    return {"C": found["C"], "q": found["q"], "one_minus_q": found["one_minus_q"]}
