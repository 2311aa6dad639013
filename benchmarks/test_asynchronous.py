"""AD-PSGD event by event: against a plain loop over single events, and against copying the slab that an event touches.

Lock-free updates of one shared model, one replica, by the second.
"""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs, problems, simulate
from numerics.algorithms import ADPSGD, Hogwild
from numerics.engine import run
from numerics.streams import Streams
from numerics.timeline import Independent

N, EVENTS = 16, 400


class Job:
    """AD-PSGD on a block of replicas, played for a while at a time."""

    def __init__(self, problem, replicas: int) -> None:
        self.timeline, streams = Independent(graphs.ring(N).schedule()), Streams(0, range(replicas))
        self.algorithm = ADPSGD(step_size=0.05)
        self.state = self.algorithm.init(np.zeros((replicas, problem.objective.dim)) + problem.start(), N)
        self.state.open(self.timeline.opening(streams))
        self.oracle = problem.oracle(streams)
        self.events = list(self.timeline.play(EVENTS, streams))

    def play(self) -> None:
        run(self.algorithm, self.oracle, self.events, self.state)


def plain_loop(problem, dim: int):
    """One event after the other in plain numpy, as one would write AD-PSGD for a single run: logistic loss, batch 1."""
    rng, halves, counts = np.random.default_rng(0), problem.objective._halves, problem.objective.counts
    penalty = 2 * problem.objective.regularisation
    x, reads = np.zeros((N, dim)), np.zeros((N, dim))
    mean = np.zeros(dim)

    def play() -> None:
        for _ in range(EVENTS):
            i = rng.integers(N)
            j = (i + 1) % N if rng.random() < 0.5 else (i - 1) % N
            view = reads[i]
            half = halves[i, rng.integers(counts[i])]
            gradient = (np.tanh(half @ view) - 1) * half + penalty * view / (1 + view * view) ** 2
            average = (x[i] + x[j]) / 2
            x[j] = average
            x[i] = average - 0.05 * gradient
            mean[...] -= 0.05 / N * gradient
            reads[i] = x[i]

    return play


def test_logistic_events_against_a_plain_loop(benchmark, report, paired) -> None:
    dim, replicas = 100, 32
    rng = np.random.default_rng(1)
    samples, labels = rng.standard_normal((640, dim - 1)) / 10, np.where(rng.random(640) < 0.5, 1.0, -1.0)
    problem = problems.logistic(samples, labels, workers=N, noise="minibatch", batch=1)
    job = Job(problem, replicas)
    benchmark.pedantic(job.play, rounds=3, warmup_rounds=1)
    ratio, mine, loop = paired(job.play, plain_loop(problem, dim))
    report(
        "AD-PSGD event and replica, logistic batch 1 / a plain numpy event",
        ratio / replicas,
        0.25,
        detail=f"{mine / EVENTS / replicas * 1e6:.2f} us, {loop / EVENTS * 1e6:.2f} us",
    )


def test_update_of_one_worker_against_copying_its_slab(benchmark, report, paired) -> None:
    dim, replicas = 104, 64
    problem = problems.rational(dim=dim, workers=N, sigma=0.0, zeta=0.3, noise="none")
    job = Job(problem, replicas)
    benchmark.pedantic(job.play, rounds=3, warmup_rounds=1)
    # the rows of one worker in all replicas, spread over the state as the state spreads them
    source, target = np.ones((N, replicas, dim)), np.empty((N, replicas, dim))
    turn = 0

    def copy() -> None:
        nonlocal turn
        turn = (turn + 5) % N
        np.copyto(target[turn], source[turn])

    ratio, mine, one = paired(job.play, copy, repeats=(1, 2000))
    report(
        "AD-PSGD event of all replicas / copying a slab (R, d) three times",
        ratio / EVENTS / 3,
        12,
        detail=f"{mine / EVENTS * 1e6:.1f} us, {one * 1e6:.2f} us for one copy",
    )


LOCK_FREE, AGE = 100_000, 16
COMPRESSED = {"compressor": "top-k", "k": 10, "feedback": True}


@pytest.mark.parametrize("options", [{}, COMPRESSED], ids=["dense writes", "top-10 of 1000 with error feedback"])
def test_lock_free_updates(benchmark, report, options) -> None:
    """Every coordinate of every read is 0 to 16 updates old, and gradients have noise of their own."""
    problem = problems.rational(dim=1000, workers=N, sigma=0.1, noise="rademacher")
    algorithm = Hogwild(step_size=0.01, delay=AGE, **options)

    def play() -> float:
        run = simulate(algorithm, problem, graphs.ring(N), iterations=LOCK_FREE, record_every=LOCK_FREE)
        return float(run.attrs["loop_seconds"])

    seconds = benchmark.pedantic(play, rounds=1)
    what = "dense" if not options else "top-10, error feedback"
    report(
        f"{LOCK_FREE:,} lock-free updates, d = 1000, one replica, {what}",
        seconds,
        10,
        "s",
        f"{seconds / LOCK_FREE * 1e6:.0f} us each",
    )
