"""What every algorithm must satisfy, as executable checks; run them on an algorithm of your own."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np

from numerics.algorithms.base import Algorithm, State
from numerics.events import Round
from numerics.mixing import MixingSchedule
from numerics.typing import Floats
from straggler import StragglerError

TOLERANCE = 1e-10


class InvariantError(StragglerError):
    """An algorithm broke one of the invariants; the message names it, with the iteration."""


def check_invariants(algorithm: Algorithm, schedule: MixingSchedule, *, rounds: int = 12, dim: int = 3, seed: int = 0) -> None:
    """Run an algorithm on random gradients and check what must hold at every step, whatever it optimises.

    Checked are: shapes of view and center; the start (center and views at x0); stochasticity of the mixing; the dynamics
    ``center_{k+1} = center_k - gamma_k w sum_i direction_i``, w being 1/n or what the algorithm's ``weight`` says (averages are
    preserved and no mass is lost, in flight or not); push-sum weights that sum to n; replicas that do not see each other; a
    step that does not keep the caller's gradients; and consensus as a fixed point when all gradients vanish.

    Parameters
    ----------
    algorithm
        What to check; its momentum is taken into account.
    schedule
        A mixing schedule the algorithm admits.
    rounds, dim, seed
        Length, dimension and seed of the random run (three replicas).

    Raises
    ------
    InvariantError
        Naming the first invariant that fails.
    """
    algorithm.admit(schedule)
    rng = np.random.default_rng(seed)
    n, replicas = schedule.n, 3
    x0 = rng.standard_normal((replicas, dim))
    state = algorithm.init(x0, n)
    _require(algorithm.center(state).shape == (replicas, dim), "center has shape (R, d)", 0)
    _close(algorithm.center(state), x0, "the center starts at x0", 0)
    _close(algorithm.view(state, None), np.broadcast_to(x0, (n, replicas, dim)), "every view starts at x0", 0)
    direction = _Direction(algorithm)
    for k in range(rounds):
        event = Round(k, schedule.at(k))
        _require(event.mixing.column_stochastic, "1'W = 1' (no mass is lost in mixing)", k)
        gradients = rng.standard_normal((n, replicas, dim))
        _require(algorithm.view(state, event).shape == gradients.shape, "view has shape (active, R, d)", k)
        before = algorithm.center(state).copy()
        alone = _first_replica(algorithm, state, gradients, event)
        handed = gradients.copy()
        algorithm.step(state, handed, event)
        views = algorithm.view(state, None).copy()
        handed[...] = np.nan
        _close(algorithm.view(state, None), views, "step does not keep the gradients it was handed", k)
        moved = before - algorithm.gamma(k) * algorithm.weight(n) * direction(gradients).sum(0)
        _close(algorithm.center(state), moved, "the center moves by gamma times the mean direction (mass is conserved)", k)
        _close(algorithm.view(state, None)[:, :1], alone, "replicas do not see each other", k)
        mass: Callable[[], float] | None = getattr(state, "weight_mass", None)
        if mass is not None:
            _close(np.array(mass()), np.array(float(n)), "push-sum weights sum to n", k)
    _check_consensus(algorithm, schedule, rounds, x0)


class _Direction:
    """The momentum recursion, written a second time: v = beta v + g, and v or g + beta v as direction."""

    def __init__(self, algorithm: Algorithm) -> None:
        self._beta, self._nesterov = algorithm.momentum, algorithm.nesterov
        self._v: Floats = np.zeros(())

    def __call__(self, gradients: Floats) -> Floats:
        self._v = self._beta * self._v + gradients
        direction: Floats = gradients + self._beta * self._v if self._nesterov else self._v
        return direction


def _first_replica(algorithm: Algorithm, state: State, gradients: Floats, event: Round) -> Floats:
    """Return the views after one step of a copy of the state that holds the first replica only."""
    solo = deepcopy(state).with_slabs([slab[:, :1].copy() for slab in state.slabs()])
    algorithm.step(solo, gradients[:, :1].copy(), event)
    views: Floats = algorithm.view(solo, None).copy()
    return views


def _check_consensus(algorithm: Algorithm, schedule: MixingSchedule, rounds: int, x0: Floats) -> None:
    state = algorithm.init(x0, schedule.n)
    start = algorithm.view(state, None).copy()
    for k in range(rounds):
        algorithm.step(state, np.zeros_like(start), Round(k, schedule.at(k)))
        _close(algorithm.center(state), x0, "without gradients the center stays", k)
        if getattr(algorithm, "unbiased", True):
            _close(algorithm.view(state, None), start, "without gradients consensus is a fixed point", k)


def _require(condition: bool, invariant: str, k: int) -> None:
    if not condition:
        raise InvariantError(f"invariant broken at iteration {k}: {invariant}")


def _close(value: Floats, expected: Floats, invariant: str, k: int) -> None:
    error = float(np.abs(value - expected).max())
    if not error <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise InvariantError(f"invariant broken at iteration {k}: {invariant} (off by {error:.3g})")
