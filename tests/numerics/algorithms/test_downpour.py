"""DOWNPOUR: against a plain reference, asynchronous SGD as a special case, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs, problems, simulate
from numerics.algorithms import APSGD, Downpour
from numerics.timeline import WorstDelay
from straggler import InputError
from tests.numerics.algorithms import elastic_reference as plain
from tests.numerics.algorithms import elastic_replay as replay

OPTIONS = [
    {},
    {"period": 2},
    {"period": 5, "momentum": 0.6},
    {"period": 3, "momentum": 0.5, "nesterov": True},
    {"momentum": 0.4},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_replays_the_reference(options):
    algorithm, x0 = Downpour(step_size=replay.gamma, **options), replay.start(common=True)
    replay.assert_same(replay.trajectory(algorithm, x0), replay.expected(plain.downpour, algorithm, x0, **options))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_replicas_do_not_see_each_other(options):
    replay.assert_blocks_agree(Downpour(step_size=replay.gamma, **options), replay.start(common=True))


@pytest.mark.parametrize("options", OPTIONS[1:4], ids=str)
def test_torch_agrees_with_numpy(options):
    pytest.importorskip("torch")
    replay.assert_torch_agrees(Downpour(step_size=replay.gamma, **options), replay.start(common=True))


def test_exchanging_after_every_gradient_is_asynchronous_sgd():
    x0 = replay.start(common=True)
    one, other = (replay.trajectory(a, x0) for a in (Downpour(step_size=replay.gamma), APSGD(step_size=replay.gamma)))
    for found, wanted in zip(one, other, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_several_workers_at_once_push_before_any_of_them_pulls():
    """All workers in one event: the server adds everything up, and everybody leaves with the same model."""
    algorithm, n = Downpour(step_size=0.1), replay.N
    timeline = replay.Durations(replay.durations())
    state, streams = replay.opened(algorithm, timeline, replay.start(common=True))
    everyone = np.repeat(np.arange(n)[:, None], replay.REPLICAS, axis=1)
    event = next(timeline.play(1, streams))
    event.workers = event.slots = event.readers = event.refilled = everyone
    gradients = replay.PERTURBATION[0].copy()
    wanted = algorithm.center(state) - 0.1 * gradients.sum(0)
    algorithm.step(state, gradients, event)
    np.testing.assert_allclose(algorithm.center(state), wanted, rtol=1e-13)
    np.testing.assert_array_equal(algorithm.view(state, None), np.broadcast_to(algorithm.center(state), state.reads.shape))


def test_before_its_first_push_a_worker_is_alone():
    algorithm = Downpour(step_size=0.1, period=1000)
    centers, views = replay.trajectory(algorithm, replay.start(common=True))
    np.testing.assert_array_equal(centers, np.broadcast_to(centers[0], centers.shape))
    assert (np.abs(views[-1] - views[0]) > 0).all()


@pytest.mark.parametrize("value", [0, -1, 2.5])
def test_periods_that_are_not_positive_whole_numbers_are_refused(value):
    with pytest.raises(InputError, match="period"):
        Downpour(step_size=0.1, period=value)


def test_a_start_for_each_worker_and_shared_slots_are_refused():
    problem, ring = problems.quadratic(dim=2, workers=4), graphs.ring(4)
    with pytest.raises(InputError, match="common starting point"):
        simulate(Downpour(step_size=0.1), problem, ring, iterations=2, x0=np.zeros((4, 2)))
    with pytest.raises(InputError, match="slot of its own"):
        simulate(Downpour(step_size=0.1), problem, ring, iterations=2, timeline=WorstDelay(ring.schedule(), 3, "none"))
