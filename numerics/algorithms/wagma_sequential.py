"""WAGMA-SGD as its proof sees it: one random group at a time, whose members do not see each other's last gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from numerics.algorithms.asynchronous import Rows, push
from numerics.algorithms.base import Algorithm, Pattern, State, stack, worker_mean
from numerics.events import Completion
from numerics.mixing import MixingSchedule
from numerics.typing import Array
from straggler import InputError, at_least


@dataclass
class InteractionState(State):
    """Models, what other workers see of them, and where gradients were last taken.

    Parameters
    ----------
    shown
        The models without their last gradients, W'_i = W_i + gamma g_i(W_i at q_i), shape (n, R, d); the model itself after an
        average of all.
    interacted
        W_i at q_i, the step in which worker i last took a gradient, shape (n, R, d); the average of all models where it took none
        since the last one.
    anchor
        The average mu_r of all models at the last average of all, at the start before the first, shape (R, d).
    synced
        Step r - 1, which ended in it; -1 before the first.
    """

    shown: Array = field(default=None)
    interacted: Array = field(default=None)
    anchor: Array = field(default=None)
    synced: int = -1

    def slabs(self) -> list[Array]:
        """Return the models, the velocity, what is seen of the models, where gradients were last taken, the last common model."""
        return [*super().slabs(), self.shown, self.interacted, self.anchor[None, ...]]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        other.shown, other.interacted, common = slabs[-3:]
        other.anchor = common[0]
        return other


@dataclass(frozen=True, kw_only=True)
class SequentialWAGMA(Algorithm):
    """The sequential model of WAGMA-SGD's convergence proof.

    In each step one group of S workers, uniformly drawn by the timeline, interacts: a member takes
    W_i <- W_i / S + sum_{j != i} W'_j / S - gamma g_i(W_i), j running over the group, where W'_j is W_j without the gradient that
    j has taken last. Every tau-th step ends with all models, gradients included, replaced by their average, from which
    nobody's gradient is missing. About n / S of these steps make one iteration of WAGMA-SGD; the late rule, the butterfly and
    concurrency are not in this model. The paper's has no momentum either; where there is some, a worker's velocity moves when
    it interacts, and what others do not see is its last direction.

    Parameters
    ----------
    period
        Steps tau >= 1 from one average of all models to the next.
    group_size
        Number S of workers that interact, 1 <= S <= n.

    References
    ----------
    Li, Ben-Nun, Nadiradze, Di Girolamo, Dryden, Alistarh, Hoefler (TPDS 2021), section 4.
    """

    period: int = 10
    group_size: int = 2

    name: ClassVar[str] = "wagma-sequential"
    references: ClassVar[tuple[str, ...]] = ("li-2021",)
    pattern: ClassVar[Pattern] = "groups"
    conserves: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("period", self.period, 1)
        at_least("group_size", self.group_size, 1)

    @property
    def cycle(self) -> int:
        """The period tau."""
        return self.period

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any graph with at least S workers: the graph is not used."""
        if self.group_size > schedule.n:
            raise InputError("group_size", self.group_size, f"at most the number of workers {schedule.n}")

    def symbols(self, n: int) -> dict[str, float]:
        """Return beta, the period tau, and the size of the groups."""
        return super().symbols(n) | {"tau": self.period, "group": self.group_size}

    def init(self, x0: Array, n: int) -> InteractionState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d)."""
        x = stack(x0, n)
        return InteractionState(x=x, shown=x + 0, interacted=x + 0, anchor=worker_mean(x))

    def view(self, state: State, event: Any) -> Array:
        """Return the models of the workers that interact, shape (S, R, d), or everybody's."""
        return state.x if event is None else Rows(event.workers).of(state.x)

    def step(self, state: State, gradients: Array, event: Completion) -> None:
        """Let a group interact, and average all models at the end of a period."""
        assert isinstance(state, InteractionState)
        rows, size = Rows(event.workers), len(event.workers)
        own, seen = rows.of(state.x), rows.of(state.shown)
        rows.put(state.interacted, own)
        own -= seen
        own += seen.sum(0)
        own /= size
        rows.put(state.shown, own)
        if self.momentum:
            gradients = push(state, self.momentum, self.nesterov, rows, gradients)
        gradients *= self.gamma(event.k)
        own -= gradients
        rows.put(state.x, own)
        if (event.k + 1) % self.period == 0:
            state.anchor, state.synced = worker_mean(state.x), event.k
            for models in (state.x, state.shown, state.interacted):
                models[...] = state.anchor
