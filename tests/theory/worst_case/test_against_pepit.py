"""Worst cases against PEPit, an independent implementation of performance estimation."""

from __future__ import annotations

import numpy as np
import pytest

from tests.theory.worst_case import plain
from theory import worst_case

pytest.importorskip("PEPit")

L, DELTA, ZETA, GAMMA = 2.0, 1.5, 0.7, 0.15
RING = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]])
PATH = np.array([[2, 1, 0], [1, 1, 1], [0, 1, 2]]) / 3
STAR = np.array([[1 / 3, 1 / 2, 1 / 2], [1 / 3, 1 / 2, 0], [1 / 3, 0, 1 / 2]])
J, I = np.full((3, 3), 1 / 3), np.eye(3)
CONSTANTS = {"L": L, "delta": DELTA, "zeta": ZETA}


def both(found: worst_case.WorstCase, plainly: float) -> None:
    assert found.lower <= plainly * (1 + 2e-6)
    assert plainly <= found.upper * (1 + 2e-6)
    assert found.gap <= 1e-4 * found.upper


@pytest.mark.parametrize("W", [RING, PATH], ids=["all alike", "path"])
def test_dpsgd(W) -> None:
    found = worst_case.nonconvex(worst_case.dpsgd([W] * 2)).at(gamma=GAMMA, **CONSTANTS)
    both(found, plain.gossip([W] * 2, GAMMA, **CONSTANTS, step_first=False, weighted=False))


def test_local_sgd() -> None:
    found = worst_case.nonconvex(worst_case.local_sgd(3, 3, 2)).at(gamma=GAMMA, **CONSTANTS)
    both(found, plain.gossip([I, J, I], GAMMA, **CONSTANTS, step_first=True, weighted=False))


def test_stochastic_gradient_push_with_unequal_weights() -> None:
    found = worst_case.nonconvex(worst_case.sgp([STAR] * 2)).at(gamma=GAMMA, **CONSTANTS)
    both(found, plain.gossip([STAR] * 2, GAMMA, **CONSTANTS, step_first=True, weighted=True))


@pytest.mark.parametrize("W", [RING, PATH], ids=["all alike", "path"])
def test_tilted_functions(W) -> None:
    found = worst_case.nonconvex(worst_case.dpsgd([W] * 2), "tilted").at(gamma=GAMMA, **CONSTANTS)
    both(found, plain.tilted(W, 2, GAMMA, **CONSTANTS))


def test_delayed_gradients() -> None:
    found = worst_case.nonconvex(worst_case.delayed(4, 2)).at(gamma=GAMMA, L=L, delta=DELTA)
    both(found, plain.delayed(4, 2, GAMMA, L, DELTA))


@pytest.mark.parametrize("lead", [0.3, 1.0])
def test_one_step_with_a_leader(lead) -> None:
    found = worst_case.led_step(pull=0.05, lead=lead).at(gamma=0.3, L=L, mu=0.4)
    both(found, plain.led(0.3, L, 0.4, 0.05, lead))


@pytest.mark.parametrize("W", [RING, PATH], ids=["all alike", "path"])
def test_the_last_iterate_of_strongly_convex_workers(W) -> None:
    family = worst_case.last_iterate(worst_case.dpsgd([W] * 2), "distance", "distance")
    both(family.at(gamma=GAMMA, L=L, mu=0.3, zeta=ZETA), plain.last_distance(W, 2, GAMMA, L, 0.3, ZETA))
