"""Rounds in which all workers send to all, with faults: messages that are omitted, and workers that crash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.events import Numbers, Round
from numerics.mixing import MixingSchedule
from numerics.streams import Streams
from numerics.timeline.independent import Draws
from numerics.timeline.messages import Messages
from straggler import InputError, at_least

NEVER = np.iinfo(np.intp).max


class Omissions(Messages):
    """Synchronous rounds from which messages are omitted: a worker lacks at most f of those sent, at any time.

    What is omitted comes later. A replica's stream is read by ``Generator.random``, in the order round, receiver, slot, for two
    numbers u, v: each worker has f slots. A slot that is free in a round takes the message of sender floor(n u), unless that is
    the worker itself, and lets it through 1 + floor(tau v) rounds late, when it is free again. Where two slots take the same
    message, it comes with the later of them.

    Parameters
    ----------
    schedule
        Gives the number of workers n.
    faults
        Messages f outstanding at a worker at a time, 0 <= f < n.
    delay
        Largest number tau >= 1 of rounds that a message is omitted for.
    kind
        ``adversarial``: every tau-th round worker i is refused the messages of the next f workers i + 1, ..., i + f (modulo n),
        for tau rounds, so that it always lacks f. ``random``: as said above.
    """

    def __init__(self, schedule: MixingSchedule, faults: int, delay: int = 1, kind: str = "adversarial") -> None:
        super().__init__(schedule, "omissions", kind)
        if at_least("faults", faults, 0) >= self.n:
            raise InputError("faults", faults, f"fewer than the {self.n} workers")
        self.faults, self.delay = faults, at_least("delay", delay, 1)
        self.staleness = self.delay if faults else 0

    def play(self, iterations: int, streams: Streams) -> Iterator[Round]:
        """Yield one round per iteration."""
        random = self._random(streams) if self.kind == "random" and self.faults else None
        after = (np.arange(self.n) - np.arange(self.n)[:, None]) % self.n
        refused: Numbers = ((after > 0) & (after <= self.faults))[:, :, None] * np.intp(self.delay)
        for k in range(iterations):
            now = next(random) if random else refused if self.faults and k % self.delay == 0 else None
            yield Round(k, self.schedule.at(k), delays=now)

    def _random(self, streams: Streams) -> Iterator[Numbers]:
        """Yield the delays of rounds 0, 1, ..."""
        n, replicas = self.n, len(streams.replicas)
        draws, free = Draws(streams, 2 * n * self.faults), np.zeros((n, self.faults, replicas), dtype=np.intp)
        receiver, replica = np.arange(n)[:, None], np.arange(replicas)
        k = 0
        while True:
            uniforms = draws.take(1)[0].T.reshape(n, self.faults, 2, replicas)
            senders = (uniforms[:, :, 0] * n).astype(np.intp)
            late = 1 + (uniforms[:, :, 1] * self.delay).astype(np.intp)
            late[(free > k) | (senders == receiver[..., None])] = 0
            np.maximum(free, k + late, out=free)
            delays = np.zeros((n, n, replicas), dtype=np.intp)
            for slot in range(self.faults):
                where = receiver, senders[:, slot], replica
                delays[where] = np.maximum(delays[where], late[:, slot])
            yield delays
            k += 1

    def provenance(self) -> dict[str, Any]:
        """Return the name, the kind, faults and largest delay; the schedule has a provenance of its own."""
        return super().provenance() | {"faults": self.faults, "delay": self.delay}


class Crashes(Messages):
    """Synchronous rounds in which f workers crash, each while it sends a gradient, which only some others receive.

    A replica's stream is read by ``Generator.random`` for n numbers whose f largest tell who crashes, n that tell in which of
    the first W rounds (their integer part when multiplied by W), and n^2, in the order receiver, sender, that tell who does
    not get the last message of a sender (those below 1/2).

    Parameters
    ----------
    schedule
        Gives the number of workers n.
    faults
        Workers f that crash, 0 <= f <= n/2.
    within
        Number W >= 1 of rounds in which they crash.
    kind
        ``adversarial``: the last f workers crash, at even distances in time, and only workers with odd numbers get their last
        messages, so that worker 0 lacks all of them. ``random``: as said above.
    """

    def __init__(self, schedule: MixingSchedule, faults: int, within: int = 10, kind: str = "adversarial") -> None:
        super().__init__(schedule, "crashes", kind)
        if at_least("faults", faults, 0) > self.n / 2:
            raise InputError("faults", faults, f"at most half of the {self.n} workers")
        self.faults, self.within = faults, at_least("within", within, 1)
        self.quorum = self.n - faults

    def play(self, iterations: int, streams: Streams) -> Iterator[Round]:
        """Yield one round per iteration."""
        last, unheard = self._drawn(streams) if self.kind == "random" else self._chosen()
        alive = None
        for k in range(iterations):
            if self.faults and 0 < k <= self.within:
                alive = np.broadcast_to(last >= k, (self.n, len(streams.replicas)))
            crash = last == k
            delays = -(unheard & crash).astype(np.intp) if crash.any() else None
            yield Round(k, self.schedule.at(k), delays=delays, alive=alive)

    def _chosen(self) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return the last round of every worker, shape (n, 1), and who misses what is sent in it, (receivers n, senders n, 1)."""
        last = np.full((self.n, 1), NEVER)
        last[self.n - self.faults :] = (np.arange(self.faults) * self.within // max(1, self.faults))[:, None]
        even, others = np.arange(self.n)[:, None, None] % 2 == 0, ~np.eye(self.n, dtype=bool)[:, :, None]
        return last, even & others

    def _drawn(self, streams: Streams) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return the same, drawn for every replica."""
        n = self.n
        rank, when, lots = np.split(Draws(streams, n * (n + 2)).take(1)[0].T, [n, 2 * n])
        crashes = rank.argsort(axis=0).argsort(axis=0) >= n - self.faults
        last = np.where(crashes, (when * self.within).astype(np.intp), NEVER)
        return last, (lots.reshape(n, n, -1) < 0.5) & ~np.eye(n, dtype=bool)[:, :, None]

    def provenance(self) -> dict[str, Any]:
        """Return the name, the kind, how many crash, and within which time; the schedule has a provenance of its own."""
        return super().provenance() | {"faults": self.faults, "within": self.within}
