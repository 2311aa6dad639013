"""A primal-dual interior-point method in the edge weights: the fast way to solve the spectral programs.

Edge weights make this cheap: the matrix of a Newton step is the entrywise product of B'PB and B'VB, with P a dual matrix, V the
inverse of a slack matrix and B the incidence matrix. The direction is that of Helmberg, Rendl, Vanderbei and Wolkowicz (1996),
Kojima, Shindoh and Hara (1997) and Monteiro (1997), with the corrector of Mehrotra (1992).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from straggler import StragglerError
from theory.best_mixing.conjugate import conjugate_solver
from theory.best_mixing.edges import Floats, enough_memory
from theory.best_mixing.newton import Solver, Step, few, newton_solver
from theory.best_mixing.program import Program, close_enough

_STEPS = 60
_SHORT = 0.9


def solve(program: Program, tolerance: float, *, factored: bool = True) -> tuple[Floats, Floats, float, float]:
    """Return the weights and a dual matrix of an optimum to the given tolerance.

    Parameters
    ----------
    program
        What to minimise.
    tolerance
        See `close_enough`.
    factored
        Whether the systems of the steps are factored, or solved by conjugate gradients, see `conjugate`.

    Returns
    -------
    x, dual, value, lower
        Variables of shape (k,), dual matrix of shape (n, n), the value at x and the lower bound from the dual.

    Raises
    ------
    InputError
        If the matrices do not fit memory.
    StragglerError
        If the gap does not close within 60 steps.
    """
    n = program.links.n
    formed = factored and not few(program.links, program.size)
    enough_memory("nodes", n, 8.0 * (24 * n * n + (4 * program.links.m**2 if formed else 0)))
    point = _Point(program, newton_solver if factored else conjugate_solver)
    best_x, best_dual, value, lower = point.x, np.zeros((n, n)), program.value(point.x), 0.0
    for _ in range(_STEPS):
        if not point.advance():
            break
        reached, bound = program.value(point.x), program.lower_bound(point.dual())
        if reached < value:
            best_x, value = point.x, reached
        if bound > lower:
            best_dual, lower = point.dual(), bound
        if close_enough(value, lower, tolerance):
            return best_x, best_dual, value, lower
    raise StragglerError(f"the interior-point method stopped at value {value:.6g}, certified to be at least {lower:.6g} only")


class _Point:
    """Variables (x, s), slacks that follow from them, and duals: one matrix per side and one number per row."""

    def __init__(self, program: Program, system: Callable[..., Solver | None]) -> None:
        n = program.links.n
        self.program, self.x, self.system = program, program.start, system
        self.s = 1.0 + program.value(program.start)
        self.signs = (1.0, -1.0) if program.two_sided else (1.0,)
        self.duals = [np.eye(n) / (len(self.signs) * n) for _ in self.signs]
        self.matrices, self.slack = self._slacks(self.x, self.s)
        self.multipliers = self._complementarity() / self.slack

    def dual(self) -> Floats:
        """Return P - N, or P where one-sided, shape (n, n)."""
        return self.duals[0] - self.duals[1] if self.program.two_sided else self.duals[0]

    def advance(self) -> bool:
        """Take a predictor-corrector step; return whether there was one."""
        found = [_inverse(matrix) for matrix in self.matrices]
        inverses = [inverse for inverse in found if inverse is not None]
        if len(inverses) < len(found):
            return False
        solver = self.system(self.program, self.signs, inverses, self.duals, self.multipliers, self.slack)
        if solver is None:
            return False
        mean = self._mean()
        predictor = self._direction(solver, inverses, 0.0, None)
        primal, dual = self._lengths(predictor, 1.0)
        centring = max(1.0 - min(primal, dual), 0.02) ** 2
        corrector = self._direction(solver, inverses, centring * mean, predictor)
        if not np.isfinite(corrector.x).all():
            return False
        primal, dual = self._lengths(corrector, _SHORT)
        if max(primal, dual) < 1e-8:
            return False
        self.x, self.s = self.x + primal * corrector.x, self.s + primal * corrector.s
        self.matrices, self.slack = self._slacks(self.x, self.s)
        self.duals = [old + dual * change for old, change in zip(self.duals, corrector.duals, strict=True)]
        self.multipliers = self.multipliers + dual * corrector.multipliers
        return bool(self.slack.min(initial=1.0) > 0)

    def _slacks(self, x: Floats, s: float) -> tuple[list[Floats], Floats]:
        deviation, identity = self.program.deviation(x), np.eye(self.program.links.n)
        return [s * identity - sign * deviation for sign in self.signs], self.program.limits - self.program.rows @ x

    def _complementarity(self) -> float:
        pairs = sum(float(np.vdot(p, matrix)) for p, matrix in zip(self.duals, self.matrices, strict=True))
        return pairs / (len(self.signs) * self.program.links.n)

    def _mean(self) -> float:
        pairs = sum(float(np.vdot(p, matrix)) for p, matrix in zip(self.duals, self.matrices, strict=True))
        total = pairs + float(self.multipliers @ self.slack)
        return total / (len(self.signs) * self.program.links.n + len(self.slack))

    def _direction(self, solver: Solver, inverses: list[Floats], target: float, first: Step | None) -> Step:
        """Return the step towards complementarity ``target``, corrected for the second-order terms of a first step."""
        program, links = self.program, self.program.links
        identity = np.eye(links.n)
        aims = []
        for side, inverse in enumerate(inverses):
            aim = target * inverse
            if first is not None:
                aim = aim - _symmetric(first.duals[side] @ first.matrices[side] @ inverse)
            aims.append(aim)
        ask = target / self.slack
        if first is not None:
            ask = ask - first.multipliers * first.slack / self.slack
        forms = sum(sign * links.forms(aim) for sign, aim in zip(self.signs, aims, strict=True))
        right = program.spread.T @ forms - program.rows.T @ ask
        x, s = solver(right, sum(float(np.trace(aim)) for aim in aims) - 1.0)
        change = links.laplacian(program.spread @ x)
        matrices = [s * identity + sign * change for sign in self.signs]
        slack = -(program.rows @ x)
        duals = [
            aim - dual - _symmetric(dual @ matrix @ inverse)
            for aim, dual, matrix, inverse in zip(aims, self.duals, matrices, inverses, strict=True)
        ]
        return Step(x, s, matrices, slack, duals, ask - self.multipliers * (1.0 + slack / self.slack))

    def _lengths(self, step: Step, fraction: float) -> tuple[float, float]:
        """Return how far slacks and duals can go, at most one and at most that fraction of the way to the boundary."""
        primal = [_reach(old, change) for old, change in zip(self.matrices, step.matrices, strict=True)]
        dual = [_reach(old, change) for old, change in zip(self.duals, step.duals, strict=True)]
        primal.append(float((step.slack / self.slack).min(initial=0.0)))
        dual.append(float((step.multipliers / self.multipliers).min(initial=0.0)))
        return min(1.0, fraction / max(-min(primal), 1e-12)), min(1.0, fraction / max(-min(dual), 1e-12))


def _symmetric(matrix: Floats) -> Floats:
    half: Floats = (matrix + matrix.T) / 2
    return half


def _reach(matrix: Floats, change: Floats) -> float:
    """Return the smallest eigenvalue of a change relative to a positive definite matrix; -inf where it is not definite."""
    from scipy.linalg import LinAlgError, eigvalsh

    try:
        return float(eigvalsh(change, matrix, subset_by_index=[0, 0], check_finite=False)[0])
    except LinAlgError:
        return -np.inf


def _inverse(matrix: Floats) -> Floats | None:
    """Return the inverse of a positive definite matrix, None where it is not."""
    from scipy.linalg.lapack import dpotrf, dpotri

    factor, failed = dpotrf(matrix, lower=1, clean=1)
    if failed:
        return None
    half, _ = dpotri(factor, lower=1)
    inverse: Floats = np.tril(half) + np.tril(half, -1).T
    return inverse
