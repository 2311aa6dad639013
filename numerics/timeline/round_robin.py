"""Workers that take turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.events import Numbers
from numerics.mixing import MixingSchedule
from numerics.streams import Streams
from numerics.timeline.base import STRETCH, AsynchronousTimeline


class RoundRobin(AsynchronousTimeline):
    """Worker k mod n finishes in event k and reads again at once: the same events in all replicas, without a clock.

    From the second lap on every read is exactly n - 1 updates old, the largest age at which workers that all go equally fast
    can keep up with each other; in the first lap worker i's read of the start is i updates old.

    Parameters
    ----------
    schedule
        Gives the number of workers; nobody averages with anybody.

    References
    ----------
    Zhang, Choromanska, LeCun (NIPS 2015), section 4: the scheme whose stability is compared there.
    """

    def __init__(self, schedule: MixingSchedule) -> None:
        self.n = self.slots = schedule.n
        self.name, self.staleness, self.deterministic = "round-robin", schedule.n - 1, True

    def stretches(self, iterations: int, streams: Streams) -> Iterator[tuple[Numbers, None, None]]:
        """Yield the workers, shape (events, R)."""
        replicas = len(streams.replicas)
        for first in range(0, iterations, STRETCH):
            turn = np.arange(first, min(first + STRETCH, iterations)) % self.n
            yield np.repeat(turn[:, None], replicas, axis=1), None, None

    def provenance(self) -> dict[str, Any]:
        """Return the name: there is nothing else to know."""
        return {"timeline": self.name}
