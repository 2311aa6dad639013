"""WAGMA-SGD against the references, its special cases, and what its state says about itself."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.algorithms import SGD, WAGMA, LocalSGD, check_invariants
from numerics.events import Round
from numerics.moments import exact_moments
from numerics.timeline import Late, RandomlyLate
from straggler import InputError, StragglerError
from tests.numerics.algorithms import group_reference as reference
from tests.numerics.algorithms.group_battery import (
    DIM,
    MOMENTA,
    REPLICAS,
    ROUNDS,
    assert_same,
    gradient,
    late_rounds,
    noise,
    random_ages,
    schedule,
    step_size,
    trajectory,
)

OPTIONS = [
    (8, {"period": 5, "group_size": 4}),
    (8, {"period": 7, "group_size": 2, "grouping": "fixed"}),
    (8, {"period": 6, "group_size": 4, "grouping": "printed"}),
    (4, {"period": 1000, "group_size": 2}),
    (4, {"period": 4, "group_size": 4}),
    (4, {"period": 3, "group_size": 1}),
    (2, {"period": 1, "group_size": 2}),
]


def starts(n: int) -> np.ndarray:
    return np.random.default_rng(8).standard_normal((n, REPLICAS, DIM))


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize(("n", "options"), OPTIONS)
@pytest.mark.parametrize("late", [True, False])
def test_replays_the_reference(n, options, momentum, late):
    ages = random_ages(n) if late else np.zeros((ROUNDS, n, REPLICAS), dtype=np.intp)
    assert not late or ages.max() >= 3
    perturbation, x0 = noise(n), starts(n)
    seen, _ = trajectory(WAGMA(step_size=step_size, **options, **momentum), x0, n, late_rounds(n, ages), perturbation)
    for r in range(REPLICAS):
        expected = reference.wagma(list(x0[:, r]), gradient(perturbation, r), ages[..., r], step_size, **options, **momentum)
        for k, (views, center) in enumerate(seen):
            assert_same(views[:, r], np.stack(expected[k]), f"models after {k} rounds")
            assert_same(center[r], sum(expected[k]) / n, f"center after {k} rounds")


def test_no_ages_means_that_nobody_is_late():
    perturbation, x0, algorithm = noise(8), starts(8), WAGMA(step_size=0.1, period=4)
    without, _ = trajectory(algorithm, x0, 8, (Round(k, schedule(8).at(k)) for k in range(ROUNDS)), perturbation)
    zeros, _ = trajectory(algorithm, x0, 8, late_rounds(8, np.zeros((ROUNDS, 8, REPLICAS), dtype=np.intp)), perturbation)
    for (a, _), (b, _) in zip(without, zeros, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("patience", [0.0, 0.4, 1.5])
@pytest.mark.parametrize(("n", "size", "period"), [(4, 2, 6), (8, 4, 5), (8, 2, 1000), (4, 4, 9)])
def test_replays_workers_that_are_late_because_they_finish_late(n, size, period, patience):
    """Ages come out of finishing times; the models are those of the workers with their send buffers."""
    perturbation, x0, oldest = noise(n), starts(n), 0
    for r in range(REPLICAS):
        seconds = np.random.default_rng(r).lognormal(0.0, 0.9, (ROUNDS, n))
        seconds[:, r] *= 2.5
        clock = reference.WagmaClock(
            list(x0[:, r]), gradient(perturbation, r), seconds, patience, period, size=size, step_size=0.2
        )
        clock.play()
        ages = np.array(clock.ages)[..., None]
        oldest = max(oldest, ages.max())
        algorithm = WAGMA(step_size=0.2, period=period, group_size=size)
        seen, _ = trajectory(algorithm, x0[:, r : r + 1], n, late_rounds(n, ages), perturbation[:, :, r : r + 1])
        for k, (views, _) in enumerate(seen):
            assert_same(views[:, 0], np.stack(clock.models[k]), f"replica {r} after {k} rounds")
    assert oldest > 1


@pytest.mark.parametrize("momentum", MOMENTA)
def test_one_group_of_all_is_allreduce_sgd(momentum):
    perturbation, x0 = noise(8), starts(8)[0]
    rounds = [Round(k, schedule(8).at(k)) for k in range(ROUNDS)]
    expected, _ = trajectory(SGD(step_size=step_size, **momentum), x0, 8, rounds, perturbation)
    for options in ({"group_size": 8, "period": 5}, {"group_size": 2, "period": 1}, {"group_size": 1, "period": 1}):
        seen, _ = trajectory(WAGMA(step_size=step_size, **options, **momentum), x0, 8, rounds, perturbation)
        for k, (views, center) in enumerate(seen):
            assert_same(views, expected[k][0], f"{options}, models after {k} rounds")
            assert_same(center, expected[k][1], f"{options}, center after {k} rounds")


@pytest.mark.parametrize("n", [6, 8])
def test_without_groups_it_is_local_sgd_whoever_is_late(n):
    perturbation, x0, ages = noise(n), starts(n), random_ages(n)
    rounds = [Round(k, schedule(n).at(k)) for k in range(ROUNDS)]
    expected, _ = trajectory(LocalSGD(step_size=0.2, period=4, momentum=0.5), x0, n, rounds, perturbation)
    seen, _ = trajectory(WAGMA(step_size=0.2, period=4, momentum=0.5, group_size=1), x0, n, late_rounds(n, ages), perturbation)
    for k, (views, _) in enumerate(seen):
        assert_same(views, expected[k][0], f"models after {k} rounds")


def test_figure_3_of_the_paper():
    """P = 4, S = 2, worker 1 late once: what its partner takes, what it takes itself, and that the mean has moved."""
    x0 = np.arange(4.0)[:, None, None]
    algorithm = WAGMA(step_size=1.0, period=10, group_size=2)
    state = algorithm.init(x0, 4)
    algorithm.step(state, np.ones((4, 1, 1)), Round(0, schedule(4).at(0), age=np.zeros((4, 1), dtype=np.intp)))
    np.testing.assert_allclose(state.x[:, 0, 0], [-0.5, -0.5, 1.5, 1.5])
    stale = -0.0  # W'_0 of worker 1: it started at 1 and stepped by 1
    algorithm.step(state, np.ones((4, 1, 1)), Round(1, schedule(4).at(1), age=np.array([[0], [1], [0], [0]])))
    # groups of iteration 1 are {0, 2} and {1, 3}
    np.testing.assert_allclose(state.x[:, 0, 0], [-0.5, (stale + 0.5 - 1.5) / 3, -0.5, (stale + 0.5) / 2])


def test_groups_conserve_the_mean_and_late_workers_do_not():
    x0, still = starts(8), np.zeros((ROUNDS, 8, REPLICAS, DIM))
    algorithm = WAGMA(step_size=1e-9, period=1000, group_size=4)
    seen, state = trajectory(algorithm, x0, 8, late_rounds(8, random_ages(8) * 0), still)
    assert all(np.abs(center - x0.mean(0)).max() < 1e-7 for _, center in seen)
    assert np.abs(state.x - x0.mean(0)).max() < 1e-7
    seen, _ = trajectory(algorithm, x0, 8, late_rounds(8, random_ages(8)), still)
    assert np.abs(seen[-1][1] - x0.mean(0)).max() > 1e-2


@pytest.mark.parametrize("n", [2, 8, 16])
def test_invariants(n):
    for momentum in MOMENTA:
        check_invariants(WAGMA(step_size=0.1, period=4, **momentum), graphs.ring(n).schedule())


def test_state_keeps_the_last_common_model_and_as_much_history_as_needed():
    ages, perturbation = random_ages(8), noise(8)
    algorithm, n, period = WAGMA(step_size=0.1, period=5, group_size=4), 8, 5
    state, means = algorithm.init(starts(n), n), []
    means.append(algorithm.center(state))
    for k, event in enumerate(late_rounds(n, ages)):
        algorithm.step(state, perturbation[k].copy(), event)
        means.append(algorithm.center(state))
        last = (k + 1) // period * period
        assert state.synced == last - 1
        assert_same(state.anchor, means[last], f"anchor after {k + 1} rounds")
        assert len(state.history) == 1 + (0 if k + 1 == last else max(min(a, k - last + 1) for a in ages[k].flat))


def test_arrays_are_reused_where_nobody_is_late():
    algorithm = WAGMA(step_size=0.1, period=5, group_size=4)
    state = algorithm.init(starts(8), 8)
    places = set()
    for event in late_rounds(8, np.zeros((ROUNDS, 8, REPLICAS), dtype=np.intp)):
        algorithm.step(state, np.ones_like(state.x), event)
        places |= {state.x.ctypes.data, state.history[0].ctypes.data}
    assert len(places) <= 3


def test_replicas_do_not_see_each_other():
    ages, perturbation, x0 = random_ages(8), noise(8), starts(8)
    algorithm = WAGMA(step_size=0.1, period=6, momentum=0.5)
    together, state = trajectory(algorithm, x0, 8, late_rounds(8, ages), perturbation)
    for r in range(REPLICAS):
        alone = slice(r, r + 1)
        seen, _ = trajectory(algorithm, x0[:, alone], 8, late_rounds(8, ages[..., alone]), perturbation[:, :, alone])
        np.testing.assert_allclose(seen[-1][0], together[-1][0][:, alone], rtol=1e-13)
    copied = deepcopy(state).with_slabs([slab[:, :1].copy() for slab in state.slabs()])
    event = Round(ROUNDS, schedule(8).at(0), age=np.ones((8, REPLICAS), dtype=np.intp))
    algorithm.step(copied, np.ones((8, 1, DIM)), Round(ROUNDS, event.mixing, age=event.age[:, :1]))
    algorithm.step(state, np.ones((8, REPLICAS, DIM)), event)
    np.testing.assert_allclose(copied.x, state.x[:, :1], rtol=1e-14)


def test_exact_moments_under_an_adversary_are_those_of_many_replicas():
    problem = problems.get("quadratic", workers=4, dim=2, sigma=0.5, zeta=0.4)
    graph = graphs.ring(4)
    clock = Late.adversarial(graph.schedule(), count=1, delay=2)
    algorithm = algorithms.get("wagma", step_size=0.1, period=7, group_size=2, momentum=0.3)
    exact = exact_moments(algorithm, problem, graph, iterations=25, timeline=clock)
    runs = simulate(algorithm, problem, graph, iterations=25, timeline=clock, replicas=4000)
    for name in ("consensus_sq", "grad_norm_sq"):
        values = runs[name].values
        error = values.std(axis=1) / np.sqrt(values.shape[1])
        assert (np.abs(values.mean(axis=1) - exact[name].values) <= 5 * error + 1e-12).all()


def test_torch_goes_through_the_same_lines():
    torch = pytest.importorskip("torch")
    ages, perturbation, x0 = random_ages(8, replicas=1), noise(8, replicas=1), starts(8)[:, :1]
    algorithm = WAGMA(step_size=0.1, period=6, momentum=0.5)
    states = [algorithm.init(x0, 8), algorithm.init(torch.tensor(x0), 8)]
    for k, event in enumerate(late_rounds(8, ages)):
        algorithm.step(states[0], perturbation[k].copy(), event)
        algorithm.step(states[1], torch.tensor(perturbation[k]), event)
    np.testing.assert_allclose(states[1].x.numpy(), states[0].x, rtol=1e-12)


def test_late_runs_converge_and_are_the_same_in_other_blocks():
    problem = problems.get("cosine", workers=8, dim=3, sigma=0.1)
    timeline = RandomlyLate(graphs.ring(8).schedule(), 2, delay=3)
    settings = {"iterations": 60, "seed": 3, "timeline": timeline, "record_every": 20}
    algorithm = WAGMA(step_size=0.2, period=10, group_size=4)
    run = simulate(algorithm, problem, graphs.ring(8), replicas=6, **settings)
    assert float(run["grad_norm_sq"][-1].mean()) < 0.05 * float(run["grad_norm_sq"][0].mean())
    later = simulate(algorithm, problem, graphs.ring(8), replicas=range(4, 6), **settings)
    np.testing.assert_allclose(later["grad_norm_sq"], run["grad_norm_sq"][:, 4:], rtol=1e-12)


@pytest.mark.parametrize("options", [{"period": 0}, {"group_size": 3}, {"group_size": -1}, {"grouping": "ring"}])
def test_bad_options(options):
    with pytest.raises(StragglerError):
        WAGMA(step_size=0.1, **options)


def test_groups_and_ages_that_do_not_fit():
    for n, size in ((6, 2), (4, 8), (6, 0)):
        with pytest.raises(InputError):
            WAGMA(step_size=0.1, group_size=size).admit(graphs.ring(n).schedule())
    algorithm = WAGMA(step_size=0.1, group_size=2)
    state = algorithm.init(starts(4), 4)
    for k, age in enumerate((0, 1, 2)):
        algorithm.step(state, np.ones_like(state.x), Round(k, schedule(4).at(k), age=np.full((4, REPLICAS), age)))
    with pytest.raises(InputError, match="grow"):
        algorithm.step(state, np.ones_like(state.x), Round(3, schedule(4).at(3), age=np.full((4, REPLICAS), 4)))
    state = algorithm.init(starts(4), 4)
    algorithm.step(state, np.ones_like(state.x), Round(0, schedule(4).at(0)))
    with pytest.raises(InputError, match="all rounds"):
        algorithm.step(state, np.ones_like(state.x), Round(1, schedule(4).at(1), age=np.ones((4, REPLICAS), dtype=int)))


def test_symbols_that_theorems_ask_for():
    assert WAGMA(step_size=0.1, period=5).symbols(32) == {"beta": 0.0, "tau": 5, "group": 8}
