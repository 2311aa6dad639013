"""The spectral programs as semidefinite programs in cvxpy, solved by Clarabel and, where that stops short, by SCS."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from straggler import StragglerError
from theory.best_mixing.edges import Floats, Links, enough_memory
from theory.best_mixing.program import Program, close_enough

if TYPE_CHECKING:
    import cvxpy as cp

Answer = TypeVar("Answer")

SOLVERS: dict[str, dict[str, Any]] = {"CLARABEL": {}, "SCS": {"eps_abs": 1e-9, "eps_rel": 1e-9, "max_iters": 50_000}}
"""The solvers in the order in which they are tried, with their settings."""


def solve(program: Program, tolerance: float) -> tuple[Floats, Floats, float, float]:
    """Return variables, dual matrix, value and lower bound; see `interior.solve`.

    Raises
    ------
    InputError
        If the cone is too large for the memory of the machine.
    StragglerError
        If no solver's answer is certified: not what a solver says counts, but the gap between its variables and its duals.
    """
    import cvxpy as cp

    n = program.links.n
    cones = 2 if program.two_sided else 1
    # a solver keeps a square block per cone, of the size of a triangle, in the matrix it factors and in the factor
    enough_memory("nodes", n, 8.0 * cones * 2 * (n * (n + 1) / 2) ** 2)
    x, s = cp.Variable(program.size), cp.Variable()
    laplacian = cp.reshape(flattened(program.links, program.spread) @ x, (n, n), order="F")
    deviation = np.eye(n) - 1.0 / n - laplacian
    above = s * np.eye(n) - deviation >> 0
    below = [s * np.eye(n) + deviation >> 0] if program.two_sided else []
    inside = [program.rows @ x <= program.limits] if len(program.limits) else []
    problem = cp.Problem(cp.Minimize(s), [above, *below, *inside])

    def certified() -> tuple[Floats, Floats, float, float] | str:
        if x.value is None or above.dual_value is None:
            return f"says {problem.status}"
        found = inside_polytope(program, x.value)
        dual = above.dual_value - sum(constraint.dual_value for constraint in below)
        value, lower = program.value(found), program.lower_bound(dual)
        if close_enough(value, lower, tolerance):
            return found, dual, value, lower
        return f"says {problem.status} at {value:.6g}, certified to be at least {lower:.6g} only"

    return first_accepted(problem, certified, "no solver closed the gap")


def first_accepted(problem: cp.Problem, accept: Callable[[], Answer | str], otherwise: str) -> Answer:
    """Return what ``accept`` makes of the variables of the first solver whose answer it takes.

    Parameters
    ----------
    problem
        The program; its variables and duals hold what a solver says when ``accept`` is asked.
    accept
        Returns the answer, or why there is none.
    otherwise
        Begins the message where no solver is accepted.

    Raises
    ------
    StragglerError
        If none is, with what became of each.
    """
    import cvxpy as cp

    said = []
    for solver, settings in SOLVERS.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # whoever accepts an answer judges by the numbers
                problem.solve(solver=solver, **settings)
        except cp.SolverError:
            said.append(f"{solver} failed")
            continue
        found = accept()
        if not isinstance(found, str):
            return found
        said.append(f"{solver} {found}")
    raise StragglerError(f"{otherwise}: " + "; ".join(said))


def inside_polytope(program: Program, x: Floats) -> Floats:
    """Return x pulled towards the interior start until it is admissible; solvers may be off by their tolerance."""
    step = program.start - x
    violated = program.rows @ x - program.limits
    inward = -(program.rows @ step)
    needed = np.where(violated > 0, violated / np.where(inward > 0, inward, np.inf), 0.0)
    moved: Floats = x + min(float(needed.max(initial=0.0)), 1.0) * step
    return moved


def flattened(links: Links, spread: Any) -> Any:
    """Return the sparse matrix of shape (n n, k) from variables to the Laplacian of their weights, column by column."""
    from scipy.sparse import csr_array

    n, m = links.n, links.m
    i, j = links.ends.T
    places = np.concatenate([i * n + i, j * n + j, i * n + j, j * n + i])
    signs = np.repeat([1.0, 1.0, -1.0, -1.0], m)
    return csr_array((signs, (places, np.tile(np.arange(m), 4))), shape=(n * n, m)) @ spread
