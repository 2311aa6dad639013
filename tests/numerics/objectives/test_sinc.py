"""The sinc landscape against a quadrature of its Fourier integral, and its rings."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from numerics.objectives import Sinc, sinc


def test_against_the_fourier_integral():
    """sin(pi r)/(pi r) is the mean of cos(pi r t) over 0 < t < 1, and its slope that of -pi t sin(pi r t)."""
    objective = Sinc(1, 2)
    for r in (0.0, 1e-9, 1e-4, 0.05, 0.0954, 0.0956, 0.3, 1.0, 1.43, 7.3):
        x = r * np.array([[0.6, -0.8]])
        value = quad(lambda t: math.cos(math.pi * r * t), 0, 1)[0]  # noqa: B023
        slope = quad(lambda t: -math.pi * t * math.sin(math.pi * r * t), 0, 1, epsabs=1e-15)[0]  # noqa: B023
        assert objective.value(x)[0] == pytest.approx(value, abs=1e-13)
        assert objective.gradient(x)[0] == pytest.approx(slope * np.array([0.6, -0.8]), rel=1e-11, abs=1e-15)


def test_series_and_quotient_meet():
    below, above = (
        Sinc(1, 1).gradient(np.array([[factor * sinc.SERIES_BELOW / math.pi]]))[0, 0] for factor in (1 - 1e-12, 1 + 1e-12)
    )
    assert below == pytest.approx(above, rel=1e-11)
    assert Sinc(1, 3).gradient(np.zeros((1, 3))).tolist() == [[0.0, 0.0, 0.0]]


def test_rings_of_minima():
    """Stationary radii solve tan(pi r) = pi r; the levels are those drawn in the paper's figure."""
    objective = Sinc(1, 2)
    levels = []
    for j in range(1, 5):
        u = brentq(lambda u: math.sin(u) - u * math.cos(u), j * math.pi, (j + 0.5) * math.pi, xtol=1e-14)
        point = u / math.pi * np.array([[math.cos(j), math.sin(j)]])
        assert np.abs(objective.gradient(point)).max() < 1e-13
        levels.append(float(objective.value(point)[0]))
    assert levels == pytest.approx([-0.2172, 0.1284, -0.0913, 0.0709], abs=5e-5)
    assert objective.constants()["f_star"].value == pytest.approx(levels[0], rel=1e-15)


def test_steepest_slope():
    r = np.linspace(0, 5, 100_001)[:, None]
    steepest = np.abs(Sinc(1, 1).gradient(r)).max()
    assert steepest == pytest.approx(Sinc(1, 1).constants()["M"].value, rel=1e-7)
