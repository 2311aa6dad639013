"""The interior-point method beside another solver, and where it ends."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from theory import worst_case
from theory.worst_case import certificate, interior, solver
from theory.worst_case.local import smooth
from theory.worst_case.program import Program
from theory.worst_case.rows import Triangle
from theory.worst_case.spectral import spectral
from theory.worst_case.strongly_convex import convex, leader_step
from theory.worst_case.tilted import tilted

PATH = np.array([[2, 1, 0], [1, 1, 1], [0, 1, 2]]) / 3
PEERS = [0.5 * (np.eye(4) + np.roll(np.eye(4), hop, axis=0)) for hop in (1, 2, 1, 2)]
CONES = {
    "path": Program(smooth(worst_case.dpsgd([PATH] * 3))).cone(0.2, heterogeneity=0.5),
    "tilted": Program(tilted(worst_case.dpsgd([PATH] * 3))).cone(0.2, heterogeneity=0.5),
    "feedback": Program(smooth(worst_case.error_feedback(3, 0.4, 2), "least")).cone(0.5, heterogeneity=0.5),
    "a matrix and equalities": Program(spectral(5, 4, 0.8)).cone(0.2, heterogeneity=1.0),
    "strongly convex": Program(convex(worst_case.dpsgd([PATH] * 2), 0.1, heterogeneous=True)).cone(0.2, heterogeneity=0.1),
    "leader": Program(leader_step(0.1, 0.05, 0.3)).cone(0.5),
}


@pytest.mark.parametrize("name", CONES)
def test_two_solvers_agree(name) -> None:
    mine, other = (certificate.certify(CONES[name], [(which, 1e-8)]) for which in (solver.interior, solver.clarabel))
    assert mine.solver != other.solver
    assert mine.lower <= other.upper
    assert other.lower <= mine.upper
    assert mine.upper == pytest.approx(other.upper, rel=2e-5)


def test_it_solves_what_a_sparse_solver_does_not() -> None:
    """Push-sum over one-peer graphs, whose worst case is degenerate."""
    cone = Program(smooth(worst_case.sgp(PEERS))).cone(0.1, heterogeneity=1.0)
    found = certificate.certify(cone, [(solver.interior, 1e-8)])
    assert found.upper - found.lower < 2e-5


@pytest.mark.parametrize("change", ["unbounded", "infeasible"])
def test_no_answer_where_there_is_none(change) -> None:
    cone = CONES["path"]
    if change == "unbounded":
        cone = dataclasses.replace(cone, matrix=0 * cone.matrix)
    else:  # 0 <= -1
        cone = dataclasses.replace(cone, matrix=0 * cone.matrix, values=0 * cone.values, bounds=0 * cone.bounds - 1)
    with pytest.raises((ArithmeticError, np.linalg.LinAlgError)):
        solver.interior(cone, 1e-8)


def test_how_far_it_is_to_the_boundary() -> None:
    assert interior.ahead(np.array([1.0, 2.0]), np.array([1.0, -4.0])) == 0.5
    assert interior.ahead(np.array([1.0]), np.array([1.0])) == np.inf
    matrix, change = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[1.0, 0.5], [0.5, -2.0]])
    step = interior.within(matrix, change)
    assert np.linalg.eigvalsh(matrix + step * change)[0] == pytest.approx(0, abs=1e-12)
    assert interior.within(matrix, np.eye(2)) == np.inf


def test_the_system_of_a_block() -> None:
    """<A_p, X A_q Z^-1>, one matrix product at a time."""
    rng = np.random.default_rng(0)
    triangle = Triangle(3)
    block = interior.Block(triangle, rng.standard_normal((4, 6)), np.zeros(6), 1.0)
    roots = rng.standard_normal((2, 3, 3))
    block.X, block.Z = (root @ root.T + np.eye(3) for root in roots)
    plain = [[np.trace(A @ block.X @ B @ np.linalg.inv(block.Z)) for B in block.matrices] for A in block.matrices]
    assert block.schur() == pytest.approx(np.array(plain))
    assert triangle.pack(block.matrices) == pytest.approx(block.packed)
