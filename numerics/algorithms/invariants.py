"""What every algorithm must satisfy, as executable checks; run them on an algorithm of your own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from itertools import product

import numpy as np

from numerics.algorithms.asynchronous import ReadState
from numerics.algorithms.base import Algorithm, State
from numerics.events import Event, Round
from numerics.mixing import MixingSchedule
from numerics.streams import Streams
from numerics.timeline import Timeline, natural
from numerics.typing import Floats
from straggler import StragglerError

TOLERANCE = 1e-10


class InvariantError(StragglerError):
    """An algorithm broke one of the invariants; the message names it, with the iteration."""


def check_invariants(algorithm: Algorithm, schedule: MixingSchedule, *, rounds: int = 12, dim: int = 3, seed: int = 0) -> None:
    """Run an algorithm on random gradients and check what must hold at every step, whatever it optimises.

    Checked are: shapes of view and center; the start (center and views at x0); stochasticity of the mixing; the dynamics
    ``center_{k+1} = center_k - gamma_k w sum_i direction_i`` over the active workers, w being 1/n or what the algorithm's
    ``weight`` says (averages are preserved and no mass is lost, in flight or not), unless it says that it does not conserve
    them; push-sum weights that sum to n; replicas that do not see each other; a step that does not keep the caller's
    gradients; and consensus as a fixed point when all gradients vanish.

    Parameters
    ----------
    algorithm
        What to check; its momentum is taken into account.
    schedule
        A mixing schedule the algorithm admits.
    rounds, dim, seed
        Number of events, dimension and seed of the random run (three replicas).

    Raises
    ------
    InvariantError
        Naming the first invariant that fails.
    """
    algorithm.admit(schedule)
    rng = np.random.default_rng(seed)
    n, replicas = schedule.n, 3
    x0 = rng.standard_normal((replicas, dim))
    timeline, streams = natural(algorithm, schedule), Streams(seed, range(replicas))
    state = _opened(algorithm, timeline, streams, x0)
    _require(algorithm.center(state).shape == (replicas, dim), "center has shape (R, d)", 0)
    _close(algorithm.center(state), x0, "the center starts at x0", 0)
    _close(algorithm.view(state, None), np.broadcast_to(x0, (n, replicas, dim)), "every view starts at x0", 0)
    direction = _Direction(algorithm, n)
    for event in timeline.play(rounds, streams):
        k = event.k
        if isinstance(event, Round):
            _require(event.mixing.column_stochastic, "1'W = 1' (no mass is lost in mixing)", k)
        gradients = rng.standard_normal((n if isinstance(event, Round) else len(event.workers), replicas, dim))
        _require(algorithm.view(state, event).shape == gradients.shape, "view has shape (active, R, d)", k)
        before = algorithm.center(state).copy()
        alone = _first_replica(algorithm, state, gradients, event)
        handed = gradients.copy()
        algorithm.step(state, handed, event)
        views, center = algorithm.view(state, None).copy(), algorithm.center(state).copy()
        handed[...] = np.nan
        _close(algorithm.view(state, None), views, "step does not keep the gradients it was handed", k)
        moved = before - algorithm.gamma(k) * algorithm.weight(n) * direction(gradients, event).sum(0)
        if algorithm.conserves:
            _close(center, moved, "the center moves by gamma times the mean direction (mass is conserved)", k)
        _close(algorithm.view(state, None)[:, :1], alone, "replicas do not see each other", k)
        mass: Callable[[], float] | None = getattr(state, "weight_mass", None)
        if mass is not None:
            _close(np.array(mass()), np.array(float(n)), "push-sum weights sum to n", k)
    _check_consensus(algorithm, timeline, streams, rounds, x0)


def _opened(algorithm: Algorithm, timeline: Timeline, streams: Streams, x0: Floats) -> State:
    state = algorithm.init(x0, timeline.n)
    if isinstance(state, ReadState):
        state.open(timeline.opening(streams))
    return state


class _Direction:
    """The momentum recursion, written a second time: v = beta v + g, and v or g + beta v as direction.

    Every worker has a velocity of its own, except with a server, which has one for what arrives, unless the algorithm
    has ``local_momentum``.
    """

    def __init__(self, algorithm: Algorithm, n: int) -> None:
        self._beta, self._nesterov, self._server = algorithm.momentum, algorithm.nesterov, algorithm.pattern == "server"
        self._server &= not getattr(algorithm, "local_momentum", False)
        self._v: defaultdict[tuple[int, int], Floats | float] = defaultdict(float)

    def __call__(self, gradients: Floats, event: Event) -> Floats:
        if self._server:
            gradients = gradients.sum(0)[None]
        active, replicas, _ = gradients.shape
        directions = np.empty_like(gradients)
        for m, r in product(range(active), range(replicas)):
            worker = m if self._server or isinstance(event, Round) else int(event.workers[m, r])
            self._v[worker, r] = self._beta * self._v[worker, r] + gradients[m, r]
            directions[m, r] = gradients[m, r] + self._beta * self._v[worker, r] if self._nesterov else self._v[worker, r]
        return directions


def _first_replica(algorithm: Algorithm, state: State, gradients: Floats, event: Event) -> Floats:
    """Return the views after one step of a copy of the state that holds the first replica only."""
    solo = deepcopy(state).with_slabs([slab[:, :1].copy() for slab in state.slabs()])
    algorithm.step(solo, gradients[:, :1].copy(), event.spread(1))
    views: Floats = algorithm.view(solo, None).copy()
    return views


def _check_consensus(algorithm: Algorithm, timeline: Timeline, streams: Streams, rounds: int, x0: Floats) -> None:
    state = _opened(algorithm, timeline, streams, x0)
    start = algorithm.view(state, None).copy()
    for event in timeline.play(rounds, streams):
        algorithm.step(state, np.zeros_like(algorithm.view(state, event)), event)
        _close(algorithm.center(state), x0, "without gradients the center stays", event.k)
        if getattr(algorithm, "unbiased", True):
            _close(algorithm.view(state, None), start, "without gradients consensus is a fixed point", event.k)


def _require(condition: bool, invariant: str, k: int) -> None:
    if not condition:
        raise InvariantError(f"invariant broken at iteration {k}: {invariant}")


def _close(value: Floats, expected: Floats, invariant: str, k: int) -> None:
    error = float(np.abs(value - expected).max())
    if not error <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise InvariantError(f"invariant broken at iteration {k}: {invariant} (off by {error:.3g})")
