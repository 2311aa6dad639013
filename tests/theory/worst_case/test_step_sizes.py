"""Worst cases from steps of a ten-thousandth of 1/L to almost 2/L, for every method."""

from __future__ import annotations

import numpy as np
import pytest

from theory import worst_case

STEPS = (1e-4, 3e-3, 0.1, 1.0, 1.99)
RING = np.array([[0.5, 0.25, 0.0, 0.25], [0.25, 0.5, 0.25, 0.0], [0.0, 0.25, 0.5, 0.25], [0.25, 0.0, 0.25, 0.5]])
STAR = np.array([[1 / 3, 1 / 2, 1 / 2], [1 / 3, 1 / 2, 0], [1 / 3, 0, 1 / 2]])
PEERS = [0.5 * (np.eye(4) + np.roll(np.eye(4), hop, axis=0)) for hop in (1, 2, 1)]
METHODS = {
    "sgd": worst_case.gradient_descent(3, 2),
    "dpsgd": worst_case.dpsgd([RING] * 3),
    "local-sgd": worst_case.local_sgd(3, 4, 2),
    "sgp": worst_case.sgp(PEERS),
    "sgp-star": worst_case.sgp([STAR] * 3),
    "delayed": worst_case.delayed(3, 1, 2),
    "ef-sgd": worst_case.error_feedback(3, 0.3, 2),
}
FAMILIES = {f"{name}-{kind}": worst_case.nonconvex(m, kind) for name, m in METHODS.items() for kind in ("local", "tilted")}
del FAMILIES["ef-sgd-tilted"]


@pytest.mark.parametrize("name", [*FAMILIES, "any-mixing"])
def test_every_step_has_a_worst_case(name) -> None:
    family = FAMILIES.get(name) or worst_case.any_mixing(3, 4, 0.8)
    for step in STEPS:
        found = family.at(gamma=step, zeta=0.5)
        assert found.gap <= 5e-4 * found.upper
        assert found.instance.violation() <= 0
        if step < 1 and not name.startswith("delayed"):  # x^2/2 is a function of every class
            assert found.upper >= 2 * np.mean((1 - step) ** (2.0 * np.arange(3)))
        if step < 0.01:  # a step away from the start, where a squared gradient is at most 2 L Delta
            assert found.upper <= 2 * (1 - 1.9 * step) * (1 + 1e-5)


@pytest.mark.parametrize("step", STEPS[:4])
def test_small_steps_of_gradient_descent(step) -> None:
    """x^2/2 is the worst function up to the step 1/L."""
    found = worst_case.nonconvex(worst_case.gradient_descent(3)).at(gamma=step)
    assert found.upper == pytest.approx(2 * np.mean((1 - step) ** (2.0 * np.arange(3))), rel=1e-6)


@pytest.mark.parametrize("name", ["dpsgd", "sgp-star", "ef-sgd"])
@pytest.mark.parametrize("goal", ["value", "distance"])
def test_every_step_has_a_worst_last_iterate(name, goal) -> None:
    family = worst_case.last_iterate(METHODS[name], goal, goal)
    for step in STEPS:
        found = family.at(gamma=step, mu=0.1, zeta=0.3)
        assert found.gap <= 1e-4 * found.upper
        assert found.instance.violation() <= 1e-8
        if step < 0.01:
            assert found.upper == pytest.approx((1 - 0.1 * step) ** 6, rel=2e-2 * step + 1e-5)


def test_every_step_has_a_worst_leader_step() -> None:
    family = worst_case.led_step(0.05, 0.3)
    values = [family.at(gamma=step, mu=0.1).upper for step in STEPS[:4]]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(1 - 0.05 * 0.7, abs=2e-3)
