"""Schedules repeat, products multiply in the right order, random rounds belong to their seed."""

import json

import numpy as np
import pytest

from numerics import graphs
from numerics.mixing import Circulant, Identity, PeriodicSchedule, product
from straggler import InputError


def test_a_period_repeats_and_operators_are_reused():
    schedule = graphs.one_peer_exponential(16).schedule()
    assert schedule.period == 4
    for k in range(12):
        assert schedule.at(k) is schedule.at(k % 4)
        np.testing.assert_array_equal(schedule.at(k).matrix(), Circulant(16, {0: 0.5, 2 ** (k % 4): 0.5}).matrix())
    assert [operator.n for operator in schedule.operators(6)] == [16] * 6


def test_product_puts_the_latest_round_on_the_left():
    schedule = graphs.random_peer(7, "complete", seed=3)
    expected = schedule.at(4).matrix() @ schedule.at(3).matrix() @ schedule.at(2).matrix()
    np.testing.assert_allclose(product(schedule, 3, start=2), expected, atol=1e-15)
    np.testing.assert_array_equal(product(schedule, 0), np.eye(7))


@pytest.mark.parametrize("n", [2, 4, 8, 16, 32, 64])
def test_one_peer_exponential_averages_exactly_in_a_period_from_any_start(n):
    schedule = graphs.one_peer_exponential(n).schedule()
    for start in range(schedule.period):
        np.testing.assert_allclose(product(schedule, schedule.period, start), np.full((n, n), 1 / n), atol=1e-15)


@pytest.mark.parametrize(("n", "peers"), [(9, 2), (27, 2), (16, 3), (25, 4)])
def test_k_peer_exponential_averages_exactly_on_powers_of_peers_plus_one(n, peers):
    schedule = graphs.k_peer_exponential(n, peers).schedule()
    np.testing.assert_allclose(product(schedule, schedule.period), np.full((n, n), 1 / n), atol=1e-15)


def test_random_rounds_belong_to_the_seed_and_do_not_depend_on_the_order_asked():
    one, two = graphs.random_peer(8, "exponential", seed=1), graphs.random_peer(8, "exponential", seed=1)
    later = two.at(2000).matrix()
    for k in range(1500):
        one.at(k)
    np.testing.assert_array_equal(one.at(2000).matrix(), later)
    np.testing.assert_array_equal(one.at(0).matrix(), two.at(0).matrix())
    other = graphs.random_peer(8, "exponential", seed=2)
    assert any((one.at(k).matrix() != other.at(k).matrix()).any() for k in range(5))
    assert any((one.at(k).matrix() != one.at(k + 1).matrix()).any() for k in range(5))


@pytest.mark.parametrize("among", ["exponential", "complete"])
@pytest.mark.parametrize("shared", [False, True])
def test_random_peers_send_half_to_one_allowed_neighbour(among, shared):
    schedule = graphs.random_peer(8, among, seed=0, shared=shared)
    allowed = {1, 2, 4} if among == "exponential" else set(range(1, 8))
    assert schedule.column_stochastic
    assert schedule.row_stochastic is shared
    seen = set()
    for k in range(200):
        matrix = schedule.at(k).matrix()
        hops = {(int(np.flatnonzero(matrix[:, i] * (np.arange(8) != i))[0]) - i) % 8 for i in range(8)}
        np.testing.assert_array_equal(np.diag(matrix), 0.5)
        np.testing.assert_array_equal(matrix.sum(axis=0), 1)
        assert len(hops) == 1 or not shared
        seen |= hops
    assert seen == allowed


@pytest.mark.parametrize("among", ["exponential", "complete"])
@pytest.mark.parametrize("shared", [False, True])
def test_the_second_moment_of_random_peers_is_that_of_the_draws(among, shared):
    schedule = graphs.random_peer(6, among, seed=5, shared=shared)
    draws = np.stack([schedule.at(k).matrix() for k in range(4000)])
    mean = np.einsum("kai,kaj->ij", draws, draws) / len(draws)
    np.testing.assert_allclose(mean, schedule.second_moment, atol=0.03)


def test_provenance_is_json():
    for schedule in (graphs.torus(12).schedule("lazy"), graphs.random_peer(4, seed=9), graphs.erdos_renyi(9, seed=2).schedule()):
        origin = json.loads(json.dumps(schedule.provenance()))
        assert origin["nodes"] == schedule.n
        assert origin["weights"]
    assert graphs.torus(12).schedule("lazy").provenance()["params"] == {"shape": [3, 4]}


def test_operators_must_fit_together():
    with pytest.raises(InputError):
        PeriodicSchedule([Identity(3), Identity(4)], "mixed")
    with pytest.raises(InputError):
        PeriodicSchedule([], "empty")
