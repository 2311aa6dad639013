"""SGD by messages: every worker sends its gradient to all others, and some come late or never."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

from numerics.algorithms.base import Algorithm, State, worker_mean
from numerics.algorithms.sgd import SharedState, shared
from numerics.events import Numbers, Round
from numerics.mixing import MixingSchedule
from numerics.typing import Array
from straggler import InputError

if TYPE_CHECKING:
    from numerics.timeline import Timeline


@dataclass
class LaggingState(SharedState):
    """The model with all gradients that count, x, shape (1, R, d), and what the workers lack of it.

    Parameters
    ----------
    lag
        View minus x, shape (n, R, d); None where nobody lacks anything.
    """

    lag: Array | None = None

    def slabs(self) -> list[Array]:
        """Return the model, the velocity, and what is lacking."""
        return super().slabs() if self.lag is None else [*super().slabs(), self.lag]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        if self.lag is not None:
            other.lag = slabs[len(super().slabs())]
        return other

    def views(self) -> Array:
        """Return what the workers see, shape (n, R, d), read-only."""
        if self.lag is None:
            return array_namespace(self.x).broadcast_to(self.x, (self.n, *self.x.shape[1:]))
        return self.x + self.lag


@dataclass
class Outstanding:
    """Messages of round k that somebody still waits for.

    Parameters
    ----------
    k
        The round.
    delays
        Rounds until they have come, shape (R, n, m) or (1, n, m): 0 from the beginning, -1 never.
    messages
        What the m workers sent that are late somewhere, as it moves a model, shape (m, R, d).
    last
        Round in which the last of them comes.
    """

    k: int
    delays: NDArray[Any]
    messages: Array
    last: int


@dataclass
class MessageState(LaggingState):
    """The model, what the workers lack of it, and the messages that are on the way.

    Parameters
    ----------
    flight
        Messages of past rounds, oldest first.
    lost
        Whether some message will never come.
    """

    flight: list[Outstanding] = field(default_factory=list)
    lost: bool = False

    def slabs(self) -> list[Array]:
        """Return the model, the velocity, what is lacking, and what is on the way."""
        return [*super().slabs(), *(each.messages for each in self.flight)]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays; all replicas with the delays of the first if their number is another."""
        other, first = super().with_slabs(slabs), len(super().slabs())
        other.flight = [copy(each) for each in self.flight]
        for each, messages in zip(other.flight, slabs[first:], strict=True):
            each.messages = messages
            if len(each.delays) != messages.shape[1]:
                each.delays = each.delays[:1]
        return other

    def deliver(self, now: int) -> None:
        """Let workers apply what comes in round ``now`` of what was sent before."""
        for each in self.flight:
            coming = each.delays == now - each.k
            if coming.any():
                self.lag += gathered(coming, each.messages)
        self.flight = [each for each in self.flight if each.last > now]

    def send(self, k: int, messages: Array, scale: float, delays: Numbers) -> None:
        """Send ``scale`` times these messages, shape (n, R, d), which come with delays as in `Round`."""
        if np.diagonal(delays).any():
            raise InputError(f"delays of round {k}", int(np.abs(np.diagonal(delays)).max()), "0 for a worker's own gradient")
        who = np.flatnonzero(delays.any(axis=(0, 2)))
        if not who.size:
            return
        longest = int(delays.max())
        # replicas lead from here on, so that choosing messages is one pass and each replica's choice one matrix
        waiting: NDArray[Any] = delays.transpose(2, 0, 1)[..., who].astype(np.int32 if longest < 2**31 else np.int64, order="C")
        late = messages[who] * scale
        if self.lag is None:
            self.lag = array_namespace(late).zeros(messages.shape, dtype=late.dtype, device=device(late))
        self.lag -= gathered(waiting != 0, late)
        self.lost = self.lost or bool((waiting < 0).any())
        if longest > 0:
            self.flight.append(Outstanding(k, waiting, late, k + longest))


@dataclass(frozen=True, kw_only=True)
class MessagePassing(Algorithm):
    """SGD in which all workers send their gradients to all others, under faults and delays.

    In round k every worker that is alive takes a gradient at its own view, applies it at once, and sends it to the p - 1 others,
    who apply it when it comes (``Round.delays``). A view is x_0 - (gamma/p) times the sum of the gradients that have come.
    The center is the auxiliary model from which nothing is missing, x_{k+1} = x_k - (gamma_k/p) sum_{i in I_k} g_i, I_k being the
    workers alive (``Round.alive``). A worker that has crashed has no view: it is put at the center. Who is late, what is lost,
    and who crashes is up to the timeline: `MessageDelays`, `Omissions` and `Crashes`. On other timelines nobody is late, and
    this is `SGD`.

    The paper's has no momentum; where there is some, a worker's gradients go through a velocity of its own, and what it sends
    is the direction that comes out.

    References
    ----------
    Nadiradze, Markov, Chatterjee, Kungurtsev, Alistarh (AAAI 2021), message-passing systems.
    """

    name: ClassVar[str] = "message-passing"
    references: ClassVar[tuple[str, ...]] = ("nadiradze-2021",)

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: all workers send to all."""

    def symbols_on(self, timeline: Timeline) -> dict[str, float]:
        """Return tau, the rounds that a message is late at most, the number of faults, and Q, workers at least that are alive."""
        named = {"tau": timeline.staleness, "faults": getattr(timeline, "faults", None), "quorum": timeline.quorum}
        return {symbol: value for symbol, value in named.items() if value is not None}

    def init(self, x0: Array, n: int) -> MessageState:
        """Return the state of ``n`` workers at a common ``x0``, shape (R, d)."""
        return MessageState(x=shared(x0), n=n)

    def view(self, state: State, event: Round | None) -> Array:
        """Return what each worker has applied so far, shape (n, R, d), read-only."""
        assert isinstance(state, MessageState)
        return state.views()

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Move the center by what is taken, and the views by what comes."""
        assert isinstance(state, MessageState)
        gamma, directions = self.gamma(event.k), self.direction(state, gradients)
        if event.alive is not None:
            directions *= factors(event.alive, directions)
        state.deliver(event.k)
        if event.delays is not None:
            state.send(event.k, directions, -gamma / state.n, event.delays)
        if not state.flight and not state.lost:
            state.lag = None
        elif event.alive is not None:
            state.lag *= factors(event.alive, directions)
        state.descend(gamma, worker_mean(directions)[None, ...])

    def center(self, state: State) -> Array:
        """Return the model from which no gradient is missing, shape (R, d)."""
        return state.x[0]


def gathered(chosen: NDArray[np.bool_], messages: Array) -> Array:
    """Return for every receiver the sum of the messages (m, R, d) that are chosen for it, shape (n, R, d).

    ``chosen`` has shape (R, n, m), or (1, n, m) where all replicas agree, which is one product of matrices for all of them.
    """
    xp = array_namespace(messages)
    replicas, receivers, senders = chosen.shape
    weights = xp.asarray(chosen, dtype=messages.dtype, device=device(messages))
    if replicas == 1:
        total = weights[0] @ xp.reshape(messages, (senders, -1))
        return xp.reshape(total, (receivers, *messages.shape[1:]))
    return xp.permute_dims(xp.matmul(weights, xp.permute_dims(messages, (1, 0, 2))), (1, 0, 2))


def factors(alive: NDArray[np.bool_], like: Array) -> Array:
    """Return one or zero for every worker and replica, shape (n, R, 1)."""
    return array_namespace(like).asarray(alive[..., None], dtype=like.dtype, device=device(like))
