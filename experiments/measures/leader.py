"""What leaders do along a run: the descent of single steps, and what is left once the start is forgotten."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from experiments.measures.base import Measure, averaged, largest, last, remaining
from numerics.algorithms.leaders import Leaders, LeaderState
from numerics.moments import closes
from numerics.objectives import Quadratic
from numerics.typing import Floats

if TYPE_CHECKING:
    from experiments.settings import Setting
    from numerics.problems import Objective

FORGOTTEN = 1e-3
"""Part of the bound of a limit that may be left of the start where the limit is measured."""


def descent_ratios(setting: Setting, replicas: range) -> Floats:
    """Return the two sides of the descent inequality of leader SGD as a ratio, largest over workers, shape (K, R).

    The left side is exact in the noise of the step: on a quadratic with Hessian A it adds gamma^2 tr(A S) / 2 to the
    suboptimality of where the algorithm would have gone without noise, which is where it went plus gamma times the noise, with
    covariance S = (sigma^2 / d) I + nu g g^T at the gradient g. What the right side needs of leaders is read off the state: they
    pull nobody back who leads.
    """
    from numerics.events import rounds
    from numerics.streams import Streams

    claim, problem = setting.claim, setting.problem
    objective, algorithm, streams = problem.objective, claim.build_algorithm(setting.gamma), Streams(claim.seed, replicas)
    start = np.broadcast_to(problem.start(), (len(replicas), problem.dim))
    state = algorithm.init(start, claim.nodes)
    assert isinstance(algorithm, Leaders)
    assert isinstance(state, LeaderState)
    algorithm.equip(state, problem, streams)
    oracle, f_star = problem.oracle(streams), setting.constants["f_star"]
    rows = []
    for event in rounds(setting.schedule, claim.iterations):
        view = algorithm.view(state, event)
        gradients = oracle(view, event.workers)
        exact = objective.local_gradients(view)
        noise, spread = gradients - exact, _spread(setting, exact)
        right = _right_side(setting, algorithm, state, objective)
        algorithm.step(state, gradients, event)
        left = objective.value(state.x + setting.gamma * noise) - f_star + spread
        with np.errstate(divide="ignore", invalid="ignore"):
            rows.append(np.where((left == 0) & (right == 0), 1.0, left / right).max(axis=0))
    return np.array(rows)


def _right_side(setting: Setting, algorithm: Leaders, state: LeaderState, objective: Objective) -> Floats:
    """Return the right side of the descent inequality before a step of every worker, shape (n, R)."""
    c = setting.constants
    here = objective.value(state.x)
    pulls = [(c["lambda_"], state.local)]
    if algorithm.groups > 1:
        pulls.append((c["lambda_G"], state.overall))
    drift = np.zeros_like(here)
    for strength, office in pulls:
        towards = state.x - office.distances(state.x, np.empty_like(state.x))
        drift += strength * (here - objective.value(towards))
    noise = setting.gamma**2 * c["L"] * c["sigma"] ** 2 / 2
    right: Floats = (1 - c["mu"] * setting.gamma) * (here - c["f_star"]) - setting.gamma * drift + noise
    return right


def _spread(setting: Setting, gradients: Floats) -> Floats:
    """Return what the noise of a step along each of the gradients (n, R, d) adds to the suboptimality after it, shape (n, R)."""
    objective, c = setting.problem.objective, setting.constants
    if not isinstance(objective, Quadratic):
        return np.zeros(gradients.shape[:2])
    rotated = gradients if objective.basis is None else gradients @ objective.basis
    along = rotated**2 @ objective.eigenvalues
    spread: Floats = setting.gamma**2 / 2 * (c["sigma"] ** 2 * objective.eigenvalues.mean() + c["nu"] * along)
    return spread


def _no_expectation(setting: Setting) -> tuple[str, None] | None:
    problem = setting.problem
    quiet = problem.numbers["sigma"] == 0 == problem.numbers["nu"]
    if quiet or (isinstance(problem.objective, Quadratic) and closes(problem)):
        return None
    return "measured without noise, or on quadratics without sampling: there the expectation over a step is known", None


def _too_short(setting: Setting) -> tuple[str, float] | None:
    """Return that half of the run does not suffice to forget the start, if so."""
    c = setting.constants
    rate = -math.log1p(-c["mu"] * setting.gamma) if c["mu"] * setting.gamma < 1 else math.inf
    bound = float(setting.theorem.bound(**c))
    left = math.exp(-rate * (c["K"] // 2)) * c["delta"]
    if left <= FORGOTTEN * bound:
        return None
    wanted = 2 * math.ceil(math.log(c["delta"] / (FORGOTTEN * bound)) / rate) if bound > 0 else math.inf
    reason = (
        f"needs the start forgotten: of the {FORGOTTEN:g} of the bound that may be left of it after K/2 iterations there is "
        f"{left / bound if bound > 0 else math.inf:.3g}; K = {wanted:g} would do"
    )
    return reason, wanted / c["K"]


MEASURES = {
    "leader_descent_ratio": Measure(
        largest(descent_ratios),
        pathwise=True,
        constants=("lambda_", "mu", "L", "sigma", "nu"),
        sampled="every step of {} replicas",
        lacking=_no_expectation,
    ),
    "limit_worker_suboptimality": Measure(
        remaining("worker_suboptimality"),
        sampled=f"{{}} replicas, after what is left of the start is below {FORGOTTEN:g} of the bound",
        lacking=_too_short,
    ),
    "last_worker_suboptimality": Measure(last("worker_suboptimality")),
    "mean_leader_grad_norm_sq": Measure(averaged("leader_grad_norm_sq")),
}
