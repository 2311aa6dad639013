"""What is known in closed form: barriers as order statistics, servers, queues, idle time, traffic."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from numerics import graphs
from numerics.cluster import Cluster, Constant, InjectedDelays, Network, Pareto, ShiftedExponential, SlowWorkers, collectives
from numerics.streams import Streams
from numerics.timeline import Barrier, NeighbourBarrier, Overlapped, Pairwise, Periodic, Server, WaitAvoiding, report

EXPONENTIAL = ShiftedExponential(0.0, 1.0)


def harmonic(k):
    return sum(1 / j for j in range(1, k + 1))


def test_constant_times_make_every_barrier_wait_for_the_slowest():
    machine = Cluster(4, Constant(0.5), (SlowWorkers({2: 4.0}),), Network(latency=0.1), message_bytes=1.0)
    schedule = graphs.complete(4).schedule()
    collective = collectives.ring(machine.network, 4, 1.0)
    for timeline, seconds in ((Barrier(machine, schedule), 2.0 + collective), (NeighbourBarrier(machine, schedule), 2.3)):
        found = report(timeline, 50)
        assert found["iteration_seconds"] == pytest.approx(seconds, rel=1e-12)
        assert found["throughput"] == pytest.approx(4 / seconds, rel=1e-12)
        assert found["idle_fraction"] == pytest.approx(1 - (2 + 3 * 0.5) / (4 * seconds), rel=1e-12)
        assert found["staleness"] == {"mean": 0.0, "max": 0}
    assert report(Periodic(machine, schedule, 5), 50)["iteration_seconds"] == pytest.approx(2.0 + collective / 5, rel=1e-12)


def test_equal_constant_workers_take_turns():
    machine = Cluster(5, Constant(2.0))
    for timeline in (Server(machine), Pairwise(machine, graphs.complete(5).schedule(), initiators="all")):
        events = list(timeline.play(40, Streams(0, range(2))))
        assert [event.workers[0, 1] for event in events] == list(range(5)) * 8
        np.testing.assert_allclose([event.time[0] for event in events], 2.0 * (np.arange(40) // 5 + 1))
        assert all(event.age[0, 0] == 4 for event in events[5:])


def test_without_a_network_pairs_are_sorted_cumulative_sums():
    machine = Cluster(6, Pareto(1.0, 2.5), (SlowWorkers({0: 5.0}),))
    events = list(Pairwise(machine, graphs.ring(6).schedule()).play(900, Streams(3, [4])))
    sums = machine.compute_times(2000, Streams(3, [4]).generators("timeline"))[:, :, 0].cumsum(axis=0)
    order = np.argsort(sums.ravel())[:900]
    np.testing.assert_allclose([event.time[0] for event in events], sums.ravel()[order], rtol=1e-12)
    assert [event.workers[0, 0] for event in events] == (order % 6).tolist()
    assert all((event.partner[0] == event.workers[0, 0]) == (event.workers[0, 0] % 2 == 0) for event in events)


@pytest.mark.parametrize("make", [Server, lambda m: Pairwise(m, graphs.ring(8).schedule())], ids=["server", "pairs"])
def test_exponential_times_make_workers_independent_and_uniform(make):
    timeline = make(Cluster(8, EXPONENTIAL))
    events = list(timeline.play(20_000, Streams(11, [0])))
    workers = np.array([event.workers[0, 0] for event in events])
    assert stats.chisquare(np.bincount(workers, minlength=8)).pvalue > 1e-3
    assert stats.chisquare(np.bincount(workers[1:] * 8 + workers[:-1], minlength=64)).pvalue > 1e-3
    ages = np.array([event.age[0, 0] for event in events[500:]])
    assert ages.mean() == pytest.approx(7, abs=4 * ages.std() / len(ages) ** 0.5)
    # memoryless: the age of a read is geometric
    seen = np.bincount(np.minimum(ages, 30), minlength=31)
    wanted = np.append(stats.geom(1 / 8, loc=-1).pmf(np.arange(30)), stats.geom(1 / 8, loc=-1).sf(29))
    assert np.abs(seen / len(ages) - wanted).max() < 0.01


def seconds(mode, k, law, updates=3000):
    timeline = Server(Cluster(8, law), mode, k)
    times = np.array([event.time for event in timeline.play(updates, Streams(5, range(8)))])
    rate = times[-1] / updates
    return rate.mean(), rate.std(ddof=1) / 8**0.5


SHIFTED = ShiftedExponential(0.5, 1.0)
RUNTIMES = [
    ("synchronous", None, EXPONENTIAL, harmonic(8)),
    ("synchronous", None, SHIFTED, 0.5 + harmonic(8)),
    ("k-sync", 4, EXPONENTIAL, harmonic(8) - harmonic(4)),
    ("k-sync", 4, SHIFTED, 0.5 + harmonic(8) - harmonic(4)),
    ("k-batch-sync", 4, EXPONENTIAL, 0.5),
    ("asynchronous", None, EXPONENTIAL, 1 / 8),
    ("asynchronous", None, SHIFTED, 1.5 / 8),
    ("k-async", 4, EXPONENTIAL, harmonic(8) - harmonic(4)),
    ("k-batch-async", 4, EXPONENTIAL, 0.5),
    ("k-batch-async", 4, SHIFTED, 0.75),
]


@pytest.mark.parametrize(("mode", "k", "law", "wanted"), RUNTIMES)
def test_seconds_per_update_of_a_server(mode, k, law, wanted):
    """Dutta et al. (2018): order statistics and renewal rates; 0.3 % for what a renewal process loses at its start."""
    mean, error = seconds(mode, k, law)
    assert abs(mean - wanted) < 4 * error + 0.003 * wanted


def test_k_async_is_faster_than_k_sync_for_times_that_are_new_longer_than_used():
    mean, error = seconds("k-async", 4, SHIFTED)
    assert mean + 4 * error < 0.5 + harmonic(8) - harmonic(4)
    mean, error = seconds("k-batch-sync", 4, SHIFTED)
    assert mean - 4 * error > 0.5


def test_a_server_saturates_its_card():
    """At most one gradient passes the card at a time: n workers that compute for 1 s, messages of 0.5 s."""
    machine = Cluster(16, Constant(1.0), network=Network(bandwidth=2.0), message_bytes=1.0)
    found = report(Server(machine), 500)
    assert found["throughput"] == pytest.approx(2.0, rel=1e-2)
    assert found["staleness"]["mean"] == pytest.approx(15, rel=1e-2)
    assert found["bytes_per_iteration"] == 32
    assert found["idle_fraction"] == pytest.approx(1 - 1.0 / 8, rel=1e-2)
    few = report(Server(Cluster(2, Constant(1.0), network=machine.network, message_bytes=1.0)), 500)
    assert few["throughput"] == pytest.approx(1.0, rel=1e-2)


def test_overlap_hides_messages_that_are_shorter_than_a_gradient():
    schedule = graphs.one_peer_exponential(8).schedule()
    for message, wanted in ((0.25, 1.0), (3.0, 3.0)):
        machine = Cluster(8, Constant(1.0), network=Network(latency=message))
        assert report(NeighbourBarrier(machine, schedule), 400)["iteration_seconds"] == pytest.approx(1 + message, rel=1e-2)
        assert report(Overlapped(machine, schedule, 1), 400)["iteration_seconds"] == pytest.approx(wanted, rel=1e-2)
    slow = Overlapped(Cluster(8, Constant(1.0), network=Network(latency=3.0)), schedule, 4, send_every=3)
    assert report(slow, 400)["iteration_seconds"] == pytest.approx(1.0, rel=1e-2)
    assert report(slow, 10)["staleness"] == {"mean": 4.0, "max": 4}


def test_pairs_hide_exchanges_that_are_shorter_than_a_gradient():
    machine = Cluster(8, Constant(1.0), network=Network(latency=0.4))
    given = [[i + 1 if i % 2 == 0 else i - 1 for i in range(8)]]
    found = report(Pairwise(machine, graphs.ring(8).schedule(), given), 200)
    assert found["iteration_seconds"] == pytest.approx(1.0, rel=1e-12)
    assert found["idle_fraction"] == 0.0


def test_solo_goes_on_with_the_fast_and_majority_with_a_random_worker():
    """Only the fastest is never late; half of the others are in time for a random one."""
    machine = Cluster(16, EXPONENTIAL)
    first = next(iter(WaitAvoiding(machine).play(1, Streams(2, range(500)))))
    assert ((first.age == 0).sum(axis=0) == 1).all()
    drawn = next(iter(WaitAvoiding(machine, "majority").play(1, Streams(2, range(2000)))))
    in_time = (drawn.age == 0).sum(axis=0)
    assert set(in_time) == set(range(1, 17))
    assert in_time.mean() == pytest.approx(8.5, abs=4 * 16 / 12**0.5 / 2000**0.5)


def test_wait_avoiding_groups_pay_for_their_own_delays_only():
    """The model behind Fig. 4 of WAGMA-SGD: c + (D / tau) E max_i Bin(tau, 2/P), exactly, when messages cost nothing."""
    n, period, delay = 16, 10, 0.32
    machine = Cluster(n, Constant(0.6), (InjectedDelays(2, delay),))
    found = report(WaitAvoiding(machine, "group", 4, period), 2000, replicas=4)
    # the delays of one iteration hit distinct workers, which makes the largest count a little smaller than if independent
    rng = np.random.default_rng(0)
    counts = np.zeros((4000, n))
    for _ in range(period):
        np.add.at(counts, (np.repeat(np.arange(4000), 2), np.argsort(rng.random((4000, n)), axis=1)[:, :2].ravel()), 1)
    assert found["iteration_seconds"] == pytest.approx(0.6 + delay / period * counts.max(axis=1).mean(), rel=5e-3)
    assert report(Barrier(machine, graphs.complete(n).schedule()), 20)["iteration_seconds"] == pytest.approx(0.92)


def test_traffic():
    machine = Cluster(8, Constant(1.0), network=Network(latency=1e-3), message_bytes=100.0)
    complete, ring = graphs.complete(8).schedule(), graphs.ring(8).schedule()
    sent = {
        Barrier(machine, complete): 2 * 7 * 100,
        Barrier(machine, complete, "recursive-doubling"): 8 * 3 * 100,
        Barrier(machine, ring, None): 16 * 100,
        Periodic(machine, complete, 4): 2 * 7 * 100 / 4,
        NeighbourBarrier(machine, ring): 16 * 100,
        Overlapped(machine, graphs.one_peer_exponential(8).schedule(), 1, send_every=2): 8 * 100 / 2,
        Pairwise(machine, ring): 4 * 2 * 100,
        Pairwise(machine, ring, initiators="all"): 8 * 2 * 100,
        Server(machine, "k-sync", 3): (8 + 3) * 100,
        Server(machine, "k-async", 4): 8 * 2 * 100,
        WaitAvoiding(machine): 2 * 7 * 100,
        WaitAvoiding(machine, "group", 4, 5): (2 * 2 * 3 * 4 + 2 * 7) * 100 / 5,
    }
    for timeline, size in sent.items():
        assert report(timeline, 60)["bytes_per_iteration"] == pytest.approx(size, rel=1e-12), timeline.name


def test_a_shared_link_slows_all_down():
    schedule = graphs.ring(8).schedule()
    shared = Network(bandwidth=8.0, shared_capacity=16.0)
    alone = report(NeighbourBarrier(Cluster(8, Constant(1.0), network=Network(bandwidth=2.0), message_bytes=4.0), schedule), 20)
    assert report(NeighbourBarrier(Cluster(8, Constant(1.0), network=shared, message_bytes=4.0), schedule), 20) == alone
    assert report(NeighbourBarrier(Cluster(8, Constant(1.0), network=shared, message_bytes=4.0), schedule, flows=1), 20) != alone
