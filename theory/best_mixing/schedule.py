"""Best weights of a given one-peer schedule: one weight per pair and round, so that a whole period averages best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from straggler import InputError, at_least
from theory.best_mixing.cone import first_accepted
from theory.best_mixing.edges import Floats, Whole, enough_memory, links
from theory.best_mixing.program import LEAST_SCALE
from theory.best_mixing.work import affordable_rounds

_CLOSE, _CERTIFIED = 1e-6, 1e-5


@dataclass(frozen=True, eq=False)
class ScheduleDesign:
    """Weights of a one-peer schedule.

    Parameters
    ----------
    pairs
        The links of every round, shapes (m_t, 2).
    weights
        Their weights, shapes (m_t,); a pair with weight w moves each of its nodes by w times their difference.
    value
        ||W_{T-1} ... W_0 - J||_2 of the period.
    round_bounds
        For every round, a certified lower bound on the value over all weights of that round, the other rounds being fixed.
    lower_bound
        Certified lower bound over all weights of all rounds.
    """

    pairs: tuple[Whole, ...]
    weights: tuple[Floats, ...]
    value: float
    round_bounds: tuple[float, ...]
    lower_bound: float

    @property
    def gap(self) -> float:
        """Value minus the lower bound over all weights."""
        return self.value - self.lower_bound

    @property
    def round_gap(self) -> float:
        """How much any one round could still improve alone, at most."""
        return self.value - min(self.round_bounds)

    @property
    def matrices(self) -> list[Floats]:
        """W_0 ... W_{T-1}, each of shape (n, n)."""
        n = 1 + max(int(pairs.max()) for pairs in self.pairs)
        return [_matrix(n, pairs, weights) for pairs, weights in zip(self.pairs, self.weights, strict=True)]


def best_schedule(rounds: Sequence[ArrayLike], *, sweeps: int = 30) -> ScheduleDesign:
    """Return weights in [0, 1] for the pairs of every round that make the period's product nearest to J in spectral norm.

    The product is not convex in all weights together, but in those of any one round, a semidefinite program; rounds are
    improved in turn from weights of one half until none improves. Each program's dual value certifies that its round cannot do
    better alone. Over all rounds together the certificate is weaker: the distance of J from every matrix with the zeros that
    the period leaves, whoever cannot have heard of whom.

    Parameters
    ----------
    rounds
        Pairs of nodes 0 ... n - 1, shape (m_t, 2) for every round; no node twice in a round.
    sweeps
        How often all rounds are visited at most.

    Raises
    ------
    InputError
        If there are no rounds, a node has two partners in a round, the rounds together do not connect all nodes, or the
        programs do not fit memory or `work.affordable_rounds`.
    StragglerError
        If no solver's answer to a round's program is certified.
    """
    pairs, n = _matchings(rounds)
    links(np.concatenate(pairs))  # says what keeps all rounds together from mixing
    at_least("sweeps", sweeps, 1)
    affordable_rounds(n, len(pairs))
    enough_memory("nodes", n, 8.0 * 2 * (n * (2 * n + 1)) ** 2)
    weights = [np.full(len(one), 0.5) for one in pairs]
    value, bounds = _value(n, pairs, weights), [0.0] * len(pairs)
    for _ in range(sweeps if value > _CLOSE else 0):
        before = value
        for t in range(len(pairs)):
            found, bounds[t] = _best_round(n, pairs, weights, t)
            changed = [*weights[:t], found, *weights[t + 1 :]]
            reached = _value(n, pairs, changed)
            if reached < value:
                weights, value = changed, reached
        if before - value <= _CLOSE * before:
            # the bounds of the last sweep belong to weights that were still moving
            bounds = [_best_round(n, pairs, weights, t)[1] for t in range(len(pairs))]
            break
    else:
        bounds = [0.0] * len(pairs) if value <= _CLOSE else [_best_round(n, pairs, weights, t)[1] for t in range(len(pairs))]
    bounds = [min(bound, value) for bound in bounds]
    return ScheduleDesign(tuple(pairs), tuple(weights), value, tuple(bounds), min(unheard_bound(n, pairs), value))


def unheard_bound(n: int, pairs: Sequence[ArrayLike]) -> float:
    """Return a lower bound on ||X - J||_2 over all X with rows and columns that sum to one and X_ij = 0 where i cannot hear j.

    Any Y with ||Y||_* <= 1 that differs from a matrix Z on those zeros by u 1' + 1 v' gives -sum(Z) / n; here Z is minus the
    indicator of the zeros, projected and normalised.
    """
    heard = np.eye(n, dtype=bool)
    for one in pairs:
        first, second = np.asarray(one).T
        both = heard[first] | heard[second]
        heard[first] = heard[second] = both
    zeros = (~heard).astype(np.float64)
    if not zeros.any():
        return 0.0
    projected = zeros - zeros.mean(axis=0)
    projected = projected - projected.mean(axis=1, keepdims=True)
    mass = float(np.linalg.svd(projected, compute_uv=False).sum())
    return float(zeros.sum()) / n / mass * (1 - 1e-12) if mass > 1e-12 else 0.0


def _matchings(rounds: Sequence[ArrayLike]) -> tuple[list[Whole], int]:
    pairs = [np.asarray(one, dtype=np.intp).reshape(-1, 2) for one in rounds]
    if not pairs or not all(len(one) for one in pairs):
        raise InputError("rounds", len(pairs), "at least one round, each with at least one pair")
    for t, one in enumerate(pairs):
        if one.min() < 0 or len(np.unique(one)) != one.size:
            raise InputError(f"pairs of round {t}", one.tolist(), "nodes from 0 on, each in one pair at most")
    return pairs, 1 + max(int(one.max()) for one in pairs)


def _matrix(n: int, pairs: Whole, weights: Floats) -> Floats:
    matrix: Floats = np.eye(n)
    first, second = pairs.T
    matrix[first, first] = matrix[second, second] = 1.0 - weights
    matrix[first, second] = matrix[second, first] = weights
    return matrix


def _product(n: int, pairs: Sequence[Whole], weights: Sequence[Floats]) -> Floats:
    result: Floats = np.eye(n)
    for one, given in zip(pairs, weights, strict=True):
        result = _matrix(n, one, given) @ result
    return result


def _value(n: int, pairs: Sequence[Whole], weights: Sequence[Floats]) -> float:
    return float(np.linalg.norm(_product(n, pairs, weights) - 1.0 / n, 2))


def _best_round(n: int, pairs: Sequence[Whole], weights: Sequence[Floats], t: int) -> tuple[Floats, float]:
    """Return the best weights of round t, the others being fixed, and a certified lower bound on the value over them."""
    import cvxpy as cp

    after, ahead = _product(n, pairs[t + 1 :], weights[t + 1 :]), _product(n, pairs[:t], weights[:t])
    first, second = pairs[t].T
    left, right = after[:, first] - after[:, second], ahead[first] - ahead[second]
    still = after @ ahead - 1.0 / n
    w, error = cp.Variable(len(first)), cp.Variable((n, n))
    equal = error == still - left @ cp.diag(w) @ right
    problem = cp.Problem(cp.Minimize(cp.sigma_max(error)), [equal, w >= 0, w <= 1])

    def certified() -> tuple[Floats, float] | str:
        if w.value is None or equal.dual_value is None:
            return f"says {problem.status}"
        found = np.clip(w.value, 0.0, 1.0)
        value = float(np.linalg.norm(still - (left * found) @ right, 2))
        lower = max(_dual_value(sign * equal.dual_value, still, left, right) for sign in (1.0, -1.0))
        if value - lower <= _CERTIFIED * max(value, LEAST_SCALE):
            return found, lower
        return f"says {problem.status} at {value:.6g}, certified to be at least {lower:.6g} only"

    return first_accepted(problem, certified, f"no solver closed the gap of round {t}")


def _dual_value(dual: Floats, still: Floats, left: Floats, right: Floats) -> float:
    """Return <Y, E> - sum max(0, l_e'Y r_e) for Y normalised to ||Y||_* = 1, no more than the value of any w in [0, 1]."""
    mass = float(np.linalg.svd(dual, compute_uv=False).sum())
    if mass <= 0.0:
        return 0.0
    scaled = dual / (mass * (1 + 1e-12))
    gains = np.einsum("ie,ij,ej->e", left, scaled, right, optimize=True)
    return max(float(np.vdot(scaled, still)) - float(np.maximum(gains, 0.0).sum()) - 1e-14, 0.0)
