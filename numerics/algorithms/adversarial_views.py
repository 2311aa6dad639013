"""The adversary of elastic consistency: views exactly as far from the center as is allowed, where they hurt the most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from array_api_compat import array_namespace

from numerics.algorithms.base import Algorithm, Pattern, State, worker_mean
from numerics.algorithms.sgd import SharedState, shared
from numerics.events import Completion, Round
from numerics.mixing import MixingSchedule
from numerics.typing import Array, Floats
from straggler import InputError, positive

if TYPE_CHECKING:
    from numerics.objectives import Objective
    from numerics.problems import Problem
    from numerics.streams import Streams
    from numerics.timeline import Timeline

NEARBY = 1e-4
"""Part of the distance to a view over which the curvature along the gradient is read off."""


@dataclass
class WatchedState(SharedState):
    """One model, and the objective that the adversary knows; views are the model itself where it knows none."""

    objective: Objective | None = None
    k: int = 0

    def with_slabs(self, slabs: Sequence[Array]) -> Self:
        """Return a state of some of the replicas; `InputError` for anything but models, which views do not depend on linearly."""
        if slabs[0].shape[0] != 1 or slabs[0].shape[2] != self.x.shape[2] or self.objective is None:
            raise InputError("system", "adversarial views", "one whose views are linear in its models, for exact moments")
        return super().with_slabs(slabs)


@dataclass(frozen=True, kw_only=True)
class AdversarialViews(Algorithm):
    """Parallel SGD whose workers are shown a model that is wrong by exactly gamma_k B, the same for all.

    x_{k+1} = x_k - (gamma_k/n) sum_{i in I_k} g_i(v_k), I_k being the workers alive, with v_k = x_k + gamma_k B u. Of the unit
    vectors u along the gradient of f at x_k, along the change of the gradient in its direction, and opposite to these, it is the
    one with which <grad f(x_k), grad f(v_k)>, what the step descends at first order, is least: v_k depends on no sample taken
    there. The center is x.

    Parameters
    ----------
    B
        Distance of the views in steps, B >= 0.

    References
    ----------
    Nadiradze, Markov, Chatterjee, Kungurtsev, Alistarh (AAAI 2021): what elastic consistency admits.
    """

    B: float = 1.0

    name: ClassVar[str] = "adversarial-views"
    references: ClassVar[tuple[str, ...]] = ("nadiradze-2021",)

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("B", self.B, zero_ok=True)

    def admit(self, schedule: MixingSchedule) -> None:
        """Accept any schedule: there is one model."""

    def symbols(self, n: int) -> dict[str, float]:
        """Return beta and B."""
        return super().symbols(n) | {"B": self.B}

    def symbols_on(self, timeline: Timeline) -> dict[str, float]:
        """Return Q, workers at least that are alive, where the timeline knows."""
        return super().symbols_on(timeline) | ({} if timeline.quorum is None else {"quorum": timeline.quorum})

    def init(self, x0: Array, n: int) -> WatchedState:
        """Return the state of ``n`` workers that share the model ``x0``, shape (R, d)."""
        return WatchedState(x=shared(x0), n=n)

    def equip(self, state: State, problem: Problem, streams: Streams) -> None:
        """Show the objective to the adversary."""
        super().equip(state, problem, streams)
        assert isinstance(state, WatchedState)
        state.objective = problem.objective

    def view(self, state: State, event: Any) -> Array:
        """Return the wrong model for every worker, shape (n, R, d), read-only."""
        assert isinstance(state, WatchedState)
        return self._shown(state, state.n)

    def _shown(self, state: WatchedState, copies: int) -> Array:
        shown = state.x
        if state.objective is not None and self.B:
            reach = self.gamma(state.k) * self.B
            shown = shown + reach * worst_direction(state.objective, np.asarray(state.x[0]), reach)
        return array_namespace(shown).broadcast_to(shown, (copies, *shown.shape[1:]))

    def step(self, state: State, gradients: Array, event: Round) -> None:
        """Move the model against the gradients of the workers that are alive."""
        assert isinstance(state, WatchedState)
        directions = self.direction(state, gradients)
        if event.alive is not None:
            directions *= event.alive[..., None]
        state.descend(self.gamma(event.k), worker_mean(directions)[None, ...])
        state.k = event.k + 1

    def center(self, state: State) -> Array:
        """Return the model, shape (R, d)."""
        return state.x[0]


@dataclass(frozen=True, kw_only=True)
class AsyncAdversarialViews(AdversarialViews):
    """The same with one gradient per update: x_{k+1} = x_k - gamma_k g(v_k), whoever it is that takes it.

    Where several finish together their gradients are added up.
    """

    name: ClassVar[str] = "adversarial-views-async"
    pattern: ClassVar[Pattern] = "server"

    def weight(self, n: int) -> float:
        """Return 1: gradients are added up."""
        return 1.0

    def view(self, state: State, event: Completion | None) -> Array:
        """Return the wrong model for those who finish, shape (m, R, d), or once for every worker; read-only."""
        assert isinstance(state, WatchedState)
        return self._shown(state, state.n if event is None else len(event.workers))

    def step(self, state: State, gradients: Array, event: Completion) -> None:  # type: ignore[override]
        """Move the model against the gradients that have arrived."""
        assert isinstance(state, WatchedState)
        state.descend(self.gamma(event.k), self.direction(state, gradients.sum(0)[None, ...]))
        state.k = event.k + 1


def worst_direction(objective: Objective, x: Floats, reach: float) -> Floats:
    """Return the unit vectors u, shape (R, d), for which <grad f(x), grad f(x + reach u)> is least among those tried."""
    slope = objective.gradient(x)
    along = _unit(slope)
    bent = _unit(objective.gradient(x + NEARBY * reach * along) - slope)
    tried = np.stack([-along, along, -bent, bent])
    products = np.vecdot(slope, objective.gradient((x + reach * tried).reshape(-1, x.shape[-1])).reshape(tried.shape))
    chosen: Floats = np.take_along_axis(tried, products.argmin(axis=0)[None, :, None], axis=0)[0]
    return chosen


def _unit(vectors: Floats) -> Floats:
    """Return vectors (R, d) divided by their lengths; the first axis where there is no direction, or none that can be told."""
    with np.errstate(all="ignore"):
        size = np.abs(vectors).max(axis=-1, keepdims=True)
        units: Floats = vectors / size
        units /= np.linalg.norm(units, axis=-1, keepdims=True)
    lost = ~np.isfinite(units).all(axis=-1)
    units[lost] = np.eye(1, vectors.shape[-1])[0]
    return units
