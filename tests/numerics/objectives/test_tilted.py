import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.objectives import Cosine, tilts
from straggler import InputError


@given(workers=st.integers(2, 40), dim=st.integers(1, 60), zeta=st.floats(1e-6, 1e6), seed=st.integers(0, 2**32))
def test_sum_and_mean_square(workers, dim, zeta, seed):
    drawn = tilts(workers, dim, zeta, seed)
    assert drawn.shape == (workers, dim)
    assert np.abs(drawn.sum(axis=0)).max() <= 1e-13 * zeta * workers * np.sqrt(dim)
    assert np.sqrt(np.mean(np.sum(drawn**2, axis=1))) == pytest.approx(zeta, rel=1e-12)
    assert np.array_equal(drawn, tilts(workers, dim, zeta, seed))


@pytest.mark.parametrize("workers", [2, 3, 8, 9])
def test_halves_are_opposed(workers):
    drawn = tilts(workers, 3, 1.7, 0, "halves")
    assert np.allclose(drawn.sum(axis=0), 0, atol=1e-14)
    assert np.sqrt(np.mean(np.sum(drawn**2, axis=1))) == pytest.approx(1.7, rel=1e-14)
    assert (drawn[: workers // 2, 0] > 0).all()
    assert (drawn[workers // 2 :, 0] < 0).all()
    assert not drawn[:, 1:].any()


def test_the_seed_decides():
    assert not np.allclose(tilts(4, 3, 1.0, 0), tilts(4, 3, 1.0, 1))


def test_no_heterogeneity():
    assert not tilts(1, 3, 0.0, 0).any()
    same = Cosine(5, 3).local_gradients(np.ones((5, 2, 3)))
    assert np.allclose(same, np.sin(1.0))


@pytest.mark.parametrize(("workers", "zeta"), [(1, 0.5), (4, -1.0), (4, float("nan")), (4, float("inf"))])
def test_refusals(workers, zeta):
    with pytest.raises(InputError, match="zeta"):
        tilts(workers, 3, zeta, 0)
