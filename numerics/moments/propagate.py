"""Propagation of first and second moments, event by event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from numerics.algorithms import Algorithm, State
from numerics.events import Event
from numerics.mixing import MixingSchedule
from numerics.moments.dynamics import SINGLE, System, measure, settled, start, systems, variance
from numerics.moments.linear import functionals, linearise
from numerics.moments.quadratic import Decoupled, decouple
from numerics.problems import Problem
from numerics.simulation import admitted, constants, starting_point
from numerics.timeline import Timeline, fitting
from numerics.typing import Floats
from straggler import at_least

if TYPE_CHECKING:
    import xarray as xr

    from numerics.graphs import Graph


def exact_moments(
    algorithm: Algorithm,
    problem: Problem,
    topology: Graph | MixingSchedule,
    *,
    iterations: int,
    x0: Floats | None = None,
    timeline: Timeline | None = None,
) -> xr.Dataset:
    """Return the exact expectations of the recorded quantities at iterations 0 .. K of a quadratic problem.

    Parameters
    ----------
    algorithm, problem, topology, iterations, x0, timeline
        As for `simulate`; the objective must be quadratic and the noise additive or affine. Who is active when is averaged
        over where it is drawn independently from event to event (`Timeline.chances`), and must be the same in all replicas
        where not.

    Returns
    -------
    xarray.Dataset
        ``grad_norm_sq``, ``consensus_sq``, ``value``, ``view_grad_norm_sq``, and the squared distances to the minimiser
        ``center_distance_sq``, ``view_distance_sq``, ``view_mean_distance_sq``, with dimension (iteration,).

    Raises
    ------
    InputError
        If the objective is not a quadratic, gradients are of minibatches, the timeline draws in another way, or sizes do not
        match.
    """
    from numerics.dataset import labelled

    schedule = admitted(algorithm, problem, topology)
    at_least("iterations", iterations, 1)
    starting = starting_point(problem, x0)
    quadratic, clock = decouple(problem), fitting(algorithm, schedule, timeline)
    if clock.chances(0) is None:
        settled(clock)
    state, moments = start(algorithm, quadratic, clock, starting)
    rows = [measure(functionals(algorithm, state), moments, quadratic)]
    with np.errstate(all="ignore"):  # unstable step sizes overflow to inf, as they do in a simulation
        for step in _steps(algorithm, clock, state, iterations, quadratic, variance(problem)):
            moments.advance(step.chances, step.system)
            rows.append(measure(step.where, moments, quadratic))
    data = {name: (("iteration",), np.array([row[name] for row in rows])) for name in rows[0]}
    attributes = {"constants": constants(algorithm, problem, schedule, iterations, starting, clock)}
    return labelled(data, {"iteration": np.arange(iterations + 1)}, attributes)


@dataclass(frozen=True)
class _Step:
    """What may happen in an event: probabilities, maps, the structure that is left, and where center and views are in it."""

    chances: Sequence[float]
    system: System
    state: State
    where: tuple[Floats, Floats]


def _steps(
    algorithm: Algorithm, timeline: Timeline, state: State, iterations: int, quadratic: Decoupled, noise: tuple[float, float]
) -> Iterator[_Step]:
    """Yield what may happen in every event."""

    def step(state: State, events: Sequence[tuple[float, Event]]) -> _Step:
        linears, states = zip(*(linearise(algorithm, state, event) for _, event in events), strict=True)
        chances = [chance for chance, _ in events]
        return _Step(chances, systems(linears, quadratic, noise), states[0], functionals(algorithm, states[0]))

    if timeline.chances(0) is None:
        for event in timeline.play(iterations, SINGLE):
            happened = step(state, [(1.0, event)])
            state = happened.state
            yield happened
        return
    known: dict[tuple[int, int], _Step] = {}
    cycle = int(np.lcm(algorithm.cycle, max(1, timeline.slots)))
    for k in range(iterations):
        # the same events have the same maps, unless the step size varies; the first step with momentum adds a velocity
        kind = (k if callable(algorithm.step_size) else k % cycle, len(state.slabs()))
        if kind not in known:
            known[kind] = step(state, timeline.chances(k) or [])
        state = known[kind].state
        yield known[kind]
