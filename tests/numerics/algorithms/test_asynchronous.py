"""AD-PSGD and A-PSGD, event by event, against lists of vectors; invariants, special cases, tensors."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms, graphs, problems, simulate
from numerics.algorithms import ADPSGD, APSGD, check_invariants
from numerics.algorithms.asynchronous import Rows
from numerics.events import Completion
from numerics.streams import Streams
from numerics.timeline import Independent, WorstDelay, natural
from straggler import InputError

N, REPLICAS, DIM, EVENTS = 6, 3, 4, 60
MOMENTA = [{}, {"momentum": 0.7}, {"momentum": 0.7, "nesterov": True}]


def timelines(algorithm):
    schedule = graphs.ring(N).schedule()
    partners = "random" if algorithm.pattern == "pairwise" else "none"
    both = [natural(algorithm, schedule), *(WorstDelay(schedule, delay, partners) for delay in (0, 1, 5))]
    if algorithm.pattern == "pairwise":
        both.append(Independent(graphs.bipartite_exponential(N).schedule(), "scheduled"))
        both.append(Independent(graphs.one_peer_exponential(N).schedule(), "mixing"))
    return both


def gamma(k: int) -> float:
    return 0.3 / (1 + 0.1 * k)


class Plain:
    """One replica: workers' models as a list of vectors, reads in a dictionary by slot."""

    def __init__(self, algorithm, x0, readers, replica):
        self.server = algorithm.pattern == "server"
        self.x = [row.copy() for row in (x0[:1] if self.server else x0)]
        self.replica, self.beta, self.nesterov = replica, algorithm.momentum, algorithm.nesterov
        self.velocity = [np.zeros(DIM) for _ in self.x]
        self.reads = {slot: self.seen(readers[slot, replica]).copy() for slot in range(len(readers))}

    def seen(self, worker):
        return self.x[0] if self.server else self.x[worker]

    def step(self, event, gradients):
        r = self.replica
        moves = [(0, sum(gradients))] if self.server else [(int(event.workers[m, r]), g) for m, g in enumerate(gradients)]
        for worker, gradient in moves:
            self.velocity[worker] = self.beta * self.velocity[worker] + gradient
            direction = gradient + self.beta * self.velocity[worker] if self.nesterov else self.velocity[worker]
            if event.mixing is not None:
                matrix = event.mixing.matrix()
                self.x = [sum(matrix[i, j] * self.x[j] for j in range(N)) for i in range(N)]
            if event.partner is not None:
                partner = int(event.partner[r])
                average = (self.x[worker] + self.x[partner]) / 2
                self.x[worker], self.x[partner] = average.copy(), average.copy()
            self.x[worker] = self.x[worker] - gamma(event.k) * direction
        for reader, slot in zip(event.readers[:, r], event.refilled[:, r], strict=True):
            self.reads[int(slot)] = self.seen(reader).copy()


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize("cls", [ADPSGD, APSGD])
def test_replays_one_worker_at_a_time(cls, momentum):
    algorithm = cls(step_size=gamma, **momentum)
    for timeline in timelines(algorithm):
        rng, streams = np.random.default_rng(3), Streams(5, range(REPLICAS))
        x0 = rng.standard_normal((REPLICAS, DIM) if algorithm.pattern == "server" else (N, REPLICAS, DIM))
        state, opening = algorithm.init(x0, N), timeline.opening(streams)
        state.open(opening)
        stacked = np.broadcast_to(x0, (N, REPLICAS, DIM))
        plain = [Plain(algorithm, stacked[:, r], opening, r) for r in range(REPLICAS)]
        for event in timeline.play(EVENTS, streams):
            noise = rng.standard_normal((len(event.workers), REPLICAS, DIM))
            points = algorithm.view(state, event)
            algorithm.step(state, np.sin(3 * points) + noise, event)
            for r, single in enumerate(plain):
                seen = [single.reads[int(slot)] for slot in event.slots[:, r]]
                single.step(event, [np.sin(3 * view) + noise[m, r] for m, view in enumerate(seen)])
                np.testing.assert_allclose(state.x[:, r], single.x, rtol=1e-12, atol=1e-13)
                np.testing.assert_allclose(algorithm.center(state)[r], np.mean(single.x, axis=0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("momentum", MOMENTA, ids=str)
@pytest.mark.parametrize("cls", [ADPSGD, APSGD])
def test_invariants_hold(cls, momentum):
    for schedule in (graphs.ring(N).schedule(), graphs.complete(2).schedule(), graphs.star(5).schedule()):
        check_invariants(cls(step_size=gamma, **momentum), schedule, rounds=40)


@pytest.mark.parametrize("name", ["adpsgd", "apsgd"])
def test_replicas_and_processes_do_not_change_a_run(name):
    problem = problems.rational(dim=5, workers=N, sigma=0.8, zeta=0.3, seed=1)
    settings = {"iterations": 50, "seed": 3}
    whole = simulate(algorithms.get(name, step_size=0.1), problem, graphs.ring(N), replicas=range(40), **settings)
    parts = [
        simulate(algorithms.get(name, step_size=0.1), problem, graphs.ring(N), replicas=part, **settings)
        for part in (range(1), range(1, 17), range(17, 40))
    ]
    for quantity in ("grad_norm_sq", "consensus_sq", "value"):
        joined = np.concatenate([part[quantity] for part in parts], axis=1)
        np.testing.assert_allclose(joined, whole[quantity], rtol=1e-12, atol=1e-15)
    for quantity in ("mean_staleness", "largest_staleness"):
        np.testing.assert_array_equal(np.concatenate([part[quantity] for part in parts]), whole[quantity])


def complete_averaging(algorithm, event):
    """Return the event with an average of everybody in place of the pair."""
    mixing = graphs.complete(N).schedule().at(0)
    return Completion(event.k, event.workers, event.slots, event.readers, event.refilled, event.age, None, mixing)


def test_adpsgd_with_fresh_reads_and_complete_averaging_is_serial_sgd():
    """After the average of everybody and one step of worker i, the mean is what serial SGD with step gamma/n has."""
    algorithm = ADPSGD(step_size=0.2)
    timeline, streams = WorstDelay(graphs.complete(N).schedule(), 0), Streams(1, range(REPLICAS))
    rng = np.random.default_rng(2)
    x0 = rng.standard_normal((REPLICAS, DIM))
    state, serial = algorithm.init(x0, N), x0.copy()
    state.open(timeline.opening(streams))
    for event in timeline.play(30, streams):
        state.reads[...] = state.x.mean(0)
        noise = rng.standard_normal((1, REPLICAS, DIM))
        algorithm.step(state, np.sin(algorithm.view(state, event)) + noise, complete_averaging(algorithm, event))
        serial -= 0.2 / N * (np.sin(serial) + noise[0])
        np.testing.assert_allclose(algorithm.center(state), serial, rtol=1e-12, atol=1e-13)


def test_a_server_whose_minibatches_are_fresh_is_sgd_with_n_times_the_step():
    problem = problems.cosine(dim=3, workers=N, sigma=0.5, zeta=0.2)
    fresh = WorstDelay(graphs.complete(N).schedule(), 0, "none")
    settings = {"iterations": 40, "replicas": 2, "seed": 4}
    server = simulate(APSGD(step_size=0.1 / N), problem, graphs.complete(N), timeline=fresh, **settings)
    serial = simulate(algorithms.SGD(step_size=0.1), problem, graphs.complete(N), **settings)
    np.testing.assert_allclose(server.grad_norm_sq, serial.grad_norm_sq, rtol=1e-12)


@pytest.mark.parametrize("name", ["adpsgd", "apsgd"])
def test_tensors_of_one_replica_follow_arrays(name):
    torch = pytest.importorskip("torch")
    algorithm = algorithms.get(name, step_size=0.2, momentum=0.5)
    timeline, streams, rng = natural(algorithm, graphs.ring(N).schedule()), Streams(5, range(1)), np.random.default_rng(3)
    x0 = rng.standard_normal((1, DIM))
    states = [algorithm.init(x0.copy(), N), algorithm.init(torch.from_numpy(x0.copy()), N)]
    for state in states:
        state.open(timeline.opening(streams))
    for event in timeline.play(40, streams):
        for state in states:
            points = algorithm.view(state, event)
            algorithm.step(state, points / (1 + points * points), event)
        assert isinstance(states[1].x, torch.Tensor)
        np.testing.assert_allclose(states[1].x.numpy(), states[0].x, rtol=1e-12)
        np.testing.assert_allclose(algorithm.center(states[1]).numpy(), algorithm.center(states[0]), rtol=1e-12)


def test_rows_pick_one_worker_per_replica():
    x = np.arange(24.0).reshape(4, 3, 2)
    rows = Rows(np.array([[3, 0, 2]]))
    np.testing.assert_array_equal(rows.of(x)[0], [x[3, 0], x[0, 1], x[2, 2]])
    rows.put(x, -np.ones((1, 3, 2)))
    assert (x == -1).sum() == 6
    assert (x[[3, 0, 2], [0, 1, 2]] == -1).all()


def test_timelines_and_algorithms_that_do_not_fit_are_refused():
    problem, ring = problems.cosine(dim=2, workers=N), graphs.ring(N)
    with pytest.raises(InputError, match="synchronous rounds"):
        simulate(algorithms.DPSGD(step_size=0.1), problem, ring, iterations=2, timeline=Independent(ring.schedule()))
    rounds = natural(algorithms.DPSGD(step_size=0.1), ring.schedule())
    with pytest.raises(InputError, match="asynchronous completions"):
        simulate(ADPSGD(step_size=0.1), problem, ring, iterations=2, timeline=rounds)
    with pytest.raises(InputError, match="6 nodes of the graph"):
        simulate(ADPSGD(step_size=0.1), problem, ring, iterations=2, timeline=Independent(graphs.ring(4).schedule()))
