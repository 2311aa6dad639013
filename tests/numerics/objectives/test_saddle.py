import numpy as np
import pytest

from numerics.objectives import Saddle
from straggler import InputError


def curvature(objective, x, step=1e-6):
    up, down = objective.gradient(np.full((1, 2), x + step)), objective.gradient(np.full((1, 2), x - step))
    return (up - down)[0] / (2 * step)


def test_the_origin_is_a_strict_saddle():
    objective = Saddle(1, 2, smoothness=2.0)
    assert not objective.gradient(np.zeros((1, 2))).any()
    assert np.allclose(curvature(objective, 0.0), [-0.5, 2.0])


def test_twice_continuously_differentiable_at_the_seam():
    objective = Saddle(1, 2, smoothness=2.0, reach=1.5)
    for sign in (-1, 1):
        for function in (objective.value, lambda x: objective.gradient(x[None])[0, 0]):
            inside, outside = (function(np.full(2, sign * (1.5 + side * 1e-9))) for side in (-1, 1))
            assert inside == pytest.approx(outside, abs=1e-7)
        assert curvature(objective, sign * 1.49)[0] == pytest.approx(curvature(objective, sign * 1.51)[0], rel=0.02)
        assert curvature(objective, sign * 5.0)[0] == pytest.approx(2.0)


def test_minima():
    objective = Saddle(1, 3)
    for first in (-1, 1):
        for second in (-1, 1):
            assert objective.value(np.array([first, second, 0.0])) == 0.0


def test_reach_must_hold_the_wells():
    with pytest.raises(InputError, match="reach"):
        Saddle(2, 2, reach=0.9)
