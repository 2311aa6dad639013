"""AD-PSGD: asynchronous decentralised parallel SGD, in which a worker that has finished averages with one other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from numerics.algorithms.asynchronous import ReadState, Rows
from numerics.algorithms.base import Algorithm, Pattern, State, stack, worker_mean
from numerics.events import Completion
from numerics.typing import Array


@dataclass
class GossipState(ReadState):
    """Models and read copies of workers that average in pairs; ``mean``, shape (R, d), is kept up to date event by event."""

    mean: Array = field(default=None)

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other.mean = worker_mean(other.x)
        return other


@dataclass(frozen=True, kw_only=True)
class ADPSGD(Algorithm):
    """Asynchronous decentralised parallel SGD.

    A worker i that finishes a gradient, taken at the model it had when the computation began, first averages with a partner
    j, x_i and x_j becoming (x_i + x_j)/2, then applies the gradient to its own model: X_{k+1} = W_k X_k - gamma g_k e_i.
    An iteration is one such update by one worker, so that n of them count for a round of a synchronous method. Any other
    doubly stochastic W_k will do as well (``Completion.mixing``).

    Gradients are means over a minibatch; the paper adds up M of them, which is a step size larger by M.

    References
    ----------
    Lian et al. (ICML 2018), Algorithm 1.
    """

    name: ClassVar[str] = "adpsgd"
    references: ClassVar[tuple[str, ...]] = ("lian-2018",)
    pattern: ClassVar[Pattern] = "pairwise"

    def init(self, x0: Array, n: int) -> GossipState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), none of which has read yet."""
        x = stack(x0, n)
        return GossipState(x=x, reads=x[:0], mean=worker_mean(x))

    def view(self, state: State, event: Any) -> Array:
        """Return the read copies the finished gradients were taken at, shape (1, R, d), or all that are waiting."""
        assert isinstance(state, GossipState)
        return state.reads if event is None else Rows(event.slots).of(state.reads)

    def step(self, state: State, gradients: Array, event: Completion) -> None:
        """Average with the partner, apply the gradient, read again."""
        assert isinstance(state, GossipState)
        mine = Rows(event.workers)
        if self.momentum:
            gradients = state.push(self.momentum, self.nesterov, mine, gradients)
        if event.mixing is not None:
            state.mix(event.mixing)
        model = mine.of(state.x)
        if event.partner is not None:
            theirs = Rows(event.partner[None, :])
            model += theirs.of(state.x)
            model *= 0.5
            theirs.put(state.x, model)
        gradients *= self.gamma(event.k)
        model -= gradients
        mine.put(state.x, model)
        gradients /= state.x.shape[0]
        state.mean -= gradients[0]
        if event.readers is event.workers:
            mine.put(state.reads, model)
        else:
            Rows(event.refilled).put(state.reads, Rows(event.readers).of(state.x))

    def center(self, state: State) -> Array:
        """Return the average of the workers' models, shape (R, d); read-only."""
        assert isinstance(state, GossipState)
        return state.mean
