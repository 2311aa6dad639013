"""The recalled properties of the zero-chain, checked numerically from its definition with quadrature and grids."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad

from numerics.objectives.hard_instance import HardInstance, phi, psi


def reference_psi(x):
    return math.exp(1 - 1 / (2 * x - 1) ** 2) if x > 0.5 else 0.0


def reference_phi(x):
    return math.sqrt(math.e) * quad(lambda t: math.exp(-t * t / 2), -math.inf, x)[0]


def reference_chain(x):
    total = -reference_psi(1.0) * reference_phi(x[0])
    for before, here in itertools.pairwise(x):
        total += reference_psi(-before) * reference_phi(-here) - reference_psi(before) * reference_phi(here)
    return total


def unscaled(length):
    """The chain itself: with L = 152 and s = 1 the factor in front is 1."""
    return HardInstance(1, length, smoothness=152.0)


def test_against_the_definition():
    rng = np.random.default_rng(0)
    for scale in (0.5, 1.0, 3.0):
        x = rng.standard_normal(5) * scale
        assert unscaled(5).value(x) == pytest.approx(reference_chain(x), rel=1e-9)


def test_scaling():
    x = np.random.default_rng(1).standard_normal(4)
    stretched = HardInstance(1, 4, smoothness=3.0, scale=0.5)
    assert stretched.value(0.5 * x) == pytest.approx(3.0 * 0.25 / 152 * unscaled(4).value(x))


def test_derivatives_stay_below_the_pieces_of_the_smoothness_bound():
    """152 is sup|Psi''| sup Phi + sup Psi sup|Phi''| + 2 sup Psi' sup Phi' rounded up."""
    x = np.linspace(0.5, 60.0, 2_000_001)
    value, slope = psi(x)
    curvature = np.gradient(slope, x)
    psi_max, psi_slope, psi_curvature = math.e, math.sqrt(54 / math.e), 32.5
    assert value.max() <= psi_max
    assert psi_slope * 0.999 <= slope.max() <= psi_slope
    assert psi_curvature * 0.99 <= np.abs(curvature).max() <= psi_curvature
    y = np.linspace(-12, 12, 400_001)
    first = np.gradient(phi(y), y)
    assert phi(y).max() <= math.sqrt(2 * math.pi * math.e)
    assert first.max() <= math.sqrt(math.e) * (1 + 1e-6)
    assert np.abs(np.gradient(first, y)).max() <= 1.0 + 1e-6
    total = psi_curvature * math.sqrt(2 * math.pi * math.e) + psi_max + 2 * psi_slope * math.sqrt(math.e)
    assert 150 < total <= 152


@pytest.mark.parametrize("length", [1, 2, 7])
def test_value_gap_and_slopes(length):
    chain = unscaled(length)
    constants = chain.constants()
    assert 0 < float(chain.value(chain.start())) - constants["f_star"].value <= 12 * length
    rng = np.random.default_rng(2)
    x = rng.standard_normal((20_000, length)) * rng.choice([0.3, 1.0, 3.0], (20_000, 1))
    gradients = chain.gradient(x)
    assert np.abs(gradients).max() <= 23
    assert np.linalg.norm(gradients, axis=1).max() <= constants["M"].value
    assert chain.value(x).min() >= constants["f_star"].value


def test_a_gradient_discovers_one_coordinate():
    chain = unscaled(6)
    rng = np.random.default_rng(3)
    for known in range(6):
        x = np.zeros((1, 6))
        x[0, :known] = rng.standard_normal(known) * 2
        assert not chain.gradient(x)[0, known + 1 :].any()


def test_the_gradient_is_large_until_the_end_is_discovered():
    chain = unscaled(6)
    x = np.random.default_rng(4).standard_normal((50_000, 6)) * 2
    x[np.arange(50_000), np.arange(50_000) % 6] *= 0.3
    unfinished = np.abs(x[:, -1]) < 1
    assert unfinished.sum() > 10_000
    assert np.linalg.norm(chain.gradient(x[unfinished]), axis=1).min() > 1
