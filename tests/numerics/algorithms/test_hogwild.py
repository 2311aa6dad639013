"""Hogwild: torn reads against a plain reference, the ages that really occur, and what is refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from numerics import graphs, problems, simulate
from numerics.algorithms import APSGD, AsyncEF, Hogwild
from numerics.algorithms.hogwild import Ages
from numerics.gauge import gauge
from numerics.streams import Streams
from numerics.timeline import RoundRobin, WorstDelay
from straggler import InputError, UnknownName
from tests.numerics.algorithms import compression_reference
from tests.numerics.algorithms import elastic_reference as plain
from tests.numerics.algorithms import elastic_replay as replay

MOMENTA = [{}, {"momentum": 0.5}, {"momentum": 0.4, "nesterov": True}]
SETTINGS = [{"delay": 0}, {}, {"delay": 4}, {"delay": 7, "reads": "sweep"}, {"delay": 1, "reads": "sweep"}]


def ages(replica: int, delay: int, reads: str):
    """The documented order of the documented stream; a sweep reads the first coordinates first."""
    stream = np.random.Generator(np.random.SFC64(np.random.SeedSequence(replay.SEED, spawn_key=(replica, 2, 0))))

    def draw():
        if reads == "sweep":
            return [delay - j * (delay + 1) // replay.DIM for j in range(replay.DIM)]
        return [int(stream.random() * (delay + 1)) for _ in range(replay.DIM)]

    return draw


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_replays_the_reference(options, momentum):
    algorithm, x0 = Hogwild(step_size=replay.gamma, **options, **momentum), replay.start(common=True)
    drawn = [ages(r, algorithm.delay, algorithm.reads) for r in range(replay.REPLICAS)]
    replay.assert_same(replay.trajectory(algorithm, x0), replay.expected(plain.hogwild, algorithm, x0, ages=drawn, **momentum))


@pytest.mark.parametrize("feedback", [False, True])
@pytest.mark.parametrize("options", [{"delay": 0}, {"delay": 4}, {"delay": 7, "reads": "sweep"}], ids=str)
@pytest.mark.parametrize("settings", compression_reference.COMPRESSORS, ids=str)
def test_compressed_writes_replay_the_reference(settings, options, feedback):
    algorithm = Hogwild(step_size=replay.gamma, feedback=feedback, **settings, **options)
    x0, drawn = replay.start(common=True), [ages(r, algorithm.delay, algorithm.reads) for r in range(replay.REPLICAS)]
    compress = compression_reference.compressing(settings, replay.SEED, replay.REPLICAS)
    wanted = replay.expected(compression_reference.hogwild, algorithm, x0, ages=drawn, compress=compress, feedback=feedback)
    replay.assert_same(replay.trajectory(algorithm, x0), wanted)


@pytest.mark.parametrize("feedback", [False, True])
@pytest.mark.parametrize("settings", compression_reference.COMPRESSORS, ids=str)
def test_compressed_writes_and_whole_reads_are_those_of_a_server(settings, feedback):
    x0 = replay.start(common=True)
    found = replay.trajectory(Hogwild(step_size=replay.gamma, delay=0, feedback=feedback, **settings), x0)
    server = replay.trajectory(AsyncEF(step_size=replay.gamma, feedback=feedback, **settings), x0)
    for value, right in zip(found, server, strict=True):
        np.testing.assert_array_equal(value, right)


@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_feedback_without_compression_keeps_nothing(options):
    x0 = replay.start(common=True)
    kept, plainly = (replay.trajectory(Hogwild(step_size=replay.gamma, feedback=f, **options), x0) for f in (True, False))
    for value, right in zip(kept, plainly, strict=True):
        np.testing.assert_allclose(value, right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("compressor", ["identity", "top-k", "qsgd"])
def test_feedback_lets_the_center_collect_all_gradients(compressor):
    algorithm, timeline = (
        Hogwild(step_size=0.1, delay=3, feedback=True, compressor=compressor),
        RoundRobin(graphs.ring(4).schedule()),
    )
    state, streams = replay.opened(algorithm, timeline, np.zeros((2, 5)), range(2))
    rng, right = np.random.default_rng(0), np.zeros((2, 5))
    for event in timeline.play(50, streams):
        gradients = rng.standard_normal((1, 2, 5))
        right -= 0.1 * gradients[0]
        algorithm.step(state, gradients, event)
        np.testing.assert_allclose(algorithm.center(state), right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("settings", [{}, {"compressor": "top-k", "k": 4, "feedback": True}], ids=str)
@pytest.mark.parametrize("late", [0, 2])
def test_views_stay_within_the_age_of_their_oldest_coordinate(late, settings):
    """T counts updates of the timeline and those while a read goes on: ||center - view|| <= gamma (T + n r)/(1 - r) M."""
    n, delay = 3, 4
    algorithm, problem = Hogwild(step_size=0.01, delay=delay, **settings), problems.cosine(dim=6, workers=n, sigma=0.0, zeta=0.0)
    adversary = WorstDelay(graphs.complete(n).schedule(), late, "none")
    found = gauge(algorithm, problem, graphs.complete(n), iterations=200, replicas=2, timeline=adversary)
    numbers = found.constants
    assert numbers["T"] == late + delay
    root = np.sqrt(numbers["lost"])
    bound = (n * numbers["T"] + n * root) / (1 - root) * numbers["M"]
    assert 0 < float(found.distance_sq.max()) <= bound**2


@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_replicas_do_not_see_each_other(options):
    replay.assert_blocks_agree(Hogwild(step_size=replay.gamma, **options), replay.start(common=True))


@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_torch_agrees_with_numpy(options):
    pytest.importorskip("torch")
    replay.assert_torch_agrees(Hogwild(step_size=replay.gamma, **options), replay.start(common=True))


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
def test_without_delay_reads_are_consistent(momentum):
    x0 = replay.start(common=True)
    torn, whole = (replay.trajectory(cls(step_size=replay.gamma, **momentum), x0) for cls in (_undelayed, APSGD))
    for found, wanted in zip(torn, whole, strict=True):
        np.testing.assert_array_equal(found, wanted)


def _undelayed(**options):
    return Hogwild(delay=0, **options)


@pytest.mark.parametrize("reads", ["uniform", "sweep"])
def test_every_coordinate_is_one_of_the_last_models_and_ages_fill_their_range(reads):
    """A model that counts its updates: each coordinate of a read says after which update it was read."""
    delay, dim, events, n = 3, 8, 600, 5
    algorithm, timeline = Hogwild(step_size=1.0, delay=delay, reads=reads), RoundRobin(graphs.ring(n).schedule())
    state, streams = replay.opened(algorithm, timeline, np.zeros((2, dim)), range(2))
    seen = []
    for event in timeline.play(events, streams):
        algorithm.step(state, -np.ones((1, 2, dim)), event)
        age = event.k + 1 - state.reads[event.k % n]
        assert (age >= 0).all()
        assert (age <= delay).all()
        if event.k >= delay:
            seen.append(age)
    counts = np.stack([(np.stack(seen) == age).sum(axis=0) for age in range(delay + 1)])
    if reads == "sweep":
        np.testing.assert_array_equal(np.stack(seen), np.broadcast_to([3, 3, 2, 2, 1, 1, 0, 0], (len(seen), 2, dim)))
    else:
        expected = len(seen) / (delay + 1)
        chi_squared = ((counts - expected) ** 2 / expected).sum(axis=0)
        assert (chi_squared < 25.0).all()  # three degrees of freedom: probability 1.5e-5 each
        flat = np.stack(seen).reshape(len(seen), -1)
        apart = np.corrcoef(flat.T)[~np.eye(2 * dim, dtype=bool)]
        assert np.abs(apart).max() < 5 / np.sqrt(len(seen))


def test_ages_are_the_same_however_they_are_taken():
    streams = Streams(5, range(3))
    at_once, one_by_one, alone = Ages(streams, 6, 4), Ages(streams, 6, 4), Ages(Streams(5, (1,)), 6, 4)
    whole = at_once.take(5000)
    np.testing.assert_array_equal(whole[:100], np.concatenate([one_by_one.take(1) for _ in range(100)]))
    np.testing.assert_array_equal(whole[:, 1:2], alone.take(5000))
    first = copy.deepcopy(one_by_one).first(1)
    np.testing.assert_array_equal(first.take(300), whole[100:400, :1])
    np.testing.assert_array_equal(one_by_one.take(300), whole[100:400])


def test_ages_do_not_depend_on_who_finishes_when():
    """Ages and workers come from streams of their own: the numbers that choose workers are not used twice."""
    replica = Streams(replay.SEED, (0,))
    workers = replica.generators("timeline")[0].random(400)
    drawn = (Ages(replica, 999, 1).take(400)[:, 0, 0] + 0.5) / 1000
    assert abs(np.corrcoef(workers, drawn)[0, 1]) < 0.25


def test_without_streams_ages_come_from_seed_zero():
    algorithm, timeline = Hogwild(step_size=0.1, delay=3), RoundRobin(graphs.ring(4).schedule())
    found = []
    for hand_over in (True, False):
        streams = Streams(0, range(2))
        state = algorithm.init(np.ones((2, 3)), 4)
        if hand_over:
            algorithm.equip(state, None, streams)
        state.open(timeline.opening(streams))
        for event in timeline.play(20, streams):
            algorithm.step(state, 0.3 * algorithm.view(state, event), event)
        found.append(algorithm.view(state, None).copy())
    np.testing.assert_array_equal(*found)


def test_a_replica_can_be_cut_out_of_a_state():
    algorithm, timeline = Hogwild(step_size=0.1, delay=3), replay.Durations(replay.durations())
    state, streams = replay.opened(algorithm, timeline, replay.start(common=True))
    for event in timeline.play(40, streams):
        gradients = replay.slope(algorithm.view(state, event), replay.noise_of(event))
        solo = copy.deepcopy(state).with_slabs([slab[:, :1].copy() for slab in state.slabs()])
        single = copy.copy(event)
        for name in ("workers", "slots", "readers", "refilled", "age"):
            setattr(single, name, getattr(event, name)[:, :1])
        algorithm.step(solo, gradients[:, :1].copy(), single)
        algorithm.step(state, gradients, event)
        np.testing.assert_array_equal(algorithm.view(solo, None), algorithm.view(state, None)[:, :1])


def test_runs_under_simulate_whatever_the_blocks(monkeypatch):
    problem = problems.quadratic(dim=3, workers=4, sigma=0.1)
    settings = {"iterations": 300, "replicas": 6, "seed": 4}
    whole = simulate(Hogwild(step_size=0.05, delay=5), problem, graphs.ring(4), **settings)
    monkeypatch.setattr("numerics.simulation.BLOCK_BYTES", 2 * 4 * 3 * 8)
    split = simulate(Hogwild(step_size=0.05, delay=5), problem, graphs.ring(4), **settings)
    np.testing.assert_allclose(split.grad_norm_sq, whole.grad_norm_sq, rtol=1e-12)
    assert (whole.grad_norm_sq[-1] < 0.05 * whole.grad_norm_sq[0]).all()


def test_values_outside_their_range_are_refused():
    for delay in (-1, 0.5, 10**9):
        with pytest.raises(InputError, match="delay"):
            Hogwild(step_size=0.1, delay=delay)
    for settings in ({"compressor": "top-k"}, {"feedback": True}):
        with pytest.raises(InputError, match="momentum"):
            Hogwild(step_size=0.1, momentum=0.5, **settings)
    with pytest.raises(UnknownName, match="did you mean sweep"):
        Hogwild(step_size=0.1, reads="sweeps")
