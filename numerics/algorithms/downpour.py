"""DOWNPOUR: workers step on their own, and push what they have gathered to a server every tau steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from array_api_compat import array_namespace

from numerics.algorithms.asynchronous import ReadState, Rows
from numerics.algorithms.base import Algorithm, Pattern, State
from numerics.algorithms.clocks import ClockedState, where
from numerics.algorithms.sgd import shared
from numerics.events import Completion
from numerics.mixing import MixingSchedule
from numerics.typing import Array
from straggler import at_least


@dataclass
class DownpourState(ClockedState):
    """The server's model ``x``, shape (1, R, d), every worker's own (``reads``), and what it has gathered, both (n, R, d)."""

    gathered: Array = field(default=None)

    def open(self, readers: Array) -> None:
        """Let every worker pull the server's model; nothing has been gathered yet."""
        self.wind(readers)
        ReadState.open(self, 0 * readers)
        self.gathered = array_namespace(self.x).zeros_like(self.reads)

    def slabs(self) -> list[Array]:
        """Return the server's model, the workers' velocities, their models, and what they have gathered."""
        return [*super().slabs(), self.gathered]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other.gathered = slabs[-1]
        return other


@dataclass(frozen=True, kw_only=True)
class Downpour(Algorithm):
    """DOWNPOUR SGD.

    A worker i that has finished a gradient applies it to its own model, x_i <- x_i - gamma g_i(x_i), and gathers it,
    v_i <- v_i - gamma g_i(x_i). If tau divides the number of its gradients, it then pushes and pulls: the server's model x
    becomes x + v_i, x_i becomes x, and v_i zero. With tau = 1 this is `APSGD`. Momentum, where it is asked for, is the
    worker's own and survives the pull.

    Parameters
    ----------
    period
        Number tau >= 1 of gradients between two exchanges of a worker with the server.

    References
    ----------
    Dean et al. (NIPS 2012), with the same period for pushing and pulling, as Zhang, Choromanska, LeCun (NIPS 2015) compare
    EASGD with it; their program pushes each worker's first gradient at once, which shifts the period.
    """

    period: int = 1

    name: ClassVar[str] = "downpour"
    references: ClassVar[tuple[str, ...]] = ("dean-2012", "zhang-2015")
    pattern: ClassVar[Pattern] = "server"
    conserves: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("period", self.period, 1)

    @property
    def cycle(self) -> int:
        """The period tau, in steps of one worker."""
        return self.period

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: workers talk to the server only."""

    def weight(self, n: int) -> float:
        """Return 1: the server adds up what its workers push."""
        return 1.0

    def init(self, x0: Array, n: int) -> DownpourState:
        """Return the state of a server at ``x0``, shape (R, d), that none of its ``n`` workers has read yet."""
        x = shared(x0)
        return DownpourState(x=x, reads=x[:0], n=n)

    def view(self, state: State, event: Any) -> Array:
        """Return the models of the finished workers, shape (m, R, d), or of all of them."""
        assert isinstance(state, DownpourState)
        return state.reads if event is None else Rows(event.workers).of(state.reads)

    def step(self, state: State, gradients: Array, event: Completion) -> None:
        """Step locally; push and pull at the end of a worker's period."""
        assert isinstance(state, DownpourState)
        mine = Rows(event.workers)
        if self.momentum:
            if state.velocity is None:
                state.velocity = array_namespace(state.x).zeros_like(state.reads)
            gradients = state.push(self.momentum, self.nesterov, mine, gradients)
        gradients *= self.gamma(event.k)
        gathered, models = mine.of(state.gathered), mine.of(state.reads)
        gathered -= gradients
        models -= gradients
        due = state.tick(event.workers, self.period)
        if due.any():
            nothing = array_namespace(gathered).zeros_like(gathered)
            pushed = where(due, gathered, nothing)
            state.x += pushed if pushed.shape[0] == 1 else pushed.sum(0)
            gathered, models = where(due, nothing, gathered), where(due, state.x, models)
        mine.put(state.gathered, gathered)
        mine.put(state.reads, models)

    def center(self, state: State) -> Array:
        """Return the server's model, shape (R, d); read-only."""
        return state.x[0]
