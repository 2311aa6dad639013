"""Accelerated gradient steps on a smoothed spectrum: first-order only, each iteration one eigendecomposition."""

from __future__ import annotations

import numpy as np

from straggler import StragglerError
from theory.best_mixing.cone import inside_polytope
from theory.best_mixing.edges import Floats, enough_memory
from theory.best_mixing.program import Program, close_enough

_STEPS = 6000
_LOOK = 10


def solve(program: Program, tolerance: float) -> tuple[Floats, Floats, float, float]:
    """Return variables, dual matrix, value and lower bound; see `interior.solve`.

    The largest modulus is replaced by u log tr(exp(A/u) + exp(-A/u)), at most u log 2n above it; its gradient is a dual matrix
    of nuclear norm at most one, which gives the lower bound. The smoothing u is halved whenever its gap has been closed.
    Source: Nesterov (2007), "Smoothing technique and its applications in semidefinite optimization".

    Raises
    ------
    InputError
        If the matrices do not fit memory.
    StragglerError
        If the gap does not close within 6000 steps.
    """
    n = program.links.n
    enough_memory("nodes", n, 8.0 * (10 * n * n + 20 * program.links.m))
    projection = _Projection(program)
    x = ahead = program.start
    best_x, value = x, program.value(x)
    best_dual, lower, momentum, stiffness = np.zeros((n, n)), 0.0, 1.0, 1.0
    width = 0.25 * value / np.log(2 * n)
    for step in range(_STEPS):
        smooth, dual, slope = _smoothed(program, ahead, width)
        while True:
            moved = projection(ahead - slope / stiffness)
            change = moved - ahead
            reached = _smoothed(program, moved, width, value_only=True)[0]
            if reached <= smooth + slope @ change + stiffness / 2 * (change @ change) + 1e-12:
                break
            stiffness *= 2.0
        stiffness *= 0.9
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        if (ahead - moved) @ (moved - x) > 0:  # the momentum leads uphill
            following = momentum = 1.0
        ahead, x, momentum = moved + (momentum - 1) / following * (moved - x), moved, following
        if step % _LOOK:
            continue
        candidate = inside_polytope(program, moved)
        true = program.value(candidate)
        if true < value:
            best_x, value = candidate, true
        bound = program.lower_bound(dual)
        if bound > lower:
            best_dual, lower = dual, bound
        if close_enough(value, lower, tolerance):
            return best_x, best_dual, value, lower
        if value - lower <= 1.5 * width * np.log(2 * n) or true - bound <= width * np.log(2 * n):
            width, momentum = width / 2, 1.0
    raise StragglerError(f"first-order steps stopped at value {value:.6g}, certified to be at least {lower:.6g} only")


def _smoothed(program: Program, x: Floats, width: float, value_only: bool = False) -> tuple[float, Floats, Floats]:
    """Return the smoothed value at x, the dual matrix and the gradient by x (both empty where only the value is asked for)."""
    deviation = program.deviation(x)
    if value_only:
        spectrum, vectors = np.linalg.eigvalsh(deviation), deviation
    else:
        spectrum, vectors = np.linalg.eigh(deviation)
    sides = np.stack([spectrum, -spectrum]) if program.two_sided else spectrum[None]
    top = float(sides.max())
    shares = np.exp((sides - top) / width)
    total = float(shares.sum())
    smooth = top + width * float(np.log(total))
    if value_only:
        return smooth, vectors, x
    dual = (vectors * ((shares[0] - (shares[1] if program.two_sided else 0.0)) / total)) @ vectors.T
    return smooth, dual, -(program.spread.T @ program.links.forms(dual))


class _Projection:
    """The nearest point of a polytope, by accelerated gradient steps on its dual from where the last one ended."""

    def __init__(self, program: Program) -> None:
        self.rows, self.limits = program.rows, program.limits
        self.multipliers = np.zeros(len(self.limits))
        # the largest row sum of |R R'| bounds its norm
        products = abs(self.rows) @ (abs(self.rows).T @ np.ones(len(self.limits))) if len(self.limits) else np.ones(1)
        self.step = 1.0 / float(products.max())

    def __call__(self, x: Floats) -> Floats:
        if not len(self.limits):
            return x
        z = ahead = self.multipliers
        for k in range(200):
            violated = self.rows @ (x - self.rows.T @ ahead) - self.limits
            following = np.maximum(ahead + self.step * violated, 0.0)
            change = following - z
            ahead, z = following + k / (k + 3) * change, following
            if np.abs(change).max() <= 1e-7 * max(float(np.abs(z).max()), 1e-9):
                break
        self.multipliers = z
        nearest: Floats = x - self.rows.T @ z
        return nearest
