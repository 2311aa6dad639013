"""The contract of an algorithm: init, view, step, center.

Every algorithm is the same sentence: *workers evaluate gradients at a view, and the theorem speaks about a center.*
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from array_api_compat import array_namespace

from numerics.memory import empty, is_large
from numerics.mixing import MixingOperator, MixingSchedule
from numerics.typing import Array
from straggler import InputError, positive

if TYPE_CHECKING:
    from numerics.problems import Problem
    from numerics.streams import Streams
    from numerics.timeline import Timeline

StepSize: TypeAlias = float | Callable[[int], float]

Pattern: TypeAlias = Literal["rounds", "pairwise", "server", "groups"]
"""The events an algorithm reacts to: synchronous rounds, completions that end in an average of two workers, completions that
go to a server, or completions of whole groups of workers."""


@dataclass(frozen=True)
class Rate:
    """Exponents of the leading term of the convergence rate at the tuned step size.

    The mean over k < K of ``E||grad f(center_k)||^2`` decays like ``K**iterations * n**workers``.
    """

    iterations: float = -0.5
    workers: float = -0.5


@dataclass
class State:
    """State of n workers in R independent replicas.

    Parameters
    ----------
    x
        The stacked model, shape (n, R, d).
    velocity
        Momentum buffer, shape (n, R, d), or None without momentum.
    """

    x: Array
    velocity: Array | None = None
    _scratch: Array | None = field(default=None, repr=False)

    @property
    def scratch(self) -> Array:
        """An array shaped like ``x`` whose contents are free to overwrite."""
        if self._scratch is None:
            self._scratch = empty(self.x.shape, self.x)
        return self._scratch

    def descend(self, gamma: float, direction: Array) -> None:
        """Move x by - gamma * direction, shape (n, R, d); ``direction`` may be overwritten.

        Arrays too large for a fast cache go through BLAS, which reads and writes each of them once.
        """
        if is_large(self.x, direction):
            from scipy.linalg.blas import daxpy

            daxpy(direction.reshape(-1), self.x.reshape(-1), a=-gamma)
        else:
            direction *= gamma
            self.x -= direction

    def mix(self, mixing: MixingOperator) -> None:
        """Replace x by W x along the worker axis (W the matrix of ``mixing``)."""
        self.x, self._scratch = mixing.apply(self.x, self.scratch), self.x

    def slabs(self) -> list[Array]:
        """Return the arrays with axes (..., replica, coordinate) that the dynamics propagate linearly."""
        return [self.x] if self.velocity is None else [self.x, self.velocity]

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state with the same weights and clock whose `slabs` are these arrays, in the same order."""
        other = copy(self)
        other.x, other._scratch = slabs[0], None
        if self.velocity is not None:
            other.velocity = slabs[1]
        return other


@dataclass(frozen=True, kw_only=True)
class Algorithm(ABC):
    """A distributed SGD algorithm on the stacked model ``x[worker, replica, coordinate]``.

    Parameters
    ----------
    step_size
        Step size gamma > 0, or a function of the iteration k.
    momentum
        Coefficient beta in [0, 1): the direction is v_k = beta v_{k-1} + g_k (heavy ball). Zero switches it off.
    nesterov
        Use g_k + beta v_k (Nesterov) as the direction instead of v_k.

    Raises
    ------
    InputError
        If an option is outside its range.
    """

    step_size: StepSize
    momentum: float = 0.0
    nesterov: bool = False

    name: ClassVar[str]
    references: ClassVar[tuple[str, ...]]
    rate: ClassVar[Rate] = Rate()
    pattern: ClassVar[Pattern] = "rounds"
    conserves: ClassVar[bool] = True
    """Whether the center moves by the gradients alone, whatever is exchanged (see `weight`)."""

    def __post_init__(self) -> None:
        if not callable(self.step_size):
            positive("step_size", self.step_size)
        if positive("momentum", self.momentum, zero_ok=True) >= 1:
            raise InputError("momentum", self.momentum, "0 <= momentum < 1")

    @property
    def cycle(self) -> int:
        """Number of rounds after which the algorithm's own rule repeats."""
        return 1

    @property
    def warmup(self) -> int:
        """Number of first rounds in which the rule is still another one."""
        return 0

    @property
    def torn(self) -> int:
        """Largest age of a coordinate that is read, when the read ends, in updates: 0, unless reads are torn."""
        return 0

    def admit(self, schedule: MixingSchedule) -> None:
        """Refuse a mixing schedule this algorithm is not defined for: rows and columns must sum to one.

        Entries may be negative, as those of the fastest linear averaging are; theorems ask for more than an algorithm does.
        """
        if not schedule.keeps_mean:
            raise InputError("mixing", schedule.name, f"doubly stochastic weights for {self.name} (sgp accepts push weights)")

    @abstractmethod
    def init(self, x0: Array, n: int) -> State:
        """Return the state of ``n`` workers that start at ``x0``, shape (R, d) or (n, R, d)."""

    def equip(self, state: State, problem: Problem, streams: Streams) -> None:  # noqa: B027 (most have no use for it)
        """Hand the state what an algorithm needs to know of a problem besides gradients: nothing, unless it says otherwise.

        Called once by `simulate`, after `init`; ``streams`` are those of the block of replicas.
        """

    @abstractmethod
    def view(self, state: State, event: Any) -> Array:
        """Return the points (active, R, d) where gradients are taken; ``event=None`` asks for every worker's."""

    @abstractmethod
    def step(self, state: State, gradients: Array, event: Any) -> None:
        """Advance the state in place; ``gradients``, shape (active, R, d), may be overwritten but not kept."""

    def center(self, state: State) -> Array:
        """Return the point the theorems speak about, shape (R, d): the average of the workers' models."""
        return worker_mean(state.x)

    def gamma(self, k: int) -> float:
        """Return the step size of iteration ``k``; `InputError` where a schedule gives one that is not a finite number > 0."""
        if not callable(self.step_size):
            return self.step_size
        return positive(f"step_size({k})", self.step_size(k))

    def weight(self, n: int) -> float:
        """Return the weight of one worker's gradient in a move of the center: 1/n, unless an algorithm says otherwise."""
        return 1 / n

    def symbols(self, n: int) -> dict[str, float]:
        """Return the options that theorems ask for, by their symbol; ``n`` is the number of workers."""
        return {"beta": self.momentum}

    def symbols_in(self, dim: int) -> dict[str, float]:
        """Return what theorems ask for and depends on the dimension, by its symbol: nothing, unless it says otherwise."""
        return {}

    def symbols_on(self, timeline: Timeline) -> dict[str, float]:
        """Return what theorems ask for and the timeline decides, by its symbol: nothing, unless it says otherwise."""
        return {}

    def direction(self, state: State, gradients: Array) -> Array:
        """Return the direction of descent, written into ``gradients``: the gradients, or what momentum makes of them."""
        if self.momentum:
            if state.velocity is None:
                state.velocity = array_namespace(gradients).zeros_like(gradients)
            state.velocity *= self.momentum
            state.velocity += gradients
            if self.nesterov:
                gradients += self.momentum * state.velocity
            else:
                gradients[...] = state.velocity
        return gradients


def stack(x0: Array, n: int) -> Array:
    """Return a fresh stacked model (n, R, d): a copy of ``x0``, shape (R, d) for a common start or (n, R, d)."""
    if x0.ndim == 3 and x0.shape[0] != n:
        raise InputError("x0", tuple(x0.shape), f"one starting point per worker, shape ({n}, R, d)")
    # not a copy of a broadcast view: that would keep the stride order of the view, and slabs must be contiguous
    x = empty((n, *x0.shape[-2:]), x0)
    x[...] = x0
    return x


def worker_mean(x: Array) -> Array:
    """Return the mean over the worker axis of a stacked array, shape (R, d)."""
    mean = x.sum(0)
    mean /= x.shape[0]
    return mean
