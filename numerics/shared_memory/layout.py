"""What is in the shared memory, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from numerics.memory import CACHE_LINE
from numerics.typing import Array

Shapes: TypeAlias = "dict[str, tuple[tuple[int, ...], type]]"

LINE = CACHE_LINE // 8
"""Numbers in a cache line: what several processes write is kept this far apart."""


@dataclass(frozen=True)
class Layout:
    """The arrays of a run in shared memory.

    Parameters
    ----------
    processes
        Number P of processes.
    dim
        Dimension d.
    updates
        Number K of updates, all processes together.
    every
        A process keeps the copy it has read in every so many of its updates.
    problem_bytes
        Size of the pickled problem.
    """

    processes: int
    dim: int
    updates: int
    every: int
    problem_bytes: int

    def quota(self, process: int) -> int:
        """Return how many updates a process is to make: K/P, the first ones one more where that is not whole."""
        return self.updates // self.processes + (process < self.updates % self.processes)

    def shapes(self) -> Shapes:
        """Return shape and type of every array.

        ``model`` is what all write; ``counts`` has the number of finished updates of each process in its first column;
        ``flags`` has a 1 there for each process that is ready, and in the last row a 1 for go. The logs, by process and update:
        ``stamps`` (read begins, read ended, write begins, write ended; in ns), ``seen`` (sums of ``counts`` at the first three
        of these), ``gradients``; and ``reads``, the copies that were kept.
        """
        longest = self.quota(0)
        return {
            "model": ((self.dim,), np.float64),
            "counts": ((self.processes, LINE), np.int64),
            "flags": ((self.processes + 1, LINE), np.int64),
            "problem": ((self.problem_bytes,), np.uint8),
            "stamps": ((self.processes, longest, 4), np.int64),
            "seen": ((self.processes, longest, 3), np.int64),
            "gradients": ((self.processes, longest, self.dim), np.float64),
            "reads": ((self.processes, -(-longest // self.every), self.dim), np.float64),
        }

    @property
    def nbytes(self) -> int:
        """Size of all of it."""
        return sum(_padded(shape, kind) for shape, kind in self.shapes().values())

    def arrays(self, buffer: memoryview) -> dict[str, Array]:
        """Return the arrays in a buffer of `nbytes`, each beginning on a cache line."""
        found, offset = {}, 0
        for name, (shape, kind) in self.shapes().items():
            found[name] = np.ndarray(shape, kind, buffer, offset)
            offset += _padded(shape, kind)
        return found


def _padded(shape: tuple[int, ...], kind: type) -> int:
    return -(-math.prod(shape) * np.dtype(kind).itemsize // CACHE_LINE) * CACHE_LINE
