"""SGD with compressed gradients against a plain reference, and what all compressing algorithms share."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from numerics import algorithms, compressors, graphs, problems, simulate
from numerics.algorithms import DEF, EFSGD, SGD, AsyncEF, CompressedMessages, CompressedSGD, Hogwild, MemSGD, check_invariants
from numerics.algorithms.asynchronous import ReadState
from numerics.algorithms.compression import OPTIONS, Compressing
from numerics.moments import exact_moments
from numerics.streams import Streams
from straggler import InputError, UnknownName
from tests.numerics.algorithms import compression_reference as plain
from tests.numerics.algorithms import elastic_replay as replay

MOMENTA = [{}, {"momentum": 0.5}, {"momentum": 0.4, "nesterov": True}]
ALL = [CompressedSGD, EFSGD, DEF, MemSGD, AsyncEF, Hogwild]


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize("settings", plain.COMPRESSORS, ids=str)
def test_replays_the_reference(settings, momentum):
    algorithm, x0 = CompressedSGD(step_size=replay.gamma, **settings, **momentum), replay.start(common=True)
    drawn = plain.compressing(settings, replay.SEED, replay.REPLICAS)
    wanted = replay.expected(plain.compressed_sgd, algorithm, x0, compress=drawn, **momentum)
    replay.assert_same(replay.trajectory(algorithm, x0), wanted)


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
def test_without_compression_it_is_sgd(momentum):
    x0 = replay.start(common=True)
    found = replay.trajectory(CompressedSGD(step_size=replay.gamma, compressor="identity", **momentum), x0)
    for value, right in zip(found, replay.trajectory(SGD(step_size=replay.gamma, **momentum), x0), strict=True):
        np.testing.assert_array_equal(value, right)


@pytest.mark.parametrize("settings", plain.COMPRESSORS, ids=str)
@pytest.mark.parametrize("cls", ALL)
def test_replicas_do_not_see_each_other(cls, settings):
    replay.assert_blocks_agree(cls(step_size=replay.gamma, **settings), replay.start(common=True))


@pytest.mark.parametrize("settings", plain.COMPRESSORS, ids=str)
@pytest.mark.parametrize("cls", ALL)
def test_torch_agrees_with_numpy(cls, settings):
    pytest.importorskip("torch")
    replay.assert_torch_agrees(cls(step_size=replay.gamma, **settings), replay.start(common=True))


@pytest.mark.parametrize("settings", plain.COMPRESSORS, ids=str)
@pytest.mark.parametrize("cls", [cls for cls in ALL if cls is not Hogwild])
def test_invariants_hold(cls, settings):
    """Among them: wherever something is kept, the center moves by gamma times the mean gradient, whatever is lost."""
    for momentum in MOMENTA:
        check_invariants(cls(step_size=replay.gamma, **settings, **momentum), graphs.ring(5).schedule(), rounds=25)


@pytest.mark.parametrize("cls", ALL)
def test_runs_under_simulate_whatever_the_blocks(cls, monkeypatch):
    problem, settings = problems.quadratic(dim=4, workers=4, sigma=0.1, zeta=0.3), {"iterations": 200, "replicas": 5, "seed": 4}
    algorithm = cls(step_size=0.05, compressor="qsgd", levels=2)
    whole = simulate(algorithm, problem, graphs.ring(4), **settings)
    monkeypatch.setattr("numerics.simulation.BLOCK_BYTES", 2 * 4 * 4 * 8)
    np.testing.assert_allclose(simulate(algorithm, problem, graphs.ring(4), **settings).value, whole.value, rtol=1e-9)
    assert (whole.grad_norm_sq[-1] < 0.2 * whole.grad_norm_sq[0]).all()


@pytest.mark.parametrize("cls", ALL)
def test_without_streams_random_numbers_come_from_seed_zero(cls):
    algorithm, found = cls(step_size=0.2, compressor="random-k"), []
    timeline = replay.events_of(algorithm, replay.durations())
    for hand_over in (True, False):
        state = algorithm.init(replay.start(common=True), replay.N)
        if hand_over:
            algorithm.equip(state, None, Streams(0, range(replay.REPLICAS)))
        if isinstance(state, ReadState):
            state.open(timeline.opening(Streams(0, range(replay.REPLICAS))))
        for event in timeline.play(20, Streams(0, range(replay.REPLICAS))):
            algorithm.step(state, replay.slope(algorithm.view(state, event), replay.noise_of(event)), event)
        found.append(state.x.copy())
    np.testing.assert_array_equal(*found)


def test_every_option_of_every_compressor_can_be_chosen():
    assert {field.name for field in fields(Compressing)} >= OPTIONS
    tried = [set(settings) - {"compressor"} for settings in plain.COMPRESSORS]
    assert set().union(*tried) == OPTIONS
    assert {settings["compressor"] for settings in plain.COMPRESSORS} == set(compressors.NAMES)
    for settings in plain.COMPRESSORS:
        options = {name: value for name, value in settings.items() if name != "compressor"}
        needed = {"top-k": {"k": 1}, "random-k": {"k": 1}, "qsgd": {"levels": 1}, "random-block": {"blocks": 2}}
        made = compressors.get(settings["compressor"], **needed.get(settings["compressor"], {}) | options)
        assert CompressedSGD(step_size=0.1, **settings).compression == made


@pytest.mark.parametrize("cls", [*ALL, CompressedMessages])
@pytest.mark.parametrize("settings", [{"compressor": "top-k", "k": 2}, {"compressor": "qsgd", "levels": 3}], ids=str)
def test_a_compressor_may_be_given_itself(cls, settings):
    named = cls(step_size=0.1, **settings)
    given = cls(step_size=0.1, compressor=named.compression)
    assert given.compression == named.compression
    assert given.symbols(3) == named.symbols(3)
    assert given.symbols_in(4) == named.symbols_in(4)
    problem, ring = problems.get("cosine", workers=3, dim=4, noise="gaussian", sigma=0.3), graphs.ring(3).schedule()
    runs = [simulate(one, problem, ring, iterations=6, replicas=2, seed=5) for one in (named, given)]
    np.testing.assert_array_equal(runs[0].grad_norm_sq, runs[1].grad_norm_sq)
    assert runs[1].provenance["options"]["compressor"] == named.compression.provenance()


def test_a_compressor_that_is_given_has_its_own_options():
    assert EFSGD(step_size=0.1, compressor=compressors.get("identity")).plain
    assert not EFSGD(step_size=0.1, compressor=compressors.get("top-k", k=2)).plain
    with pytest.raises(InputError, match=r"k = 3.*top-k"):
        EFSGD(step_size=0.1, compressor=compressors.get("top-k", k=2), k=3)


def test_biased_signs_of_a_skewed_gradient_climb():
    """Gradients 4 with probability 1/4 and -1 otherwise: the mean is 1/4, the mean sign -1/2 (Karimireddy et al., section 3)."""
    rng, ups, kept = np.random.default_rng(0), CompressedSGD(step_size=0.1, compressor="scaled-sign"), EFSGD(step_size=0.1)
    round_ = next(iter(replay.events_of(ups, None).play(1, None)))
    state, fed = ups.init(np.zeros((50, 1)), 1), kept.init(np.zeros((50, 1)), 1)
    signs = np.zeros((50, 1))
    for _ in range(400):
        gradients = np.where(rng.random((1, 50, 1)) < 0.25, 4.0, -1.0)
        signs -= 0.1 * np.sign(gradients[0])
        ups.step(state, gradients.copy(), round_)
        kept.step(fed, gradients, round_)
    assert (signs > 0).all()  # mean 20, deviation 1.7
    # scaled by the mean magnitude, one coordinate is sent as it is
    np.testing.assert_allclose(state.x, fed.x)
    assert state.x.mean() == pytest.approx(-10, abs=3 * 0.1 * np.sqrt(400 * 4.7 / 50))


@pytest.mark.parametrize("gamma", [0.05, 0.01])
def test_signs_stay_on_a_line_that_feedback_leaves(gamma):
    """f = eps |x_1 + x_2| + |x_1 - x_2|: both components of a subgradient have opposite signs and, as signs, cancel."""
    plain_signs = CompressedSGD(step_size=gamma, compressor="scaled-sign")
    feedback = EFSGD(step_size=gamma, compressor="scaled-sign")
    values = []
    for algorithm in (plain_signs, feedback):
        state = algorithm.init(np.array([[1.0, 1.0]]), 1)
        for event in replay.Rounds(graphs.complete(2).schedule()).play(int(20 / gamma), None):
            x = algorithm.view(state, event)
            total, apart = np.sign(x.sum(-1, keepdims=True)), np.where(x[..., :1] >= x[..., 1:], 1.0, -1.0)
            algorithm.step(state, 0.25 * total * [1.0, 1.0] + apart * [1.0, -1.0], event)
            if algorithm is plain_signs:
                assert state.x.sum() == pytest.approx(2.0)
        values.append(0.25 * abs(state.x.sum()) + abs(state.x[0, 0, 0] - state.x[0, 0, 1]))
    assert values[0] >= 0.5 - 1e-9
    assert values[1] < 4 * gamma


def test_unbiased_compression_adds_its_variance_and_nothing_else():
    """One step from one point: the mean is that of SGD, the variance omega ||g||^2 / n at most, and for random-k exactly."""
    n, replicas, d = 4, 20_000, 5
    algorithm = CompressedSGD(step_size=1.0, compressor="random-k", k=2, scaled=True)
    state = algorithm.init(np.zeros((replicas, d)), n)
    g = np.random.default_rng(0).standard_normal((n, 1, d))
    event = next(iter(replay.Rounds(graphs.complete(n).schedule()).play(1, None)))
    algorithm.step(state, np.repeat(g, replicas, axis=1), event)
    off = state.x[0] + g.mean(0)
    squares = (off**2).sum(-1)
    omega = algorithm.symbols_in(d)["blow_up"]
    assert omega == pytest.approx(d / 2 - 1)
    assert squares.mean() == pytest.approx(omega * (g**2).sum() / n**2, abs=5 * squares.std() / np.sqrt(replicas))
    assert (np.abs(off.mean(0)) < 5 * off.std(0) / np.sqrt(replicas)).all()


def test_symbols_are_those_of_the_compressor():
    assert EFSGD(step_size=0.1, compressor="top-k", k=2).symbols_in(8) == {"lost": 0.75}
    assert CompressedSGD(step_size=0.1, levels=4).symbols(2) == {"beta": 0.0, "levels": 4}
    assert CompressedSGD(step_size=0.1, levels=4).symbols_in(16) == {"lost": 0.25, "blow_up": 0.25}
    assert CompressedSGD(step_size=0.1).symbols_in(400) == {"blow_up": 20.0}
    together = {"compressor": "random-block", "scaled": True, "blocks": 4}
    assert CompressedSGD(step_size=0.1, **together).symbols_in(8) == {}
    assert CompressedSGD(step_size=0.1, shared=False, **together).symbols_in(8) == {"blow_up": 3.0}
    assert DEF(step_size=0.1, detached=0.5).symbols(3)["detached"] == 0.5
    assert MemSGD(step_size=0.1, offset=7).symbols(3)["k_0"] == 7
    found = simulate(EFSGD(step_size=0.1, compressor="top-k"), problems.quadratic(dim=4, workers=2), graphs.ring(2), iterations=2)
    assert found.constants["lost"] == 0.75


@pytest.mark.parametrize("cls", ALL)
def test_what_cannot_be_compressed_like_this_is_refused(cls):
    with pytest.raises(UnknownName, match="did you mean top-k"):
        cls(step_size=0.1, compressor="topk")
    with pytest.raises(UnknownName, match="option of qsgd 'k'"):
        cls(step_size=0.1, compressor="qsgd", k=3)
    with pytest.raises(InputError, match="k of top-k"):
        cls(step_size=0.1, compressor="top-k", k=0)
    with pytest.raises(InputError, match="precision"):
        cls(step_size=0.1, compressor="max-min", precision=40)
    for settings in ({"compressor": "top-k", "k": 4}, {"compressor": "random-block", "blocks": 4}):
        with pytest.raises(InputError, match="coordinates of the vector"):
            cls(step_size=0.1, **settings).init(np.zeros((2, 3)), 4)


@pytest.mark.parametrize("name", ["compressed-sgd", "ef-sgd", "def", "mem-sgd"])
def test_exact_moments_know_linear_compressors_only(name):
    problem, ring = problems.quadratic(dim=3, workers=4, sigma=0.5), graphs.ring(4)
    with pytest.raises(InputError, match="identity for exact moments"):
        exact_moments(algorithms.get(name, step_size=0.1), problem, ring, iterations=5)
    linear = exact_moments(algorithms.get(name, step_size=0.1, compressor="identity"), problem, ring, iterations=5)
    sgd = exact_moments(SGD(step_size=0.1), problem, ring, iterations=5)
    np.testing.assert_allclose(linear.grad_norm_sq, sgd.grad_norm_sq, rtol=1e-10)
