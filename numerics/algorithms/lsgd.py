"""LSGD: local SGD steps, and from time to time a pull towards the best worker of the group and of all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from numerics.algorithms.asynchronous import ReadState, Rows
from numerics.algorithms.base import Pattern, State, stack, worker_mean
from numerics.algorithms.election import Leadership
from numerics.algorithms.leaders import Leaders, LeaderState
from numerics.events import Completion, Round
from numerics.typing import Array


@dataclass(frozen=True, kw_only=True)
class LSGD(Leaders):
    """Leader stochastic gradient descent with one or several leaders, in synchronous rounds.

    In round k every worker steps, x <- x - gamma g(x). If tau divides k + 1, the best of each group is then elected on these
    models and everybody pulled to it, x <- x - c (x - z); if tau_G divides k + 1, the best of all is elected on what that
    gives, and everybody pulled to it, x <- x - c_G (x - z_G). With one group there is only the first of the two.

    Options are those of `Leaders`. The experiments have c = c_G = 0.1, tau_G = 4 tau in {4, 16, 64}, momentum 0.9 (Nesterov),
    and elections on the average of the last tau minibatch losses.

    References
    ----------
    Teng et al. (NeurIPS 2019), Algorithm 1, without its asynchrony.
    """

    period: int = 4
    global_period: int = 16

    name: ClassVar[str] = "lsgd"

    def init(self, x0: Array, n: int) -> LeaderState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), without leaders as long as nobody judges."""
        return LeaderState(x=stack(x0, n))

    def view(self, state: State, event: Any) -> Array:
        """Return every worker's own model, shape (n, R, d)."""
        return state.x

    def step(self, state: State, gradients: Array, event: Any) -> None:
        """Step, and communicate at the end of a period."""
        assert isinstance(state, LeaderState)
        assert isinstance(event, Round)
        if state.judge.attentive:
            state.judge.observe(state.x, event.workers)
        state.descend(self.gamma(event.k), self.direction(state, gradients))
        self.communicate(state, event.k, event.k, event.k + 1)

    def communicate(self, state: LeaderState, k: int, before: int, after: int, unit: int = 1) -> bool:
        """Elect and pull, as strongly as in iteration ``k``, where a period has ended; return whether one has.

        That is where a multiple of ``unit`` periods is among ``before`` + 1, ..., ``after``.
        """
        groups = after // (unit * self.period) > before // (unit * self.period)
        everybody = self.groups > 1 and after // (unit * self.global_period) > before // (unit * self.global_period)
        if groups:
            _follow(state, state.local, self.strength(k))
        if everybody:
            _follow(state, state.overall, self.global_strength(k))
        return groups or everybody


def _follow(state: LeaderState, office: Leadership, share: float) -> None:
    """Elect, and pull everybody to the leader by this share of the distance."""
    state.elect(office)
    pull = office.distances(state.x, state.scratch)
    pull *= share
    state.x -= pull


@dataclass
class AsyncLeaderState(LeaderState, ReadState):
    """Models and read copies of workers that follow leaders.

    Parameters
    ----------
    total
        Number of iterations of all workers so far.
    mean
        Average of the models, shape (R, d), kept up to date event by event.
    """

    total: int = 0
    mean: Array = field(default=None)


@dataclass(frozen=True, kw_only=True)
class AsyncLSGD(LSGD):
    """Leader stochastic gradient descent, asynchronously.

    A worker that has finished steps, x <- x - gamma g, with the gradient at the model it had when it began, and counts its
    iteration. When n tau divides the number of iterations of all n workers together, the best of each group is elected and
    everybody pulled to it at once, whether it is computing or not; likewise with n tau_G and the best of all. A gradient that is
    being computed meanwhile remains that of the model before the pull. The worker that has just finished begins again after it.

    Options are those of `Leaders`; an iteration is one update by one worker, periods are iterations per worker on average.

    References
    ----------
    Teng et al. (NeurIPS 2019), Algorithm 1; that everybody is pulled at the moment of an election is our reading of it.
    """

    name: ClassVar[str] = "lsgd-async"
    pattern: ClassVar[Pattern] = "server"

    def init(self, x0: Array, n: int) -> AsyncLeaderState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d), without leaders as long as nobody judges."""
        x = stack(x0, n)
        return AsyncLeaderState(x=x, reads=x[:0], mean=worker_mean(x))

    def view(self, state: State, event: Any) -> Array:
        """Return the read copies the finished gradients were taken at, shape (m, R, d), or all that are waiting."""
        assert isinstance(state, AsyncLeaderState)
        return state.reads if event is None else Rows(event.slots).of(state.reads)

    def step(self, state: State, gradients: Array, event: Any) -> None:
        """Apply the gradients to their workers' models, communicate at the end of a period, and read again."""
        assert isinstance(state, AsyncLeaderState)
        assert isinstance(event, Completion)
        if state.judge.attentive:
            state.judge.observe(self.view(state, event), event.workers)
        mine, n = Rows(event.workers), state.x.shape[0]
        if self.momentum:
            gradients = state.push(self.momentum, self.nesterov, mine, gradients)
        gradients *= self.gamma(event.k)
        models = mine.of(state.x)
        models -= gradients
        mine.put(state.x, models)
        before, state.total = state.total, state.total + gradients.shape[0]
        if self.communicate(state, event.k, before, state.total, unit=n):
            state.mean = worker_mean(state.x)
        else:
            gradients /= n
            state.mean -= gradients.sum(0)
        Rows(event.refilled).put(state.reads, Rows(event.readers).of(state.x))

    def center(self, state: State) -> Array:
        """Return the average of the workers' models, shape (R, d); read-only."""
        assert isinstance(state, AsyncLeaderState)
        return state.mean
