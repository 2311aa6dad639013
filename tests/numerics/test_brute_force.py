"""What the theorems are held against, measured by the toolkit and by plain Python loops with the same random numbers."""

from __future__ import annotations

import pytest

from numerics import problems
from tests.numerics.algorithms.reference import ROUNDS
from tests.numerics.measurements import MEASUREMENTS, RTOL


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_measured_values_agree_with_plain_loops(name):
    measurement = MEASUREMENTS[name]
    measured = measurement.simulated()
    assert measured[0] > 1e-4
    assert measurement.system == "sgd" or measured[1] > 1e-4
    assert measured == pytest.approx(measurement.brute_force(), rel=RTOL, abs=1e-20)


def test_measurements_cover_every_system_and_synthetic_problem():
    elsewhere = {"message-passing", "elastic-scheduling"}  # one message at a time, in tests.numerics.algorithms.message_reference
    assert {m.system for m in MEASUREMENTS.values()} == {"apsgd", *ROUNDS} - elsewhere
    tried = {m.problem().name for m in MEASUREMENTS.values()}
    untried = {"bump", "hard-instance", "matrix-completion", "sinc"}
    assert tried == {name for name in problems.NAMES if not name.startswith(("logistic", "network"))} - untried
