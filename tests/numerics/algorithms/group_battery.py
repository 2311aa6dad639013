"""What the tests of WAGMA-SGD and eager-SGD share: gradients with fixed noise, lateness, and runs that keep every state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from numerics import graphs
from numerics.algorithms import Algorithm, State
from numerics.engine import run
from numerics.events import Round
from numerics.mixing import MixingSchedule

ROUNDS, REPLICAS, DIM = 23, 3, 2
MOMENTA: list[dict[str, Any]] = [{}, {"momentum": 0.7}, {"momentum": 0.6, "nesterov": True}]


def step_size(k: int) -> float:
    return 0.3 / (1 + 0.1 * k)


def schedule(n: int) -> MixingSchedule:
    return graphs.complete(n).schedule() if n > 1 else graphs.complete(2).schedule()


def noise(n: int, rounds: int = ROUNDS, replicas: int = REPLICAS) -> np.ndarray:
    return np.random.default_rng(7).standard_normal((rounds, n, replicas, DIM))


def oracle(perturbation: np.ndarray) -> Callable[..., np.ndarray]:
    """sin(3 x) and noise of its own for every worker and iteration."""
    rounds = iter(perturbation)
    return lambda points, workers, out: np.sin(3 * points) + next(rounds)


def gradient(perturbation: np.ndarray, replica: int) -> Callable[[int, int, np.ndarray], np.ndarray]:
    """The same for the references."""
    return lambda i, k, x: np.sin(3 * x) + perturbation[k, i, replica]


def random_ages(n: int, rounds: int = ROUNDS, replicas: int = REPLICAS, seed: int = 5) -> np.ndarray:
    """Ages that grow by at most one and fall by any amount, shape (rounds, n, R)."""
    rng = np.random.default_rng(seed)
    ages = np.zeros((rounds, n, replicas), dtype=np.intp)
    for k in range(rounds):
        before = ages[k - 1] if k else np.zeros((n, replicas), dtype=np.intp)
        ages[k] = np.where(rng.random((n, replicas)) < 0.5, rng.integers(0, before + 2), before + 1) * (
            rng.random((n, replicas)) < 0.8
        )
    return ages


def late_rounds(n: int, ages: Iterable[np.ndarray]) -> Iterable[Round]:
    mixing = schedule(n).at(0)
    return (Round(k, mixing, age=age) for k, age in enumerate(ages))


def trajectory(
    algorithm: Algorithm, start: np.ndarray, n: int, events: Iterable[Round], perturbation: np.ndarray
) -> tuple[list[tuple[np.ndarray, np.ndarray]], State]:
    """Views and center of every iteration, and the last state."""
    state = algorithm.init(start, n)
    seen = [(algorithm.view(state, None).copy(), algorithm.center(state).copy())]

    def record(event: Round, algorithm: Algorithm, state: State) -> None:
        seen.append((algorithm.view(state, None).copy(), algorithm.center(state).copy()))

    run(algorithm, oracle(perturbation), events, state, record)
    return seen, state


def assert_same(value: np.ndarray, expected: np.ndarray, what: str) -> None:
    error = np.abs(value - expected)
    assert error.max() <= 1e-12 * max(1.0, np.abs(expected).max()), f"{what}: off by {error.max()}"
