"""The gauge: what it reads against an independent recording, and where it must vanish."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems
from numerics.algorithms.asynchronous import ReadState
from numerics.gauge import gauge
from numerics.simulation import fitting
from numerics.streams import Streams
from numerics.timeline import WorstDelay
from straggler import InputError

N, REPLICAS, GAMMA, SEED = 6, 5, 0.1, 3


def problem(**options):
    return problems.cosine(**({"dim": 4, "workers": N, "sigma": 0.7, "zeta": 0.4} | options))


def recorded(algorithm, made, schedule, timeline, iterations):
    """Squared distances and workers, one event at a time, from a run written down here."""
    clock, streams = fitting(algorithm, schedule, timeline), Streams(SEED, range(REPLICAS))
    state = algorithm.init(np.tile(made.start(), (REPLICAS, 1)), N)
    if isinstance(state, ReadState):
        state.open(clock.opening(streams))
    oracle, rows = made.oracle(streams), []
    for event in clock.play(iterations, streams):
        points = algorithm.view(state, event)
        rows.append(((points - algorithm.center(state)) ** 2).sum(-1) / GAMMA**2)
        algorithm.step(state, oracle(points, event.workers, None), event)
    return np.stack(rows)


@pytest.mark.parametrize("name", ["dpsgd", "osgp", "local-sgd", "adpsgd", "apsgd", "easgd-async"])
def test_readings_are_distances_of_the_points_where_gradients_are_taken(name):
    algorithm, schedule = algorithms.get(name, step_size=GAMMA), graphs.ring(N).schedule()
    found = gauge(algorithm, problem(), schedule, iterations=30, replicas=REPLICAS, seed=SEED)
    expected = recorded(algorithm, problem(), schedule, None, 30)
    assert expected.max() > 0
    np.testing.assert_allclose(found.distance_sq, expected, rtol=1e-10, atol=1e-20)


def test_every_picks_moments_and_nothing_else():
    algorithm, schedule = algorithms.DPSGD(step_size=GAMMA), graphs.ring(N).schedule()
    all_of_them = gauge(algorithm, problem(), schedule, iterations=30, replicas=REPLICAS, seed=SEED)
    some = gauge(algorithm, problem(), schedule, iterations=30, replicas=REPLICAS, seed=SEED, every=7)
    np.testing.assert_array_equal(some.iteration, [0, 7, 14, 21, 28])
    np.testing.assert_array_equal(some.distance_sq, all_of_them.distance_sq[::7])


def test_a_step_size_schedule_is_divided_out():
    """The first average of D-PSGD's views is at distance gamma_0 from the center: the reading is the same for any gamma_0."""
    schedule = graphs.ring(N).schedule()
    readings = [
        gauge(algorithms.DPSGD(step_size=lambda k, c=c: c / (1 + k)), problem(smoothness=1e-9), schedule, iterations=2, seed=SEED)
        for c in (0.1, 0.4)
    ]
    scale = 4  # x_1 is gamma_0 away, and gamma_1 = gamma_0 / 2
    np.testing.assert_allclose(readings[0].distance_sq[1], readings[1].distance_sq[1], rtol=1e-6)
    noise = readings[0].distance_sq[1] / scale
    assert 0 < noise.mean() < 2 * (0.7**2 + 0.4**2)


def test_shared_models_have_no_distance():
    found = gauge(algorithms.SGD(step_size=GAMMA), problem(), graphs.ring(N), iterations=20, replicas=3)
    assert (found.distance_sq == 0).all()


def test_blocks_of_replicas_do_not_matter(monkeypatch):
    settings = {"iterations": 20, "replicas": 12, "seed": 1}
    whole = gauge(algorithms.ADPSGD(step_size=GAMMA), problem(), graphs.ring(N), **settings)
    monkeypatch.setattr("numerics.simulation.BLOCK_BYTES", 4 * N * 4 * 8)
    split = gauge(algorithms.ADPSGD(step_size=GAMMA), problem(), graphs.ring(N), **settings)
    np.testing.assert_allclose(split.distance_sq, whole.distance_sq, rtol=1e-12)
    np.testing.assert_array_equal(split.workers, whole.workers)


def test_a_stale_server_stays_within_its_bound():
    """||x_t - x_{t-T}|| <= gamma T max ||g||, with gradients of a cosine bounded by M."""
    made = problem(sigma=0.0, zeta=0.0)
    delay = WorstDelay(graphs.complete(N).schedule(), 3, "none")
    found = gauge(algorithms.APSGD(step_size=GAMMA), made, graphs.complete(N), iterations=40, replicas=2, timeline=delay)
    assert found.distance_sq.max() <= (3 * N * made.constants["M"].value) ** 2
    assert found.distance_sq.max() > 0


@pytest.mark.parametrize(
    ("changes", "text"), [({"replicas": 0}, "replicas"), ({"iterations": 0}, "iterations"), ({"every": 0}, "every")]
)
def test_bad_input(changes, text):
    settings = {"iterations": 5, "replicas": 3} | changes
    with pytest.raises(InputError, match=text):
        gauge(algorithms.DPSGD(step_size=GAMMA), problem(), graphs.ring(N), **settings)
