"""Full-batch logistic regression on a ring: 64 workers, d = 100, 20 rows each, against a plain vectorised numpy loop."""

from __future__ import annotations

import numpy as np

from numerics import algorithms, graphs
from numerics.engine import run
from numerics.events import rounds
from numerics.problems.real import logistic
from numerics.streams import Streams

N, D, ROWS, STEP, ITERATIONS = 64, 100, 20, 0.1, 200


def plain(samples: np.ndarray, labels: np.ndarray, regularisation: float) -> None:
    """The loop one would write by hand: W x - step * gradient, everything vectorised over workers."""
    x = np.zeros((N, D))
    for _ in range(ITERATIONS):
        margins = labels * np.matmul(samples, x[:, :, None])[:, :, 0]
        weights = -labels / (1 + np.exp(margins)) / ROWS
        gradient = np.matmul(weights[:, None, :], samples)[:, 0, :]
        gradient += 2 * regularisation * x / (1 + x * x) ** 2
        x = (x + np.roll(x, 1, 0) + np.roll(x, -1, 0)) / 3 - STEP * gradient


def ours(problem, replicas: int) -> None:
    algorithm = algorithms.DPSGD(step_size=STEP)
    state = algorithm.init(np.zeros((replicas, D)), N)
    run(algorithm, problem.oracle(Streams(0, range(replicas))), rounds(graphs.ring(N).schedule(), ITERATIONS), state)


def test_logistic_full_batch(benchmark, report, paired) -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.standard_normal((N * ROWS, D - 1)), rng.choice([-1.0, 1.0], N * ROWS)
    problem = logistic(features, labels, workers=N, noise="none", seed=0)
    samples = np.column_stack([features, np.ones(N * ROWS)]).reshape(N, ROWS, D)
    by_worker = labels.reshape(N, ROWS)
    reference = lambda: plain(samples, by_worker, 0.1)  # noqa: E731
    benchmark.pedantic(ours, args=(problem, 1), rounds=3)
    one, mine, loop = paired(lambda: ours(problem, 1), reference, rounds=7)
    report(
        "logistic, one replica / plain numpy loop",
        one,
        1.3,
        detail=f"{mine / ITERATIONS * 1e6:.0f} us, {loop / ITERATIONS * 1e6:.0f} us",
    )
    many, *_ = paired(lambda: ours(problem, 32), reference, rounds=5)
    report("logistic, per replica of 32 / plain numpy loop", many / 32, 0.6)
