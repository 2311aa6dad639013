"""Idealised and adversarial timelines: who is drawn, with whom, and how stale reads are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from numerics import graphs
from numerics.streams import Streams
from numerics.timeline import Independent, WorstDelay, pairs
from numerics.timeline.base import STRETCH, ages
from straggler import InputError, StragglerError

N, REPLICAS = 5, 4
LONG = STRETCH + 200


def played(timeline, events=LONG, replicas=range(REPLICAS), seed=2):
    return list(timeline.play(events, Streams(seed, replicas)))


def stacked(events, name):
    return np.stack([getattr(event, name).reshape(-1, event.workers.shape[-1])[0] for event in events])


def test_workers_are_uniform_and_partners_uniform_neighbours():
    schedule = graphs.path(N).schedule()
    events = played(Independent(schedule), 4000)
    workers, partners = stacked(events, "workers"), stacked(events, "partner")
    assert stats.chisquare(np.bincount(workers.ravel(), minlength=N)).pvalue > 1e-3
    linked = pairs.neighbours(schedule)
    assert linked[workers, partners].all()
    middle = partners[workers == 2]
    assert stats.binomtest(int((middle == 1).sum()), middle.size).pvalue > 1e-3


def test_draws_follow_the_documented_stream():
    events = played(Independent(graphs.ring(N).schedule()), 30)
    for replica in range(REPLICAS):
        (generator,) = Streams(2, [replica]).generators("timeline")
        for event in events:
            worker = int(generator.random() * N)
            partner = sorted({(worker + 1) % N, (worker - 1) % N})[int(generator.random() * 2)]
            assert (event.workers[0, replica], event.partner[replica]) == (worker, partner)


@pytest.mark.parametrize("timeline", [Independent(graphs.ring(N).schedule()), WorstDelay(graphs.ring(N).schedule(), 3)])
def test_replicas_do_not_depend_on_their_block(timeline):
    whole, part = played(timeline), played(timeline, replicas=range(1, 3))
    for name in ("workers", "partner", "age", "readers"):
        np.testing.assert_array_equal(stacked(whole, name)[:, 1:3], stacked(part, name))


def test_ages_count_the_updates_since_the_workers_previous_one():
    events = played(Independent(graphs.ring(N).schedule()))
    workers, age = stacked(events, "workers"), stacked(events, "age")
    for r in range(REPLICAS):
        last = dict.fromkeys(range(N), 0)
        for k in range(LONG):
            assert age[k, r] == k - last[workers[k, r]]
            last[workers[k, r]] = k + 1


def test_ages_do_not_depend_on_the_stretch():
    rng = np.random.default_rng(1)
    workers = rng.integers(N, size=(40, REPLICAS))
    whole = ages(workers, np.zeros((N, REPLICAS), dtype=np.intp), 0)
    seen = np.zeros((N, REPLICAS), dtype=np.intp)
    parts = [ages(workers[a:b], seen, a) for a, b in ((0, 1), (1, 13), (13, 40))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_scheduled_partners_go_through_the_phases():
    schedule = graphs.bipartite_exponential(8).schedule()
    events = played(Independent(schedule, "scheduled"), 100)
    count = np.zeros((8, REPLICAS), dtype=int)
    for event in events:
        for r in range(REPLICAS):
            worker = event.workers[0, r]
            matrix = schedule.at(int(count[worker, r])).matrix()
            expected = [j for j in range(8) if j != worker and matrix[worker, j] > 0]
            assert [event.partner[r]] == expected
            count[worker, r] += 1


@pytest.mark.parametrize("delay", [0, 1, 4])
def test_the_adversary_serves_reads_of_exactly_that_age(delay):
    """Reads are logged: event k must consume what its own worker read after event k - T - 1."""
    timeline = WorstDelay(graphs.ring(N).schedule(), delay)
    opening = timeline.opening(Streams(2, range(REPLICAS)))
    log = {slot: (opening[slot], -1) for slot in range(delay + 1)}
    for event in played(timeline):
        slot = int(event.slots[0, 0])
        reader, read_after = log[slot]
        np.testing.assert_array_equal(reader, event.workers[0])
        assert read_after == max(-1, event.k - delay - 1)
        assert (event.age == min(event.k, delay)).all()
        log[slot] = (event.readers[0], event.k)


def test_the_adversary_of_a_server_hands_one_read_to_everybody():
    timeline = WorstDelay(graphs.complete(3).schedule(), 2, "none")
    assert timeline.deterministic
    for event in played(timeline, 10):
        np.testing.assert_array_equal(event.workers[:, 0], [0, 1, 2])
        assert (event.slots == event.k % 3).all()
        assert (event.refilled == event.k % 3).all()


@pytest.mark.parametrize("graph", [graphs.ring(6), graphs.star(5), graphs.complete(4), graphs.hypercube(8), graphs.path(5)])
def test_second_moment_of_a_pair_by_enumeration(graph):
    schedule = graph.schedule()
    n, linked = schedule.n, pairs.neighbours(schedule)
    expected = np.zeros((n, n))
    for i in range(n):
        for j in np.flatnonzero(linked[i]):
            w = np.eye(n)
            w[[i, i, j, j], [i, j, i, j]] = 0.5
            expected += w.T @ w / (n * linked[i].sum())
    chances = pairs.probabilities(linked)
    np.testing.assert_allclose(pairs.second_moment(chances), expected, atol=1e-14)
    eigenvalues = np.sort(np.linalg.eigvalsh(expected))
    assert pairs.rho(chances) == pytest.approx(eigenvalues[-2])
    assert Independent(schedule).rho() == WorstDelay(schedule, 2).rho() == pairs.rho(chances)


def test_rho_of_pairs_on_the_complete_graph():
    """E[W'W] = (1 - 1/(n-1)) I + (1/(n-1)) J there."""
    assert Independent(graphs.complete(7).schedule()).rho() == pytest.approx(1 - 1 / 6)


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: WorstDelay(graphs.ring(4).schedule(), -1), "delay"),
        (lambda: WorstDelay(graphs.ring(4).schedule(), 10**6), "read copies"),
        (lambda: WorstDelay(graphs.ring(4).schedule(), 1, "scheduled"), "random or none"),
        (lambda: Independent(graphs.ring(4).schedule(), "nearest"), "partners"),
        (lambda: Independent(graphs.ring(4).schedule(), "scheduled"), "pairs that average"),
        (lambda: Independent(graphs.random_peer(4, seed=1), "scheduled"), "periodic schedule"),
        (lambda: Independent(graphs.random_peer(4, seed=1)), "edges are known"),
    ],
)
def test_bad_input(build, text):
    with pytest.raises(StragglerError, match=text):
        build()
    assert issubclass(InputError, StragglerError)
