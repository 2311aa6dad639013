"""Worst cases over all mixing matrices of a spectrum, against particular ones."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import theory
from straggler import InputError, StragglerError
from theory import worst_case
from theory.worst_case import certificate, solver
from theory.worst_case.program import Program
from theory.worst_case.spectral import spectral

CONSTANTS = {"gamma": 0.2, "L": 1.0, "delta": 1.0, "zeta": 2.0}


def lazy_ring(n: int) -> np.ndarray:
    return np.eye(n) / 2 + (np.eye(n) + np.roll(np.eye(n), 1, axis=0) + np.roll(np.eye(n), -1, axis=0)) / 6


def second(W: np.ndarray) -> float:
    return float(np.sort(np.abs(np.linalg.eigvalsh(W)))[-2])


@pytest.mark.parametrize(("nodes", "rounds"), [(4, 1), (4, 2), (4, 4), (5, 5)])
def test_no_matrix_of_that_spectrum_is_worse(nodes, rounds) -> None:
    W = lazy_ring(nodes)
    found = worst_case.any_mixing(rounds, nodes, second(W)).at(**CONSTANTS)
    one = worst_case.nonconvex(worst_case.dpsgd([W] * rounds)).at(**CONSTANTS)
    assert one.lower <= found.upper
    assert found.upper <= 1.001 * one.upper
    assert found.instance.violation() <= 0


def test_the_number_of_workers_costs_nothing_and_changes_nothing() -> None:
    few, many = (Program(spectral(5, n, 0.9)) for n in (4, 32))
    assert few.scene.blocks.sizes == many.scene.blocks.sizes
    values = [program.solve(0.2, heterogeneity=4.0) for program in (few, many)]
    assert values[0].lower <= values[1].upper
    assert values[1].lower <= values[0].upper


def test_worse_mixing_is_no_better_and_p2_holds_for_all() -> None:
    values = [worst_case.any_mixing(6, 4, eigenvalue).at(**CONSTANTS).upper for eigenvalue in (0.1, 0.5, 0.9)]
    assert values == sorted(values)
    bound = theory.get("ours.p2").bound(K=6, n=4, rho=0.25, sigma=0.0, **CONSTANTS)
    assert values[1] <= bound


def test_equalities_and_matrices_are_checked_too() -> None:
    cone = Program(spectral(5, 4, 0.9)).cone(0.2, heterogeneity=4.0)
    assert (cone.equal, cone.order) == (3, 3)
    answer = solver.clarabel(cone, 1e-7)
    packed = cone.blocks.join(cone.blocks.split(answer.gram))
    assert certificate.violation(cone, packed, answer.values) < 1e-7
    broken = cone.matrix.copy()
    broken[cone.inequalities] += 0.01
    assert certificate.violation(dataclasses.replace(cone, matrix=broken), packed, answer.values) > 1e-4
    broken = cone.matrix.copy()
    broken[-1] += 10.0 * cone.blocks.identity
    assert certificate.violation(dataclasses.replace(cone, matrix=broken), packed, answer.values) > 1e-4

    def lying(cone, margin):
        found = solver.clarabel(cone, margin)
        changed = found.multipliers.copy()
        changed[-1] -= 1.0
        return dataclasses.replace(found, multipliers=changed)

    with pytest.raises(StragglerError, match=r"miss the cone|far apart"):
        certificate.certify(cone, [(lying, 1e-7)])


def test_the_second_solver_finds_the_same() -> None:
    """In three rounds; with more the first-order solver does not meet equalities to seven digits."""
    cone = Program(spectral(3, 4, 0.5)).cone(0.5, heterogeneity=0.25)
    first, other = (certificate.certify(cone, [one]) for one in ((solver.clarabel, 1e-7), (solver.scs, 1e-5)))
    assert other.lower <= first.upper
    assert first.lower <= other.upper


def test_bad_input() -> None:
    for eigenvalue in (0.0, 1.0, -0.5, float("nan")):
        with pytest.raises(InputError, match="lambda"):
            worst_case.any_mixing(3, 4, eigenvalue).at(**CONSTANTS)
    with pytest.raises(InputError, match="rounds"):
        worst_case.any_mixing(0, 4, 0.5).at(**CONSTANTS)
    with pytest.raises(InputError, match="zeta"):
        worst_case.any_mixing(3, 4, 0.5).at(gamma=0.1)
