"""LGD: gradient descent in which every step also pulls towards the best worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from numerics.algorithms.base import State, stack
from numerics.algorithms.leaders import Leaders, LeaderState
from numerics.events import Round
from numerics.memory import empty
from numerics.typing import Array


@dataclass(frozen=True, kw_only=True)
class LGD(Leaders):
    """Leader (stochastic) gradient descent: the synchronous method of the theorems.

    x_{k+1} = x_k - gamma g(x_k) - c (x_k - z) - c_G (x_k - z_G) for every worker, in every iteration. The guiding points z and
    z_G are the models that the leader of the worker's group and the leader of all had when they were elected: on the models
    x_k with tau, or tau_G, dividing k (an infrequent leader where tau > 1). With one group there is no z_G. The leader itself
    is not pulled, not even back to where it was elected.

    Options are those of `Leaders`; ``attraction`` is the lambda of Theorem 1, c = gamma lambda.

    References
    ----------
    Teng et al. (NeurIPS 2019), Theorem 1 and, on the poster, update (2) of several leaders.
    """

    name: ClassVar[str] = "lgd"

    def init(self, x0: Array, n: int) -> LeaderState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), without leaders as long as nobody judges."""
        return LeaderState(x=stack(x0, n))

    def view(self, state: State, event: Round | None) -> Array:
        """Return every worker's own model, shape (n, R, d)."""
        return state.x

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Step and pull at once, then elect for the next iteration."""
        assert isinstance(state, LeaderState)
        if state.judge.attentive:
            state.judge.observe(state.x, event.workers)
        pull = state.local.distances(state.x, state.scratch)
        pull *= self.strength(event.k)
        if self.groups > 1:
            other = state.overall.distances(state.x, empty(state.x.shape, state.x))
            other *= self.global_strength(event.k)
            pull += other
        state.descend(self.gamma(event.k), self.direction(state, gradients))
        state.x -= pull
        due = [state.local] if (event.k + 1) % self.period == 0 else []
        if self.groups > 1 and (event.k + 1) % self.global_period == 0:
            due.append(state.overall)
        state.elect(*due)
