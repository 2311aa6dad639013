"""The linear system of an interior-point step by conjugate gradients: products with its matrix, which is never formed.

For thousands of links the matrix of a Newton step is too large to factor, but a product with it takes two matrix products of
the size of the graph. Its diagonal is known, and so are the rows that bound sums of weights: together they precondition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theory.best_mixing.edges import Floats
from theory.best_mixing.newton import Solver, curvature
from theory.best_mixing.program import Program

_MOST = 400
_ROUGH, _FINE = 0.05, 5e-4


def conjugate_solver(
    program: Program,
    signs: Sequence[float],
    inverses: Sequence[Floats],
    duals: Sequence[Floats],
    multipliers: Floats,
    slack: Floats,
) -> Solver | None:
    """Return a function that solves the system of `newton.newton_solver`; None where it is not positive definite.

    Its first answer is rough, as that of the predictor may be, which only says how far to go; the next are fine.
    """
    links, spread = program.links, program.spread
    products = [dual @ inverse for dual, inverse in zip(duals, inverses, strict=True)]
    crossed = np.zeros(links.m)
    for sign, both in zip(signs, products, strict=True):
        crossed += sign * links.forms((both + both.T) / 2)
    cross, bend = spread.T @ crossed, sum(float(np.trace(both)) for both in products)
    pairs, ratio = list(zip(duals, inverses, strict=True)), multipliers / slack
    squares = sum(links.forms(dual) * links.forms(inverse) for dual, inverse in pairs)
    precondition = _preconditioner(program, (spread * spread).T @ squares, ratio)
    if precondition is None:
        return None

    def times(v: Floats) -> Floats:
        # the unknown s is eliminated: one system instead of two
        product: Floats = spread.T @ curvature(links, pairs, spread @ v) + program.rows.T @ (ratio * (program.rows @ v))
        product -= cross * (float(cross @ v) / bend)
        return product

    def solution(right: Floats, start: Floats | None, accuracy: float) -> Floats:
        """Return H^-1 right, the error in the norm of the preconditioner reduced to ``accuracy``."""
        x = np.zeros_like(right) if start is None else start.copy()
        left = right if start is None else right - times(x)
        residual = left.copy()
        along = turned = precondition(residual)
        size, enough = float(residual @ turned), accuracy**2 * float(right @ precondition(right))
        for _ in range(_MOST):
            if not size > enough:
                break
            bent = times(along)
            step = size / float(along @ bent)
            x += step * along
            residual -= step * bent
            turned = precondition(residual)
            size, before = float(residual @ turned), size
            along = turned + size / before * along
        return x

    before: list[Floats] = []

    def solve(right: Floats, last: float) -> tuple[Floats, float]:
        reduced = right - cross * (last / bend)
        x = solution(reduced, before[0], _FINE) if before else solution(reduced, None, _ROUGH)
        before[:] = [x]
        return x, (last - float(cross @ x)) / bend

    return solve


def _preconditioner(program: Program, squares: Floats, ratio: Floats) -> Any:
    """Return the inverse of D + R' diag(ratio) R over rows R of several entries, D diagonal, by the formula of Woodbury."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    rows = program.rows.tocsr()
    single = np.diff(rows.indptr) == 1
    diagonal = squares + (rows[single].multiply(rows[single])).T @ ratio[single]
    if not (np.isfinite(diagonal).all() and diagonal.min() > 0):
        return None
    sums = rows[~single]
    if not sums.shape[0]:
        return lambda v: v / diagonal
    inner = ((sums / diagonal) @ sums.T).toarray()
    inner[np.diag_indices_from(inner)] += 1.0 / ratio[~single]
    try:
        factor = cho_factor(inner, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return None

    def inverse(v: Floats) -> Floats:
        scaled = v / diagonal
        corrected: Floats = scaled - (sums.T @ cho_solve(factor, sums @ scaled)) / diagonal
        return corrected

    return inverse
