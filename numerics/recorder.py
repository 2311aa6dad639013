"""Recording: named quantities along a run, and the iteration at which a replica diverged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics import quantities
from numerics.algorithms import Algorithm, State
from numerics.events import Completion, Event
from numerics.problems import Problem
from numerics.typing import Floats
from straggler import InputError, at_least

_LARGEST = 2**48


class Trajectory:
    """Records quantities of every replica at iterations 0, E, 2E, ... and at the last one.

    Parameters
    ----------
    problem
        The problem whose value, gradient and constants are measured.
    names
        Names of the quantities.
    iterations
        Number K of iterations of the run.
    every
        Recording interval E >= 1.
    replicas
        Number R of replicas in the block.
    """

    def __init__(self, problem: Problem, names: Sequence[str], iterations: int, every: int, replicas: int) -> None:
        at_least("record_every", every, 1)
        self._problem, self._every, self._last = problem, every, iterations
        found = {name: quantities.get(name) for name in names}
        self._measures = [(name, quantity.measure) for name, quantity in found.items()]
        self._replicas = replicas
        if iterations // every >= _LARGEST:
            raise InputError("iterations", iterations, f"at most {_LARGEST} recordings: record every so many iterations only")
        self.iterations = np.unique(np.append(np.arange(0, iterations + 1, every), iterations))
        workers = problem.objective.n
        self.values: dict[str, Floats] = {
            name: np.full((self.iterations.size, *([workers] if quantity.per_worker else []), replicas), np.nan)
            for name, quantity in found.items()
        }
        self._row = 0
        self.times: Floats | None = None
        self._age = np.zeros(replicas, dtype=np.intp)
        self._ages, self._reads = np.zeros(replicas, dtype=np.intp), 0

    def start(self, algorithm: Algorithm, state: State) -> None:
        """Record the initial state as iteration 0."""
        self._record(algorithm, state)

    def __call__(self, event: Event, algorithm: Algorithm, state: State) -> None:
        """Record the state after ``event`` if its iteration is one to record."""
        if isinstance(event, Completion):
            for age in event.age:
                np.maximum(self._age, age, out=self._age)
                self._ages += age
            self._reads += len(event.age)
        done = event.k + 1
        if done % self._every == 0 or done == self._last:
            if event.time is not None:
                if self.times is None:
                    self.times = np.zeros((self.iterations.size, self._replicas))
                self.times[self._row] = event.time
            self._record(algorithm, state)

    def staleness(self) -> tuple[Floats, Floats] | None:
        """Return the mean and the largest age of a read in updates, per replica; None where there were no reads."""
        return (self._ages / self._reads, self._age.astype(float)) if self._reads else None

    def _record(self, algorithm: Algorithm, state: State) -> None:
        now = quantities.Snapshot(self._problem, algorithm, state)
        for name, measure in self._measures:
            self.values[name][self._row] = measure(now)
        self._row += 1

    def diverged_at(self) -> np.ndarray:
        """Return, per replica, the first recorded iteration with a non-finite quantity, or -1."""
        finite = np.ones((self.iterations.size, self._replicas), dtype=bool)
        for values in self.values.values():
            each = np.isfinite(values)
            finite &= each if each.ndim == 2 else each.all(axis=1)
        first = self.iterations[np.argmin(finite, axis=0)]
        return np.where(finite.all(axis=0), -1, first)
