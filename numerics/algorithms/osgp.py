"""OSGP: stochastic gradient push whose messages overlap with computation and arrive up to tau rounds late."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from array_api_compat import array_namespace, device

from numerics.algorithms.base import State, worker_mean
from numerics.algorithms.sgp import SGP, PushSumState
from numerics.events import Round
from numerics.typing import Array
from straggler import InputError, at_least

MOST_IN_FLIGHT = 1000


@dataclass
class OverlapState(PushSumState):
    """Push-sum state with the messages in flight: pairs (x, w) already summed by receiver, oldest first, or None."""

    flight: deque[tuple[Array, Array] | None] = field(default_factory=deque)

    def slabs(self) -> list[Array]:
        """Return the models, the velocity, and the messages in flight."""
        return super().slabs() + [message[0] for message in self.flight if message is not None]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state with the same weights, in flight or not, whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        rest = iter(slabs[1 if self.velocity is None else 2 :])
        other.flight = deque(None if message is None else (next(rest), message[1]) for message in self.flight)
        return other

    def weight_mass(self) -> float:
        """Return the sum of all push-sum weights, those in flight included; it is n at every step."""
        return super().weight_mass() + sum(float(m[1].sum()) for m in self.flight if m is not None)


@dataclass(frozen=True, kw_only=True)
class OSGP(SGP):
    """Stochastic gradient push in which what is sent in round k is received in round k + tau.

    A worker keeps its share p_ii of (x_i, w_i) at once and goes on; the rest of its mass is in flight. The delay is
    the largest the paper admits (a worker blocks for messages older than tau). tau = 0 is SGP.

    Parameters
    ----------
    overlap
        Delay tau >= 0 of every message, in rounds.
    send_every
        Send in every ``send_every``-th round only; 1 sends in each round, tau is the printed Algorithm 2.
    unbiased
        Take gradients at z = x / w; False takes them at x itself ("biased OSGP", without push-sum weights).

    References
    ----------
    Assran et al. (ICML 2019), Algorithm 2.
    """

    overlap: int = 1
    send_every: int = 1
    unbiased: bool = True

    name: ClassVar[str] = "osgp"

    def __post_init__(self) -> None:
        super().__post_init__()
        if at_least("overlap", self.overlap, 0) > MOST_IN_FLIGHT:
            raise InputError("overlap", self.overlap, f"at most {MOST_IN_FLIGHT}: the messages of so many rounds are in flight")
        at_least("send_every", self.send_every, 1)

    @property
    def cycle(self) -> int:
        """The interval between two sending rounds."""
        return self.send_every

    def symbols(self, n: int) -> dict[str, float]:
        """Return beta, and the overlap tau."""
        return super().symbols(n) | {"tau": self.overlap}

    def init(self, x0: Array, n: int) -> OverlapState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), with nothing in flight."""
        start = super().init(x0, n)
        return OverlapState(x=start.x, w=start.w, flight=deque([None] * self.overlap))

    def view(self, state: State, event: Round | None) -> Array:
        """Return the models where gradients are taken, shape (n, R, d): z_i, or x_i in the biased variant."""
        return super().view(state, event) if self.unbiased else state.x

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Step, send all but the own share, and add what arrives."""
        assert isinstance(state, OverlapState)
        state.descend(self.gamma(event.k), self.direction(state, gradients))
        state.regular = False
        if event.k % self.send_every == 0:
            # a copy, since the matrix is read-only, and in the place of the state
            diagonal = event.mixing.matrix().diagonal().copy()
            keep = array_namespace(state.x).asarray(diagonal, dtype=state.x.dtype, device=device(state.x))
            sent = event.mixing.apply(state.x, array_namespace(state.x).empty_like(state.x))
            weight = event.mixing.apply(state.w, array_namespace(state.w).empty_like(state.w))
            state.x *= keep[:, None, None]
            state.w = state.w * keep
            sent -= state.x
            weight -= state.w
            state.flight.append((sent, weight))
        else:
            state.flight.append(None)
        arrived = state.flight.popleft()
        if arrived is not None:
            state.x += arrived[0]
            state.w = state.w + arrived[1]

    def center(self, state: State) -> Array:
        """Return the total mass, that in flight included, divided by n, shape (R, d)."""
        assert isinstance(state, OverlapState)
        center = worker_mean(state.x)
        for message in state.flight:
            if message is not None:
                center += worker_mean(message[0])
        return center
