"""Every pattern against a cluster that is simulated event by event, from the same compute times."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs
from numerics.algorithms.grouping import Grouping
from numerics.cluster import Cluster, Constant, InjectedDelays, LogNormal, Network, ShiftedExponential, SlowWorkers, collectives
from numerics.streams import Streams
from numerics.timeline import Barrier, NeighbourBarrier, Overlapped, Pairwise, Periodic, Server, WaitAvoiding, completions
from tests.numerics.timeline import event_reference as reference

REPLICAS = range(3)
SLOW = Network(latency=0.01, bandwidth=1e3, workers_per_node=2, inner_latency=0.001, inner_bandwidth=1e4)
NETWORKS = {"free": Network(), "flat": Network(latency=0.02, bandwidth=1e3), "two levels": SLOW}


def cluster(n, network="flat", compute=None, stragglers=None):
    slow = (SlowWorkers({1: 3.0}),)
    return Cluster(n, compute or LogNormal.from_moments(0.5, 0.4), stragglers or slow, NETWORKS[network], message_bytes=60)


def table(machine, replica, rows=400):
    return machine.compute_times(rows, Streams(7, [replica]).generators("timeline"))[:, :, 0].tolist()


def played(timeline, iterations):
    return list(timeline.play(iterations, Streams(7, REPLICAS)))


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=0)


@pytest.mark.parametrize("period", [1, 3])
@pytest.mark.parametrize("collective", ["ring", "recursive-doubling", None])
def test_barriers(period, collective):
    machine, schedule = cluster(6), graphs.ring(6).schedule()
    timeline = Periodic(machine, schedule, period, collective, switch=2)
    message = machine.network.send(60)
    seconds = 2 * message if collective is None else collectives.allreduce(collective, machine.network, 6, 60)
    times = np.array([event.time for event in played(timeline, 40)])
    for replica in REPLICAS:
        found = reference.rounds(table(machine, replica)[:40], lambda k: k < 2 or (k - 1) % period == 0, seconds)
        close(times[:, replica], found)


def test_a_barrier_is_a_period_of_one():
    machine, schedule = cluster(6), graphs.complete(6).schedule()
    for one, other in zip(played(Barrier(machine, schedule), 20), played(Periodic(machine, schedule, 1), 20), strict=True):
        close(one.time, other.time)
        assert one.mixing is other.mixing


GRAPHS = {
    "ring": graphs.ring(8),
    "star": graphs.star(8),
    "one-peer": graphs.one_peer_exponential(8),
    "complete": graphs.complete(8),
    "path": graphs.path(8),
    "bipartite": graphs.bipartite_exponential(8),
    "large star": graphs.star(40),
}


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize(("overlap", "every"), [(0, 1), (1, 1), (3, 1), (2, 3)])
@pytest.mark.parametrize("network", NETWORKS)
def test_neighbours(graph, overlap, every, network):
    topology = GRAPHS[graph]
    n, rounds = topology.n, 30 if topology.n < 10 else 12
    machine = cluster(n, network)
    timeline = Overlapped(machine, topology.schedule(), overlap, every)
    times = np.array([event.time for event in played(timeline, rounds)])

    def edges(i, k):
        phase = topology.phases[k % len(topology.phases)]
        return [j for j in range(n) if phase[i, j]], [j for j in range(n) if phase[j, i]]

    def cost(i, j):
        link = machine.network.inside if i // machine.network.workers_per_node == j // machine.network.workers_per_node else None
        return (link or machine.network).send(60)

    def seconds(i, k):
        inward, outward = edges(i, k)
        return max(sum(cost(i, j) for j in inward), sum(cost(i, j) for j in outward))

    for replica in REPLICAS:
        found = reference.overlapped(table(machine, replica)[:rounds], lambda i, k: edges(i, k)[0], seconds, overlap, every)
        close(times[:, replica], found)


def test_a_neighbour_barrier_is_an_overlap_of_zero():
    machine, schedule = cluster(8), graphs.ring(8).schedule()
    pair = played(NeighbourBarrier(machine, schedule), 20), played(Overlapped(machine, schedule, 0), 20)
    assert all((one.time == other.time).all() for one, other in zip(*pair, strict=True))


def partners(timeline, graph, replica, rows=400):
    """Read the partners again: after the table of compute times, whose streams are spawned, one uniform per entry."""
    uniforms = Streams(7, [replica]).generators("timeline")[0].random((rows, graph.n))
    near = [np.flatnonzero(graph.union[i] | graph.union[:, i]).tolist() for i in range(graph.n)]
    asks = [i for i in range(graph.n) if timeline.initiators == "all" or i % 2]
    return lambda j, i: near[i][int(uniforms[j, i] * len(near[i]))] if i in asks else i


@pytest.fixture(params=[4096, 16])
def stretch(request, monkeypatch):
    """Completions are prepared in pieces, whose size must not matter."""
    monkeypatch.setattr(completions, "STRETCH", request.param)


@pytest.mark.usefixtures("stretch")
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("initiators", ["active", "all"])
@pytest.mark.parametrize("graph", [graphs.ring(8), graphs.bipartite_exponential(8), graphs.path(5)], ids=["ring", "exp", "path"])
def test_pairs(network, initiators, graph):
    machine = cluster(graph.n, network)
    timeline = Pairwise(machine, graph.schedule(), initiators=initiators)
    events = played(timeline, 600)
    for replica in REPLICAS:
        near = partners(timeline, graph, replica)
        queue = initiators == "active"

        def cost(i, j, machine=machine):
            return float(machine.network.pair_exchange(60, np.array([i]), np.array([j]))[0])

        wanted = reference.pairwise(table(machine, replica), near, cost, 600, queue)
        close([event.time[replica] for event in events], [each[0] for each in wanted])
        found = [(event.workers[0, replica], event.partner[replica], event.age[0, replica]) for event in events]
        assert found == [each[1:4] for each in wanted]


@pytest.mark.parametrize("given", [True, False])
def test_partners_of_a_schedule_are_gone_through_in_turn(given):
    graph, machine = graphs.bipartite_exponential(8), cluster(8)
    phases = [[next(j for j in range(8) if phase[i, j]) for i in range(8)] for phase in graph.phases]
    timeline = Pairwise(machine, graph.schedule(), phases if given else "scheduled")
    events = played(timeline, 600)
    for replica in REPLICAS:

        def partner(j, i):
            return phases[j % len(phases)][i] if i % 2 else i

        wanted = reference.pairwise(table(machine, replica), partner, lambda i, j: machine.network.send(60), 600)
        close([event.time[replica] for event in events], [each[0] for each in wanted])
        assert [(event.workers[0, replica], event.partner[replica]) for event in events] == [each[1:3] for each in wanted]
    assert timeline.rho() is None


def test_pairs_queue_at_a_passive_worker():
    """On a star, all leaves are served by the hub: with an exchange as long as a gradient, one leaf in seven gets on."""
    machine = Cluster(8, Constant(1.0), network=Network(latency=1.0))
    timeline = Pairwise(machine, graphs.star(8).schedule())
    events = [event for event in played(timeline, 200) if event.workers[0, 0] != 0]
    times = np.array([event.time[0] for event in events])
    close(times, np.arange(1, len(times) + 1))
    assert all(event.partner[0] == 0 for event in events)


MODES = [("synchronous", 6), ("k-sync", 4), ("k-sync", 1), ("k-batch-sync", 4), ("k-batch-sync", 9)]
MODES += [("asynchronous", 1), ("k-async", 4), ("k-async", 1), ("k-batch-async", 4), ("k-batch-async", 9), ("k-batch-async", 1)]


@pytest.mark.usefixtures("stretch")
@pytest.mark.parametrize(("network", "own"), [("free", None), ("flat", None), ("flat", 5.0), ("flat", 150.0)])
@pytest.mark.parametrize(("mode", "k"), MODES)
def test_servers(mode, k, network, own):
    """``own``: bytes of a gradient where they are not those of the model."""
    machine = cluster(6, network)
    timeline = Server(machine, mode, k, own)
    events = played(timeline, 150)
    send = machine.network.send
    for replica in REPLICAS:
        rows = table(machine, replica, 1500)
        wanted = reference.server(rows, mode, k, send(60 if own is None else own), 150, send(60))
        close([event.time[replica] for event in events], [each[0] for each in wanted])
        for event, (_, workers, ages) in zip(events, wanted, strict=True):
            found = zip(event.workers[:, replica].tolist(), event.age[:, replica].tolist(), strict=True)
            assert sorted(found) == sorted(zip(workers, ages, strict=True))


@pytest.mark.parametrize(("mode", "k"), MODES)
def test_slots_hold_the_read_that_the_age_says(mode, k):
    """Follow which version of the server's model lies in which slot."""
    timeline = Server(cluster(6), mode, k)
    version = np.zeros((timeline.slots, len(REPLICAS)), dtype=int)
    assert (timeline.opening(Streams(7, REPLICAS)).shape) == version.shape
    for event in played(timeline, 300):
        read = np.take_along_axis(version, event.slots, axis=0)
        np.testing.assert_array_equal(event.k - read, event.age)
        np.put_along_axis(version, event.refilled, event.k + 1, axis=0)


@pytest.mark.parametrize("network", ["free", "flat"])
@pytest.mark.parametrize("period", [None, 1, 5])
@pytest.mark.parametrize(
    ("mode", "size", "kind"),
    [("solo", None, "dynamic"), ("majority", None, "dynamic")]
    + [("group", size, kind) for size, kind in ((2, "dynamic"), (4, "dynamic"), (4, "fixed"), (1, "dynamic"), (8, "dynamic"))],
)
def test_wait_avoiding(mode, size, kind, period, network):
    machine = cluster(8, network, stragglers=(SlowWorkers({2: 4.0}), InjectedDelays(2, 0.3)))
    timeline = WaitAvoiding(machine, mode, size, period, "recursive-doubling", grouping=kind)
    events = played(timeline, 60)
    call = collectives.activation(machine.network, 8)
    seconds = call + collectives.allreduce("recursive-doubling", machine.network, size or 8, 60)
    blocking = collectives.allreduce("recursive-doubling", machine.network, 8, 60)
    grouping = Grouping(8, size, kind) if size else None
    for replica in REPLICAS:
        uniforms = Streams(7, [replica]).generators("timeline")[0].random(60)
        wanted = reference.wait_avoiding(
            table(machine, replica)[:60],
            lambda k: grouping.groups(k) if grouping else [list(range(8))],
            lambda k, u=uniforms: int(u[k] * 8) if mode == "majority" else None,
            lambda k: period is not None and (k + 1) % period == 0,
            call,
            seconds,
            blocking,
        )
        close([event.time[replica] for event in events], [each[0] for each in wanted])
        assert [event.age[:, replica].tolist() for event in events] == [each[1] for each in wanted]
    assert mode == "majority" or period == 1 or size == 1 or any(event.age.max() > 1 for event in events)


@pytest.mark.parametrize("size", [None, 2, 4])
def test_who_is_ready_at_the_very_moment_is_in_time(size):
    machine = Cluster(8, Constant(0.5), (SlowWorkers({2: 2.0, 5: 4.0}),))
    events = played(WaitAvoiding(machine, "group" if size else "solo", size), 40)
    grouping = Grouping(8, size) if size else None
    wanted = reference.wait_avoiding(
        table(machine, 0)[:40],
        lambda k: grouping.groups(k) if grouping else [list(range(8))],
        lambda k: None,
        lambda k: False,
        0.0,
        0.0,
        0.0,
    )
    close([event.time[0] for event in events], [each[0] for each in wanted])
    assert [event.age[:, 0].tolist() for event in events] == [each[1] for each in wanted]


EVERY = {
    "barrier": lambda m: Barrier(m, graphs.ring(8).schedule()),
    "periodic": lambda m: Periodic(m, graphs.ring(8).schedule(), 4),
    "neighbour": lambda m: NeighbourBarrier(m, graphs.ring(8).schedule()),
    "overlapped": lambda m: Overlapped(m, graphs.one_peer_exponential(8).schedule(), 2),
    "pairwise": lambda m: Pairwise(m, graphs.ring(8).schedule()),
    "solo": lambda m: WaitAvoiding(m),
    "majority": lambda m: WaitAvoiding(m, "majority"),
    "group": lambda m: WaitAvoiding(m, "group", 4, 5),
} | {mode: lambda m, mode=mode, k=k: Server(m, mode, None if mode == "synchronous" else k) for mode, k in MODES}


@pytest.mark.parametrize("name", EVERY)
def test_blocks_of_replicas_do_not_matter_and_time_goes_forward(name):
    machine = cluster(8, compute=ShiftedExponential(0.1, 4.0))
    together = played(EVERY[name](machine), 300)
    for replica in REPLICAS:
        alone = list(EVERY[name](machine).play(300, Streams(7, [replica])))
        for one, many in zip(alone, together, strict=True):
            assert one.time[0] == many.time[replica]
            for part in ("age", "workers", "slots", "readers", "refilled"):
                if isinstance(getattr(many, part, None), np.ndarray):
                    np.testing.assert_array_equal(getattr(one, part)[:, 0], getattr(many, part)[:, replica])
    times = np.array([event.time for event in together])
    assert (np.diff(times, axis=0) >= 0).all()
    assert (times > 0).all()


@pytest.mark.parametrize("name", EVERY)
def test_a_longer_run_begins_like_a_shorter_one(name):
    machine = cluster(8)
    long, short = played(EVERY[name](machine), 200), played(EVERY[name](machine), 37)
    assert all((one.time == other.time).all() for one, other in zip(short, long, strict=False))
