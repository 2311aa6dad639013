"""SGD by messages against a plain reference, its special cases, and the gauge of its rows of the table."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.algorithms import SGD, MessagePassing
from numerics.engine import run
from numerics.events import Round
from numerics.gauge import gauge
from numerics.moments import exact_moments
from numerics.streams import Streams
from numerics.timeline import Crashes, MessageDelays, Omissions
from straggler import InputError
from tests.numerics.algorithms import message_reference as reference
from tests.numerics.algorithms.group_battery import (
    DIM,
    MOMENTA,
    REPLICAS,
    ROUNDS,
    assert_same,
    gradient,
    noise,
    schedule,
    step_size,
    trajectory,
)

START = np.random.default_rng(8).standard_normal((REPLICAS, DIM))
N = 5
CLOCKS = {
    "late": lambda n=N: MessageDelays(schedule(n), 3),
    "late at random": lambda n=N: MessageDelays(schedule(n), 4, "random"),
    "omitted": lambda n=N: Omissions(schedule(n), 2, 3),
    "omitted at random": lambda n=N: Omissions(schedule(n), 3, 4, "random"),
    "crashed": lambda n=N: Crashes(schedule(n), 2, 8),
    "crashed at random": lambda n=N: Crashes(schedule(n), 2, 12, "random"),
}
BOUNDS = {  # B in units of the largest gradient
    "late": (N - 1) * 3 / N,
    "late at random": (N - 1) * 4 / N,
    "omitted": 2 / N,
    "omitted at random": 3 / N,
    "crashed": 2 / N,
    "crashed at random": 2 / N,
}


def played(clock, rounds=ROUNDS, replicas=range(REPLICAS)):
    return list(clock.play(rounds, Streams(4, replicas)))


def anything(n, rounds=ROUNDS, seed=6):
    """Delays of all kinds, messages that never come, and crashes, at once."""
    rng = np.random.default_rng(seed)
    last = rng.integers(3, 2 * rounds, (n, REPLICAS))
    events = []
    for k in range(rounds):
        delays = rng.integers(-1, 6, (n, n, REPLICAS)) * (rng.random((n, n, REPLICAS)) < 0.6)
        delays[np.arange(n), np.arange(n)] = 0
        quiet = k % 7 == 6
        events.append(Round(k, schedule(n).at(k), delays=None if quiet else delays, alive=last >= k if k > 4 else None))
    return events


def tables(event, n, replica):
    """Delays and living of one replica, as lists."""
    column = 0 if event.delays is not None and event.delays.shape[2] == 1 else replica
    delays = np.zeros((n, n), dtype=int) if event.delays is None else event.delays[:, :, column]
    return delays.tolist(), [True] * n if event.alive is None else event.alive[:, replica].tolist()


def assert_replayed(events, n, momentum):
    perturbation = noise(n)
    seen, _ = trajectory(MessagePassing(step_size=step_size, **momentum), START, n, events, perturbation)
    for r in range(REPLICAS):
        delays, alive = zip(*(tables(event, n, r) for event in events), strict=True)
        expected = reference.message_passing(START[r], gradient(perturbation, r), delays, alive, step_size, **momentum)
        for k, (views, center) in enumerate(seen):
            assert_same(views[:, r], expected[k][0], f"views after {k} rounds")
            assert_same(center[r], expected[k][1], f"center after {k} rounds")
    return seen


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("name", CLOCKS)
def test_replays_the_reference_on_every_timeline(name, momentum):
    seen = assert_replayed(played(CLOCKS[name]()), N, momentum)
    assert max(np.abs(views - center).max() for views, center in seen) > 1e-2


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("n", [1, 2, 6])
def test_replays_the_reference_whatever_happens(n, momentum):
    assert_replayed(anything(n), n, momentum)


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("delays", [None, np.zeros((N, N, REPLICAS), dtype=int), np.zeros((N, N, 1), dtype=int)])
def test_with_everything_in_time_it_is_sgd(delays, momentum):
    perturbation, mixing = noise(N), schedule(N).at(0)
    expected, _ = trajectory(
        SGD(step_size=step_size, **momentum), START, N, [Round(k, mixing) for k in range(ROUNDS)], perturbation
    )
    events = [Round(k, mixing, delays=delays) for k in range(ROUNDS)]
    seen, state = trajectory(MessagePassing(step_size=step_size, **momentum), START, N, events, perturbation)
    assert state.lag is None
    assert not state.flight
    for (views, center), (shared, mean) in zip(seen, expected, strict=True):
        assert_same(views, shared, "views")
        assert_same(center, mean, "center")


def test_the_lag_is_the_sum_of_what_is_missing():
    """Written down from the definition, not step by step: gamma_s/p times every gradient that is not there yet."""
    perturbation, events = noise(N), anything(N)
    for event in events:
        event.alive = None
    seen, _ = trajectory(MessagePassing(step_size=step_size), START, N, events, perturbation)
    gradients = [np.sin(3 * views) + perturbation[k] for k, (views, _) in enumerate(seen[:-1])]
    for t, (views, center) in enumerate(seen):
        missing = np.zeros_like(views)
        for s in range(t):
            if events[s].delays is None:
                continue
            away = (events[s].delays < 0) | (events[s].delays > t - 1 - s)
            missing += step_size(s) / N * np.einsum("ijr,jrd->ird", away.astype(float), gradients[s])
        np.testing.assert_allclose(views - center, missing, rtol=1e-12, atol=1e-13)


def test_with_a_delay_longer_than_the_run_everybody_sees_its_own_gradients_alone():
    perturbation = noise(N)
    seen, state = trajectory(MessagePassing(step_size=0.1), START, N, played(MessageDelays(schedule(N), 10**10)), perturbation)
    for i in range(N):
        x = START.copy()
        for k in range(ROUNDS):
            x -= 0.1 / N * (np.sin(3 * x) + perturbation[k, i])
        assert_same(seen[-1][0][i], x, f"view of worker {i}")
    assert len(state.flight) == ROUNDS


def test_messages_are_kept_no_longer_than_they_are_on_the_way():
    algorithm, perturbation = MessagePassing(step_size=0.1), noise(N)
    state, tau = algorithm.init(START, N), 4
    for k, event in enumerate(played(MessageDelays(schedule(N), tau, "random"))):
        handed = perturbation[k].copy()
        algorithm.step(state, handed, event)
        handed[...] = np.nan
        assert len(state.flight) <= tau
    assert np.isfinite(algorithm.view(state, None)).all()
    for k in range(ROUNDS, ROUNDS + tau):
        algorithm.step(state, perturbation[0].copy(), Round(k, schedule(N).at(k)))
    assert state.lag is None
    assert not state.flight


@pytest.mark.parametrize("name", CLOCKS)
def test_equal_gradients_stay_within_the_bound_and_the_adversary_attains_it(name):
    """Constant gradients c: ||view - center|| <= gamma B ||c||, with equality on the worst timelines."""
    gamma, c = 0.3, np.array([1.2, -0.5])
    algorithm, found = MessagePassing(step_size=gamma), []
    state = algorithm.init(np.ones((REPLICAS, 2)), N)

    def record(event, algorithm, state):
        found.append(np.sqrt(((algorithm.view(state, None) - algorithm.center(state)) ** 2).sum(-1)).max())

    run(
        algorithm, lambda points, workers, out: np.broadcast_to(c, points.shape).copy(), played(CLOCKS[name](), 40), state, record
    )
    largest = max(found) / (gamma * np.sqrt(c @ c))
    assert largest <= BOUNDS[name] * (1 + 1e-12)
    if "random" not in name:
        assert largest == pytest.approx(BOUNDS[name], rel=1e-12)
    assert largest > 0.5 * BOUNDS[name]


@pytest.mark.parametrize("name", CLOCKS)
def test_gauge_stays_within_the_bound(name):
    """Gradients of a cosine are bounded, and so is Rademacher noise: the bound holds on every path."""
    made = problems.cosine(dim=3, workers=N, sigma=0.6, zeta=0.3, noise="rademacher", seed=2)
    largest = []
    oracle = problems.Problem.oracle

    class Listening:
        def __init__(self, problem, streams):
            self.inner = oracle(problem, streams)

        def __call__(self, points, workers, out):
            gradients = self.inner(points, workers, out)
            largest.append(float(np.linalg.norm(gradients, axis=-1).max()))
            return gradients

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(problems.Problem, "oracle", lambda problem, streams: Listening(problem, streams))
        found = gauge(
            MessagePassing(step_size=0.2), made, graphs.complete(N), iterations=60, replicas=20, timeline=CLOCKS[name]()
        )
    assert 0 < np.sqrt(found.distance_sq.max()) <= BOUNDS[name] * max(largest)


def test_crashed_workers_count_no_more():
    """The center moves by gamma/p times the gradients of those alive, of whom at least half are left."""
    perturbation, events = noise(N), played(Crashes(schedule(N), 2, 12, "random"))
    seen, _ = trajectory(MessagePassing(step_size=0.1), START, N, events, perturbation)
    for k, event in enumerate(events):
        alive = np.ones((N, REPLICAS), dtype=bool) if event.alive is None else event.alive
        assert (alive.sum(0) >= N / 2).all()
        gradients = np.sin(3 * seen[k][0]) + perturbation[k]
        np.testing.assert_allclose(seen[k][1] - seen[k + 1][1], 0.1 / N * (gradients * alive[..., None]).sum(0), atol=1e-14)
        np.testing.assert_allclose((seen[k + 1][0] - seen[k + 1][1])[~alive], 0, atol=1e-15)
    assert (alive.sum(0) == N - 2).all()


@pytest.mark.parametrize("name", CLOCKS)
def test_replicas_do_not_depend_on_their_blocks(name):
    made = problems.rational(dim=3, workers=N, sigma=0.5, zeta=0.3, seed=1)
    algorithm = MessagePassing(step_size=0.1, momentum=0.5)
    settings = {"iterations": 20, "seed": 3, "timeline": CLOCKS[name]()}
    whole = simulate(algorithm, made, graphs.ring(N), replicas=range(9), **settings)
    for part in (range(1), range(1, 6), range(6, 9)):
        alone = simulate(algorithm, made, graphs.ring(N), replicas=part, **settings)
        for quantity in ("consensus_sq", "value"):
            np.testing.assert_allclose(alone[quantity], whole[quantity].sel(replica=list(part)), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("momentum", MOMENTA)
def test_a_copy_with_the_first_replica_goes_the_same_way(momentum):
    algorithm, perturbation = MessagePassing(step_size=0.1, **momentum), noise(6)
    state = algorithm.init(START, 6)
    for k, event in enumerate(anything(6)):
        alone = state.with_slabs([slab[:, :1].copy() for slab in state.slabs()])
        algorithm.step(alone, perturbation[k][:, :1].copy(), event.spread(1))
        algorithm.step(state, perturbation[k].copy(), event)
        np.testing.assert_allclose(algorithm.view(alone, None), algorithm.view(state, None)[:, :1], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.4}])
@pytest.mark.parametrize("name", ["late", "omitted", "crashed"])
def test_exact_moments_under_an_adversary_are_those_of_many_replicas(name, options):
    made = problems.get("quadratic", workers=4, dim=2, sigma=0.5, zeta=0.4)
    clock, algorithm = CLOCKS[name](4), algorithms.get("message-passing", step_size=0.1, **options)
    exact = exact_moments(algorithm, made, graphs.ring(4), iterations=25, timeline=clock)
    runs = simulate(algorithm, made, graphs.ring(4), iterations=25, timeline=clock, replicas=3000)
    assert exact.consensus_sq.max() > 0
    for quantity in ("consensus_sq", "grad_norm_sq"):
        values = runs[quantity].values
        error = values.std(axis=1) / np.sqrt(values.shape[1])
        assert (np.abs(values.mean(axis=1) - exact[quantity].values) <= 5 * error + 1e-12).all()


@pytest.mark.parametrize("name", ["late", "late at random", "crashed at random"])
def test_torch_goes_through_the_same_lines(name):
    torch = pytest.importorskip("torch")
    perturbation, algorithm = noise(N), MessagePassing(step_size=0.1, momentum=0.5)
    states = [algorithm.init(START, N), algorithm.init(torch.tensor(START), N)]
    for k, event in enumerate(played(CLOCKS[name]())):
        algorithm.step(states[0], perturbation[k].copy(), event)
        algorithm.step(states[1], torch.tensor(perturbation[k]), event)
        np.testing.assert_allclose(
            algorithm.view(states[1], None).numpy(), algorithm.view(states[0], None), rtol=1e-12, atol=1e-14
        )


def test_what_theorems_ask_for():
    made = problems.cosine(dim=2, workers=6, sigma=0.1)
    for clock, wanted in [
        (MessageDelays(schedule(6), 3), {"tau": 3, "quorum": 6}),
        (Omissions(schedule(6), 2, 4), {"tau": 4, "faults": 2, "quorum": 6}),
        (Crashes(schedule(6), 2), {"faults": 2, "quorum": 4}),
    ]:
        found = simulate(MessagePassing(step_size=0.1), made, graphs.ring(6), iterations=2, timeline=clock).constants
        assert {name: found.get(name) for name in wanted} == wanted


def test_a_worker_has_its_own_gradient_at_once():
    delays = np.zeros((N, N, 1), dtype=int)
    delays[2, 2] = 1
    algorithm = MessagePassing(step_size=0.1)
    with pytest.raises(InputError, match="own gradient"):
        algorithm.step(algorithm.init(START, N), np.ones((N, REPLICAS, DIM)), Round(0, schedule(N).at(0), delays=delays))


def test_models_start_together():
    with pytest.raises(InputError, match="x0"):
        MessagePassing(step_size=0.1).init(np.zeros((4, 1, 2)), 4)
