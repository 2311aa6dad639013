"""Elastic scheduling against a plain reference, its special cases, and the gauge of its rows of the table."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.algorithms import SGD, ElasticScheduling
from numerics.engine import run
from numerics.events import Round
from numerics.gauge import gauge
from numerics.moments import exact_moments
from numerics.streams import Streams
from numerics.timeline import Arrivals
from straggler import InputError, StragglerError
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
OPTIONS = [
    {},
    {"beta": 0.2},
    {"beta": 1.0},
    {"bound": "variance"},
    {"bound": "variance", "beta": 0.2},
    {"bound": "variance", "beta": 1},
]


def played(n, kind="random", rounds=ROUNDS, replicas=range(REPLICAS)):
    return list(Arrivals(schedule(n), kind).play(rounds, Streams(4, replicas)))


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("n", "kind"), [(2, "random"), (5, "random"), (6, "adversarial")])
def test_replays_the_reference(n, kind, options, momentum):
    perturbation, events = noise(n), played(n, kind)
    seen, _ = trajectory(ElasticScheduling(step_size=step_size, **options, **momentum), START, n, events, perturbation)
    total = 0
    for r in range(REPLICAS):
        orders = [event.order[:, :, min(r, event.order.shape[2] - 1)].tolist() for event in events]
        settings = options | momentum
        expected, late = reference.elastic(START[r], gradient(perturbation, r), orders, step_size, **settings)
        total += late
        for k, (views, center) in enumerate(seen):
            assert_same(views[:, r], expected[k][0], f"views after {k} rounds")
            assert_same(center[r], expected[k][1], f"center after {k} rounds")
    if options == {"bound": "variance", "beta": 1}:
        assert total == 0
    elif n > 2:
        assert total > ROUNDS


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("options", [{}, {"bound": "variance", "beta": 0.3}, {"bound": "variance", "beta": 1}], ids=str)
def test_with_nobody_late_it_is_sgd(options, momentum):
    """Where messages are not ordered, or all of them are waited for."""
    perturbation, mixing = noise(5), schedule(5).at(0)
    rounds = [Round(k, mixing) for k in range(ROUNDS)]
    expected, _ = trajectory(SGD(step_size=step_size, **momentum), START, 5, rounds, perturbation)
    events = played(5) if options.get("beta") == 1 else rounds
    seen, state = trajectory(ElasticScheduling(step_size=step_size, **options, **momentum), START, 5, events, perturbation)
    assert state.lag is None
    for (views, center), (shared, mean) in zip(seen, expected, strict=True):
        assert_same(views, shared, "views")
        assert_same(center, mean, "center")


@pytest.mark.parametrize("bound", ["norm", "variance"])
def test_the_lag_is_what_is_missing_of_the_last_round(bound):
    """From the definition: gradients of the last round that had not come, less the worker's own in their place."""
    n, perturbation, events = 6, noise(6), played(6)
    seen, _ = trajectory(ElasticScheduling(step_size=step_size, bound=bound, beta=0.4), START, n, events, perturbation)
    some = 0
    for k in range(1, ROUNDS):
        gradients = np.sin(3 * seen[k][0]) + perturbation[k]
        before = np.linalg.norm((np.sin(3 * seen[k - 1][0]) + perturbation[k - 1]).sum(0), axis=-1)
        for i in range(n):
            for r in range(REPLICAS):
                arrivals = np.argsort(events[k].order[i, :, r])
                assert arrivals[0] == i
                sums = np.cumsum(gradients[arrivals, r], axis=0)
                counts = np.flatnonzero(np.linalg.norm(sums, axis=-1) >= 0.4 * before[r])
                count = math.ceil(0.4 * n) if bound == "variance" else counts[0] + 1 if counts.size else n
                missing = gradients[arrivals[count:], r].sum(0)
                if bound == "variance":
                    missing -= (n - count) * gradients[i, r]
                some += n - count
                lag = seen[k + 1][0][i, r] - seen[k + 1][1][r]
                np.testing.assert_allclose(lag, step_size(k) / n * missing, rtol=1e-10, atol=1e-13)
    assert some > ROUNDS


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9, 1.0])
def test_equal_gradients(beta):
    """Constant gradients c: the norm asks for ceil(beta p) of them; own gradients in the place of others' leave no lag at all."""
    n, gamma, c = 8, 0.3, np.array([3.0, -4.0])
    largest = {}
    for bound in ("norm", "variance"):
        algorithm, found = ElasticScheduling(step_size=gamma, bound=bound, beta=beta), [0.0]
        state = algorithm.init(np.ones((REPLICAS, 2)), n)

        def record(event, algorithm, state, found=found):
            found.append(np.sqrt(((algorithm.view(state, None) - algorithm.center(state)) ** 2).sum(-1)).max())

        run(algorithm, lambda points, workers, out: np.broadcast_to(c, points.shape).copy(), played(n), state, record)
        largest[bound] = max(found) / (gamma * 5)
    assert largest["norm"] == pytest.approx((n - math.ceil(beta * n)) / n, abs=1e-12)
    assert largest["variance"] <= 1e-12
    if beta == 0.1:
        assert largest["norm"] == pytest.approx((n - 1) / n)  # the bound of the table is attained


@pytest.mark.parametrize("kind", ["random", "adversarial"])
@pytest.mark.parametrize(("bound", "beta"), [("norm", 0.2), ("norm", 0.8), ("variance", 0.2), ("variance", 0.8)])
def test_gauge_stays_within_the_bound(kind, bound, beta):
    """Pathwise for the norm, where cosine and Rademacher noise bound gradients; 3 sigma in mean square for the variance."""
    n, sigma, gamma = 6, 0.6, 0.1
    made = problems.cosine(dim=3, workers=n, sigma=sigma, zeta=0.0, noise="rademacher", seed=2)
    algorithm = ElasticScheduling(step_size=gamma, bound=bound, beta=beta)
    clock = Arrivals(schedule(n), kind)
    found = gauge(algorithm, made, graphs.complete(n), iterations=60, replicas=200, timeline=clock).distance_sq
    assert found.max() > 0
    if bound == "norm":
        assert np.sqrt(found.max()) <= (n - 1) / n * (made.constants["M"].value + sigma)
    else:
        assert gamma <= 1 / (6 * made.constants["L"].value)
        mean = found.mean("replica")
        error = found.std("replica") / np.sqrt(200)
        assert (mean + 4 * error <= (3 * sigma) ** 2).all()
        assert (mean + 4 * error <= (1.5 * sigma) ** 2).all()


@pytest.mark.parametrize("kind", ["random", "adversarial"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_replicas_do_not_depend_on_their_blocks(options, kind):
    made = problems.rational(dim=3, workers=5, sigma=0.5, zeta=0.3, seed=1)
    algorithm = ElasticScheduling(step_size=0.1, momentum=0.5, **options)
    settings = {"iterations": 20, "seed": 3, "timeline": Arrivals(schedule(5), kind)}
    whole = simulate(algorithm, made, graphs.ring(5), replicas=range(9), **settings)
    for part in (range(1), range(1, 6), range(6, 9)):
        alone = simulate(algorithm, made, graphs.ring(5), replicas=part, **settings)
        for quantity in ("consensus_sq", "value"):
            np.testing.assert_allclose(alone[quantity], whole[quantity].sel(replica=list(part)), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_copy_with_the_first_replica_goes_the_same_way(options):
    algorithm, perturbation = ElasticScheduling(step_size=0.1, momentum=0.5, **options), noise(6)
    state = algorithm.init(START, 6)
    for k, event in enumerate(played(6)):
        alone = state.with_slabs([slab[:, :1].copy() for slab in state.slabs()])
        algorithm.step(alone, perturbation[k][:, :1].copy(), event.spread(1))
        algorithm.step(state, perturbation[k].copy(), event)
        np.testing.assert_allclose(algorithm.view(alone, None), algorithm.view(state, None)[:, :1], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("momentum", [{}, {"momentum": 0.4}])
def test_exact_moments_of_the_variance_bounded_one_are_those_of_many_replicas(momentum):
    made = problems.get("quadratic", workers=4, dim=2, sigma=0.5, zeta=0.4)
    clock = Arrivals(schedule(4), "adversarial")
    algorithm = algorithms.get("elastic-scheduling", step_size=0.1, bound="variance", beta=0.5, **momentum)
    exact = exact_moments(algorithm, made, graphs.ring(4), iterations=25, timeline=clock)
    runs = simulate(algorithm, made, graphs.ring(4), iterations=25, timeline=clock, replicas=3000)
    assert exact.consensus_sq.max() > 0
    for quantity in ("consensus_sq", "grad_norm_sq"):
        values = runs[quantity].values
        error = values.std(axis=1) / np.sqrt(values.shape[1])
        assert (np.abs(values.mean(axis=1) - exact[quantity].values) <= 5 * error + 1e-12).all()


def test_the_norm_bounded_one_is_not_linear_and_has_no_exact_moments():
    made = problems.get("quadratic", workers=4, dim=2, sigma=0.5)
    with pytest.raises(InputError, match="exact moments"):
        exact_moments(
            ElasticScheduling(step_size=0.1), made, graphs.ring(4), iterations=5, timeline=Arrivals(schedule(4), "adversarial")
        )


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_torch_goes_through_the_same_lines(options):
    torch = pytest.importorskip("torch")
    perturbation, algorithm = noise(6), ElasticScheduling(step_size=0.1, **options)
    states = [algorithm.init(START, 6), algorithm.init(torch.tensor(START), 6)]
    for k, event in enumerate(played(6)):
        algorithm.step(states[0], perturbation[k].copy(), event)
        algorithm.step(states[1], torch.tensor(perturbation[k]), event)
        np.testing.assert_allclose(
            algorithm.view(states[1], None).numpy(), algorithm.view(states[0], None), rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize(
    ("beta", "n", "wanted"), [(0.5, 5, 3), (0.1, 10, 1), (0.3, 10, 3), (1 / 3, 9, 3), (0.07, 100, 7), (1.0, 7, 7), (0.01, 4, 1)]
)
def test_a_share_of_the_gradients(beta, n, wanted):
    assert ElasticScheduling(step_size=0.1, bound="variance", beta=beta).enough(n) == wanted


@pytest.mark.parametrize("options", [{"beta": 0}, {"beta": -0.5}, {"beta": 1.5}, {"beta": math.nan}, {"bound": "mean"}], ids=str)
def test_bad_input(options):
    with pytest.raises(StragglerError, match=next(iter(options))):
        ElasticScheduling(step_size=0.1, **options)
