"""The sequential model of WAGMA-SGD: the written rule, its drift, what the lemmas measure, and exact moments."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.algorithms import SGD, SequentialWAGMA, check_invariants
from numerics.engine import run
from numerics.events import Completion, Round
from numerics.moments import exact_moments
from numerics.streams import Streams
from numerics.timeline import RandomGroups, natural
from straggler import InputError, StragglerError
from tests.numerics.algorithms.group_battery import MOMENTA, assert_same
from tests.numerics.algorithms.group_reference import Momentum

STEPS, REPLICAS, DIM = 60, 3, 2


def drawn(n: int, size: int, replica: int, seed: int = 4) -> list[list[int]]:
    """The groups of a replica, read from its stream as documented: n uniforms per step, the S smallest."""
    generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(replica, 2))))
    return [sorted(np.argsort(generator.random(n))[:size].tolist()) for _ in range(STEPS)]


def written(start: np.ndarray, groups: list[list[int]], gradients: np.ndarray, gamma: float, tau: int, **momentum: Any):
    """Section 4 of the paper, worker by worker: the models, and W_i at q_i, before and after every step."""
    n, push = len(start), [Momentum(**momentum) for _ in start]
    w, pending, read = [s.copy() for s in start], [np.zeros(DIM) for _ in start], [s.copy() for s in start]
    trajectory = [(list(w), list(read))]
    for t, group in enumerate(groups):
        shown = [w[j] + gamma * pending[j] for j in range(n)]
        for i in group:
            read[i] = w[i].copy()
            pending[i] = push[i](np.sin(3 * w[i]) + gradients[t, group.index(i)])
        before = list(w)
        for i in group:
            half = before[i] / len(group) + sum(shown[j] for j in group if j != i) / len(group)
            w[i] = half - gamma * pending[i]
        if (t + 1) % tau == 0:
            mean = sum(w) / n
            w, read, pending = [mean] * n, [mean] * n, [np.zeros(DIM)] * n
        trajectory.append((list(w), list(read)))
    return trajectory


def record(n: int, size: int, tau: int, gamma: float, perturbation: np.ndarray, x0: np.ndarray, **momentum: Any):
    algorithm = SequentialWAGMA(step_size=gamma, group_size=size, period=tau, **momentum)
    state, step = algorithm.init(x0, n), iter(perturbation)
    seen = [(state.x.copy(), state.interacted.copy(), state.anchor.copy())]
    events = natural(algorithm, graphs.ring(n).schedule()).play(STEPS, Streams(4, range(REPLICAS)))

    def oracle(points, workers, out):
        assert workers.shape == points.shape[:2]
        return np.sin(3 * points) + next(step)

    run(algorithm, oracle, events, state, lambda *_: seen.append((state.x.copy(), state.interacted.copy(), state.anchor.copy())))
    return seen


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize(("n", "size", "tau"), [(4, 2, 6), (5, 3, 1000), (8, 4, 7), (3, 1, 5), (4, 4, 9), (6, 2, 1)])
def test_replays_the_written_rule(n, size, tau, momentum):
    rng = np.random.default_rng(2)
    perturbation, x0 = rng.standard_normal((STEPS, size, REPLICAS, DIM)), rng.standard_normal((n, REPLICAS, DIM))
    seen = record(n, size, tau, 0.2, perturbation, x0, **momentum)
    for r in range(REPLICAS):
        expected = written(x0[:, r], drawn(n, size, r), perturbation[:, :, r], 0.2, tau, **momentum)
        for k, (x, interacted, anchor) in enumerate(seen):
            assert_same(x[:, r], np.stack(expected[k][0]), f"models after {k} steps")
            assert_same(interacted[:, r], np.stack(expected[k][1]), f"last read models after {k} steps")
            assert_same(anchor[r], sum(expected[k // tau * tau][0]) / n, f"common model after {k} steps")


def test_the_group_is_uniform_in_every_replica():
    clock = RandomGroups(graphs.ring(4).schedule(), 2)
    counts = dict.fromkeys(combinations(range(4), 2), 0)
    for event in clock.play(1500, Streams(0, range(2))):
        for r in range(2):
            counts[tuple(event.workers[:, r].tolist())] += 1
    assert all(abs(count - 500) < 5 * np.sqrt(500 * 5 / 6) for count in counts.values())
    chances = clock.chances(0)
    assert sum(p for p, _ in chances) == pytest.approx(1)
    assert {tuple(event.workers[:, 0].tolist()) for _, event in chances} == set(counts)


def test_drift_of_the_mean_is_equation_2():
    """E_t mu_{t+1} - mu_t = (S/P) sum_i [-eta grad_i / P + eta (S-1)/(P S) pending_i], by enumeration of all groups."""
    n, size, gamma = 5, 3, 0.1
    rng = np.random.default_rng(1)
    algorithm = SequentialWAGMA(step_size=gamma, group_size=size, period=10**6)
    clock = RandomGroups(graphs.ring(n).schedule(), size)
    state = algorithm.init(rng.standard_normal((n, 1, DIM)), n)
    pending = np.zeros((n, 1, DIM))
    for k, event in enumerate(clock.play(12, Streams(0, (0,)))):
        gradients = rng.standard_normal((n, 1, DIM))
        moved = 0
        for chance, possible in clock.chances(k):
            copied = state.with_slabs([slab.copy() for slab in state.slabs()])
            algorithm.step(copied, gradients[possible.workers[:, 0]], possible)
            moved = moved + chance * (algorithm.center(copied) - algorithm.center(state))
        expected = size / n * (-gamma * gradients / n + gamma * (size - 1) / (n * size) * pending).sum(0)
        np.testing.assert_allclose(moved, expected, rtol=1e-10, atol=1e-14)
        who = event.workers[:, 0]
        algorithm.step(state, gradients[who], event)
        pending[who] = gradients[who]


def test_a_group_of_all_that_averages_at_once_is_sgd():
    algorithm, n = SequentialWAGMA(step_size=0.1, group_size=4, period=1), 4
    rng = np.random.default_rng(3)
    x0, sgd = rng.standard_normal((2, DIM)), SGD(step_size=0.1)
    state, expected = algorithm.init(x0, n), sgd.init(x0, n)
    everyone = np.repeat(np.arange(n)[:, None], 2, axis=1)
    for k in range(8):
        gradients = rng.standard_normal((n, 2, DIM))
        event = Completion(k, everyone, everyone, everyone, everyone, 0 * everyone)
        algorithm.step(state, gradients.copy(), event)
        sgd.step(expected, gradients.copy(), Round(k, graphs.ring(n).schedule().at(0)))
        assert_same(state.x, np.repeat(expected.x, n, axis=0), f"models after {k + 1} steps")


def test_invariants_and_natural_timeline():
    algorithm = SequentialWAGMA(step_size=0.1, group_size=3, period=4)
    for momentum in MOMENTA:
        check_invariants(SequentialWAGMA(step_size=0.1, group_size=3, period=4, **momentum), graphs.ring(6).schedule())
    clock = natural(algorithm, graphs.ring(6).schedule())
    assert isinstance(clock, RandomGroups)
    assert clock.size == 3


def test_exact_moments_are_those_of_many_replicas():
    problem = problems.get("quadratic", workers=4, dim=2, sigma=0.5, zeta=0.4)
    algorithm = algorithms.get("wagma-sequential", step_size=0.1, group_size=2, period=7)
    exact = exact_moments(algorithm, problem, graphs.ring(4), iterations=30)
    runs = simulate(algorithm, problem, graphs.ring(4), iterations=30, replicas=4000)
    for name in ("consensus_sq", "grad_norm_sq"):
        values = runs[name].values
        error = values.std(axis=1) / np.sqrt(values.shape[1])
        assert (np.abs(values.mean(axis=1) - exact[name].values) <= 5 * error + 1e-12).all()


@pytest.mark.parametrize(("n", "size", "tau"), [(4, 2, 2), (4, 2, 4), (8, 4, 5)])
def test_lemmas_4_2_to_4_5_hold_on_the_cosine(n, size, tau):
    """Bounded gradients: ||g|| <= M; the lemmas are pathwise in ||g||, so that every replica must obey them."""
    problem = problems.get("cosine", workers=n, dim=3)
    gamma, m = 0.1, problem.numbers["M"]
    algorithm = SequentialWAGMA(step_size=gamma, group_size=size, period=tau)
    state = algorithm.init(np.ones((REPLICAS, 3)), n)
    worst = np.zeros(4)

    def measure(*_):
        center = algorithm.center(state)
        apart = [state.x - state.anchor, (center - state.anchor)[None], state.interacted - center]
        squares = [np.vecdot(each, each).max() for each in apart]
        squares.append(np.vecdot(state.x - center, state.x - center).sum(0).max())
        np.maximum(worst, squares, out=worst)

    streams = Streams(0, range(REPLICAS))
    events = natural(algorithm, graphs.ring(n).schedule()).play(400, streams)
    run(algorithm, problem.oracle(streams), events, state, measure)
    bounds = np.array([4, 4, 16, 16 * n]) * (gamma * m * tau) ** 2
    assert (worst > 0).all()
    assert (worst <= bounds).all()


def test_bad_input():
    for options in ({"period": 0}, {"group_size": 0}, {"momentum": 1.0}):
        with pytest.raises(StragglerError):
            SequentialWAGMA(step_size=0.1, **options)
    with pytest.raises(InputError):
        SequentialWAGMA(step_size=0.1, group_size=5).admit(graphs.ring(4).schedule())
    for size in (0, 5):
        with pytest.raises(InputError):
            RandomGroups(graphs.ring(4).schedule(), size)
