"""eager-SGD: gradients are averaged without waiting for those that are late, which are included when they come."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from numerics.algorithms.base import Algorithm, State, worker_mean
from numerics.algorithms.sgd import SharedState, shared
from numerics.events import Numbers, Round
from numerics.mixing import MixingSchedule
from numerics.typing import Array
from straggler import InputError, UnknownName, at_least

if TYPE_CHECKING:
    from numerics.timeline import Timeline

STALE = ("accumulate", "overwrite")


@dataclass
class EagerState(SharedState):
    """The model of all workers, the gradients that are still in send buffers, and the model that has included them at once.

    Parameters
    ----------
    clean
        The clean aggregate sequence Lambda_k, shape (1, R, d): a state of its own that moves by every gradient in the iteration
        in which it was taken.
    included
        Last iteration whose gradient has been taken from each send buffer, shape (n, R); None if that is the latest one.
    pending
        Of those iterations of which somebody's gradient is not included yet: iteration, the workers that were late in some
        replica, shape (m,), and their gradients, shape (m, R, d).
    synced
        Last iteration with a blocking all-reduce, -1 before the first.
    """

    clean: SharedState = field(default=None)  # type: ignore[assignment]
    included: Numbers | None = None
    pending: list[tuple[int, Numbers, Array]] = field(default_factory=list)
    synced: int = -1

    def slabs(self) -> list[Array]:
        """Return the model and the clean one, with their velocities, and the gradients that are not included."""
        return [*super().slabs(), *self.clean.slabs(), *(gradients for *_, gradients in self.pending)]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays; all replicas with the ages of the first if their number is another."""
        other, first = super().with_slabs(slabs), len(super().slabs())
        last = 2 * first
        other.clean = self.clean.with_slabs(slabs[first:last])
        other.pending = [(k, who, slab) for (k, who, _), slab in zip(self.pending, slabs[last:], strict=True)]
        if self.included is not None and self.included.shape[1] != other.x.shape[1]:
            other.included = np.repeat(self.included[:, :1], other.x.shape[1], axis=1)
        return other

    def arrive(self, gradients: Array, k: int, age: Numbers, accumulate: bool) -> Array:
        """Return the mean over workers of what iteration k finds in their send buffers, shape (R, d).

        Parameters
        ----------
        gradients
            What workers take in iteration k, shape (n, R, d).
        age
            The buffers are those after iteration k - age, shape (n, R).
        accumulate
            Whether a buffer holds the sum of what has not been included, or its newest gradient only.
        """
        before = np.full(age.shape, k - 1) if self.included is None else self.included
        self.included = k - age
        if (self.included < before).any():
            raise InputError(f"age of round {k}", int(age.max()), "ages that grow by at most one a round")
        total = _sum(gradients, age == 0)
        waits = before < k - 1
        coming = range(before[waits].min() + 1, self.included[waits].max() + 1) if waits.any() else range(0)
        start = bisect_left(self.pending, coming.start, key=_iteration)
        stop = bisect_left(self.pending, coming.stop, key=_iteration)
        for iteration, who, waiting in self.pending[start:stop]:
            newest = self.included >= iteration if accumulate else self.included == iteration
            total += _sum(waiting, (newest & (before < iteration))[who])
        oldest = int(self.included.min())
        self.pending = self.pending[bisect_right(self.pending, oldest, key=_iteration) :]
        if oldest < k:
            late = np.flatnonzero(age.any(axis=1))
            self.pending.append((k, late, gradients[late]))
        total /= age.shape[0]
        return total


@dataclass(frozen=True, kw_only=True)
class EagerSGD(Algorithm):
    """SGD with partial all-reduce.

    A worker adds each gradient to its send buffer. Iteration k averages the n buffers as they are, empties them, and everybody
    applies the result: x_{k+1} = x_k - gamma U, U the mean of the contributions or what momentum makes of it. What a worker
    that is late by a iterations (``Round.age``) contributes is everything up to iteration k - a that is not included yet, nothing
    as a rule; its later gradients follow when it is in time. Who is late, as under ``solo`` (the first to come starts the
    operation) or ``majority`` (a random one does), is up to the timeline.

    Results that a worker was too late to pick up are applied in order when it comes, so that all models coincide and one is
    stored (the receive buffer of the paper keeps the latest result only, and models that drift apart are averaged from time
    to time). The center is the clean aggregate Lambda_k, which moves by every gradient in the iteration in which it was taken.

    Parameters
    ----------
    period
        Every ``period``-th iteration waits for everybody, so that no gradient is late by more; 0 for never. The released code
        does so every 32 iterations.
    stale
        ``accumulate`` as the paper says, or ``overwrite`` as in the released code, where a new gradient replaces one that
        has not been included, which is lost.

    References
    ----------
    Li, Ben-Nun, Di Girolamo, Alistarh, Hoefler (PPoPP 2020), Algorithm 2.
    """

    period: int = 0
    stale: str = "accumulate"

    name: ClassVar[str] = "eager"
    references: ClassVar[tuple[str, ...]] = ("li-2020",)

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("period", self.period, 0)
        if self.stale not in STALE:
            raise UnknownName("stale", str(self.stale), STALE)

    @property
    def cycle(self) -> int:
        """The period."""
        return max(1, self.period)

    def symbols_on(self, timeline: Timeline) -> dict[str, float]:
        """Return Q, workers at least that are in time, and tau, rounds that a gradient is late at most, where they are known."""
        quorum = timeline.quorum
        if quorum is None:
            return {}
        limits = [] if timeline.staleness is None else [timeline.staleness]
        limits += [self.period - 1] if self.period else []
        if quorum == timeline.n:
            limits = [0]
        known: dict[str, float] = {"quorum": quorum}
        return known | ({"tau": min(limits)} if limits else {})

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: the partial all-reduce does not use the graph."""

    def init(self, x0: Array, n: int) -> EagerState:
        """Return the state of ``n`` workers that share the model ``x0``, shape (R, d)."""
        return EagerState(x=shared(x0), n=n, clean=SharedState(x=shared(x0), n=n))

    def view(self, state: State, event: Round | None) -> Array:
        """Return the model, seen by every worker, shape (n, R, d), read-only."""
        assert isinstance(state, EagerState)
        return array_namespace(state.x).broadcast_to(state.x, (state.n, *state.x.shape[1:]))

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Move the model by what has arrived, and the clean one by what was taken."""
        assert isinstance(state, EagerState)
        k, gamma = event.k, self.gamma(event.k)
        taken = worker_mean(gradients)
        blocking = self.period > 0 and (k + 1) % self.period == 0
        age = None if event.age is None or blocking else np.minimum(event.age, k - state.synced)
        if state.pending or (age is not None and age.any()):
            if age is None:
                age = np.zeros((state.n, state.x.shape[1]), dtype=np.intp)
            arrived = state.arrive(gradients, k, age, self.stale == "accumulate")
        else:
            arrived, state.included = taken + 0, None
        if blocking:
            state.synced = k
        state.descend(gamma, self.direction(state, arrived[None, ...]))
        state.clean.descend(gamma, self.direction(state.clean, taken[None, ...]))

    def center(self, state: State) -> Array:
        """Return the clean aggregate Lambda_k, shape (R, d)."""
        assert isinstance(state, EagerState)
        return state.clean.x[0]


def _iteration(entry: tuple[int, Numbers, Array]) -> int:
    """Return the iteration whose gradients are pending."""
    return entry[0]


def _sum(gradients: Array, chosen: NDArray[np.bool_]) -> Array:
    """Return the sum over the chosen workers, shape (R, d)."""
    if isinstance(gradients, np.ndarray):
        return np.einsum("nr,nrd->rd", chosen.astype(gradients.dtype), gradients)
    xp = array_namespace(gradients)
    return xp.sum(gradients * xp.asarray(chosen)[..., None], axis=0)
