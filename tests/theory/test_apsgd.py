"""A-PSGD: the condition and the corollary by hand, and exact moments of the algorithm on a quadratic."""

import numpy as np
import pytest
import sympy as sp

from theory.derive import draw
from theory.papers import apsgd
from theory.symbols import K, L, batch, delta, sigma

NAMES = ("K", "gamma", "L", "sigma", "delta", "T", "batch")


def settings(size, seed):
    return draw(NAMES, size, seed) | {"zeta": np.zeros(size)}


def test_condition_and_largest_step():
    constants = settings(1000, seed=1)
    v = constants["L"] * constants["batch"] * constants["gamma"]
    first = apsgd.theorem_1.conditions(**constants)[0]
    assert first.factor == pytest.approx(v + 2 * v**2 * constants["T"] ** 2)
    largest = apsgd.theorem_1.largest_step(**constants)
    assert apsgd.theorem_1.conditions(**{**constants, "gamma": largest})[0].factor == pytest.approx(1)


def test_heterogeneous_data_are_outside():
    here = {"L": 1.0, "T": 2, "batch": 1, "gamma": 0.01}
    assert apsgd.theorem_1.applies(**here, zeta=0.0)
    assert not apsgd.theorem_1.applies(**here, zeta=0.1)


def test_a_server_without_staleness_is_serial_sgd():
    here = {"L": 2.0, "K": 100, "sigma": 0.5, "zeta": 0.0, "delta": 3.0, "T": 0, "batch": 1}
    assert apsgd.theorem_1.largest_step(**here) == pytest.approx(0.5)
    assert apsgd.theorem_1.bound(**here, gamma=0.1) == pytest.approx(2 * 3 / (0.1 * 100) + 0.1 * 2 * 0.25)


def test_corollary_2_is_derived_to_the_letter():
    printed = 4 * sp.sqrt(delta * L / (batch * K)) * sigma
    assert sp.simplify(apsgd.corollary_2.right_side - printed) == 0
    assert apsgd.corollary_2.derivation.end == apsgd.corollary_2.right_side


def at_the_edge(size, seed):
    constants = settings(size, seed) | {"K": np.ones(size)}
    least = apsgd.corollary_2.conditions(**{**constants, "gamma": None})[0].factor
    constants["K"] = np.maximum(1, least) * 10 ** np.random.default_rng(seed).uniform(0, 1, size)
    constants["gamma"] = apsgd.corollary_2.step_size(**constants)
    return constants


def test_conditions_of_corollary_2_imply_those_of_theorem_1():
    constants = at_the_edge(20_000, seed=2)
    assert apsgd.corollary_2.applies(**constants).all()
    assert apsgd.theorem_1.applies(**constants).all()
    worst = apsgd.corollary_2.derivation.worst(constants)
    assert max(worst.values()) <= 1 + 1e-9
    assert worst["start <= end"] > 0.95


def test_terms_of_the_corollary_are_two_one_and_less_than_one():
    here = {"L": 2.0, "sigma": 0.5, "zeta": 0.0, "delta": 3.0, "T": 7, "batch": 4}
    here["K"] = 4 * 4 * 2.0 * 3.0 * 8**2 / 0.25
    g = apsgd.corollary_2.step_size(**here)
    unit = apsgd.corollary_2.bound(**here) / 4
    noise = g * 2.0 * 0.25
    assert noise == pytest.approx(unit)
    assert 2 * 3.0 / (4 * here["K"] * g) == pytest.approx(2 * unit)
    assert apsgd.theorem_1.bound(**here, gamma=g) == pytest.approx((2 + 1 + 7 / 8) * unit)


def test_a_batch_is_a_longer_step_with_less_noise():
    constants = settings(200, seed=3)
    alone = constants | {"batch": np.ones(200), "sigma": constants["sigma"] / np.sqrt(constants["batch"])}
    whole = alone | {"gamma": constants["gamma"] * constants["batch"]}
    assert apsgd.theorem_1.bound(**constants) == pytest.approx(apsgd.theorem_1.bound(**whole))
    assert apsgd.corollary_2.bound(**constants) == pytest.approx(apsgd.corollary_2.bound(**alone))
    assert apsgd.corollary_2.step_size(**constants) * constants["batch"] == pytest.approx(apsgd.corollary_2.step_size(**alone))


def exact(gamma, L, sigma, delays, start, iterations):
    """Mean of E|grad f|^2 on L x^2 / 2 for a batch of gradients taken at these delays."""
    size = max(delays) + 1
    move = np.eye(size, k=-1)
    move[0, 0] += 1
    for delay in delays:
        move[0, delay] -= gamma * L
    second = np.full((size, size), start**2)
    total = 0.0
    for _ in range(iterations):
        total += L**2 * second[0, 0]
        second = move @ second @ move.T
        second[0, 0] += gamma**2 * sigma**2 * len(delays)
    return total / iterations


@pytest.mark.parametrize("delays", [(0,), (5,), (0, 1, 4), (3, 3, 3, 3)])
@pytest.mark.parametrize("sigma", [0.0, 1.0])
def test_bound_holds_exactly_on_a_quadratic(delays, sigma):
    L, start, iterations = 2.0, 1.5, 300
    here = {"L": L, "sigma": sigma, "zeta": 0.0, "delta": L * start**2 / 2, "K": iterations}
    here |= {"T": max(delays), "batch": len(delays)}
    for share in (1.0, 0.2, 0.02):
        gamma = share * apsgd.theorem_1.largest_step(**here)
        assert apsgd.theorem_1.applies(**here, gamma=gamma)
        measured = exact(gamma, L, sigma, delays, start, iterations)
        assert 0.05 < measured / apsgd.theorem_1.bound(**here, gamma=gamma) <= 1


def test_corollary_holds_exactly_on_a_quadratic():
    L, sigma, start, delays = 0.5, 1.0, 1.0, (2, 0)
    here = {"L": L, "sigma": sigma, "zeta": 0.0, "delta": L * start**2 / 2, "T": 2, "batch": 2}
    for iterations in (20, 200, 2000):
        gamma = apsgd.corollary_2.step_size(**here, K=iterations)
        assert apsgd.corollary_2.applies(**here, K=iterations, gamma=gamma)
        assert exact(gamma, L, sigma, delays, start, iterations) <= apsgd.corollary_2.bound(**here, K=iterations)
