"""The cone program of a worst case, solved on its dual side with a margin, so that both sides can be checked afterwards.

Primal: maximise <C, G> + c.f over G >= 0 and f with <A_r, G> + a_r.f <= b_r. Dual: minimise b.m over multipliers m >= 0 with
sum_r m_r A_r - C >= 0 and sum_r m_r a_r = c. Instead of b and C the solver gets b - margin and C + margin I: what it returns to a
few digits less than the margin is then feasible in both of the true problems.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from theory.worst_case.rows import Blocks, Triangle

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cone:
    """One program: A (P, length) and a (P, variables), b (P,), packed C (length,) and c (variables,).

    The last rows are not inequalities: ``equal`` of them hold with equality and the rest are the packed triangle of a symmetric
    matrix of size ``order`` that is negative semidefinite. Their b and a are zero.
    """

    blocks: Blocks
    matrix: Floats
    values: Floats
    bounds: Floats
    goal: Floats
    goal_values: Floats
    equal: int = 0
    order: int = 0

    @property
    def inequalities(self) -> int:
        """Number of rows that are inequalities."""
        return len(self.bounds) - self.equal - len(self.extra)

    @property
    def extra(self) -> Triangle:
        """The triangle of the matrix that the last rows are."""
        return Triangle(self.order)

    @property
    def margins(self) -> Floats:
        """What a margin takes off each bound: nothing for equalities, the identity for the matrix.

        Inequalities whose bound is below one lose in proportion to it.
        """
        bounds = self.bounds[: self.inequalities]
        lost = np.where(bounds > 0, np.minimum(bounds, 1.0), 1.0)
        return np.concatenate([lost, np.zeros(self.equal), self.extra.identity])

    def conic(self, margin: float) -> tuple[sparse.csc_matrix, Floats, Floats]:
        """Return A, b, q of ``min q.m`` subject to ``A m + s = b``: m >= 0, then a = c, then the extra matrix, then blocks."""
        signs = -sparse.identity(len(self.bounds), format="csr")
        first, last = signs[: self.inequalities], signs[self.inequalities + self.equal :]
        parts = [first, sparse.csr_matrix(self.values.T), last, sparse.csr_matrix(-self.matrix.T)]
        nothing = np.zeros(len(self.extra))
        right = [np.zeros(self.inequalities), self.goal_values, nothing, -(self.goal + margin * self.blocks.identity)]
        return sparse.vstack(parts, format="csc"), np.concatenate(right), self.bounds - margin * self.margins


@dataclass(frozen=True, eq=False)
class Answer:
    """What a solver says: multipliers (P,), packed Gram blocks (length,), values (variables,), and its own word for it."""

    solver: str
    status: str
    multipliers: Floats
    gram: Floats
    values: Floats


SIZE = 10.0
"""Multiple of the identity that the interior-point method starts from: Gram matrices are of order one, for L = Delta = 1."""

Solver = Callable[[Cone, float], Answer]


def clarabel(cone: Cone, margin: float) -> Answer:
    """Solve with Clarabel (Goulart and Chen 2024), an interior-point method; one thread."""
    import clarabel as solver

    matrix, right, cost = cone.conic(margin)
    rows, variables = cone.inequalities, cone.values.shape[1]
    settings = solver.DefaultSettings()
    settings.verbose, settings.max_threads, settings.direct_solve_method = False, 1, "faer"
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = min(1e-9, 0.01 * margin)
    cones = [solver.NonnegativeConeT(rows)] + [solver.ZeroConeT(variables)] * (variables > 0)
    cones += [solver.PSDTriangleConeT(size) for size in (cone.order, *cone.blocks.sizes) if size]
    nothing = sparse.csc_matrix((len(cost), len(cost)))
    found = solver.DefaultSolver(nothing, cost, matrix, right, cones, settings).solve()
    dual = np.array(found.z)
    return _answer("Clarabel", str(found.status), np.array(found.x), dual, cone)


def interior(cone: Cone, margin: float) -> Answer:
    """Solve with the method of `theory.worst_case.interior`, which is made for such programs; one thread."""
    from threadpoolctl import threadpool_limits

    from theory.worst_case.interior import Block, Path

    edges, goal, extra = cone.blocks.edges, cone.goal + margin * cone.blocks.identity, cone.extra
    blocks = [
        Block(triangle, cone.matrix[:, begin:end], goal[begin:end], SIZE)
        for triangle, begin, end in zip(cone.blocks.triangles, edges[:-1], edges[1:], strict=True)
    ]
    if cone.order:  # what these rows are short of
        rows = np.append(np.zeros((len(cone.bounds) - len(extra), len(extra))), np.eye(len(extra)), axis=0)
        blocks.append(Block(extra, rows, np.zeros(len(extra)), SIZE))
    path = Path(blocks, cone.values, cone.bounds - margin * cone.margins, cone.goal_values, cone.inequalities)
    with threadpool_limits(1, "blas"):  # for matrices this small, threads wait for each other and little else
        found = path.run(missed=0.5 * margin, accuracy=10 * margin)
    if found is None:
        raise ArithmeticError("no iterate meets the constraints")
    gram = np.concatenate([triangle.pack(X) for triangle, X in zip(cone.blocks.triangles, found.X, strict=False)])
    return Answer("interior point", f"gap {found.gap:.2g}", found.y, gram, found.f)


def scs(cone: Cone, margin: float) -> Answer:
    """Solve with SCS (O'Donoghue 2021), a first-order method, to moderate accuracy."""
    import scs as solver

    matrix, right, cost = cone.conic(margin)
    rows, variables = cone.inequalities, cone.values.shape[1]
    triangles = [cone.extra, *cone.blocks.triangles]
    order = np.concatenate([np.arange(rows, rows + variables), np.arange(rows), rows + variables + _lower(triangles)])
    data = {"A": matrix[order], "b": right[order], "c": cost}
    cones = {"z": variables, "l": rows, "s": [triangle.size for triangle in triangles if triangle.size]}
    accuracy = 0.1 * margin
    found = solver.SCS(
        data, cones, verbose=False, eps_abs=accuracy, eps_rel=accuracy, max_iters=200_000, time_limit_secs=60.0
    ).solve()
    dual = np.empty(len(order))
    dual[order] = found["y"]
    return _answer("SCS", found["info"]["status"], found["x"], dual, cone)


def _answer(solver: str, status: str, multipliers: Floats, dual: Floats, cone: Cone) -> Answer:
    rows, variables = cone.inequalities, cone.values.shape[1]
    gram = dual[rows + variables + len(cone.extra) :]
    return Answer(solver, status, multipliers, gram, -dual[rows : rows + variables])


def _lower(triangles: Sequence[Triangle]) -> NDArray[np.intp]:
    """Return the order in which SCS wants packed entries: lower triangles column by column."""
    orders = []
    begin = 0
    for triangle in triangles:
        orders.append(begin + np.lexsort((triangle.columns, triangle.rows)))
        begin += len(triangle)
    return np.concatenate(orders)
