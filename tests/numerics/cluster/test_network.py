"""What messages cost."""

import json
import math

import numpy as np
import pytest

from numerics.cluster import Network, message_bytes, serialise
from straggler import InputError, UnknownName

TWO_LEVELS = Network(5e-6, 1e9, 0.0, 4, 1e-6, 1e10)


def test_message_sizes():
    assert message_bytes(25_559_081) == 102_236_324
    assert message_bytes(10, "float64") == 80
    assert message_bytes(10, "bfloat16") == 20
    with pytest.raises(UnknownName, match="unknown dtype 'float23'; did you mean float"):
        message_bytes(10, "float23")
    with pytest.raises(InputError, match="parameters = 0"):
        message_bytes(0)


def test_a_card_serialises():
    network = Network(2.0, 4.0)
    assert network.send(8) == 4
    assert network.send(8, messages=3) == 12
    assert network.pair_exchange(8) == 4
    assert Network().send(1e12) == 0


def test_two_levels():
    near, far = 1e-6 + 1e6 / 1e10, 5e-6 + 1e6 / 1e9
    first, second = np.array([0, 0, 3, 5, 9]), np.array([3, 4, 4, 6, 9])
    expected = [near, far, far, near, 0]
    assert np.allclose(TWO_LEVELS.pair_exchange(1e6, first, second), expected, rtol=1e-14)
    assert TWO_LEVELS.inside.send(1e6) == pytest.approx(near)
    assert TWO_LEVELS.node(first).tolist() == [0, 0, 0, 1, 2]
    flat = Network(5e-6, 1e9)
    assert flat.inside is flat


def test_contention():
    shared = Network(1.0, 10.0, shared_capacity=24.0)
    assert [shared.at(k).bandwidth for k in (1, 2, 3, 4)] == [10, 10, 8, 6]
    assert shared.at(4).send(12) == 3
    wasteful = Network(1.0, 100.0, shared_capacity=24.0, interference=0.5)
    assert wasteful.at(3).bandwidth == 24 / (3 + 0.5 * 2)
    assert Network(1.0, 10.0).at(100) == Network(1.0, 10.0)


def test_a_queue_against_one_message_at_a_time():
    rng = np.random.default_rng(0)
    ready = np.sort(rng.exponential(1.0, (200, 3)).cumsum(axis=0), axis=0)
    free = np.array([0.0, 5.0, 50.0])
    for seconds in (0.0, 0.3, 1.0, 4.0):
        passed = serialise(ready, seconds, free)
        busy_until = free.copy()
        for message in range(200):
            busy_until = np.maximum(busy_until, ready[message]) + seconds
            assert np.allclose(passed[message], busy_until, rtol=1e-12)


def test_provenance():
    for network in (Network(), TWO_LEVELS, Network(1.0, shared_capacity=3.0)):
        assert json.loads(json.dumps(network.provenance(), allow_nan=False))["latency"] == network.latency


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latency": -1.0}, "latency = -1.0"),
        ({"latency": math.inf}, "latency = inf"),
        ({"bandwidth": 0.0}, "bandwidth = 0.0"),
        ({"bandwidth": math.nan}, "bandwidth = nan"),
        ({"reduction": -1.0}, "reduction = -1.0"),
        ({"workers_per_node": 0}, "workers_per_node = 0"),
        ({"workers_per_node": 2}, "workers_per_node = 2 .* inner_latency and inner_bandwidth"),
        ({"inner_latency": -1.0}, "inner_latency = -1.0"),
        ({"inner_bandwidth": 0.0}, "inner_bandwidth = 0.0"),
        ({"shared_capacity": 0.0}, "shared_capacity = 0.0"),
        ({"interference": -0.1}, "interference = -0.1"),
    ],
)
def test_bad_networks(options, message):
    with pytest.raises(InputError, match=message):
        Network(**options)


def test_bad_flows():
    with pytest.raises(InputError, match="flows = 0"):
        Network().at(0)
