"""Which edge weights are admissible, and upper bounds on linear functions over them that hold in floating point."""

from __future__ import annotations

import numpy as np

from straggler import StragglerError
from theory.best_mixing.edges import Floats, Links


def substochastic_support(links: Links, y: Floats) -> float:
    """Return an upper bound on max y'w over w >= 0 with node sums at most one, the linear program of a Markov chain.

    Any z >= 0 with z_i + z_j >= y_ij for every link gives the bound sum z (linear programming duality); z comes from a solver
    and is raised where it falls short, so that the bound does not depend on what the solver calls optimal.

    Parameters
    ----------
    links
        The graph.
    y
        One number per edge, shape (m,).
    """
    from scipy.optimize import linprog

    largest = float(np.abs(y).max(initial=0.0))
    if y.max(initial=0.0) <= 0.0:
        return 0.0
    # scaled, since solvers forgive a violation of 1e-7 in absolute terms
    solved = linprog(-y / largest, A_ub=links.incidence, b_ub=np.ones(links.n), bounds=(0, None), method="highs")
    z = np.zeros(links.n) if solved.x is None else np.maximum(-solved.ineqlin.marginals, 0.0) * largest
    short = np.maximum(y - links.incidence.T @ z, 0.0) / 2
    raised = np.zeros(links.n)
    for end in links.ends.T:
        np.maximum.at(raised, end, short)
    z += raised
    if (z[links.ends].sum(axis=1) < y - 1e-15 * largest).any():
        raise StragglerError("the multipliers of the row sums could not be made admissible")
    return float(z.sum()) * (1 + 1e-14)


def box_support(y: Floats) -> float:
    """Return max y'w over |w_e| <= 1, which holds for every W with eigenvalues in [-1, 1]: entries are no larger than norms."""
    return float(np.abs(y).sum())


def without_forms(links: Links, dual: Floats) -> Floats:
    """Return Y minus the nearest combination of (e_i - e_j)(e_i - e_j)', so that all its forms on links are zero.

    Weights without sign constraints need this of a dual matrix; shape (n, n).
    """
    from scipy.sparse.linalg import LinearOperator, cg

    gram = LinearOperator((links.m, links.m), lambda v: links.forms(links.laplacian(v)), dtype=np.float64)
    target = links.forms(dual)
    # a round of refinement: the sum of what is left enters the bound
    for _ in range(3):
        size = float(np.abs(target).max(initial=0.0))
        if size <= 1e-17:
            break
        step, _ = cg(gram, target, rtol=1e-10, maxiter=500)
        dual = dual - links.laplacian(step)
        target = links.forms(dual)
    return dual


def admissible(links: Links, weights: Floats) -> Floats:
    """Return weights made non-negative, scaled back at links whose nodes give away more than everything; shape (m,)."""
    kept = np.maximum(weights, 0.0)
    given = np.maximum(links.incidence @ kept, 1.0)
    scaled: Floats = kept / given[links.ends].max(axis=1)
    return scaled
