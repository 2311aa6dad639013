"""WAGMA-SGD: groups of workers average their models without waiting for those that are late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from numerics.algorithms.base import Algorithm, State, stack, worker_mean
from numerics.algorithms.grouping import Grouping
from numerics.events import Numbers, Round
from numerics.memory import empty
from numerics.mixing import GroupMean, MixingOperator, MixingSchedule
from numerics.typing import Array
from straggler import InputError, at_least


@dataclass
class GroupState(State):
    """Models of workers that average in groups, and what their send buffers have held.

    Parameters
    ----------
    anchor
        The average mu_r of all models at the last blocking average (at the start before the first), shape (R, d).
    synced
        Iteration r - 1, which ended in it; -1 before the first.
    history
        The locally updated models W'_{k-1}, W'_{k-2}, ... before they were averaged, newest first, shape (n, R, d) each: as
        far back as somebody's send buffer may lag behind. At first the start; empty where nobody is ever late.
    """

    anchor: Array = field(default=None)
    synced: int = -1
    history: list[Array] = field(default_factory=list)
    grouping: Grouping = field(default=None, repr=False)  # type: ignore[assignment]
    _spare: list[Array] = field(default_factory=list, repr=False)

    def slabs(self) -> list[Array]:
        """Return the models, the velocity, the last common model, and the models that have been sent."""
        return [*super().slabs(), self.anchor[None, ...], *self.history]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state whose `slabs` are these arrays."""
        other = super().with_slabs(slabs)
        first = 1 if self.velocity is None else 2
        other.anchor, other.history, other._spare = slabs[first][0], list(slabs[first + 1 :]), []
        return other

    def average(self, mixing: MixingOperator, depth: int) -> None:
        """Replace x by W x, and keep what x was, and ``depth`` >= 0 earlier ones, where there is a history."""
        if not self.history:
            self.mix(mixing)
            return
        out = self._spare.pop() if self._spare else empty(self.x.shape, self.x)
        sent, self.x = self.x, mixing.apply(self.x, out)
        self._spare += self.history[depth:]
        self.history[:] = [sent, *self.history[:depth]]

    def average_late(self, mixing: MixingOperator, size: int, age: Numbers) -> None:
        """Average within groups of ``size`` where somebody is late: stale rows go in, and the late mix their own model in."""
        late = np.flatnonzero(age)
        behind = age.reshape(-1)[late]
        rows = self.x.reshape(-1, self.x.shape[-1])
        own = rows[late]
        for lag in np.unique(behind).tolist():
            who = late[behind == lag]
            rows[who] = self.history[lag - 1].reshape(rows.shape)[who]
        self.average(mixing, int(behind.max()))
        rows[late] = own
        averaged = self.x.reshape(rows.shape)
        averaged[late] = (size * averaged[late] + own) / (size + 1)


@dataclass(frozen=True, kw_only=True)
class WAGMA(Algorithm):
    """Wait-avoiding group model averaging SGD.

    Worker i steps locally to W'_k = W_k - gamma g, and its group averages: W_{k+1} = W_sum / S for those in time, W_sum being
    the sum over the S send buffers of the group. A worker that is late by a iterations (``Round.age``) is found there with
    W'_{k-a}; when it is done it takes W_{k+1} = (W_sum + W'_k) / (S + 1). At the end of every period of tau iterations all
    wait and average all models. The late rule does not preserve the mean of the models.

    A send buffer holds the start before the first iteration. Blocking averages let everybody catch up: after one at the end
    of iteration r - 1, no buffer is older than W'_{r-1}, whatever age a timeline says. Momentum is local to the workers. The
    graph is not used.

    Parameters
    ----------
    period
        Iterations tau >= 1 from one blocking average of all models to the next; 1 is AllReduce SGD.
    group_size
        Number S of workers in a group, a power of two that divides n; n is AllReduce SGD where nobody is late, 1 is local SGD,
        0 stands for the power of two closest to the root of n.
    grouping
        ``dynamic`` (butterfly), ``fixed``, or ``printed`` (the pseudo-code taken literally), see `Grouping`.

    References
    ----------
    Li, Ben-Nun, Nadiradze, Di Girolamo, Dryden, Alistarh, Hoefler (TPDS 2021), Algorithms 1 and 2.
    """

    period: int = 10
    group_size: int = 0
    grouping: str = "dynamic"

    name: ClassVar[str] = "wagma"
    references: ClassVar[tuple[str, ...]] = ("li-2021",)
    conserves: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("period", self.period, 1)
        Grouping(max(1, self.group_size), self.group_size, self.grouping)

    @property
    def cycle(self) -> int:
        """The period tau; dynamic groups repeat after a number of iterations that depends on n as well."""
        return self.period

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any graph whose workers the groups divide: the graph is not used."""
        Grouping(schedule.n, self.group_size, self.grouping)

    def symbols(self, n: int) -> dict[str, float]:
        """Return beta, the period tau, and the size of the groups."""
        return super().symbols(n) | {"tau": self.period, "group": Grouping(n, self.group_size, self.grouping).size}

    def init(self, x0: Array, n: int) -> GroupState:
        """Return the state of ``n`` workers at ``x0``, shape (R, d) or (n, R, d)."""
        x = stack(x0, n)
        return GroupState(x=x, anchor=worker_mean(x), grouping=Grouping(n, self.group_size, self.grouping))

    def view(self, state: State, event: Round | None) -> Array:
        """Return every worker's own model, shape (n, R, d)."""
        return state.x

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Step locally, and average in groups or, at the end of a period, over all."""
        assert isinstance(state, GroupState)
        k, groups = event.k, state.grouping
        age = None if event.age is None or groups.size == 1 else np.minimum(event.age, k - state.synced)
        if age is not None and not state.history:
            if k > 0 and age.any():
                raise InputError(f"ages of round {k}", int(age.max()), "ages in all rounds before, where there are any")
            state.history.append(state.x + 0)
        if age is not None and age.max() > len(state.history):
            raise InputError(f"age of round {k}", int(age.max()), f"at most {len(state.history)}: ages grow by one a round")
        state.descend(self.gamma(k), self.direction(state, gradients))
        if (k + 1) % self.period == 0:
            state.average(GroupMean(groups.n, groups.n), 0)
            state.synced, state.anchor = k, state.x[0] + 0
        elif age is not None and age.any():
            state.average_late(groups.at(k), groups.size_at(k), age)
        elif groups.size > 1:
            state.average(groups.at(k), 0)
