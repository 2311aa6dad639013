"""Rounds in which all workers send to all: how late messages are, and in which order they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.events import Numbers, Round
from numerics.mixing import MixingSchedule
from numerics.streams import Streams
from numerics.timeline.base import Timeline
from numerics.timeline.independent import Draws
from straggler import UnknownName, at_least

KINDS = ("adversarial", "random")


class Messages(Timeline):
    """What timelines of messages share: a kind, ``adversarial`` (the same in all replicas) or ``random``.

    Attributes
    ----------
    quorum
        Smallest number of workers that can be alive in a round.
    """

    def __init__(self, schedule: MixingSchedule, name: str, kind: str) -> None:
        if kind not in KINDS:
            raise UnknownName("kind", str(kind), KINDS)
        self.schedule, self.n, self.name, self.kind = schedule, schedule.n, name, kind
        self.deterministic = kind == "adversarial" and schedule.period is not None
        self.quorum = schedule.n

    def provenance(self) -> dict[str, Any]:
        """Return the name and the kind; the schedule has a provenance of its own."""
        return {"timeline": self.name, "kind": self.kind}


class MessageDelays(Messages):
    """Asynchronous message passing: a message comes up to tau rounds late, but always comes.

    A replica's stream is read by ``Generator.random``, in the order round, receiver, sender, for n^2 numbers u a round; the
    delay is the integer part of (tau + 1) u. Messages may overtake each other.

    Parameters
    ----------
    schedule
        Gives the number of workers n.
    delay
        Largest delay tau >= 0 in rounds.
    kind
        ``adversarial``: every message to another worker comes exactly tau rounds late. ``random``: delays are uniform on
        0 .. tau, independent for every message.
    """

    def __init__(self, schedule: MixingSchedule, delay: int = 1, kind: str = "adversarial") -> None:
        super().__init__(schedule, "message-delays", kind)
        self.delay = self.staleness = at_least("delay", delay, 0)

    def play(self, iterations: int, streams: Streams) -> Iterator[Round]:
        """Yield one round per iteration."""
        others = ~np.eye(self.n, dtype=bool)[:, :, None]
        delays: Numbers = others * np.intp(self.delay)
        draws = Draws(streams, self.n**2) if self.kind == "random" and self.delay else None
        for k in range(iterations):
            if draws is not None:
                delays = (draws.take(1)[0].T * (self.delay + 1)).astype(np.intp).reshape(self.n, self.n, -1) * others
            yield Round(k, self.schedule.at(k), delays=delays if self.delay else None)

    def provenance(self) -> dict[str, Any]:
        """Return the name, the kind, and the largest delay; the schedule has a provenance of its own."""
        return super().provenance() | {"delay": self.delay}


class Arrivals(Messages):
    """Synchronous rounds in which gradients come one by one, in an order of its own at every worker.

    A replica's stream is read by ``Generator.random``, in the order round, receiver, sender, for n^2 numbers a round; the
    smaller a number, the sooner the gradient comes, after the worker's own.

    Parameters
    ----------
    schedule
        Gives the number of workers n.
    kind
        ``random``: every order is as likely as any other. ``adversarial``: worker i gets those of i + 1, i + 2, ... (modulo n) in
        every round, so that neighbours in this order lack almost the same.
    """

    def __init__(self, schedule: MixingSchedule, kind: str = "random") -> None:
        super().__init__(schedule, "arrivals", kind)
        self.staleness = 1

    def play(self, iterations: int, streams: Streams) -> Iterator[Round]:
        """Yield one round per iteration."""
        draws = Draws(streams, self.n**2) if self.kind == "random" else None
        order = ((np.arange(self.n) - np.arange(self.n)[:, None]) % self.n)[:, :, None]
        own = np.arange(self.n)
        for k in range(iterations):
            if draws is not None:
                coming = draws.take(1)[0].T.reshape(self.n, self.n, -1).copy()
                coming[own, own] = -1
                order = np.empty(coming.shape, dtype=np.intp)
                np.put_along_axis(order, coming.argsort(axis=1), own[None, :, None], axis=1)
            yield Round(k, self.schedule.at(k), order=order)
