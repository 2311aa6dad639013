"""The processes of a run: started, waited for, and gone with their shared memory whatever happens."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import time
from multiprocessing import connection, resource_tracker
from types import TracebackType
from typing import Self

import numpy as np

from numerics.problems import Problem
from numerics.shared_memory.guards import single_threaded, uninterrupted
from numerics.shared_memory.layout import Layout
from numerics.shared_memory.record import Record, collect
from numerics.shared_memory.segment import Segment
from numerics.shared_memory.worker import work
from numerics.typing import Floats
from straggler import StragglerError

POLL = 0.002


class Crew:
    """Processes that share one model: a context, which leaves neither processes nor shared memory behind.

    Processes are spawned: a script that uses this must guard what it does with ``if __name__ == "__main__"``.

    Parameters
    ----------
    problem
        Its number of workers is the number of processes.
    updates, step_size, seed, every
        As for `lock_free`.
    x0
        Starting point, shape (d,).
    """

    def __init__(self, problem: Problem, *, updates: int, step_size: float, seed: int, every: int, x0: Floats) -> None:
        self._problem = pickle.dumps(problem)
        self._arguments = (step_size, seed, os.getpid())
        self._x0 = x0
        self.layout = Layout(problem.n, problem.dim, updates, every, len(self._problem))
        self._made: Segment | None = None
        self.processes: list[multiprocessing.context.SpawnProcess] = []

    def __enter__(self) -> Self:
        resource_tracker.ensure_running()  # which lets interrupts through when it starts, so not below
        try:
            with uninterrupted(), single_threaded():
                self._start()
        except BaseException:
            self._leave()
            raise
        return self

    def _start(self) -> None:
        self._made = segment = Segment(self.layout)
        segment.arrays["problem"][:] = np.frombuffer(self._problem, np.uint8)
        segment.arrays["model"][:] = self._x0
        spawn = multiprocessing.get_context("spawn")
        for i in range(self.layout.processes):
            arguments = (segment.name, self.layout, i, *self._arguments)
            process = spawn.Process(target=work, args=arguments, daemon=True, name=f"{segment.name}-{i}")
            process.start()
            self.processes.append(process)

    @property
    def _segment(self) -> Segment:
        assert self._made is not None
        return self._made

    def begin(self) -> None:
        """Wait until everybody is ready or gone, and let them go; `StragglerError` where all are gone."""
        flags = self._segment.arrays["flags"][:, 0]
        while not all(flags[i] or process.exitcode is not None for i, process in enumerate(self.processes)):
            connection.wait([process.sentinel for process in self.processes if process.exitcode is None], POLL)
        if not any(flags):
            codes = ", ".join(str(process.exitcode) for process in self.processes)
            raise StragglerError(
                f"no process could start (exit codes {codes}): a script that starts processes must be a file, and guard what it "
                "does with if __name__ == '__main__'"
            )
        flags[-1] = 1

    def progress(self) -> list[int]:
        """Return how many updates each process has finished by now."""
        return [int(count) for count in self._segment.arrays["counts"][:, 0]]

    def finish(self) -> Record:
        """Wait until all processes have ended, and return what they logged."""
        ended = [0] * len(self.processes)
        left = {process.sentinel: i for i, process in enumerate(self.processes)}
        while left:
            for sentinel in connection.wait(list(left)):
                assert isinstance(sentinel, int)
                i = left.pop(sentinel)
                ended[i] = time.monotonic_ns()
                self.processes[i].join()
        return collect(self.layout, self._segment.arrays, [process.exitcode or 0 for process in self.processes], ended)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave()

    def _leave(self) -> None:
        with uninterrupted():
            for process in self.processes:
                process.kill()
            for process in self.processes:
                process.join()
            if self._made is not None:
                self._made.destroy()
