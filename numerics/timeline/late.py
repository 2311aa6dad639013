"""Rounds that do not wait: whose contribution to a wait-avoiding collective is late, and by how many rounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from numerics.events import Numbers, Round
from numerics.mixing import MixingSchedule
from numerics.streams import Streams
from numerics.timeline.base import Timeline
from numerics.timeline.independent import Draws
from straggler import InputError, UnknownName, at_least, positive

ORDERS = ("rotation", "fixed")
QUORUMS = ("solo", "majority")


class Late(Timeline):
    """Rounds with given ages, in all replicas alike.

    A worker of age a in round k is found by the others with what it had ready after its iteration k - a. It does not undo what it
    had ready, so that its age grows by at most one a round, and in round k is at most k + 1, when nothing is ready yet:
    larger ages in the first rounds are taken as k + 1.

    Parameters
    ----------
    schedule
        Mixing schedule of the rounds; gives the number of workers.
    ages
        Ages >= 0 in rounds 0, 1, ..., shape (rounds, n), repeated from the beginning as often as needed.

    Attributes
    ----------
    quorum
        Smallest number Q of workers that are in time in a round.

    Raises
    ------
    InputError
        If the shape is another one, or an age is negative, is not a whole number, or grows by more than one from a round to the
        next, the first one after the last included.
    """

    def __init__(self, schedule: MixingSchedule, ages: ArrayLike) -> None:
        self.schedule, self.n, self.name = schedule, schedule.n, "late"
        self.deterministic = schedule.period is not None
        table = np.asarray(ages)
        if table.ndim != 2 or table.shape[1] != self.n or not len(table):
            raise InputError("shape of ages", table.shape, f"(rounds, {self.n}), with at least one round")
        whole = table.astype(np.intp)
        if (whole != table).any() or whole.min() < 0:
            raise InputError("ages", table[(whole != table) | (whole < 0)].tolist()[0], "whole numbers >= 0")
        growth = np.roll(whole, -1, axis=0) - whole
        if growth.max() > 1:
            row, worker = np.unravel_index(growth.argmax(), growth.shape)
            raise InputError(
                f"age of worker {worker} after round {row}", int(whole[row, worker] + growth.max()), "growth by at most 1 a round"
            )
        self.ages: Numbers = whole
        self.staleness, self.quorum = int(whole.max()), int((whole == 0).sum(axis=1).min())

    @classmethod
    def adversarial(cls, schedule: MixingSchedule, count: int, delay: int = 1, order: str = "rotation") -> Late:
        """Return the timeline on which ``count`` = P - Q workers are late in every round, by up to ``delay`` rounds.

        Parameters
        ----------
        schedule
            Gives the number of workers P.
        count
            0 <= count <= P.
        delay
            Largest age tau >= 1.
        order
            ``fixed``: workers 0 .. count - 1 are exactly tau rounds late all the time. ``rotation``: for tau rounds the same ones
            are late, by 1, 2, ..., tau rounds, and then the next ``count`` ones, in cyclic order.
        """
        n = schedule.n
        if at_least("late workers", count, 0) > n:
            raise InputError("late workers", count, f"at most the number of workers {n}")
        at_least("delay", delay, 1)
        if order not in ORDERS:
            raise UnknownName("order", order, ORDERS)
        if order == "fixed":
            return cls(schedule, np.where(np.arange(n) < count, delay, 0)[None, :])
        stints = n // int(np.gcd(n, count))
        first = (np.arange(stints) * count)[:, None]
        late = (np.arange(n) - first) % n < count
        return cls(schedule, (late[:, None, :] * np.arange(1, delay + 1)[None, :, None]).reshape(-1, n))

    def play(self, iterations: int, streams: Streams) -> Iterator[Round]:
        """Yield one round per iteration, with the ages of its row of the table."""
        rows = [np.repeat(row[:, None], len(streams.replicas), axis=1) for row in self.ages]
        for k in range(iterations):
            age = rows[k % len(rows)]
            yield Round(k, self.schedule.at(k), age=age if k >= self.ages.max() else np.minimum(age, k + 1))

    def provenance(self) -> dict[str, Any]:
        """Return the name and the ages; the schedule has a provenance of its own."""
        return {"timeline": self.name, "ages": self.ages.tolist()}


class RandomlyLate(Timeline):
    """Rounds in which random workers are late, independently from round to round and from replica to replica.

    A worker that is late several times in a row gets older, up to ``delay`` rounds. A replica's stream is read by
    ``Generator.random``, in the order round, then P numbers, one per worker, then one for the quorum of ``majority``.

    Parameters
    ----------
    schedule
        Mixing schedule of the rounds; gives the number of workers P.
    late
        Who is late: a number between 0 and 1 that is not whole is the probability of each worker; a whole number that many
        workers, those with the largest numbers of the round; ``solo``, all but one; ``majority``, all behind a worker whose
        rank is uniform in 1 .. P, which leaves (P + 1) / 2 in time on average.
    delay
        Largest age >= 1.

    Attributes
    ----------
    quorum
        Smallest number Q of workers that can be in time in a round.

    References
    ----------
    Li et al. (PPoPP 2020): solo and majority collectives, where all arrive one after another and in random order.
    """

    def __init__(self, schedule: MixingSchedule, late: float | str, delay: int = 1) -> None:
        self.schedule, self.n, self.name, self.late = schedule, schedule.n, "randomly-late", late
        self.delay = self.staleness = at_least("delay", delay, 1)
        if isinstance(late, str):
            if late not in QUORUMS:
                raise UnknownName("late", late, QUORUMS)
        elif positive("late", late, zero_ok=True) > self.n or (late > 1 and late != int(late)):
            raise InputError("late", late, f"a probability below 1, or a whole number of workers up to {self.n}")
        self.quorum = 1 if isinstance(late, str) else 0 if late % 1 else self.n - int(late)

    def play(self, iterations: int, streams: Streams) -> Iterator[Round]:
        """Yield one round per iteration."""
        draws = Draws(streams, self.n + (self.late == "majority"))
        age = np.zeros((self.n, len(streams.replicas)), dtype=np.intp)
        for k in range(iterations):
            behind = self._behind(draws.take(1)[0].T)
            age = np.where(behind, np.minimum(age + 1, self.delay), 0)
            yield Round(k, self.schedule.at(k), age=age)

    def _behind(self, uniforms: Any) -> Any:
        """Return who is late, shape (n, R), from the numbers of a round, shape (width, R)."""
        if isinstance(self.late, float) and 0 < self.late < 1:
            return uniforms < self.late
        rank = uniforms[: self.n].argsort(axis=0).argsort(axis=0)
        if self.late == "majority":
            return rank > (uniforms[self.n] * self.n).astype(np.intp)
        return rank >= (1 if self.late == "solo" else self.n - int(self.late))

    def provenance(self) -> dict[str, Any]:
        """Return the name, who is late, and by how much at most; the schedule has a provenance of its own."""
        return {"timeline": self.name, "late": self.late, "delay": self.delay}
