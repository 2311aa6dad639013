import numpy as np
import pytest

from numerics.objectives import MixedQuadratic, Quadratic
from straggler import InputError


@pytest.mark.parametrize("rotate", [False, True])
def test_the_hessian_has_the_chosen_spectrum(rotate):
    objective = Quadratic(3, 4, spectrum=[4.0, 2, 1, 0.5], rotate=rotate, seed=1)
    assert np.allclose(np.linalg.eigvalsh(objective.hessian(2)), [0.5, 1, 2, 4])
    if rotate:
        assert np.allclose(objective.basis @ np.diag(objective.eigenvalues) @ objective.basis.T, objective.hessian())
        assert not np.allclose(objective.hessian(), np.diag(np.diagonal(objective.hessian())))


def test_local_functions_by_their_formula():
    shared = Quadratic(3, 4, rotate=True, center=0.5, zeta=0.3, seed=2)
    mixed = MixedQuadratic(3, 4, center=0.5, zeta=0.3, seed=2)
    x = np.random.default_rng(0).standard_normal((3, 2, 4))
    for objective in (shared, mixed):
        values, gradients = objective.local_value(x), objective.local_gradients(x)
        for i in range(3):
            hessian = objective.hessian(i)
            for r in range(2):
                moved = x[i, r] - 0.5
                assert values[i, r] == pytest.approx(0.5 * moved @ hessian @ moved + objective.tilts[i] @ x[i, r])
                assert np.allclose(gradients[i, r], hessian @ moved + objective.tilts[i])


def test_different_hessians_share_their_spectrum_and_differ():
    objective = MixedQuadratic(4, 3, spectrum=[3.0, 1, 0.2], seed=5)
    assert np.allclose(np.linalg.eigvalsh(objective.hessians), [[0.2, 1, 3]] * 4)
    assert np.abs(objective.hessians - objective.hessians[0])[1:].max(axis=(1, 2)).min() > 0.1


def test_zeta_on_the_ball_is_within_the_triangle_inequality():
    objective = MixedQuadratic(6, 3, zeta=0.4, radius=2.0, seed=5)
    zeta = objective.constants()["zeta"]
    rng = np.random.default_rng(1)
    sphere = rng.standard_normal((4000, 3))
    sphere *= 2.0 / np.linalg.norm(sphere, axis=1, keepdims=True)
    worst = objective.heterogeneity(sphere).max()
    assert objective.heterogeneity(np.zeros((1, 3)))[0] == pytest.approx(0.4)
    # The bound adds both parts as if they were aligned; the truth is at least their root sum of squares in the worst direction.
    assert np.hypot(0.4, zeta.value - 0.4) * 0.98 < worst <= zeta.value


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spectrum": [1.0, 2.0]}, "spectrum"),
        ({"spectrum": [1.0, -2.0, 1.0]}, "spectrum"),
        ({"spectrum": [0.0, 0.0, 0.0]}, "spectrum"),
        ({"mu": 0.0}, "mu"),
        ({"mu": 2.0}, "mu"),
        ({"smoothness": float("nan")}, "smoothness"),
        ({"start": float("inf")}, "start"),
    ],
)
@pytest.mark.parametrize("kind", [Quadratic, MixedQuadratic])
def test_refusals(kind, options, message):
    with pytest.raises(InputError, match=message):
        kind(4, 3, **options)


def test_levels_are_the_different_eigenvalues():
    assert Quadratic(2, 5, smoothness=4.0, mu=1.0, levels=2).eigenvalues.tolist() == [4.0, 4.0, 4.0, 1.0, 1.0]
    np.testing.assert_allclose(Quadratic(2, 6, smoothness=4.0, mu=1.0, levels=3).eigenvalues, [4, 4, 2, 2, 1, 1])
    np.testing.assert_array_equal(Quadratic(2, 4, levels=4).eigenvalues, Quadratic(2, 4).eigenvalues)
    for levels in (0, 5):
        with pytest.raises(InputError, match="levels"):
            Quadratic(2, 4, levels=levels)


@pytest.mark.parametrize("kind", [Quadratic, MixedQuadratic])
def test_the_minimiser_is_where_the_gradient_vanishes(kind):
    objective = kind(3, 4, center=0.7, zeta=0.5)
    np.testing.assert_allclose(objective.gradient(objective.minimiser()[None]), 0.0, atol=1e-14)
