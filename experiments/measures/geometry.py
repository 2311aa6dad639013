"""Where leader SGD rests, and which leaders turn its step towards the minimiser."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from experiments.measures.base import Measure, Sample, single
from numerics.typing import Floats
from straggler import StragglerError

if TYPE_CHECKING:
    import xarray as xr

    from experiments.settings import Setting

REACH = 4.0
"""Starts of the search for stationary points are at most this far from the start of the problem, in every coordinate."""

TRIES = 100
RESIDUAL = 1e-10
"""Relative to L times `REACH`, the largest derivative that a point counted as stationary may have."""

CANDIDATES = 512
"""Leaders drawn per replica."""

FALLING = 1e-6
"""Strength of the pull, relative to mu, that stands for its limit zero: the share can only be smaller in the limit."""


def frozen_map(setting: Setting, w: Floats) -> Floats:
    """Return (w - w') / gamma for the update w' of models w, shape (n, d), by the algorithm itself, without noise."""
    from numerics.events import rounds
    from numerics.streams import Streams

    algorithm = setting.claim.build_algorithm(setting.gamma)
    state = algorithm.init(w[:, None, :], len(w))
    algorithm.equip(state, setting.problem, Streams(setting.claim.seed, (0,)))
    (event,) = rounds(setting.schedule, 1)
    gradients = setting.problem.objective.local_gradients(algorithm.view(state, event))
    algorithm.step(state, gradients, event)
    moved: Floats = (w - state.x[:, 0]) / setting.gamma
    return moved


def differentiated(setting: Setting, w: Floats) -> Floats:
    """Return the derivative of sum_j f(w^j) + (lambda/2) ||w^j - z||^2 at models (n, d), z the best of them, a function of w."""
    objective, strength = setting.problem.objective, setting.constants["lambda_"]
    leader = int(np.argmin(objective.value(w)))
    apart = strength * (w - w[leader])
    derivative: Floats = objective.gradient(w) + apart
    derivative[leader] -= apart.sum(axis=0)
    return derivative


def leader_slopes(setting: Setting, replicas: range, of: Callable[[Setting, Floats], Floats]) -> Floats:
    """Return ||grad f|| at the leader of one zero w of ``of(setting, w)`` per replica, found from random starts, shape (R,).

    Zeros without a single best worker do not count. What a zero that is known to rounding leaves of the norm counts as zero.

    Raises
    ------
    StragglerError
        If `TRIES` starts lead to no zero.
    """
    from scipy.optimize import root

    from numerics.streams import Streams

    problem, n = setting.problem, setting.claim.nodes
    resting = RESIDUAL * problem.numbers["L"] * REACH
    slopes = np.empty(len(replicas))

    def derivative(flat: Floats) -> Floats:
        return of(setting, flat.reshape(n, -1)).ravel()

    for row, generator in enumerate(Streams(setting.claim.seed, replicas).generators("start")):
        for _ in range(TRIES):
            first = problem.start() + generator.uniform(-REACH, REACH, (n, problem.dim))
            found = root(derivative, first.ravel(), tol=1e-13).x.reshape(n, -1)
            values = np.sort(problem.objective.value(found))
            if np.abs(of(setting, found)).max() <= resting and values[1] - values[0] > resting:
                break
        else:
            raise StragglerError(f"no stationary point of {setting.claim.theorem} was found from {TRIES} starts")
        leader = found[[np.argmin(problem.objective.value(found))]]
        norm = float(np.linalg.norm(problem.objective.gradient(leader)))
        slopes[row] = norm if norm > np.sqrt(problem.dim) * n * resting else 0.0
    return slopes


def model(setting: Setting) -> Floats:
    """Return the model x, shape (d,), that the statement is about: where a run of K iterations without noise ends."""
    from numerics.engine import run
    from numerics.events import rounds
    from numerics.streams import Streams

    claim, objective = setting.claim, setting.problem.objective
    algorithm = claim.build_algorithm(setting.gamma)
    state = algorithm.init(setting.problem.start()[None, :], claim.nodes)
    algorithm.equip(state, setting.problem, Streams(claim.seed, (0,)))
    run(algorithm, objective.local_gradients, rounds(setting.schedule, claim.iterations), state)
    x: Floats = algorithm.center(state)[0]
    return x


def cosine(setting: Setting) -> float:
    """Return the cosine of the angle at x (see `model`) between the gradient step and the Newton step."""
    objective, x = setting.problem.objective, model(setting)
    best = objective.minimiser()
    if best is None:
        raise StragglerError(f"{setting.claim.theorem} speaks about problems whose minimiser is known in closed form")
    return float(cosines(-objective.gradient(x[None]), best - x)[0])


def cosines(directions: Floats, reference: Floats) -> Floats:
    """Return the cosines of the angles between directions (..., d) and one more (d,)."""
    found: Floats = directions @ reference / (np.linalg.norm(directions, axis=-1) * np.linalg.norm(reference))
    return found


def unimproved(setting: Setting, replicas: range, limit: bool) -> Floats:
    """Return the share of candidate leaders that turn the step away from the Newton step, shape (R,).

    Each replica draws `CANDIDATES` leaders uniformly from the ellipsoid {z : f(z) <= f(x)}, x as in `model`.
    """
    from numerics.objectives import Quadratic
    from numerics.streams import Streams

    objective, x = setting.problem.objective, model(setting)
    assert isinstance(objective, Quadratic)
    values, vectors = np.linalg.eigh(objective.hessian())
    best = objective.minimiser()
    gradient = objective.gradient(x[None])[0]
    strength = FALLING * setting.constants["mu"] if limit else setting.constants["lambda_"]
    without = cosines(-gradient, best - x)
    shares = np.empty(len(replicas))
    for row, generator in enumerate(Streams(setting.claim.seed, replicas).generators("start")):
        ball = generator.standard_normal((CANDIDATES, len(x)))
        ball *= (generator.random(CANDIDATES) ** (1 / len(x)) / np.linalg.norm(ball, axis=1))[:, None]
        leaders = best + np.sqrt(2 * objective.value(x)) * (ball / np.sqrt(values)) @ vectors.T
        shares[row] = np.mean(cosines(-gradient - strength * (x - leaders), best - x) < without)
    return shares


def _drawn(of: Callable[[Setting, range], Floats]) -> Sample:
    def sample(setting: Setting, replicas: range) -> xr.Dataset:
        return single(of(setting, replicas), replicas)

    return sample


def _resting(of: Callable[[Setting, Floats], Floats]) -> Measure:
    drawn = _drawn(partial(leader_slopes, of=of))
    return Measure(drawn, pathwise=True, constants=("lambda_",), sampled="the stationary points found from {} random starts")


_LEADERS = f"{{}} draws of {CANDIDATES} leaders"


MEASURES = {
    "stationary_leader_grad_norm": _resting(differentiated),
    "frozen_leader_grad_norm": _resting(frozen_map),
    "unimproved_leaders": Measure(_drawn(partial(unimproved, limit=False)), constants=("lambda_",), sampled=_LEADERS),
    "limit_unimproved_leaders": Measure(_drawn(partial(unimproved, limit=True)), sampled=_LEADERS),
}
