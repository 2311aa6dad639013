"""Random streams: every replica draws from its own, spawned from one seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from numerics.typing import Array

PURPOSES = {"noise": 0, "minibatch": 1, "timeline": 2, "start": 3, "election": 4, "compressor": 5, "factor": 6}


class Streams:
    """The random generators of a block of replicas.

    Replica ``r`` draws what serves ``purpose`` from ``SFC64(SeedSequence(seed, spawn_key=(r, purpose)))``, in the
    order iteration, worker, coordinate. A replica's numbers therefore depend on the seed and on ``r`` alone, never on
    the block it is simulated in or on the number of processes.

    Parameters
    ----------
    seed
        The one seed of the run.
    replicas
        Numbers of the replicas in this block.
    """

    def __init__(self, seed: int, replicas: Sequence[int]) -> None:
        self.seed, self.replicas = seed, tuple(replicas)

    def generators(self, purpose: str) -> list[np.random.Generator]:
        """Return one fresh generator per replica of the block, at the beginning of its stream for ``purpose``."""
        keys = [(replica, PURPOSES[purpose]) for replica in self.replicas]
        return [np.random.Generator(np.random.SFC64(np.random.SeedSequence(self.seed, spawn_key=key))) for key in keys]


class Reservoir:
    """A block of numbers drawn ahead, one row per replica, so that small states do not pay a call per iteration.

    Drawing ahead never changes the numbers: they are consumed in stream order, whatever the size of the block.

    Parameters
    ----------
    fill
        ``fill(row, out)`` writes the next ``out.size`` numbers of replica ``row`` into the contiguous ``out``.
    rows
        Number of replicas.
    dtype
        Type of the numbers.
    capacity
        Bytes to draw ahead; the block grows beyond only where a single request is larger.
    quantum
        Numbers are drawn in multiples of this, for generators that produce several at once and drop what is left over.
    """

    def __init__(self, fill: Callable[[int, Array], None], rows: int, dtype: type, capacity: int, quantum: int = 1) -> None:
        self._fill, self._rows, self._quantum = fill, rows, quantum
        self._columns = max(1, capacity // (rows * np.dtype(dtype).itemsize)) if rows else 1
        self._buffer: NDArray[np.generic] = np.empty((rows, 0), dtype)
        self._cursor = self._end = 0

    def take(self, count: int) -> Array:
        """Return the next ``count`` numbers of every replica, shape (rows, count), valid until the next call."""
        stop = self._cursor + count
        if stop > self._end:
            self._refill(count)
            stop = count
        self._cursor = stop
        return self._buffer[:, stop - count : stop]

    def _refill(self, count: int) -> None:
        left = self._buffer[:, self._cursor : self._end]
        kept = left.shape[1]
        # A whole number of requests, so that a steady consumer finds the block empty and nothing has to be moved.
        wanted = max(count, self._columns - self._columns % max(count, 1))
        fresh = -(-(wanted - kept) // self._quantum) * self._quantum
        self._end = kept + fresh
        if self._end > self._buffer.shape[1]:
            buffer = np.empty((self._rows, self._end), self._buffer.dtype)
            buffer[:, :kept] = left
            self._buffer = buffer
        elif kept:
            self._buffer[:, :kept] = left
        for row in range(self._rows):
            self._fill(row, self._buffer[row, kept : self._end])
        self._cursor = 0
