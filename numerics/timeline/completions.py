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


SPARSE = 1 << 16
"""Computations that are drawn at a time at most where only some workers' are kept."""

BACKLOG = 0.125
"""Computations of slower workers that may wait in memory for each event."""


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
        self.n, self.whole = len(self.workers), cluster.workers
        self.usual = min(STRETCH // self.n, SPARSE // self.whole)

    def take(self, count: int) -> Piece:
        """Return the next ``count`` rows of every column, shape (count, n) each."""
        pieces = self._extend(self._times.take(count)[:, :, 0])
        return pieces if self._some is None else tuple(piece[:, self._some] for piece in pieces)


def paces(cluster: Cluster, workers: Numbers | None = None) -> list[Numbers | None]:
    """Return ``workers`` in groups that get on about as fast as each other; None for all the workers of the cluster.

    A group reads the table of compute times by itself: what one reader draws for all waits in memory for the slower ones,
    which with one fast worker would be n - 1 numbers for almost every event. Groups are made as large as `BACKLOG` allows.
    """
    everybody = np.arange(cluster.workers) if workers is None else workers
    means = cluster.mean_times[everybody]
    if not np.isfinite(means).all():
        return [workers]
    order = means.argsort(kind="stable")
    groups: list[list[int]] = []
    waiting = events = base = 0.0
    for worker, mean in zip(everybody[order].tolist(), means[order].tolist(), strict=True):
        done = base / mean if mean else 1.0  # of the worker's computations, while the fastest of the group makes one
        if not groups or waiting + 1 - done > BACKLOG * (events + done):
            groups.append([])
            waiting, events, base, done = 0.0, 0.0, mean, 1.0
        groups[-1].append(worker)
        waiting, events = waiting + 1 - done, events + done
    return [workers] if len(groups) == 1 else [np.sort(np.array(group)) for group in groups]


class Columns:
    """The computations ahead of each worker, to be taken one by one: ``queues[c][i]`` are those in column c of the i-th worker.

    Rows are drawn for all workers of a source at once, so that those of slower workers wait in memory.

    Parameters
    ----------
    sources
        Where the workers' computations come from; workers of all sources together are in ascending order.
    columns
        Number of columns.
    """

    def __init__(self, sources: Sequence[Rows], columns: int = 1) -> None:
        self.workers: list[int] = sorted(worker for rows in sources for worker in rows.workers.tolist())
        self.queues: list[list[deque[Any]]] = [[deque() for _ in self.workers] for _ in range(columns)]
        position = {worker: place for place, worker in enumerate(self.workers)}
        self._sources = [(rows, [position[worker] for worker in rows.workers.tolist()]) for rows in sources]
        self._home = {place: source for source in self._sources for place in source[1]}

    def refill(self, position: int) -> None:
        """Draw further rows, for all workers of the source that this one's computations come from."""
        rows, places = self._home[position]
        for queues, piece in zip(self.queues, rows.take(max(16, rows.usual)), strict=True):
            for place, more in zip(places, np.ascontiguousarray(piece.T).tolist(), strict=True):
                queues[place].extend(more)

    def first(self, column: int = 0) -> list[Any]:
        """Return the next computation of every worker, one column of it."""
        for position, queue in enumerate(self.queues[column]):
            if not queue:
                self.refill(position)
        return [queue.popleft() for queue in self.queues[column]]


def merged(sources: Sequence[Rows]) -> Iterator[Piece]:
    """Yield (times, workers, further columns ...) of the completions of workers that never wait, in order.

    The first column of ``sources`` is how long each computation takes, from the worker's last completion on. Of completions
    at the same time, that of the worker comes first which has completed less; then the lower number.
    """
    followed = [_Followed(rows) for rows in sources]
    while True:
        # nobody can still complete before the worker that has been followed least far
        limit = min(source.until() for source in followed)
        pieces = [source.known(limit) for source in followed]
        times, ranks, *further = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
        if times.size:
            order = times.argsort(kind="stable") if len(pieces) == 1 else np.lexsort((ranks, times))
            yield tuple(column[order] for column in (times, ranks % sources[0].whole, *further))
        min(followed, key=_Followed.until).follow()


class _Followed:
    """Completions of the workers of one source, as far as they have been followed.

    Ranks order completions at the same time: the number of the computation, and then the worker's, as one number.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows, self._clock, self._row = rows, np.zeros(rows.n), 0
        self._pending: Piece = ()
        self.follow()

    def until(self) -> float:
        """Return the time of the worker that has been followed least far."""
        return float(self._clock.min())

    def follow(self) -> None:
        """Follow all workers for some more computations."""
        # as many new completions as there are old ones that still wait for a slower worker, so that cost stays linear
        waiting = self._pending[0].size if self._pending else 0
        rows = self._rows
        count = max(1, rows.usual, waiting // rows.n)
        durations, *further = rows.take(count)
        times = np.cumsum(np.concatenate([self._clock[None], durations]), axis=0)[1:]
        self._clock = times[-1]
        ranks = (self._row + np.arange(count))[:, None] * rows.whole + rows.workers
        self._row += count
        fresh = [times.ravel(), ranks.ravel(), *(column.ravel() for column in further)]
        pairs = zip(self._pending, fresh, strict=True)
        self._pending = tuple(np.concatenate(pair) for pair in pairs) if self._pending else tuple(fresh)

    def known(self, limit: float) -> Piece:
        """Return what has been completed by ``limit``, in the order of ranks, and forget it."""
        known = self._pending[0] <= limit
        found = tuple(column[known] for column in self._pending)
        self._pending = tuple(column[~known] for column in self._pending)
        return found


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
