"""Elastic averaging, DOWNPOUR, ADMM and Hogwild in plain Python: one replica, one worker and one event at a time.

Nothing here uses `numerics`: who finishes when comes out of a heap of (time, worker), models are lists of 1-D arrays, and
loops are loops. Every reference is a generator that yields the center and all workers' views, before the first event and
after each one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Vector = np.ndarray
Gradient = Callable[[int, int, Vector], Vector]
"""``gradient(k, worker, x)``: the stochastic gradient of event or round k."""
Snapshot = tuple[Vector, list[Vector]]


def finishing(durations: np.ndarray) -> Iterator[int]:
    """Workers in the order in which they finish; ``durations[i][t]`` is how long step t of worker i takes."""
    queue = [(row[0], worker) for worker, row in enumerate(durations)]
    heapq.heapify(queue)
    steps = [0] * len(durations)
    while True:
        now, worker = heapq.heappop(queue)
        yield worker
        steps[worker] += 1
        if steps[worker] < len(durations[worker]):
            heapq.heappush(queue, (now + durations[worker][steps[worker]], worker))


class Momentum:
    """v = beta v + g; the direction is v, or g + beta v (Nesterov)."""

    def __init__(self, beta: float, nesterov: bool, dim: int) -> None:
        self.beta, self.nesterov, self.v = beta, nesterov, np.zeros(dim)

    def __call__(self, gradient: Vector) -> Vector:
        self.v = self.beta * self.v + gradient
        return gradient + self.beta * self.v if self.nesterov else self.v


def easgd(
    starts: list[Vector],
    gradient: Gradient,
    rounds: int,
    gamma: Callable[[int], float],
    alpha: float = 0.1,
    period: int = 1,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Iterator[Snapshot]:
    """Synchronous EASGD."""
    n, x = len(starts), list(starts)
    center = sum(x) / n
    push = [Momentum(momentum, nesterov, len(center)) for _ in range(n)]
    yield center, x
    for k in range(rounds):
        pulls = [alpha * (x[i] - center) if k % period == 0 else 0 * center for i in range(n)]
        x = [x[i] - gamma(k) * push[i](gradient(k, i, x[i])) - pulls[i] for i in range(n)]
        center = center + sum(pulls)
        yield center, x


def eamsgd(
    starts: list[Vector],
    gradient: Gradient,
    rounds: int,
    gamma: Callable[[int], float],
    alpha: float = 0.1,
    period: int = 1,
    momentum: float = 0.99,
    nesterov: bool = True,
) -> Iterator[Snapshot]:
    """Synchronous EAMSGD."""
    n, x = len(starts), list(starts)
    center = sum(x) / n
    v = [np.zeros_like(center) for _ in range(n)]
    ahead = momentum if nesterov else 0.0
    yield center, x
    for k in range(rounds):
        pulls = [alpha * (x[i] - center) if k % period == 0 else 0 * center for i in range(n)]
        v = [momentum * v[i] - gamma(k) * gradient(k, i, x[i] + ahead * v[i]) for i in range(n)]
        x = [x[i] + v[i] - pulls[i] for i in range(n)]
        center = center + sum(pulls)
        yield center, [x[i] + ahead * v[i] for i in range(n)]


class AsyncElastic:
    """Algorithms 1 and 2 of Zhang et al.: a worker begins a step (reads, exchanges), computes, ends the step."""

    def __init__(self, starts: list[Vector], alpha: float, period: int) -> None:
        self.x, self.center = list(starts), sum(starts) / len(starts)
        self.alpha, self.period, self.clock = alpha, period, [0] * len(starts)
        self.read = list(starts)

    def begin(self, i: int, ahead: Vector | float) -> None:
        """Read, and exchange if the clock says so."""
        x = self.x[i]
        self.read[i] = x + ahead
        if self.clock[i] % self.period == 0:
            pull = self.alpha * (x - self.center)
            self.x[i], self.center = x - pull, self.center + pull


def easgd_async(
    starts: list[Vector],
    durations: np.ndarray,
    gradient: Gradient,
    events: int,
    gamma: Callable[[int], float],
    alpha: float = 0.1,
    period: int = 1,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Iterator[Snapshot]:
    """Asynchronous EASGD; the momentum is that of `Momentum`."""
    state = AsyncElastic(starts, alpha, period)
    push = [Momentum(momentum, nesterov, len(starts[0])) for _ in starts]
    for i in range(len(starts)):
        state.begin(i, 0.0)
    yield state.center, list(state.read)
    for k, i in zip(range(events), finishing(durations), strict=False):
        state.x[i] = state.x[i] - gamma(k) * push[i](gradient(k, i, state.read[i]))
        state.clock[i] += 1
        state.begin(i, 0.0)
        yield state.center, list(state.read)


def eamsgd_async(
    starts: list[Vector],
    durations: np.ndarray,
    gradient: Gradient,
    events: int,
    gamma: Callable[[int], float],
    alpha: float = 0.1,
    period: int = 1,
    momentum: float = 0.99,
    nesterov: bool = True,
) -> Iterator[Snapshot]:
    """Asynchronous EAMSGD."""
    state = AsyncElastic(starts, alpha, period)
    v = [np.zeros_like(start) for start in starts]
    ahead = momentum if nesterov else 0.0
    for i in range(len(starts)):
        state.begin(i, 0.0)
    yield state.center, list(state.read)
    for k, i in zip(range(events), finishing(durations), strict=False):
        v[i] = momentum * v[i] - gamma(k) * gradient(k, i, state.read[i])
        state.x[i] = state.x[i] + v[i]
        state.clock[i] += 1
        state.begin(i, ahead * v[i])
        yield state.center, list(state.read)


def downpour(
    starts: list[Vector],
    durations: np.ndarray,
    gradient: Gradient,
    events: int,
    gamma: Callable[[int], float],
    period: int = 1,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Iterator[Snapshot]:
    """DOWNPOUR: what worker i has not pushed yet is kept as a list of moves."""
    server, x = starts[0], list(starts)
    push = [Momentum(momentum, nesterov, len(server)) for _ in starts]
    moves: list[list[Vector]] = [[] for _ in starts]
    yield server, list(x)
    for k, i in zip(range(events), finishing(durations), strict=False):
        move = -gamma(k) * push[i](gradient(k, i, x[i]))
        x[i] = x[i] + move
        moves[i].append(move)
        if len(moves[i]) == period:
            server = server + sum(moves[i])
            x[i], moves[i] = server, []
        yield server, list(x)


def admm(
    starts: list[Vector],
    durations: np.ndarray,
    gradient: Gradient,
    events: int,
    gamma: Callable[[int], float],
    penalty: float = 1.0,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Iterator[Snapshot]:
    """Linearised ADMM with scaled multipliers."""
    n, x = len(starts), list(starts)
    center, multiplier = sum(x) / n, [np.zeros_like(start) for start in starts]
    push = [Momentum(momentum, nesterov, len(center)) for _ in starts]
    yield center, list(x)
    for k, i in zip(range(events), finishing(durations), strict=False):
        slope = push[i](gradient(k, i, x[i]))
        multiplier[i] = multiplier[i] - (x[i] - center)
        weight = gamma(k) * penalty
        x[i] = (x[i] - gamma(k) * slope + weight * (multiplier[i] + center)) / (1 + weight)
        center = sum(x[j] - multiplier[j] for j in range(n)) / n
        yield center, list(x)


def hogwild(
    starts: list[Vector],
    durations: np.ndarray,
    gradient: Gradient,
    events: int,
    gamma: Callable[[int], float],
    ages: Callable[[], Any],
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Iterator[Snapshot]:
    """A server that remembers all its models; ``ages()`` says how old each coordinate of the next read is."""
    history, reads = [starts[0]], list(starts)
    push = Momentum(momentum, nesterov, len(starts[0]))
    yield history[-1], list(reads)
    for k, i in zip(range(events), finishing(durations), strict=False):
        history.append(history[-1] - gamma(k) * push(gradient(k, i, reads[i])))
        reads[i] = np.array([history[max(0, k + 1 - int(age))][j] for j, age in enumerate(ages())])
        yield history[-1], list(reads)
