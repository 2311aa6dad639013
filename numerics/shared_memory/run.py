"""A lock-free run from beginning to end."""

from __future__ import annotations

from numerics.problems import Problem
from numerics.shared_memory.crew import Crew
from numerics.shared_memory.replay import LockFreeRun, replay
from numerics.simulation import starting_point
from numerics.typing import Floats
from straggler import InputError, at_least, positive

READINGS = 8192
"""Reads whose distance to the model of theory is measured unless told otherwise, roughly and at least."""


def lock_free(
    problem: Problem,
    *,
    iterations: int,
    step_size: float,
    seed: int = 0,
    every: int | None = None,
    x0: Floats | None = None,
) -> LockFreeRun:
    """Let processes, one for each worker of the problem, update one model in shared memory without locks.

    Each process, again and again, copies the model while others write, takes a stochastic gradient g at the copy on its own
    samples with its own random numbers, and does ``x -= gamma g`` in place.

    Parameters
    ----------
    problem
        Objective and gradient noise; worker i is process i.
    iterations
        Number K >= 1 of updates, all processes together, at least one for each; everybody makes the same number.
    step_size
        gamma > 0.
    seed
        Seed of the random numbers: process i takes those of replica i. When who reads and writes is not up to it.
    every
        A process keeps every so many of the copies it reads; by default, some eight thousand are kept in all.
    x0
        Starting point, shape (d,); the objective's own by default.

    Returns
    -------
    LockFreeRun
        What happened. A process that is killed does not stop the others: ``outcomes`` says how each of them ended.

    Raises
    ------
    StragglerError
        If a value is outside its range, there is not enough shared memory for the logs, or no process could start.

    References
    ----------
    Recht, Re, Wright, Niu (NIPS 2011), Hogwild; Nadiradze et al. (AAAI 2021), section on shared memory.
    """
    at_least("iterations", iterations, problem.n)
    positive("step size", step_size)
    at_least("seed", seed, 0)
    interval = max(1, iterations // READINGS) if every is None else at_least("every", every, 1)
    start = starting_point(problem, x0)
    if start.ndim != 1:
        raise InputError("shape of x0", start.shape, f"({problem.dim},): there is one model")
    with Crew(problem, updates=iterations, step_size=step_size, seed=seed, every=interval, x0=start) as crew:
        crew.begin()
        record = crew.finish()
    return replay(record, start, step_size)
