"""A server whose workers do not wait for all others: its network card as a queue, and which read copies are in use."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush, heapreplace
from typing import NamedTuple

import numpy as np

from numerics.events import Numbers
from numerics.timeline.completions import STRETCH, Columns, Piece


class Messages(NamedTuple):
    """Something about the two kinds of messages: gradients come in, models go out."""

    gradient: float
    model: float


def single(columns: Columns, message: Messages) -> Iterator[Piece]:
    """Yield (times of arrival, workers, idle) of the gradients if every worker gets a model as soon as its gradient is there.

    Parameters
    ----------
    columns
        The computations ahead.
    message
        Seconds that the card is busy with each message.
    """
    (ahead,) = columns.queues
    n, (arrival, answer) = len(ahead), message
    heap = list(zip(columns.first(), range(n), strict=True))
    heapify(heap)
    inward = outward = 0.0
    while True:
        times, workers, idle = [], [], []
        for _ in range(STRETCH):
            sent, code = heap[0]
            worker = code % n
            inward = (inward if inward > sent else sent) + arrival
            outward = (outward if outward > inward else inward) + answer
            times.append(inward)
            workers.append(worker)
            idle.append(outward - sent)
            try:
                compute = ahead[worker].popleft()
            except IndexError:
                columns.refill(worker)
                compute = ahead[worker].popleft()
            heapreplace(heap, (outward + compute, code + n))
        yield np.array(times), np.array(workers), np.array(idle)


def batches(columns: Columns, message: Messages, k: int) -> Iterator[Piece]:
    """Yield (times of arrival, workers, idle) of the gradients if K workers wait for each other and go on together."""
    (ahead,) = columns.queues
    n, (arrival, answer) = len(ahead), message
    heap = list(zip(columns.first(), range(n), strict=True))
    heapify(heap)
    inward = outward = 0.0
    times: list[float]
    while True:
        times, workers, idle = [], [], []
        while len(times) < STRETCH:
            arrived = []
            for _ in range(k):
                sent, code = heappop(heap)
                inward = (inward if inward > sent else sent) + arrival
                arrived.append((sent, code))
                times.append(inward)
            for sent, code in arrived:
                worker = code % n
                outward = (outward if outward > inward else inward) + answer
                workers.append(worker)
                idle.append(outward - sent)
                if not ahead[worker]:
                    columns.refill(worker)
                heappush(heap, (outward + ahead[worker].popleft(), code + n))
        yield np.array(times), np.array(workers), np.array(idle)


class Slots:
    """Which read copy each worker's gradient is taken at, where several workers may share one, and one worker need two.

    A copy of the model is made after every update; n copies are enough, since only those that somebody computes at are kept.
    """

    def __init__(self, n: int) -> None:
        self._slot, self._users = [0] * n, [n, *[0] * (n - 1)]
        self._current, self._free = 0, list(range(1, n))

    def follow(self, workers: list[int], k: int) -> tuple[Numbers, Numbers]:
        """Return the slots of the gradients of these completions, and the slot that is refilled after every k of them."""
        slot, users, free, current = self._slot, self._users, self._free, self._current
        used: list[int] = []
        refilled: list[int] = []
        for start in range(0, len(workers), k):
            batch = workers[start : start + k]
            begun = len(used)
            for worker in batch:
                used.append(slot[worker])
                slot[worker] = current
                users[current] += 1
            # gradients that have arrived need their copies until the update, and the last worker reads after it
            users[current] -= 1
            for each in used[begun:]:
                users[each] -= 1
                if not users[each] and each != current:
                    free.append(each)
            if not users[current]:
                free.append(current)
            current = free.pop()
            users[current] = 1
            slot[batch[-1]] = current
            refilled.append(current)
        self._current = current
        return np.array(used, dtype=np.intp), np.array(refilled, dtype=np.intp)
