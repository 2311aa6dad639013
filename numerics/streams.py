"""Random streams: every replica draws from its own, spawned from one seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from numerics.typing import Array, Floats

PURPOSES = {"noise": 0, "minibatch": 1, "timeline": 2, "start": 3}


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

    Drawing ahead never changes the numbers: rows are consumed in stream order, whatever the block size.

    Parameters
    ----------
    fill
        ``fill(row, out)`` writes the next ``out.size`` numbers of replica ``row`` into the contiguous ``out``.
    rows
        Number of replicas.
    dtype
        Type of the numbers.
    capacity
        Bytes to draw ahead at most; at least one request is always held.
    """

    def __init__(self, fill: Callable[[int, Array], None], rows: int, dtype: type, capacity: int) -> None:
        self._fill, self._rows, self._dtype, self._capacity = fill, rows, np.dtype(dtype), capacity
        self._buffer = np.empty((rows, 0), self._dtype)
        self._cursor = 0

    def take(self, count: int) -> Floats:
        """Return the next ``count`` numbers of every replica, shape (rows, count), valid until the next call."""
        stop = self._cursor + count
        if stop > self._buffer.shape[1]:
            self._refill(count)
            stop = count
        block = self._buffer[:, stop - count : stop]
        self._cursor = stop
        return block

    def _refill(self, count: int) -> None:
        left = self._buffer[:, self._cursor :]
        requests = max(1, self._capacity // (self._rows * count * self._dtype.itemsize))
        size = max(requests * count, left.shape[1])
        if size != self._buffer.shape[1] or left.shape[1]:
            fresh = np.empty((self._rows, size), self._dtype)
            fresh[:, : left.shape[1]] = left
            self._buffer = fresh
        for row in range(self._rows):
            self._fill(row, self._buffer[row, left.shape[1] :])
        self._cursor = 0
