"""One replica's completions in the order of time: merged where nobody waits, from a queue of events where somebody does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.cluster import Cluster, ComputeTimes
from numerics.events import Numbers
from numerics.typing import Floats

STRETCH = 4096
"""Completions of one replica that are prepared at a time."""

WHOLE = 1 << 16
"""Completions that are put together at a time, over all replicas."""

Piece = tuple[NDArray[Any], ...]


class Rows:
    """Rows of a replica's table of compute times, each with further columns that are drawn with it.

    Parameters
    ----------
    cluster, generator
        The cluster and the replica's ``timeline`` stream.
    extend
        Maps compute times, shape (rows, n), to all that a computation is described by, arrays of this shape.
    workers
        Whose columns are handed out, in ascending order; by default everybody's.
    """

    def __init__(
        self,
        cluster: Cluster,
        generator: np.random.Generator,
        extend: Callable[[Floats], Piece] = lambda times: (times,),
        workers: Numbers | None = None,
    ) -> None:
        self._times, self._extend, self._some = ComputeTimes(cluster, [generator]), extend, workers
        self.workers = np.arange(cluster.workers) if workers is None else workers
        self.n = len(self.workers)

    def take(self, count: int) -> Piece:
        """Return the next ``count`` rows of every column, shape (count, n) each."""
        pieces = self._extend(self._times.take(count)[:, :, 0])
        return pieces if self._some is None else tuple(piece[:, self._some] for piece in pieces)


class Columns:
    """The computations ahead of each worker, to be taken one by one: ``queues[c][i]`` are those in column c of worker i.

    Rows are drawn for all workers at once, so that those of slow workers wait in memory.
    """

    def __init__(self, rows: Rows, columns: int = 1) -> None:
        self._rows, self._count = rows, max(16, STRETCH // rows.n)
        self.queues: list[list[deque[Any]]] = [[deque() for _ in range(rows.n)] for _ in range(columns)]

    def refill(self) -> None:
        """Draw further rows, for all workers."""
        for queues, piece in zip(self.queues, self._rows.take(self._count), strict=True):
            for queue, more in zip(queues, np.ascontiguousarray(piece.T).tolist(), strict=True):
                queue.extend(more)

    def first(self, column: int = 0) -> list[Any]:
        """Return the next computation of every worker, one column of it."""
        if not all(self.queues[column]):
            self.refill()
        return [queue.popleft() for queue in self.queues[column]]


def merged(rows: Rows) -> Iterator[Piece]:
    """Yield (times, workers, further columns ...) of the completions of workers that never wait, in order.

    The first column of ``rows`` is how long each computation takes, from the worker's last completion on. Of completions at
    the same time, that of the worker comes first which has completed less; then the lower number.
    """
    clock = np.zeros(rows.n)
    pending: Piece = ()
    while True:
        # as many new completions as there are old ones that still wait for a slower worker, so that cost stays linear
        waiting = pending[0].size if pending else 0
        durations, *further = rows.take(max(1, max(STRETCH, waiting) // rows.n))
        times = np.cumsum(np.concatenate([clock[None], durations]), axis=0)[1:]
        clock = times[-1]
        workers = np.broadcast_to(rows.workers, times.shape)
        fresh = [times.ravel(), workers.ravel(), *(column.ravel() for column in further)]
        every = [np.concatenate(pair) for pair in zip(pending, fresh, strict=True)] if pending else fresh
        # nobody can still complete before the worker that has been followed least far
        known = every[0] <= clock.min()
        order = every[0][known].argsort(kind="stable")
        yield tuple(column[known][order] for column in every)
        pending = tuple(column[~known] for column in every)


def interleaved(first: Iterator[Piece], second: Iterator[Piece]) -> Iterator[Piece]:
    """Yield the completions of two sources together, each in the order of time; the first source's come first of equals."""
    one, other = next(first), next(second)
    while True:
        limit = min(one[0][-1], other[0][-1])
        ends = [int(np.searchsorted(piece[0], limit, "right")) for piece in (one, other)]
        both = [np.concatenate([left[: ends[0]], right[: ends[1]]]) for left, right in zip(one, other, strict=True)]
        order = both[0].argsort(kind="stable")
        yield tuple(column[order] for column in both)
        one, other = (tuple(column[end:] for column in piece) for piece, end in zip((one, other), ends, strict=True))
        one = one if one[0].size else next(first)
        other = other if other[0].size else next(second)


def cut(pieces: Iterable[Piece], size: int) -> Iterator[Piece]:
    """Yield the same columns in pieces of ``size`` entries."""
    waiting: list[Piece] = []
    count = 0
    for piece in pieces:
        waiting.append(piece)
        count += len(piece[0])
        if count < size:
            continue
        whole = tuple(np.concatenate(columns) for columns in zip(*waiting, strict=True)) if len(waiting) > 1 else piece
        for start in range(0, count - size + 1, size):
            yield tuple(column[start : start + size] for column in whole)
        rest = count - count % size
        waiting, count = [tuple(column[rest:].copy() for column in whole)], count % size


def together(replicas: Sequence[Iterable[Piece]], total: int, unit: int = 1) -> Iterator[list[NDArray[Any]]]:
    """Yield the first ``total`` entries of all replicas in pieces of a multiple of ``unit``, columns of shape (entries, R)."""
    size = max(unit, min(STRETCH, WHOLE // max(1, len(replicas))) // unit * unit)
    left = total
    for pieces in zip(*(cut(each, size) for each in replicas), strict=False):
        yield [np.stack(columns, axis=-1)[: min(size, left)] for columns in zip(*pieces, strict=True)]
        left -= size
        if left <= 0:
            return


def interval(workers: Numbers, seen: Numbers, first: int) -> Numbers:
    """Return how many completions before each one its worker's last one was, shape (completions, R); bring ``seen`` up to date.

    Parameters
    ----------
    workers
        Who completes, shape (completions, R), numbered ``first``, ``first + 1``, ...
    seen
        Number of the last completion of each worker, -1 for none, shape (n, R); overwritten.
    first
        Number of the first completion.
    """
    replicas = np.arange(workers.shape[1])
    order = workers.argsort(axis=0, kind="stable")
    ranked = np.take_along_axis(workers, order, axis=0)
    numbers = order + first
    last = np.empty_like(numbers)
    last[1:] = numbers[:-1]
    fresh = np.ones(ranked.shape, dtype=bool)
    fresh[1:] = ranked[1:] != ranked[:-1]
    where = np.broadcast_to(replicas, ranked.shape)
    last[fresh] = seen[ranked[fresh], where[fresh]]
    final = np.ones(ranked.shape, dtype=bool)
    final[:-1] = fresh[1:]
    seen[ranked[final], where[final]] = numbers[final]
    found = np.empty_like(numbers)
    np.put_along_axis(found, order, numbers - last, axis=0)
    return found
