"""A parameter server: its workers wait for each other, for the fastest ones, or for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.cluster import Cluster
from numerics.events import Numbers
from numerics.streams import Streams
from numerics.timeline import server_queue, server_rounds
from numerics.timeline.clock import ClockedCompletions, Span
from numerics.timeline.completions import Columns, Rows, interval, merged, paces, together
from straggler import InputError, UnknownName, at_least, positive

TOGETHER = ("synchronous", "k-sync", "k-batch-sync")
APART = ("asynchronous", "k-async", "k-batch-async")
MODES = (*TOGETHER, *APART)


class Server(ClockedCompletions):
    """A parameter server that updates its model as soon as K gradients have arrived.

    ==============  ============================================================================================
    synchronous     K = n: all workers begin at the new model.
    k-sync          Of one gradient each, the first K are used; the others are cancelled, and all begin anew.
    k-batch-sync    As before, but who has finished goes on at the same model until K gradients are there.
    asynchronous    K = 1: who has finished gets the new model; nobody waits.
    k-async         Who has finished waits until K of them have; these K then get the new model.
    k-batch-async   Who has finished gets the present model at once; after K gradients the server makes an update.
    ==============  ============================================================================================

    On a network that is not free, the server's network card is a queue each way: gradients come in one after the other, in
    the order in which they are sent, and models go out one after the other, first to the workers whose gradients came first
    or, where all begin anew, by number. A cancelled gradient or model leaves the card at once, but has taken its entry of the
    table of compute times; where all begin anew, they do so with a new row of it. Of gradients at the same time, that of the
    worker is first which has finished less, then of the lower number.

    Parameters
    ----------
    cluster
        The cluster.
    mode
        One of `MODES`.
    k
        Number K of gradients in an update; needed in the four modes that are named after it.
    gradient_bytes
        Bytes of what a worker sends, where they are not those of the model that it gets.

    References
    ----------
    Dutta et al. (AISTATS 2018), arXiv 1803.01113.
    """

    def __init__(
        self, cluster: Cluster, mode: str = "asynchronous", k: int | None = None, gradient_bytes: float | None = None
    ) -> None:
        super().__init__(cluster, f"server-{mode}")
        if mode not in MODES:
            raise UnknownName("mode", mode, MODES)
        self.mode = mode
        fixed = {"synchronous": self.n, "asynchronous": 1}.get(mode)
        if k is None and fixed is None:
            raise InputError("k", k, f"a number of gradients between 1 and {self.n}: {mode} needs it")
        wanted = fixed if k is None else at_least("k", k, 1)
        if fixed not in (None, wanted) or wanted is None or (wanted > self.n and "batch" not in mode):
            raise InputError("k", k, f"{fixed} in mode {mode}" if fixed else f"at most the {self.n} workers in mode {mode}")
        self.k = self.gradients = wanted
        self.slots = 1 if mode in TOGETHER else self.n
        self.staleness = 0 if mode in TOGETHER else None
        self.events = 1 if mode in TOGETHER else max(1, round(self.n / wanted))
        self.gradient_bytes = gradient_bytes
        inward = cluster.message_bytes if gradient_bytes is None else positive("gradient_bytes", gradient_bytes, zero_ok=True)
        self._bytes = server_queue.Messages(inward, cluster.message_bytes)
        network = cluster.network.at(1)
        self._seconds = server_queue.Messages(network.send(inward), network.send(cluster.message_bytes))

    def spans(self, iterations: int, streams: Streams) -> Iterator[Span]:
        """Yield the updates; see `ClusterTimeline.spans`."""
        if self.mode in APART:
            return self._apart(iterations, streams)
        if self.mode == "k-batch-sync":
            return self._batches(iterations, streams)
        return self._rounds(iterations, streams)

    def options(self) -> dict[str, Any]:
        """Return mode and K, and the bytes of a gradient where it has its own."""
        own = {} if self.gradient_bytes is None else {"gradient_bytes": self.gradient_bytes}
        return {"mode": self.mode, "k": self.k} | own

    def _rounds(self, iterations: int, streams: Streams) -> Iterator[Span]:
        now = np.zeros((1, len(streams.replicas)))
        for table in self.tables(iterations, streams):
            durations, workers, idle = server_rounds.first(table, self._seconds, self.k)
            times = np.cumsum(np.concatenate([now, durations]), axis=0)[1:]
            now = times[-1:]
            yield self._alike(times, idle, workers)

    def _batches(self, iterations: int, streams: Streams) -> Iterator[Span]:
        tables = [Rows(self.cluster, generator) for generator in streams.generators("timeline")]
        feeds = [server_rounds.batches(each, self._seconds, self.k) for each in tables]
        for times, workers, idle in together(feeds, iterations * self.k, self.k):
            shape = (-1, self.k, times.shape[1])
            yield self._alike(times.reshape(shape)[:, -1], idle.sum(axis=0), workers.reshape(shape))

    def _alike(self, times: np.ndarray[Any, Any], idle: np.ndarray[Any, Any], workers: Numbers) -> Span:
        nothing = np.zeros(workers.shape, dtype=np.intp)
        sent = (self.n * self._bytes.model + self.k * self._bytes.gradient) * len(times)
        return Span(times, idle, sent, nothing, workers, nothing, nothing[:, :1])

    def _apart(self, iterations: int, streams: Streams) -> Iterator[Span]:
        k, groups = self.k, paces(self.cluster)
        readers = [streams.generators("timeline") for _ in groups]
        feeds = [
            self._feed([Rows(self.cluster, reader, workers=group) for reader, group in zip(each, groups, strict=True)])
            for each in zip(*readers, strict=True)
        ]
        seen, first = np.full((self.n, len(feeds)), -1), 0
        holders = [server_queue.Slots(self.n) for _ in feeds] if self.mode == "k-batch-async" else []
        for times, workers, idle in together(feeds, iterations * k, k):
            shape = (-1, k, times.shape[1])
            numbers = first + np.arange(len(times))[:, None]
            last = numbers - interval(workers, seen, first)  # the worker's completion after which it has read
            first += len(times)
            included = last // k + 1 if self.mode == "k-async" else (last + 1) // k
            ages = (numbers // k - included).reshape(shape)
            slots = refilled = None
            if holders:
                found = [holder.follow(column.tolist(), k) for holder, column in zip(holders, workers.T, strict=True)]
                slots = np.stack([each[0] for each in found], axis=-1).reshape(shape)
                refilled = np.stack([each[1] for each in found], axis=-1)[:, None]
            sent = len(times) * (self._bytes.gradient + self._bytes.model)
            yield Span(times.reshape(shape)[:, -1], idle.sum(axis=0), sent, ages, workers.reshape(shape), slots, refilled)

    def _feed(self, rows: list[Rows]) -> Iterator[tuple[np.ndarray[Any, Any], ...]]:
        if self.mode == "k-async" and self.k > 1:
            return server_queue.batches(Columns(rows), self._seconds, self.k)
        if not any(self._seconds):
            return ((times, workers, np.zeros(len(times))) for times, workers in merged(rows))
        return server_queue.single(Columns(rows), self._seconds)
