"""Least mean-square consensus deviation: the best weights where noise enters in every round."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from straggler import StragglerError, positive
from theory.best_mixing.chain import orbits_of, spread_over
from theory.best_mixing.cone import first_accepted, flattened
from theory.best_mixing.design import Design
from theory.best_mixing.edges import Floats, Links, enough_memory, links
from theory.best_mixing.newton import few, gram_products
from theory.best_mixing.polytopes import box_support
from theory.best_mixing.work import affordable

_STEPS, _EXPECTED = 100, 8

CONE_LARGEST = 40
"""Beyond this many nodes no semidefinite program is tried: its blocks have twice as many rows."""


def least_deviation(graph: ArrayLike | Links, *, tolerance: float = 1e-8, symmetry: bool = True) -> Design:
    """Return the symmetric weights, negative ones allowed, with the least steady mean-square deviation from the mean.

    Where x(t+1) = W x(t) + v(t) with v white of unit variance per node, the sum over nodes of the squared deviation from the
    mean settles at sum over i >= 2 of 1 / (1 - lambda_i(W)^2), the value of the design; it is convex in W. Newton's method
    minimises it; its gradient gives the lower bound. Where it stops short and the graph is small, it starts a second time from
    the answer of a semidefinite program.

    Parameters
    ----------
    graph
        Boolean adjacency (n, n) or edges (m, 2); see `links`.
    tolerance
        Certified gap at most, relative to the value.
    symmetry
        Whether links that a symmetry of the graph exchanges share one weight.

    Raises
    ------
    InputError
        If the graph is not connected or too large for the memory of the machine or for `work.affordable`.
    StragglerError
        If Newton's method stops short, the second time too.

    Notes
    -----
    Source: Xiao, Boyd and Kim (2007), "Distributed average consensus with least-mean-square deviation", section 3.
    """
    edges = links(graph)
    sought = positive("tolerance", tolerance)
    affordable(edges)
    orbits = orbits_of(edges, symmetry)
    spread = spread_over(orbits)
    affordable(edges, spread.shape[1], "newton", _EXPECTED)
    if not few(edges, spread.shape[1]):
        enough_memory("links", edges.m, 8.0 * 6 * edges.m**2)
    x = np.full(spread.shape[1], 0.9 / (1.0 + edges.degree.max()))
    method = "newton"
    try:
        x, value, lower, dual = _newton(edges, spread, x, sought)
    except StragglerError as stopped:
        if edges.n > CONE_LARGEST:
            raise
        method = "cone"
        x, value, lower, dual = _newton(edges, spread, _by_cone(edges, spread, stopped), sought)
    return Design("least deviation", edges, spread @ x, value, lower, dual, method, len(x) if symmetry else None)


def _newton(edges: Links, spread: Any, x: Floats, sought: float) -> tuple[Floats, float, float, Floats]:
    """Return variables, value, lower bound and dual matrix; raise `StragglerError` if the gap between the two stays open."""
    for _ in range(_STEPS):
        value, sides = steady_deviation(edges, spread @ x)
        gradient, hessian = _derivatives(edges, spread, sides)
        forms = _slopes(edges, sides)
        # convexity: f(w') >= f(w) + forms'(w' - w), and entries of an optimal W are at most one
        lower = value - float(forms @ (spread @ x)) - box_support(forms) - 1e-14 * edges.n * value
        if value - lower <= sought * value:
            return x, value, lower, (sides[0] @ sides[0] - sides[1] @ sides[1]) / 2
        step, length = -np.linalg.solve(hessian, gradient), 1.0
        while length > 1e-12:
            candidate = x + length * step
            if steady_deviation(edges, spread @ candidate)[0] <= value + 0.1 * length * float(gradient @ step) + 1e-13 * value:
                break
            length /= 2
        else:
            break
        x = x + length * step
    raise StragglerError(f"Newton's method stopped at deviation {value:.6g}, certified to be at least {lower:.6g} only")


def _by_cone(edges: Links, spread: Any, stopped: StragglerError) -> Floats:
    """Return the variables a semidefinite program finds best, for Newton's method to certify.

    Traces of inverses are bounded by tr(X^-1) <= tr(Z) for [Z I; I X] >= 0.
    """
    import cvxpy as cp

    n = edges.n
    enough_memory("nodes", n, 8.0 * 4 * (n * (2 * n + 1)) ** 2)
    x, limits = cp.Variable(spread.shape[1]), []
    shifted = np.eye(n) - 1.0 / n - cp.reshape(flattened(edges, spread) @ x, (n, n), order="F")
    traces = []
    for side in (np.eye(n) - shifted, np.eye(n) + shifted):
        above = cp.Variable((n, n), symmetric=True)
        limits.append(cp.bmat([[above, np.eye(n)], [np.eye(n), side]]) >> 0)
        traces.append(cp.trace(above))
    problem = cp.Problem(cp.Minimize(sum(traces) / 2), limits)

    def finite() -> Floats | str:
        if x.value is not None and np.isfinite(steady_deviation(edges, spread @ x.value)[0]):
            found: Floats = x.value  # a start only, however inaccurate
            return found
        return f"says {problem.status}"

    return first_accepted(problem, finite, str(stopped))


def steady_deviation(edges: Links, weights: Floats) -> tuple[float, list[Floats]]:
    """Return sum 1 / (1 - lambda_i^2) over i >= 2, infinite where some |lambda_i| >= 1, and (I -+ (W - J))^-1, (n, n) each."""
    shifted = edges.matrix(weights) - 1.0 / edges.n
    spectrum, vectors = np.linalg.eigh(shifted)
    if np.abs(spectrum[[0, -1]]).max() >= 1.0:
        return np.inf, []
    sides = [(vectors / (1.0 - sign * spectrum)) @ vectors.T for sign in (1.0, -1.0)]
    # the vector of ones is an eigenvector of W - J with eigenvalue zero, and counts as one
    return float((1.0 / ((1.0 - spectrum) * (1.0 + spectrum))).sum()) - 1.0, sides


def _slopes(edges: Links, sides: list[Floats]) -> Floats:
    """Return the derivative of the deviation by every weight, shape (m,): 1/(1-l^2) is the mean of 1/(1-l) and 1/(1+l)."""
    return 0.5 * edges.forms(sides[1] @ sides[1] - sides[0] @ sides[0])


def _derivatives(edges: Links, spread: Floats, sides: list[Floats]) -> tuple[Floats, Floats]:
    gradient: Floats = spread.T @ _slopes(edges, sides)
    return gradient, gram_products(edges, spread, [(side @ side, side) for side in sides])
