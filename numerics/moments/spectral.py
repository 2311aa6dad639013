"""How a pass of events acts on a quadratic without noise: its matrix, and its spectral radius."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from numerics.algorithms import Algorithm
from numerics.mixing import MixingSchedule
from numerics.moments.dynamics import SINGLE, settled, start, systems
from numerics.moments.linear import linearise
from numerics.moments.quadratic import decouple
from numerics.problems import Problem
from numerics.simulation import admitted
from numerics.timeline import Timeline, fitting
from numerics.typing import Floats
from straggler import InputError

if TYPE_CHECKING:
    from numerics.graphs import Graph


def one_pass(
    algorithm: Algorithm, problem: Problem, topology: Graph | MixingSchedule, *, timeline: Timeline | None = None
) -> Floats:
    """Return the matrices of the second pass over schedule and workers on a quadratic, shape (m, p, p).

    Groups m of coordinates are those of `numerics.moments.quadratic`; by the second pass velocities are there.

    Parameters
    ----------
    algorithm, problem, topology, timeline
        As for `exact_moments`; the step size must be constant, the schedule periodic, and the timeline the same in all replicas.
    """
    schedule = admitted(algorithm, problem, topology)
    if callable(algorithm.step_size) or schedule.period is None:
        raise InputError("topology and step size", schedule.name, "a periodic schedule and a constant step size")
    clock = settled(fitting(algorithm, schedule, timeline))
    length = int(np.lcm.reduce([schedule.period, algorithm.cycle * max(1, clock.slots)]))
    quadratic = decouple(problem)
    state, _ = start(algorithm, quadratic, clock, problem.start())
    whole: Floats | None = None
    for event in clock.play(2 * length, SINGLE):
        linear, state = linearise(algorithm, state, event)
        if event.k >= length:
            (transition,) = systems([linear], quadratic, (0.0, 0.0)).transition
            whole = transition if whole is None else transition @ whole
    assert whole is not None
    return whole


def spectral_radius(
    algorithm: Algorithm, problem: Problem, topology: Graph | MixingSchedule, *, timeline: Timeline | None = None
) -> float:
    """Return the largest modulus of an eigenvalue of one pass; see `one_pass`."""
    return float(np.abs(np.linalg.eigvals(one_pass(algorithm, problem, topology, timeline=timeline))).max())
