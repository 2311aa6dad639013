"""The limit of the second moments under a constant step size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from numerics.algorithms import Algorithm, State
from numerics.mixing import MixingSchedule
from numerics.moments.dynamics import SINGLE, Moments, measure, settled, start, systems, variance
from numerics.moments.linear import LinearRound, functionals, linearise
from numerics.moments.quadratic import decouple
from numerics.problems import Problem
from numerics.simulation import admitted
from numerics.timeline import Timeline, fitting
from straggler import InputError, StragglerError

if TYPE_CHECKING:
    from numerics.graphs import Graph


def stationary(
    algorithm: Algorithm,
    problem: Problem,
    topology: Graph | MixingSchedule,
    *,
    timeline: Timeline | None = None,
    tolerance: float = 1e-13,
    settle: int = 10_000,
) -> dict[str, float]:
    """Return the limits k -> infinity of the expected quantities, averaged over one period of the schedule.

    Parameters
    ----------
    algorithm, problem, topology, timeline
        As for `exact_moments`; the step size must be constant.
    tolerance
        Push-sum weights count as settled when the maps of two successive periods differ by less.
    settle
        Rounds after which weights that have not settled are an error.

    Raises
    ------
    InputError
        If the schedule is random, the step size varies, the noise grows with the gradient, or the dynamics are not stable.
    """
    from scipy.linalg import solve_discrete_lyapunov

    schedule = admitted(algorithm, problem, topology)
    if callable(algorithm.step_size) or schedule.period is None:
        raise InputError("topology and step size", schedule.name, "a periodic schedule and a constant step size")
    clock = settled(fitting(algorithm, schedule, timeline))
    # without rounds, an algorithm's cycle counts the steps of one worker
    period = int(np.lcm.reduce([schedule.period, algorithm.cycle * max(1, clock.slots)]))
    quadratic, noise = decouple(problem), variance(problem)
    if noise[1]:
        raise InputError("nu", noise[1], "0 for limits of moments: the noise must not depend on the model")
    state, moments = start(algorithm, quadratic, clock, problem.objective.start())
    cycle, states = _settled(algorithm, state, clock, period, tolerance, settle)
    steps = [systems([linear], quadratic, noise) for linear in cycle]
    m, size = moments.mean.shape[0], steps[0].transition.shape[-1]
    whole = np.broadcast_to(np.eye(size), (m, size, size))
    forced = Moments(np.zeros((m, size)), np.zeros((m, size, size)))
    for system in steps:
        forced.advance([1.0], system)
        whole = system.transition[0] @ whole
    radius = max(np.abs(np.linalg.eigvals(block)).max() for block in whole)
    if radius >= 1:
        raise InputError("step_size", algorithm.step_size, f"a stable step size (spectral radius {radius:.6g} over a period)")
    limit = Moments(
        np.asarray(np.linalg.solve(np.eye(size) - whole, forced.mean[..., None])[..., 0], dtype=float),
        np.array([solve_discrete_lyapunov(t, q) for t, q in zip(whole, forced.covariance, strict=True)], dtype=float),
    )
    rows = []
    for system, after in zip(steps, states, strict=True):
        limit.advance([1.0], system)
        rows.append(measure(functionals(algorithm, after), limit, quadratic))
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _settled(
    algorithm: Algorithm, state: State, timeline: Timeline, period: int, tolerance: float, settle: int
) -> tuple[list[LinearRound], list[State]]:
    """Return the linear maps, and the states they lead to, of the first period that repeats the one before it."""
    previous: list[LinearRound] = []
    for cycle in _cycles(algorithm, state, timeline, period, settle):
        maps = [linear for linear, _ in cycle]
        if previous and all(_close(a, b, tolerance) for a, b in zip(previous, maps, strict=True)):
            return maps, [after for _, after in cycle]
        previous = maps
    raise StragglerError(f"the push-sum weights under {timeline.name} did not settle within {settle} rounds")


def _cycles(
    algorithm: Algorithm, state: State, timeline: Timeline, period: int, settle: int
) -> Iterator[list[tuple[LinearRound, State]]]:
    cycle: list[tuple[LinearRound, State]] = []
    for event in timeline.play(algorithm.warmup + settle, SINGLE):
        linear, state = linearise(algorithm, state, event)
        cycle.append((linear, state))
        if event.k < algorithm.warmup:
            cycle = []
        if len(cycle) == period:
            yield cycle
            cycle = []


def _close(a: LinearRound, b: LinearRound, tolerance: float) -> bool:
    pairs = ((a.transition, b.transition), (a.response, b.response), (a.view, b.view))
    return all(x.shape == y.shape and np.abs(x - y).max() < tolerance for x, y in pairs)
