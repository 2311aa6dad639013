"""Events: what a timeline yields and an algorithm reacts to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from numerics.typing import Floats

if TYPE_CHECKING:
    from numerics.mixing import MixingOperator, MixingSchedule

EVERYONE = slice(None)

Numbers: TypeAlias = NDArray[np.intp]


@dataclass(slots=True)
class Round:
    """A synchronous event: every worker computes one gradient, then the round's mixing operator is applied.

    Parameters
    ----------
    k
        Number of the iteration, from 0.
    mixing
        Mixing operator W_k of the round.
    time
        Wall-clock time in seconds at which the last worker has finished the round, shape (R,); None without a clock.
    age
        For wait-avoiding collectives, shape (n, R): 0 where a worker's own contribution is in time, a > 0 where what the others
        find of it is what it had ready after its iteration k - a. None if everybody is in time.
    delays
        Where workers send gradients to each other, the number of rounds until that of this round has come, shape
        (receivers n, senders n, R), or (n, n, 1) where all replicas see the same: 0 in time, -1 never; 0 for a worker's own.
        None if all are in time.
    alive
        Whether a worker still computes in this round, shape (n, R); None if all do. One that does not never will again.
    order
        Where a worker need not wait for all gradients of the round, the place in which each comes to it, shape (receivers n,
        senders n, R) or (n, n, 1): every row has 0 .. n - 1, 0 for a worker's own. None if all come at once.
    """

    k: int
    mixing: MixingOperator
    time: Floats | None = None
    age: Numbers | None = None
    delays: Numbers | None = None
    alive: NDArray[np.bool_] | None = None
    order: Numbers | None = None

    @property
    def workers(self) -> slice:
        """Workers that are active in this event: everyone."""
        return EVERYONE

    def spread(self, replicas: int) -> Round:
        """Return what the first replica sees as an event of ``replicas`` that all see it; without a clock."""
        age = None if self.age is None else np.repeat(self.age[:, :1], replicas, axis=1)
        delays = None if self.delays is None else self.delays[:, :, :1]
        alive = None if self.alive is None else np.repeat(self.alive[:, :1], replicas, axis=1)
        order = None if self.order is None else self.order[:, :, :1]
        return Round(self.k, self.mixing, None, age, delays, alive, order)


@dataclass(slots=True)
class Completion:
    """An asynchronous event: in every replica some workers, as a rule one, finish a gradient.

    A gradient is taken at a *read copy* of the model, made when its computation began. Read copies live in numbered slots.
    A worker that reads as soon as it has finished has a slot of its own; an adversary keeps more reads waiting than there
    are workers, or hands one read to all of them.

    Parameters
    ----------
    k
        Number of the update, from 0.
    workers
        The m workers that finish, shape (m, R).
    slots
        Slots of the reads their gradients were taken at, shape (m, R).
    readers, refilled
        Workers that read after this event, and the slots they read into, shape (q, R).
    age
        Number of updates between each read and this event, shape (m, R).
    partner
        Whom the (one) worker averages with, shape (R,); a worker is its own partner where it averages with nobody. None where
        there is no pairwise averaging.
    mixing
        Mixing operator W_k of an averaging that is not pairwise, the same in all replicas; None where there is none.
    time
        Wall-clock time in seconds, shape (R,); None without a clock.
    """

    k: int
    workers: Numbers
    slots: Numbers
    readers: Numbers
    refilled: Numbers
    age: Numbers
    partner: Numbers | None = None
    mixing: MixingOperator | None = None
    time: Floats | None = None

    def spread(self, replicas: int) -> Completion:
        """Return what the first replica sees as an event of ``replicas`` that all see it; without a clock."""
        numbers = (self.workers, self.slots, self.readers, self.refilled, self.age)
        workers, slots, readers, refilled, age = (np.repeat(each[:, :1], replicas, axis=1) for each in numbers)
        partner = None if self.partner is None else np.repeat(self.partner[:1], replicas)
        return Completion(self.k, workers, slots, readers, refilled, age, partner, self.mixing)


Event: TypeAlias = Round | Completion


def rounds(schedule: MixingSchedule, iterations: int) -> Iterator[Round]:
    """Yield the synchronous rounds k = 0 .. iterations - 1 of a mixing schedule."""
    for k in range(iterations):
        yield Round(k, schedule.at(k))
