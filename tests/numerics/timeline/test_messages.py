"""Timelines of messages: delays within their limits, faults that are counted, streams that are documented."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, timeline
from numerics.events import Round
from numerics.streams import Streams
from numerics.timeline import Arrivals, Crashes, MessageDelays, Omissions
from straggler import StragglerError

N = 6
SCHEDULE = graphs.complete(N).schedule()
STREAMS = Streams(9, range(2, 5))
R = len(STREAMS.replicas)


def played(clock, rounds=40):
    events = list(clock.play(rounds, STREAMS))
    assert [event.k for event in events] == list(range(rounds))
    assert all(event.mixing is SCHEDULE.at(event.k) for event in events)
    return events


def delays(clock, rounds=40):
    found = [np.zeros((N, N, R), dtype=int) if e.delays is None else e.delays for e in played(clock, rounds)]
    assert all(each.shape in ((N, N, R), (N, N, 1)) for each in found)
    table = np.stack([np.broadcast_to(each, (N, N, R)) for each in found])
    assert (table[:, np.arange(N), np.arange(N)] == 0).all()
    return table


def generator(replica):
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(9, spawn_key=(replica, 2))))


def outstanding(table):
    """Messages that a receiver lacks after each round, shape (rounds, n, R)."""
    rounds = len(table)
    count = np.zeros((rounds, N, R), dtype=int)
    for s in range(rounds):
        for t in range(s, rounds):
            count[t] += ((table[s] > t - s) | (table[s] < 0)).sum(axis=1)
    return count


@pytest.mark.parametrize("kind", ["adversarial", "random"])
@pytest.mark.parametrize("delay", [0, 1, 3])
def test_delays(delay, kind):
    clock = MessageDelays(SCHEDULE, delay, kind)
    table = delays(clock)
    others = ~np.eye(N, dtype=bool)
    assert clock.staleness == delay == table.max()
    assert table.min() >= 0
    assert clock.deterministic == (kind == "adversarial")
    if kind == "adversarial":
        assert (table[:, others] == delay).all()
    else:
        assert np.bincount(table[:, others].ravel()) / table[:, others].size == pytest.approx(
            [1 / (delay + 1)] * (delay + 1), abs=0.03
        )


def test_random_delays_read_the_documented_stream():
    table = delays(MessageDelays(SCHEDULE, 3, "random"))
    for column, replica in enumerate(STREAMS.replicas):
        stream = generator(replica)
        for k in range(40):
            drawn = (stream.random((N, N)) * 4).astype(int)
            np.fill_diagonal(drawn, 0)
            np.testing.assert_array_equal(table[k, :, :, column], drawn)


@pytest.mark.parametrize("kind", ["adversarial", "random"])
@pytest.mark.parametrize("delay", [1, 2, 4])
@pytest.mark.parametrize("faults", [0, 1, 3, 5])
def test_omissions_are_no_more_than_f_at_a_time(faults, delay, kind):
    clock = Omissions(SCHEDULE, faults, delay, kind)
    table = delays(clock)
    lacking = outstanding(table)
    assert table.min() >= 0
    assert table.max() == (delay if faults else 0)
    assert lacking.max(initial=0) <= faults
    if kind == "adversarial":
        assert (lacking == faults).all()
        assert clock.deterministic
    elif faults:
        assert lacking.mean() > 0.35 * faults


def test_random_omissions_read_the_documented_stream():
    faults, delay = 2, 3
    table = delays(Omissions(SCHEDULE, faults, delay, "random"))
    for column, replica in enumerate(STREAMS.replicas):
        stream, free = generator(replica), [[0] * faults for _ in range(N)]
        for k in range(40):
            expected = np.zeros((N, N), dtype=int)
            for i in range(N):
                for slot in range(faults):
                    u, v = stream.random(2)
                    sender, late = int(N * u), 1 + int(delay * v)
                    if free[i][slot] <= k and sender != i:
                        expected[i, sender] = max(expected[i, sender], late)
                        free[i][slot] = k + late
            np.testing.assert_array_equal(table[k, :, :, column], expected)


@pytest.mark.parametrize("kind", ["adversarial", "random"])
@pytest.mark.parametrize("within", [1, 4, 20])
@pytest.mark.parametrize("faults", [0, 1, 3])
def test_crashes(faults, within, kind):
    clock = Crashes(SCHEDULE, faults, within, kind)
    events, table = played(clock), delays(clock)
    alive = np.stack([np.ones((N, R), dtype=bool) if e.alive is None else e.alive for e in events])
    assert alive[0].all()
    assert (np.diff(alive.astype(int), axis=0) <= 0).all()
    assert (alive.sum(axis=1) >= clock.quorum).all()
    assert (alive[within:].sum(axis=1) == N - faults).all()
    last = np.where(alive[-1], -1, alive.sum(axis=0) - 1)
    senders = np.arange(40)[:, None, None] == last
    assert not table[np.broadcast_to(~senders[:, None], table.shape)].any()
    assert set(np.unique(table)) <= {0, -1}
    lost = (table < 0).sum(axis=0)
    if faults and kind == "adversarial":
        assert alive[:, : N - faults].all()
        assert (lost[0].sum(axis=0) == faults).all()
        assert not lost[1].any()
        assert clock.deterministic
    elif faults:
        crashed = np.broadcast_to((last >= 0)[None], lost.shape) & ~np.eye(N, dtype=bool)[..., None]
        assert 0.2 < lost[crashed].mean() < 0.8


def test_random_crashes_read_the_documented_stream():
    faults, within = 3, 7
    events, table = played(Crashes(SCHEDULE, faults, within, "random")), delays(Crashes(SCHEDULE, faults, within, "random"))
    for column, replica in enumerate(STREAMS.replicas):
        stream = generator(replica)
        rank, when, lots = stream.random(N), stream.random(N), stream.random((N, N))
        last = {int(j): int(within * when[j]) for j in np.argsort(rank)[N - faults :]}
        for k, event in enumerate(events):
            living = [j not in last or k <= last[j] for j in range(N)]
            assert living == ([True] * N if event.alive is None else event.alive[:, column].tolist())
            for i in range(N):
                for j in range(N):
                    lost = last.get(j) == k and i != j and lots[i, j] < 0.5
                    assert table[k, i, j, column] == (-1 if lost else 0)


@pytest.mark.parametrize("kind", ["adversarial", "random"])
def test_arrivals_are_orders_with_the_own_gradient_first(kind):
    events = played(Arrivals(SCHEDULE, kind), 200)
    orders = np.stack([np.broadcast_to(event.order, (N, N, R)) for event in events])
    assert (np.sort(orders, axis=2) == np.arange(N)[:, None]).all()
    assert (orders[:, np.arange(N), np.arange(N)] == 0).all()
    if kind == "adversarial":
        assert (orders[:, 4, :, 0] == [2, 3, 4, 5, 0, 1]).all()
        return
    assert np.bincount(orders[:, 0, 1:].ravel())[1:] / orders[:, 0, 1:].size == pytest.approx([0.2] * 5, abs=0.03)
    for column, replica in enumerate(STREAMS.replicas):
        stream = generator(replica)
        for order in orders[..., column]:
            numbers = stream.random((N, N))
            for i in range(N):
                others = [j for j in np.argsort(numbers[i]) if j != i]
                assert [int(np.flatnonzero(order[i] == place)[0]) for place in range(1, N)] == others


def test_a_spread_event_shows_the_first_replica():
    alive = np.array([[True, False]] * N)
    table = np.arange(N * N * 2).reshape(N, N, 2)
    event = Round(3, SCHEDULE.at(3), delays=table, alive=alive, order=table + 1).spread(4)
    np.testing.assert_array_equal(np.broadcast_to(event.delays, (N, N, 4)), np.repeat(table[..., :1], 4, axis=2))
    np.testing.assert_array_equal(np.broadcast_to(event.order, (N, N, 4)), np.repeat(table[..., :1] + 1, 4, axis=2))
    assert event.alive.all()
    assert event.alive.shape == (N, 4)
    bare = Round(0, SCHEDULE.at(0)).spread(2)
    assert (bare.delays, bare.alive, bare.order) == (None, None, None)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: MessageDelays(SCHEDULE, -1), "delay = -1"),
        (lambda: MessageDelays(SCHEDULE, 1.5), "delay = 1.5"),
        (lambda: MessageDelays(SCHEDULE, 1, "worst"), "kind"),
        (lambda: Omissions(SCHEDULE, 6), "fewer than the 6 workers"),
        (lambda: Omissions(SCHEDULE, -1), "faults = -1"),
        (lambda: Omissions(SCHEDULE, 1, 0), "delay = 0"),
        (lambda: Crashes(SCHEDULE, 4), "at most half of the 6 workers"),
        (lambda: Crashes(SCHEDULE, -1), "faults = -1"),
        (lambda: Crashes(SCHEDULE, 1, 0), "within = 0"),
        (lambda: Arrivals(SCHEDULE, "sorted"), "kind"),
    ],
)
def test_refused(make, says):
    with pytest.raises(StragglerError, match=says):
        make()


def test_by_name():
    messages, elastic = (algorithms.get(name, step_size=0.1) for name in ("message-passing", "elastic-scheduling"))
    made = timeline.get("message-delays", messages, SCHEDULE, delay=4, kind="random")
    assert made.provenance() == {"timeline": "message-delays", "kind": "random", "delay": 4}
    made = timeline.get("omissions", messages, SCHEDULE, faults=2, delay=3)
    assert made.provenance() == {"timeline": "omissions", "kind": "adversarial", "faults": 2, "delay": 3}
    made = timeline.get("crashes", messages, SCHEDULE, faults=3, within=5)
    assert made.provenance() == {"timeline": "crashes", "kind": "adversarial", "faults": 3, "within": 5}
    assert timeline.get("arrivals", elastic, SCHEDULE).provenance() == {"timeline": "arrivals", "kind": "random"}
    with pytest.raises(StragglerError, match="completions"):
        timeline.get("omissions", algorithms.get("adpsgd", step_size=0.1), SCHEDULE, faults=1)
    with pytest.raises(StragglerError, match="option of crashes"):
        timeline.get("crashes", messages, SCHEDULE, faults=1, delay=3)
