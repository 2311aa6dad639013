"""Compressed messages that come late: against plain loops, and against the systems that they are special cases of."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate, timeline
from numerics.engine import run
from numerics.streams import Streams
from straggler import InputError

N, DIM, REPLICAS, GAMMA, ROUNDS = 4, 5, 3, 0.1, 25
SCHEDULE = graphs.complete(N).schedule()


def problem():
    return problems.cosine(dim=DIM, workers=N, sigma=0.7, zeta=0.4)


def written_out(delays, replica, keep):
    """Views and center before every round: every worker's model and mailbox, one message at a time."""
    oracle = problem().oracle(Streams(0, [replica]))
    models, memories = [problem().start() for _ in range(N)], np.zeros((N, DIM))
    center, letters, seen = problem().start(), [], []
    for k in range(ROUNDS):
        seen.append((np.stack(models), center.copy()))
        gradients = oracle(np.stack(models)[:, None], slice(None), None)[:, 0]
        for j in range(N):
            due = GAMMA * gradients[j] + memories[j]
            kept = np.isin(np.arange(DIM), np.argsort(-np.abs(due))[:keep])
            memories[j] = np.where(kept, 0, due)
            letters += [(k + delays[k][i, j, min(replica, delays[k].shape[2] - 1)], i, np.where(kept, due, 0)) for i in range(N)]
        center = center - GAMMA * gradients.mean(axis=0)
        for when, i, letter in letters:
            if when == k:
                models[i] = models[i] - letter / N
        letters = [letter for letter in letters if letter[0] > k]
    return seen


@pytest.mark.parametrize("kind", ["adversarial", "random"])
def test_runs_are_what_plain_loops_make(kind):
    clock, streams = timeline.MessageDelays(SCHEDULE, 3, kind), Streams(0, range(REPLICAS))
    delays = [event.delays for event in clock.play(ROUNDS, Streams(0, range(REPLICAS)))]
    algorithm = algorithms.CompressedMessages(step_size=GAMMA, compressor="top-k", k=2)
    made = problem()
    state, seen = algorithm.init(np.tile(made.start(), (REPLICAS, 1)), N), []
    algorithm.equip(state, made, streams)
    seen.append((algorithm.view(state, None).copy(), algorithm.center(state)))
    run(
        algorithm,
        made.oracle(streams),
        clock.play(ROUNDS, streams),
        state,
        lambda *_: seen.append((algorithm.view(state, None).copy(), algorithm.center(state))),
    )
    for replica in range(REPLICAS):
        for (views, center), (expected, middle) in zip(seen, written_out(delays, replica, 2), strict=False):
            np.testing.assert_allclose(views[:, replica], expected, rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(center[replica], middle, rtol=1e-11, atol=1e-13)


def recorded(algorithm, clock):
    quantities = ("value", "consensus_sq", "view_grad_norm_sq")
    return simulate(algorithm, problem(), SCHEDULE, iterations=ROUNDS, replicas=REPLICAS, timeline=clock, quantities=quantities)


@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_special_cases(momentum):
    late = timeline.MessageDelays(SCHEDULE, 2, "random")
    common = {"step_size": GAMMA, "momentum": momentum}
    whole = recorded(algorithms.CompressedMessages(compressor="identity", **common), late)
    plain = recorded(algorithms.MessagePassing(**common), late)
    prompt = recorded(algorithms.CompressedMessages(compressor="top-k", k=2, **common), None)
    kept = recorded(algorithms.EFSGD(compressor="top-k", k=2, **common), None)
    for found, expected in ((whole, plain), (prompt, kept)):
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-14)


def test_workers_may_not_crash():
    with pytest.raises(InputError, match="crashes"):
        recorded(algorithms.CompressedMessages(step_size=GAMMA), timeline.Crashes(SCHEDULE, 1))
