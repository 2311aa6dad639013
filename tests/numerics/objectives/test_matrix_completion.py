"""Matrix completion against the m x m matrices that the objective never forms."""

import numpy as np
import pytest

from numerics.objectives import MatrixCompletion


def dense_value(objective, x):
    matrix = x.reshape(-1, objective.rank)
    return 0.25 * np.linalg.norm(objective.factor @ objective.factor.T - matrix @ matrix.T) ** 2


@pytest.mark.parametrize(("dim", "rank"), [(7, 1), (12, 2), (12, 3), (16, 4), (300, 3)])
def test_against_dense_matrices(dim, rank):
    objective = MatrixCompletion(3, dim, rank=rank, seed=5)
    points = np.random.default_rng(0).standard_normal((3, 4, dim)) * np.array([0.1, 1, 1, 5])[:, None]
    values = objective.value(points)
    for i in range(3):
        for r in range(4):
            matrix = points[i, r].reshape(-1, rank)
            slope = (matrix @ matrix.T - objective.factor @ objective.factor.T) @ matrix
            assert values[i, r] == pytest.approx(dense_value(objective, points[i, r]), rel=1e-12)
            assert objective.gradient(points[i])[r] == pytest.approx(slope.ravel(), rel=1e-11, abs=1e-11 * np.abs(slope).max())


def test_values_are_precise_near_a_minimiser():
    """Where 13 of 16 digits cancel in the difference of Gram matrices, the value has still all of them."""
    objective = MatrixCompletion(1, 400, rank=4)
    turn, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4)))
    apart = np.random.default_rng(2).standard_normal(objective.factor.shape)
    for distance in (1e-3, 1e-5, 1e-7):
        x = ((objective.factor + distance * apart) @ turn).ravel()
        linear = objective.factor @ apart.T
        # M - XX' = -distance (U E' + E U') - distance^2 E E', summed without cancellation
        expected = 0.25 * np.linalg.norm(distance * (linear + linear.T) + distance**2 * apart @ apart.T) ** 2
        assert float(objective.value(x)) == pytest.approx(expected, rel=1e-13 / distance + 1e-12)
    assert float(objective.value((objective.factor @ turn).ravel())) < 1e-22


def test_the_average_of_two_minimisers_is_none():
    objective = MatrixCompletion(1, 60, rank=2)
    opposite = np.diag([1.0, -1.0])
    assert float(objective.value((objective.factor @ opposite).ravel())) < 1e-20
    assert float(objective.value((0.5 * (objective.factor + objective.factor @ opposite)).ravel())) > 1.0


def test_the_ball_holds_every_minimiser_and_the_hessian_stays_below_its_bound():
    objective = MatrixCompletion(1, 8, rank=2, seed=4)
    rng = np.random.default_rng(3)
    constants = objective.constants()
    for _ in range(50):
        turn, _ = np.linalg.qr(rng.standard_normal((2, 2)))
        assert np.linalg.norm((objective.factor @ turn).ravel() - objective.start()) <= constants["radius"].value
    farthest = objective.start() * (1 + constants["radius"].value / np.linalg.norm(objective.start()))
    for x in (farthest, np.zeros(8), objective.factor.ravel(), *rng.standard_normal((20, 8))):
        shifts = 1e-5 * np.eye(8)
        hessian = (objective.gradient(x + shifts) - objective.gradient(x - shifts)) / 2e-5
        assert np.abs(np.linalg.eigvalsh(hessian)).max() <= constants["L"].value


def test_worlds_differ_by_seed():
    first, second = MatrixCompletion(1, 6, seed=0), MatrixCompletion(1, 6, seed=1)
    assert not np.allclose(first.factor, second.factor)
    assert not np.allclose(first.start(), second.start())
    assert not np.allclose(first.start(), first.factor.ravel())
