"""Events: what a timeline yields and an algorithm reacts to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numerics.mixing import MixingOperator, MixingSchedule

EVERYONE = slice(None)


@dataclass(slots=True)
class Round:
    """A synchronous event: every worker computes one gradient, then the round's mixing operator is applied.

    Parameters
    ----------
    k
        Number of the iteration, from 0.
    mixing
        Mixing operator W_k of the round.
    """

    k: int
    mixing: MixingOperator

    @property
    def workers(self) -> slice:
        """Workers that are active in this event: everyone."""
        return EVERYONE


def rounds(schedule: MixingSchedule, iterations: int) -> Iterator[Round]:
    """Yield the synchronous rounds k = 0 .. iterations - 1 of a mixing schedule."""
    for k in range(iterations):
        yield Round(k, schedule.at(k))
