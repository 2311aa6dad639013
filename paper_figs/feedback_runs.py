"""Sparsified SGD with and without error feedback, in rounds and with stale gradients, each with the best step of one grid.

Every cell gets the same number of gradients and sends the same number of messages: in rounds of n, or one by one, each taken
``delay`` updates before it is applied, by workers drawn uniformly. A step size is that of a single gradient. What is reported
is the loss of the model that workers read, not of the virtual iterate, as a mean over readings in the last eighth of the run.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.typing import Array, Floats

if TYPE_CHECKING:
    from numerics.engine import Oracle
    from numerics.events import Event
    from numerics.problems import Problem

WORKERS, DETACHED = 8, 0.3
"""Workers, and the share of its residual that DEF subtracts."""

SETTINGS = ((16, 4096), (16, 512), (2, 4096))
"""One of how many coordinates is sent, and gradients of all workers together."""

PROBLEMS: dict[str, dict[str, Any]] = {"logistic-breast-cancer": {}, "logistic-digits": {}, "network-digits": {"hidden": 4}}
SPARSE = {"top-k": "TopK", "random-k": "RandomK", "random-block": "block"}
METHODS = {"none": "none", "ef": "EF", "def": "DEF"}
DELAYS: tuple[int | None, ...] = (None, 1, 4, 16, 64)
"""Updates between read and write; None for synchronous rounds."""

STEPS: Floats = np.exp2(np.arange(-10.0, 2.0))
READINGS = 8
"""Readings at least, where there are so many events."""


@dataclass(frozen=True)
class Cell:
    """One way to run SGD: problem, compressor and method by their names, what is sent and taken as in `SETTINGS`, and delay."""

    problem: str
    sparse: str
    setting: tuple[int, int]
    method: str
    delay: int | None

    @property
    def kept(self) -> int:
        """One of how many coordinates is sent."""
        return self.setting[0]

    @property
    def gradients(self) -> int:
        """Number of gradients of all workers together."""
        return self.setting[1]

    @property
    def timing(self) -> str:
        """``synchronous`` or the delay in words."""
        return "synchronous" if self.delay is None else f"delay {self.delay}"

    def system(self, dim: int) -> tuple[str, dict[str, Any]]:
        """Return name and options of the algorithm, in ``dim`` dimensions."""
        options: dict[str, Any] = {"compressor": self.sparse}
        options |= {"blocks": self.kept} if self.sparse == "random-block" else {"k": max(1, round(dim / self.kept))}
        if self.method == "def":
            options["detached"] = DETACHED
        if self.delay is None:
            return {"none": "compressed-sgd", "ef": "ef-sgd", "def": "def"}[self.method], options
        return "async-ef", options | {"feedback": self.method != "none"}


@cache
def problem_of(name: str) -> Problem:
    """Return a problem with its samples split over the workers."""
    from numerics import problems

    return problems.get(name, workers=WORKERS, **PROBLEMS[name])


@cache
def lowest(name: str) -> float:
    """Return the lowest loss that a quasi-Newton method finds from the start: all there is where the problem is not convex."""
    from scipy.optimize import minimize

    objective = problem_of(name).objective

    def value(x: Floats) -> float:
        return float(objective.value(x))

    def slope(x: Floats) -> Floats:
        gradient: Floats = objective.gradient(x[None])[0]
        return gradient

    found = minimize(value, objective.start(), jac=slope, method="L-BFGS-B", options={"maxiter": 2000})
    return float(found.fun)


def scaled(oracle: Oracle, steps: Floats) -> Oracle:
    """Return an oracle whose gradients are multiplied by a step of each replica: steps of one run can then differ."""

    def stepped(points: Array, workers: Any, out: Array | None) -> Array:
        gradients = oracle(points, workers, out)
        gradients *= steps[:, None]
        return gradients

    return stepped


def losses(cell: Cell, steps: Floats, first: int, seed: int) -> Floats:
    """Run a cell with one step per replica, shape (R,), replica numbers from ``first``; return the loss, inf if not finite."""
    from numerics import algorithms, graphs, timeline
    from numerics.engine import run
    from numerics.streams import Streams

    problem, size = problem_of(cell.problem), len(steps)
    name, options = cell.system(problem.dim)
    algorithm = algorithms.get(name, step_size=1.0, **options)
    schedule = graphs.complete(WORKERS).schedule()
    together = WORKERS if cell.delay is None else 1
    clock = timeline.Rounds(schedule) if cell.delay is None else timeline.WorstDelay(schedule, cell.delay)
    events = cell.gradients // together
    streams = Streams(seed, range(first, first + size))
    state: Any = algorithm.init(np.broadcast_to(problem.start(), (size, problem.dim)), WORKERS)
    algorithm.equip(state, problem, streams)
    if cell.delay is not None:
        state.open(clock.opening(streams))
    at = set((events - 1 - np.arange(0, events // 8, max(1, events // 8 // READINGS))).tolist())
    total = np.zeros(size)

    def read(event: Event, _: Any, now: Any) -> None:
        if event.k in at:
            total[:] += problem.objective.value(now.x[0]) / len(at)

    with np.errstate(all="ignore"):
        run(algorithm, scaled(problem.oracle(streams), steps * together), clock.play(events, streams), state, read)
    return np.where(np.isfinite(total), total, np.inf)


@dataclass(frozen=True)
class Budget:
    """What every cell may spend: replicas for each step when tuning, and fresh ones to report."""

    tuning: int
    fresh: int


@dataclass(frozen=True)
class Tuned:
    """A cell at its best step: the step, mean tuning loss of every step, shape (S,), and losses of fresh replicas, (R,)."""

    cell: Cell
    step: float
    tuning: Floats
    losses: Floats

    @property
    def at_edge(self) -> bool:
        """Whether the best step is the smallest or the largest of the grid."""
        return self.step in (STEPS[0], STEPS[-1])


def tuned(cell: Cell, budget: Budget, seed: int) -> Tuned:
    """Find the step of least mean loss over tuning replicas, and run it in replicas with other numbers."""
    every = losses(cell, np.repeat(STEPS, budget.tuning), 0, seed).reshape(len(STEPS), -1).mean(axis=1)
    step = float(STEPS[np.argmin(every)])
    first = len(STEPS) * budget.tuning
    return Tuned(cell, step, every, losses(cell, np.full(budget.fresh, step), first, seed))


def sweep(cells: Sequence[Cell], budget: Budget, seed: int, jobs: int) -> list[Tuned]:
    """Tune and run all cells, in several processes."""
    import joblib

    done: list[Tuned] = joblib.Parallel(n_jobs=jobs)(joblib.delayed(tuned)(cell, budget, seed) for cell in cells)
    return done


CELLS = tuple(itertools.starmap(Cell, itertools.product(PROBLEMS, SPARSE, SETTINGS, METHODS, DELAYS)))
"""All cells, in the order of their fields."""
