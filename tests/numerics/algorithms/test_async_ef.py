"""Asynchronous compressed SGD against a plain reference; adversarial delays, repeated workers, special cases."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from numerics import graphs, problems, simulate
from numerics.algorithms import APSGD, EFSGD, AsyncEF, CompressedSGD
from numerics.cluster import load
from numerics.events import Completion
from numerics.gauge import gauge
from numerics.streams import Streams
from numerics.timeline import RoundRobin, Server, WorstDelay
from straggler import InputError
from tests.numerics.algorithms import compression_reference as plain
from tests.numerics.algorithms import elastic_replay as replay

MOMENTA = [{}, {"momentum": 0.5}, {"momentum": 0.4, "nesterov": True}]
FEEDBACK = [{"feedback": False}, {}, {"detached": 0.4}, {"detached": 1.0}]


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize("feedback", FEEDBACK, ids=str)
@pytest.mark.parametrize("settings", plain.COMPRESSORS, ids=str)
def test_replays_the_reference(settings, feedback, momentum):
    algorithm, x0 = AsyncEF(step_size=replay.gamma, **settings, **feedback, **momentum), replay.start(common=True)
    drawn = plain.compressing(settings, replay.SEED, replay.REPLICAS)
    wanted = replay.expected(plain.async_ef, algorithm, x0, compress=drawn, **feedback, **momentum)
    replay.assert_same(replay.trajectory(algorithm, x0), wanted)


@pytest.mark.parametrize("feedback", FEEDBACK, ids=str)
def test_without_compression_it_is_a_server(feedback):
    x0 = replay.start(common=True)
    found = replay.trajectory(AsyncEF(step_size=replay.gamma, compressor="identity", **feedback), x0)
    for value, right in zip(found, replay.trajectory(APSGD(step_size=replay.gamma), x0), strict=True):
        np.testing.assert_allclose(value, right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("settings", plain.COMPRESSORS, ids=str)
@pytest.mark.parametrize(("feedback", "delay"), list(product(FEEDBACK, [0, 1, 3])))
def test_an_adversary_that_delays_everything(settings, feedback, delay):
    """n messages an update, at reads of T updates ago, of which all workers share one."""
    n, replicas, d, events = 3, 2, 3, 20
    timeline, streams = WorstDelay(graphs.complete(n).schedule(), delay, "none"), Streams(5, range(replicas))
    algorithm = AsyncEF(step_size=0.2, **settings, **feedback)
    x0, rng = np.random.default_rng(1).standard_normal((replicas, d)), np.random.default_rng(2)
    state = algorithm.init(x0, n)
    algorithm.equip(state, None, streams)
    state.open(timeline.opening(streams))
    keep, share = feedback.get("feedback", True), feedback.get("detached", 0.0)
    compress = plain.compressing(settings, 5, replicas)
    senders = [[plain.Sender(d, compress[r], keep) for _ in range(n)] for r in range(replicas)]
    history = [[x0[r]] for r in range(replicas)]
    for event in timeline.play(events, streams):
        noise = rng.standard_normal((n, replicas, d))
        points = algorithm.view(state, event).copy()
        algorithm.step(state, np.sin(points) + noise, event)
        for r in range(replicas):
            old, x = history[r][max(0, event.k - delay)], history[r][-1]
            views = [old - share * sender.e for sender in senders[r]]
            np.testing.assert_allclose(points[:, r], views, rtol=1e-11, atol=1e-12)
            for i, sender in enumerate(senders[r]):
                x = x - sender.write(np.sin(views[i]) + noise[i, r], 0.2)
            history[r].append(x)
            np.testing.assert_allclose(algorithm.center(state)[r], x - sum(s.e for s in senders[r]), rtol=1e-10, atol=1e-11)
    waiting = algorithm.view(state, None)
    assert waiting.shape == ((delay + 1) * (n if share else 1), replicas, d)
    if share:
        newest = events % (delay + 1) - 1 if delay else 0
        right = state.x - share * state.residual
        np.testing.assert_allclose(waiting.reshape(delay + 1, n, replicas, d)[newest], right, rtol=1e-12)


def test_messages_of_one_worker_in_one_update_are_sent_one_after_the_other():
    """A server that waits for K gradients may get several from one worker: none of what is left is counted twice."""
    algorithm, n, d = AsyncEF(step_size=0.5, compressor="top-k"), 3, 4
    state = algorithm.init(np.zeros((2, d)), n)
    state.open(np.repeat(np.arange(n)[:, None], 2, axis=1))
    gradients = np.random.default_rng(0).standard_normal((3, 2, d))
    who = np.array([[1, 0], [1, 2], [2, 0]])
    algorithm.step(state, gradients.copy(), Completion(0, who, who, who, who, np.zeros_like(who)))
    np.testing.assert_allclose(algorithm.center(state), -0.5 * gradients.sum(0), rtol=1e-12)
    for r in range(2):
        senders = [plain.Sender(d, plain.Compress("top-k", plain.Words(0, r)), True) for _ in range(n)]
        x = -sum(senders[who[m, r]].write(gradients[m, r], 0.5) for m in range(3))
        np.testing.assert_allclose(state.x[0, r], x, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(state.residual[:, r], [sender.e for sender in senders], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("mode", ["asynchronous", "synchronous", "k-sync", "k-async", "k-batch-async", "k-batch-sync"])
@pytest.mark.parametrize("feedback", FEEDBACK, ids=str)
def test_the_center_collects_all_gradients_on_a_cluster(feedback, mode):
    n, d = 4, 5
    cluster = load("resnet50-64").cluster(n)
    timeline, streams = Server(cluster, mode, 2 if mode.startswith("k-") else None), Streams(3, range(2))
    algorithm = AsyncEF(step_size=0.1, compressor="top-k", **feedback)
    state, rng, right = algorithm.init(np.zeros((2, d)), n), np.random.default_rng(0), np.zeros((2, d))
    state.open(timeline.opening(streams))
    for event in timeline.play(40, streams):
        assert algorithm.view(state, event).shape == (len(event.workers), 2, d)
        gradients = rng.standard_normal((len(event.workers), 2, d))
        right -= 0.1 * gradients.sum(0)
        algorithm.step(state, gradients, event)
    off = np.abs(algorithm.center(state) - right).max()
    assert off < 1e-12 if algorithm.conserves else off > 0.1


def test_minibatches_that_are_fresh_are_compressed_sgd_with_n_times_the_step():
    n = 4
    problem, fresh = problems.cosine(dim=3, workers=n, sigma=0.5), WorstDelay(graphs.complete(n).schedule(), 0, "none")
    settings = {"iterations": 40, "replicas": 2, "seed": 4}
    # scaling: C(a x) = a C(x), so residuals of the server's workers are 1/n of those of the rounds
    for cls, options in ((CompressedSGD, {"feedback": False}), (EFSGD, {})):
        server = AsyncEF(step_size=0.1 / n, compressor="top-k", **options)
        apart = simulate(server, problem, graphs.ring(n), timeline=fresh, **settings)
        together = simulate(cls(step_size=0.1, compressor="top-k"), problem, graphs.ring(n), **settings)
        np.testing.assert_allclose(apart.value, together.value, rtol=1e-10)


def test_views_stay_within_staleness_and_residuals():
    """Bounded gradients: ||center - view|| <= gamma (T + n sqrt(theta)) M / (1 - sqrt(theta)), as messages do not lengthen."""
    n, d = 4, 6
    problem = problems.cosine(dim=d, workers=n, sigma=0.0, zeta=0.0)
    for settings in ({"k": 1}, {"k": 4}):
        algorithm, turns = AsyncEF(step_size=0.05, compressor="top-k", **settings), RoundRobin(graphs.ring(n).schedule())
        found = gauge(algorithm, problem, graphs.ring(n), iterations=300, replicas=2, timeline=turns)
        numbers = found.constants
        root = np.sqrt(numbers["lost"])
        bound = (numbers["T"] + n * root) / (1 - root) * numbers["M"]
        assert 0 < float(found.distance_sq.max()) <= bound**2


def test_values_outside_their_range_are_refused():
    for detached in (-0.1, 1.5, float("nan")):
        with pytest.raises(InputError, match="detached"):
            AsyncEF(step_size=0.1, detached=detached)
    with pytest.raises(InputError, match="0 without feedback"):
        AsyncEF(step_size=0.1, detached=0.5, feedback=False)
