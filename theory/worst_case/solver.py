"""The cone program of a worst case, solved on its dual side with a margin, so that both sides can be checked afterwards.

Primal: maximise <C, G> + c.f over G >= 0 and f with <A_r, G> + a_r.f <= b_r. Dual: minimise b.m over multipliers m >= 0 with
sum_r m_r A_r - C >= 0 and sum_r m_r a_r = c. Instead of b and C the solver gets b - margin and C + margin I: what it returns to a
few digits less than the margin is then feasible in both of the true problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from theory.worst_case.rows import Blocks

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cone:
    """One program: A (P, length) and a (P, variables), b (P,), packed C (length,) and c (variables,)."""

    blocks: Blocks
    matrix: Floats
    values: Floats
    bounds: Floats
    goal: Floats
    goal_values: Floats

    def conic(self, margin: float) -> tuple[sparse.csc_matrix, Floats, Floats]:
        """Return A, b, q of ``min q.m`` subject to ``A m + s = b``: m >= 0, then a = c, then the blocks."""
        rows = len(self.bounds)
        stacked = sparse.vstack(
            [-sparse.identity(rows), sparse.csc_matrix(self.values.T), sparse.csc_matrix(-self.matrix.T)], format="csc"
        )
        right = np.concatenate([np.zeros(rows), self.goal_values, -(self.goal + margin * self.blocks.identity)])
        return stacked, right, self.bounds - margin


@dataclass(frozen=True, eq=False)
class Answer:
    """What a solver says: multipliers (P,), packed Gram blocks (length,), values (variables,), and its own word for it."""

    solver: str
    status: str
    multipliers: Floats
    gram: Floats
    values: Floats


Solver = Callable[[Cone, float], Answer]


def clarabel(cone: Cone, margin: float) -> Answer:
    """Solve with Clarabel (Goulart and Chen 2024), an interior-point method; one thread."""
    import clarabel as solver

    matrix, right, cost = cone.conic(margin)
    rows, variables = cone.values.shape
    settings = solver.DefaultSettings()
    settings.verbose, settings.max_threads, settings.direct_solve_method = False, 1, "faer"
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = min(1e-8, 0.1 * margin)
    cones = [solver.NonnegativeConeT(rows)] + [solver.ZeroConeT(variables)] * (variables > 0)
    cones += [solver.PSDTriangleConeT(size) for size in cone.blocks.sizes]
    nothing = sparse.csc_matrix((rows, rows))
    found = solver.DefaultSolver(nothing, cost, matrix, right, cones, settings).solve()
    dual = np.array(found.z)
    return Answer("Clarabel", str(found.status), np.array(found.x), dual[rows + variables :], -dual[rows : rows + variables])


def scs(cone: Cone, margin: float) -> Answer:
    """Solve with SCS (O'Donoghue 2021), a first-order method, to moderate accuracy."""
    import scs as solver

    matrix, right, cost = cone.conic(margin)
    rows, variables = cone.values.shape
    order = np.concatenate([np.arange(rows, rows + variables), np.arange(rows), rows + variables + _lower(cone.blocks)])
    data = {"A": matrix[order], "b": right[order], "c": cost}
    cones = {"z": variables, "l": rows, "s": cone.blocks.sizes}
    accuracy = 0.1 * margin
    found = solver.SCS(
        data, cones, verbose=False, eps_abs=accuracy, eps_rel=accuracy, max_iters=200_000, time_limit_secs=60.0
    ).solve()
    dual = np.empty(len(order))
    dual[order] = found["y"]
    return Answer("SCS", found["info"]["status"], found["x"], dual[rows + variables :], -dual[rows : rows + variables])


def _lower(blocks: Blocks) -> NDArray[np.intp]:
    """Return the order in which SCS wants packed entries: lower triangles column by column."""
    orders = []
    for begin, triangle in zip(blocks.edges[:-1], blocks.triangles, strict=True):
        orders.append(begin + np.lexsort((triangle.columns, triangle.rows)))
    return np.concatenate(orders)
