"""A server whose workers all begin anew at every model."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heapreplace

import numpy as np

from numerics.cluster import serialise
from numerics.events import Numbers
from numerics.timeline.completions import STRETCH, Piece, Rows
from numerics.timeline.server_queue import Messages
from numerics.typing import Floats


def first(table: Floats, message: Messages, k: int) -> tuple[Floats, Numbers, Floats]:
    """Return how long rounds take that end with the k-th gradient, shape (rounds, R), who sent these, and what was idle.

    Parameters
    ----------
    table
        Compute times, shape (rounds, n, R).
    message
        Seconds that the server's card is busy with each message.
    k
        Number of gradients that are waited for.

    Returns
    -------
    durations, workers, idle
        Shapes (rounds, R), (rounds, k, R) and, summed over rounds and workers, (R,).
    """
    n = table.shape[1]
    arrival, answer = message
    begun = (np.arange(n) * answer + answer)[:, None]
    sent = table + begun
    if k == n:
        # who comes when makes no difference to the sum, only the times do
        workers = np.broadcast_to(np.arange(n)[:, None], table.shape)
        ordered = sent if arrival == 0 else np.sort(sent, axis=1)
    else:
        order = sent.argsort(axis=1, kind="stable")
        ordered, workers = np.take_along_axis(sent, order, axis=1), order[:, :k]
    if arrival == 0:
        durations = ordered.max(axis=1) if k == n else ordered[:, k - 1]
    else:
        durations = serialise(np.moveaxis(ordered, 1, 0), arrival)[k - 1]
    computing = np.clip(np.minimum(sent, durations[:, None]) - begun, 0.0, None)
    return durations, workers, n * durations.sum(axis=0) - computing.sum(axis=(0, 1))


def batches(rows: Rows, message: Messages, k: int) -> Iterator[Piece]:
    """Yield (times, workers, idle) of gradients if workers go on at the same model until there are K; K times per update.

    The j-th gradients of all workers in a round are from one row of the table of compute times; the next round begins with
    the row after the last one that is used.
    """
    n, upcoming = rows.n, _rows(rows)
    arrival, answer = message
    starts = np.arange(n) * answer + answer
    begun = starts.tolist()
    now = 0.0
    while True:
        times: list[float] = []
        workers, idle = [], []
        while len(times) < STRETCH:
            drawn = [next(upcoming)]
            heap = [(start + compute, worker) for worker, (start, compute) in enumerate(zip(begun, drawn[0], strict=True))]
            heapify(heap)
            inward = 0.0
            for left in range(k - 1, -1, -1):
                sent, code = heap[0]
                inward = (inward if inward > sent else sent) + arrival
                times.append(now + inward)
                finished, worker = divmod(code, n)
                workers.append(worker)
                idle.append(0.0)
                if left:
                    if finished + 1 == len(drawn):
                        drawn.append(next(upcoming))
                    heapreplace(heap, (sent + drawn[finished + 1][worker], code + n))
            now += inward
            idle[-1] = float(np.minimum(starts, inward).sum())
        yield np.array(times), np.array(workers), np.array(idle)


def _rows(rows: Rows) -> Iterator[list[float]]:
    while True:
        for row in rows.take(max(1, STRETCH // rows.n))[0]:
            yield row.tolist()
