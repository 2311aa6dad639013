"""One random group of workers after another, as in the sequential model of WAGMA-SGD's proof."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from numerics.events import Completion, Event, Numbers
from numerics.mixing import MixingSchedule
from numerics.streams import Streams
from numerics.timeline.base import STRETCH, Timeline
from numerics.timeline.independent import Draws
from straggler import InputError, at_least

FEW = 256
"""Groups up to which they are enumerated for exact moments."""


class RandomGroups(Timeline):
    """Steps of S workers each, uniformly drawn without repetition, independently from step to step.

    A replica's stream is read by ``Generator.random``, n numbers per step, one per worker: the group are those with the S
    smallest ones.

    Parameters
    ----------
    schedule
        Gives the number of workers.
    size
        Number S of workers in a group.
    """

    staleness = 0

    def __init__(self, schedule: MixingSchedule, size: int) -> None:
        self.schedule, self.name = schedule, "random-groups"
        self.n = self.slots = schedule.n
        self.size = at_least("group_size", size, 1)
        if size > self.n:
            raise InputError("group_size", size, f"at most the number of workers {self.n}")
        self.deterministic = size == self.n

    def play(self, iterations: int, streams: Streams) -> Iterator[Completion]:
        """Yield one completion, of all workers of a group, per iteration."""
        draws = Draws(streams, self.n)
        stretch = max(1, STRETCH // self.n)
        for first in range(0, iterations, stretch):
            uniforms = draws.take(min(stretch, iterations - first))
            smallest = uniforms.argpartition(self.size - 1, axis=-1)[..., : self.size]
            groups = np.sort(smallest, axis=-1).swapaxes(1, 2)
            for event, workers in enumerate(groups):
                yield _together(first + event, workers)

    def chances(self, k: int) -> list[tuple[float, Event]] | None:
        """Return all groups, with equal probabilities, where they are few."""
        count = comb(self.n, self.size)
        if count > FEW:
            return None
        return [(1 / count, _together(k, np.array(group)[:, None])) for group in combinations(range(self.n), self.size)]

    def provenance(self) -> dict[str, Any]:
        """Return the name and the size of the groups."""
        return {"timeline": self.name, "group_size": self.size}


def _together(k: int, workers: Numbers) -> Completion:
    """Return the completion of these workers, shape (S, R), whose gradients are taken at the models they have."""
    return Completion(k, workers, workers, workers, workers, np.zeros_like(workers))
