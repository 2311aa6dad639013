"""Round-robin ADMM: against a plain reference and as a matrix, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs, problems, simulate
from numerics.algorithms import ADMM
from numerics.timeline import RoundRobin, WorstDelay
from straggler import InputError
from tests.numerics.algorithms import elastic_reference as plain
from tests.numerics.algorithms import elastic_replay as replay
from tests.numerics.algorithms.elastic_maps import lap, radius

OPTIONS = [{}, {"penalty": 4.0}, {"penalty": 0.3, "momentum": 0.5}, {"momentum": 0.5, "nesterov": True}]


@pytest.mark.parametrize("common", [True, False], ids=["common start", "starts apart"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_replays_the_reference(options, common):
    algorithm, x0 = ADMM(step_size=replay.gamma, **options), replay.start(common)
    replay.assert_same(replay.trajectory(algorithm, x0), replay.expected(plain.admm, algorithm, x0, **options))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_replicas_do_not_see_each_other(options):
    replay.assert_blocks_agree(ADMM(step_size=replay.gamma, **options), replay.start(common=False))


def test_torch_agrees_with_numpy():
    pytest.importorskip("torch")
    replay.assert_torch_agrees(ADMM(step_size=replay.gamma, penalty=2.0, momentum=0.5), replay.start(common=False))


def matrices(n: int, gamma: float, rho: float) -> list[np.ndarray]:
    """A_1 .. A_n on (x_1 .. x_n, y_1 .. y_n, c), for gradients x."""
    found, weight = [], gamma * rho
    for i in range(n):
        multiplier, model, center = (np.eye(2 * n + 1) for _ in range(3))
        multiplier[n + i, i], multiplier[n + i, 2 * n] = -1, 1
        model[i] = 0
        model[i, i], model[i, n + i], model[i, 2 * n] = ((1 - gamma), weight, weight)
        model[i] /= 1 + weight
        center[2 * n] = [*[1 / n] * n, *[-1 / n] * n, 0]
        found.append(center @ model @ multiplier)
    return found


@pytest.mark.parametrize(("n", "gamma", "rho"), [(2, 0.5, 1.0), (3, 1e-3, 2.5), (8, 1e-3, 2.5), (5, 1.7, 0.4)])
def test_a_lap_is_the_product_of_the_maps_of_the_paper(n, gamma, rho):
    whole = np.eye(2 * n + 1)
    for matrix in matrices(n, gamma, rho):
        whole = matrix @ whole
    np.testing.assert_allclose(lap(ADMM(step_size=gamma, penalty=rho), n), whole, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("n", "printed"), [(3, 1.00097), (8, 1.0023)])
def test_a_lap_can_be_unstable_although_every_turn_is_stable(n, printed):
    """The example at gamma = 0.001 and rho = 2.5, where the radius was computed independently beforehand."""
    assert radius(lap(ADMM(step_size=1e-3, penalty=2.5), n)) == pytest.approx(printed, abs=5e-6 if n == 3 else 5e-5)
    for turn in matrices(n, 1e-3, 2.5):
        assert radius(turn) <= 1 + 1e-9


def test_the_instability_shows_in_a_run():
    """x = c = 1000 and multipliers of zero, as in the paper: the distance to the minimum 0 ends up growing."""
    problem = problems.quadratic(dim=1, workers=3, spectrum=[1.0], sigma=0.0, zeta=0.0)
    settings = {"iterations": 60_000, "record_every": 3000, "timeline": RoundRobin(graphs.complete(3).schedule())}
    run = simulate(ADMM(step_size=1e-3, penalty=2.5), problem, graphs.complete(3), x0=np.array([1000.0]), **settings)
    assert float(run.consensus_sq[-1, 0]) > 100 * float(run.consensus_sq[-6, 0])


@pytest.mark.parametrize("value", [0, -1.0, np.inf])
def test_penalties_that_are_not_positive_are_refused(value):
    with pytest.raises(InputError, match="penalty"):
        ADMM(step_size=0.1, penalty=value)


def test_slots_that_workers_share_are_refused():
    problem, ring = problems.quadratic(dim=2, workers=4), graphs.ring(4)
    with pytest.raises(InputError, match="slot of its own"):
        simulate(ADMM(step_size=0.1), problem, ring, iterations=2, timeline=WorstDelay(ring.schedule(), 3, "none"))


def test_symbols_that_theorems_ask_for():
    assert ADMM(step_size=0.5, penalty=2.0).symbols(4) == {"beta": 0.0, "lambda_": 2.0}
