"""Elastic averaging: against plain references, its special cases, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from numerics import graphs, problems, simulate
from numerics.algorithms import EAMSGD, EASGD, AsyncEAMSGD, AsyncEASGD, LocalSGD
from numerics.mixing import MixingSchedule
from numerics.timeline import RoundRobin, WorstDelay
from straggler import InputError
from tests.numerics.algorithms import elastic_reference as plain
from tests.numerics.algorithms import elastic_replay as replay

FAMILY: dict[Any, Any] = {
    EASGD: plain.easgd,
    EAMSGD: plain.eamsgd,
    AsyncEASGD: plain.easgd_async,
    AsyncEAMSGD: plain.eamsgd_async,
}
OPTIONS = [
    {},
    {"alpha": 0.0},
    {"alpha": 0.3, "period": 3},
    {"alpha": 0.23, "momentum": 0.6, "nesterov": False},
    {"alpha": 0.4, "period": 2, "momentum": 0.7, "nesterov": True},
]


@pytest.mark.parametrize("common", [True, False], ids=["common start", "starts apart"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("cls", FAMILY)
def test_replays_the_reference(cls, options, common):
    algorithm, x0 = cls(step_size=replay.gamma, **options), replay.start(common)
    replay.assert_same(replay.trajectory(algorithm, x0), replay.expected(FAMILY[cls], algorithm, x0, **options))


@pytest.mark.parametrize("options", OPTIONS[2:], ids=str)
@pytest.mark.parametrize("cls", FAMILY)
def test_replicas_do_not_see_each_other(cls, options):
    replay.assert_blocks_agree(cls(step_size=replay.gamma, **options), replay.start(common=False))


@pytest.mark.parametrize("options", OPTIONS[2:], ids=str)
@pytest.mark.parametrize("cls", FAMILY)
def test_torch_agrees_with_numpy(cls, options):
    pytest.importorskip("torch")
    replay.assert_torch_agrees(cls(step_size=replay.gamma, **options), replay.start(common=False))


@pytest.mark.parametrize(("with_momentum", "without"), [(EAMSGD, EASGD), (AsyncEAMSGD, AsyncEASGD)])
def test_eamsgd_without_momentum_is_easgd(with_momentum, without):
    options, x0 = {"step_size": replay.gamma, "alpha": 0.3, "period": 2}, replay.start(common=False)
    one, other = (replay.trajectory(a, x0) for a in (with_momentum(momentum=0.0, **options), without(**options)))
    replay.assert_same(one, other)
    moving = replay.trajectory(with_momentum(momentum=0.5, **options), x0)
    assert np.abs(moving[0] - other[0]).max() > 1e-2


@pytest.mark.parametrize("momentum", [{}, {"momentum": 0.6}, {"momentum": 0.6, "nesterov": True}], ids=str)
def test_without_elasticity_workers_are_alone(momentum):
    """alpha = 0: n independent runs of SGD, as of local SGD that never averages, and a center variable that stays."""
    x0 = replay.start(common=False)
    alone = LocalSGD(step_size=replay.gamma, period=replay.EVENTS + 1, **momentum)
    centers, views = replay.trajectory(EASGD(step_size=replay.gamma, alpha=0.0, **momentum), x0)
    np.testing.assert_allclose(views, replay.trajectory(alone, x0)[1], rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(centers, np.broadcast_to(centers[0], centers.shape))
    np.testing.assert_allclose(centers[0], x0.mean(0), rtol=1e-14)
    apart = replay.trajectory(AsyncEASGD(step_size=replay.gamma, alpha=0.0, **momentum), x0)[0]
    np.testing.assert_array_equal(apart, np.broadcast_to(apart[0], apart.shape))


@pytest.mark.parametrize("period", [1, 3])
@pytest.mark.parametrize("cls", [EASGD, AsyncEASGD])
def test_elastic_symmetry(cls, period):
    """sum_i x_i + c moves by the gradients only."""
    algorithm, x0 = cls(step_size=0.2, alpha=0.3, period=period), replay.start(common=False)
    timeline = replay.events_of(algorithm, replay.durations())
    state, streams = replay.opened(algorithm, timeline, x0)
    total = x0.sum(0) + x0.mean(0)
    for event in timeline.play(replay.EVENTS, streams):
        gradients = replay.slope(algorithm.view(state, event), replay.noise_of(event))
        total -= 0.2 * gradients.sum(0)
        algorithm.step(state, gradients, event)
        np.testing.assert_allclose(state.x.sum(0) + state.anchor[0], total, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("period", [1, 2])
def test_taking_turns_is_the_product_of_the_maps_of_the_paper(period):
    """Models and center of worker i's exchange number t, against F_i: exchange and step at once, worker after worker."""
    n, gamma, alpha, laps = replay.N, 0.2, 0.3, 12
    x0 = replay.start(common=False)
    algorithm = AsyncEASGD(step_size=gamma, alpha=alpha, period=period)
    centers, views = replay.trajectory(algorithm, x0, RoundRobin(graphs.ring(n).schedule()), laps * n)
    x, center = x0.copy(), x0.mean(0)
    seen = []
    for k in range(laps * n):
        i = k % n
        here = x[i].copy()
        np.testing.assert_allclose(views[k, i], here, rtol=1e-12, atol=1e-13)
        if k // n % period == 0:
            x[i] -= alpha * (here - center)
            center = center + alpha * (here - center)
        x[i] -= gamma * replay.slope(here, replay.PERTURBATION[k, i])
        seen.append(center)
    # the exchange of step t of worker i is seen when step t - 1 ends, n events earlier
    np.testing.assert_allclose(centers[: (laps - 1) * n + 1], np.stack(seen)[n - 1 :], rtol=1e-12, atol=1e-13)


def test_everybody_communicates_at_the_end_of_its_own_period():
    algorithm = AsyncEASGD(step_size=0.2, period=3)
    timeline = replay.events_of(algorithm, replay.durations())
    state, streams = replay.opened(algorithm, timeline, replay.start(common=True))
    steps = np.zeros((replay.N, replay.REPLICAS), dtype=int)
    for event in timeline.play(replay.EVENTS, streams):
        before = algorithm.center(state).copy()
        algorithm.step(state, replay.slope(algorithm.view(state, event), replay.noise_of(event)), event)
        moved = (algorithm.center(state) != before).any(axis=1)
        for r, worker in enumerate(event.workers[0]):
            steps[worker, r] += 1
            assert moved[r] == (steps[worker, r] % 3 == 0)
    np.testing.assert_array_equal(state.clocks, steps)


@pytest.mark.parametrize("cls", FAMILY)
def test_runs_under_simulate(cls):
    problem = problems.quadratic(dim=2, workers=4, sigma=0.1, zeta=0.0)
    run = simulate(cls(step_size=0.05, momentum=0.5, period=2), problem, graphs.ring(4), iterations=400, replicas=3)
    assert (run.grad_norm_sq[-1] < 0.05 * run.grad_norm_sq[0]).all()


@pytest.mark.parametrize("cls", FAMILY)
@pytest.mark.parametrize(
    ("option", "value"), [("period", 0), ("period", 1.5), ("alpha", -0.1), ("alpha", np.nan), ("momentum", 1.0)]
)
def test_options_outside_their_range_are_refused(cls, option, value):
    with pytest.raises(InputError, match=option):
        cls(step_size=0.1, **{option: value})


@pytest.mark.parametrize("cls", [AsyncEASGD, AsyncEAMSGD])
@pytest.mark.parametrize("partners", ["none", "random"])
def test_an_adversary_that_moves_reads_about_is_refused(cls, partners):
    problem, ring = problems.quadratic(dim=2, workers=4), graphs.ring(4)
    schedule: MixingSchedule = ring.schedule()
    with pytest.raises(InputError, match="slot of its own"):
        simulate(cls(step_size=0.1), problem, ring, iterations=2, timeline=WorstDelay(schedule, 3, partners))


def test_symbols_that_theorems_ask_for():
    assert EASGD(step_size=0.5, alpha=0.1, period=2).symbols(4) == {"beta": 0.0, "tau": 2, "pull": 0.1, "lambda_": 0.2}
    assert "lambda_" not in EASGD(step_size=lambda k: 0.1, alpha=0.1).symbols(4)
