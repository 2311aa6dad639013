"""The linear system of a step of the interior-point method, and the curvature it is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from theory.best_mixing.edges import Floats, Links
from theory.best_mixing.program import Program


@dataclass(frozen=True, eq=False)
class Step:
    """Changes of the variables x and s, of slack matrices and row slacks, of dual matrices and row multipliers."""

    x: Floats
    s: float
    matrices: list[Floats]
    slack: Floats
    duals: list[Floats]
    multipliers: Floats


Solver = Callable[[Floats, float], tuple[Floats, float]]


def newton_solver(
    program: Program,
    signs: Sequence[float],
    inverses: Sequence[Floats],
    duals: Sequence[Floats],
    multipliers: Floats,
    slack: Floats,
) -> Solver | None:
    """Return a function that maps right sides (k,) and a number to the steps (dx, ds); None where nothing can be factored.

    The system is [H c; c' b] with H = S' (sum B'PB o B'VB) S + R' diag(z / slack) R, spread S and rows R,
    c = S' sum +-forms(PV), b = sum tr(PV).
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    links, spread = program.links, program.spread
    products = [(dual @ inverse) for dual, inverse in zip(duals, inverses, strict=True)]
    crossed = np.zeros(links.m)
    for sign, both in zip(signs, products, strict=True):
        crossed += sign * links.forms((both + both.T) / 2)
    cross, bend = spread.T @ crossed, sum(float(np.trace(both)) for both in products)
    pairs, ratio = list(zip(duals, inverses, strict=True)), multipliers / slack
    linear: Floats = (program.rows.T @ (program.rows * ratio[:, None])).toarray()
    hessian = linear + gram_products(links, spread, pairs)
    hessian[np.diag_indices_from(hessian)] *= 1 + 1e-13
    try:
        factor = cho_factor(hessian, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return None
    along = cho_solve(factor, cross)

    def solve(right: Floats, last: float) -> tuple[Floats, float]:
        first = cho_solve(factor, right)
        s = (last - cross @ first) / (bend - cross @ along)
        return first - s * along, float(s)

    return solve


def gram_products(links: Links, spread: Any, pairs: Sequence[tuple[Floats, Floats]]) -> Floats:
    """Return S' (sum B'PB o B'VB) S over pairs (P, V) of symmetric matrices (n, n), for a spread S of shape (m, k): (k, k)."""
    size = spread.shape[1]
    if few(links, size):
        return np.stack([spread.T @ curvature(links, pairs, spread @ unit) for unit in np.eye(size)], axis=1)
    result = np.zeros((size, size))
    for one, other in pairs:
        squares = links.gram(one)
        squares *= links.gram(other)
        result += spread.T @ (spread.T @ squares).T
    return result


def few(links: Links, size: int) -> bool:
    """Return whether there are so few variables, as orbits are, that products with each cost less than all pairs of links."""
    return 40.0 * links.m**2 > size * links.n**3


def curvature(links: Links, pairs: Sequence[tuple[Floats, Floats]], weights: Floats) -> Floats:
    """Return the forms of sum P L V over pairs (P, V), for the Laplacian L of weights of shape (m,)."""
    from scipy.sparse import csr_array

    neighbours = links.adjacency
    change = csr_array((weights[neighbours.data], neighbours.indices, neighbours.indptr), shape=(links.n, links.n))
    given = links.incidence @ weights
    total = np.zeros(links.m)
    for dual, inverse in pairs:
        moved = dual @ (given[:, None] * inverse - change @ inverse)
        total += links.forms((moved + moved.T) / 2)
    return total
