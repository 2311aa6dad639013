"""The leader family event by event: one replica and one worker at a time, in lists, with plain loops over samples.

Shared with the toolkit are the seeds, the data of a problem, and what the documentation says about the order of random numbers.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.noise import get as noise
from numerics.objectives import Logistic, Quadratic
from numerics.problems import Problem

BATCH, REGULARISATION = 2, 0.1


def quadratic(workers: int) -> Problem:
    return Problem(Quadratic(workers, 3, center=0.5, mu=0.2, zeta=0.3, seed=1), noise("gaussian", sigma=0.4))


def shards(workers: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(5)
    return [(rng.standard_normal((2 + i % 3, 3)), np.sign(rng.standard_normal(2 + i % 3))) for i in range(workers)]


def logistic(workers: int) -> Problem:
    return Problem(Logistic(shards(workers), regularisation=REGULARISATION), noise("minibatch", batch=BATCH))


PROBLEMS = {"quadratic": quadratic, "logistic": logistic}


def generator(seed: int, replica: int, purpose: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(replica, purpose))))


class World:
    """Gradients, losses and judgements of one replica.

    Parameters
    ----------
    kind
        ``quadratic`` or ``logistic``.
    settings
        The options of the algorithm, of which those about elections matter here.
    """

    def __init__(self, kind: str, workers: int, seed: int, replica: int, settings: dict[str, Any]) -> None:
        self.kind, self.n = kind, workers
        self.data, self.objective = shards(workers), quadratic(workers).objective
        self.normals, self.uniforms = generator(seed, replica, 0), generator(seed, replica, 1)
        self.errors = generator(seed, replica, 4)
        self.election, self.sigma_f = settings.get("election", "exact"), settings.get("sigma_f", 0.0)
        window = settings.get("window", settings.get("period"))
        self.losses: list[deque[float]] = [deque(maxlen=window) for _ in range(workers)]

    def gradient(self, i: int, x: np.ndarray) -> np.ndarray:
        """What worker i computes at x, with the next random numbers; its loss is remembered."""
        if self.kind == "quadratic":
            f = self.objective
            noise = [0.4 / math.sqrt(3) * float(self.normals.standard_normal()) for _ in range(3)]
            return np.array([float(f.eigenvalues[j]) * (x[j] - 0.5) + float(f.tilts[i, j]) + noise[j] for j in range(3)])
        drawn = [int(self.uniforms.random() * len(self.data[i][1])) for _ in range(BATCH)]
        self.losses[i].append(sum(self.loss(i, row, x) for row in drawn) / BATCH)
        slopes = []
        for row in drawn:
            a, y = self.data[i][0][row], self.data[i][1][row]
            slopes.append(-y * a / (1 + math.exp(y * float(a @ x))))
        return sum(slopes) / BATCH + np.array([REGULARISATION * 2 * t / (1 + t * t) ** 2 for t in x])

    def loss(self, i: int, row: int, x: np.ndarray) -> float:
        a, y = self.data[i][0][row], self.data[i][1][row]
        return math.log1p(math.exp(-y * float(a @ x))) + REGULARISATION * sum(t * t / (1 + t * t) for t in x)

    def value(self, x: np.ndarray) -> float:
        if self.kind == "quadratic":
            return 0.5 * sum(float(h) * (t - 0.5) ** 2 for h, t in zip(self.objective.eigenvalues, x, strict=True))
        means = [sum(self.loss(i, row, x) for row in range(len(y))) / len(y) for i, (_, y) in enumerate(self.data)]
        return sum(means) / self.n

    def judged(self, models: list[np.ndarray]) -> list[float]:
        """What an election is decided on."""
        if self.election == "minibatch":
            return [sum(kept) / len(kept) if kept else math.inf for kept in self.losses]
        if self.election == "noisy":
            return [self.value(x) + self.sigma_f * float(self.errors.standard_normal()) for x in models]
        values = [self.value(x) for x in models]
        if self.election == "flattering":
            worst = values.index(max(values))
            values[worst] += -self.sigma_f / 3 if self.errors.random() < 0.9 else 3 * self.sigma_f
        return values


class Family:
    """What LGD and LSGD have in common: groups, leaders, momentum, and how strongly they pull."""

    def __init__(self, world: World, start: list[np.ndarray], gamma: Any, settings: dict[str, Any]) -> None:
        self.world, self.x, self.gamma, self.settings = world, [s.copy() for s in start], gamma, settings
        self.n, self.velocity = world.n, [np.zeros(3) for _ in start]
        self.led = [0] * self.n
        size = self.n // settings.get("groups", 1)
        self.groups = [list(range(first, first + size)) for first in range(0, self.n, size)]
        values = world.judged(self.x)
        self.elect_local(values)
        self.elect_all(values)

    def elect_local(self, values: list[float]) -> None:
        self.chiefs = {i: min(group, key=values.__getitem__) for group in self.groups for i in group}
        self.guides = {i: self.x[chief].copy() for i, chief in self.chiefs.items()}
        for chief in set(self.chiefs.values()):
            self.led[chief] += 1

    def elect_all(self, values: list[float]) -> None:
        self.chief = min(range(self.n), key=values.__getitem__)
        self.guide = self.x[self.chief].copy()

    def strength(self, whose: str, k: int) -> float:
        if whose and len(self.groups) == 1:
            return 0.0
        if f"{whose}attraction" in self.settings:
            return self.gamma(k) * self.settings[f"{whose}attraction"]
        return self.settings.get(f"{whose}pull", 0.1)

    def direction(self, i: int, gradient: np.ndarray) -> np.ndarray:
        beta = self.settings.get("momentum", 0.0)
        self.velocity[i] = beta * self.velocity[i] + gradient
        return gradient + beta * self.velocity[i] if self.settings.get("nesterov") else self.velocity[i]

    def due(self, whose: str, count: int, default: int, unit: int = 1) -> bool:
        return count % (unit * self.settings.get(f"{whose}period", default)) == 0

    def leader(self) -> int:
        return self.chiefs[0] if len(self.groups) == 1 else self.chief


class LGDReference(Family):
    """Everybody steps and is pulled at once."""

    def iterate(self, k: int, i: int | None) -> None:
        moves = []
        for i in range(self.n):
            x = self.x[i]
            move = self.gamma(k) * self.direction(i, self.world.gradient(i, x))
            if i != self.chiefs[i]:
                move = move + self.strength("", k) * (x - self.guides[i])
            if i != self.chief:
                move = move + self.strength("global_", k) * (x - self.guide)
            moves.append(move)
        self.x = [x - move for x, move in zip(self.x, moves, strict=True)]
        local, everybody = self.due("", k + 1, 1), len(self.groups) > 1 and self.due("global_", k + 1, 1)
        if local or everybody:
            values = self.world.judged(self.x)
            if local:
                self.elect_local(values)
            if everybody:
                self.elect_all(values)


class LSGDReference(Family):
    """Algorithm 1 in rounds."""

    def iterate(self, k: int, i: int | None) -> None:
        for i in range(self.n):
            self.x[i] = self.x[i] - self.gamma(k) * self.direction(i, self.world.gradient(i, self.x[i]))
        self.communicate(k, k + 1, 1)

    def communicate(self, k: int, count: int, unit: int) -> None:
        if self.due("", count, 4, unit):
            self.elect_local(self.world.judged(self.x))
            self.x = [x - self.strength("", k) * (x - self.guides[i]) for i, x in enumerate(self.x)]
        if len(self.groups) > 1 and self.due("global_", count, 16, unit):
            self.elect_all(self.world.judged(self.x))
            self.x = [x - self.strength("global_", k) * (x - self.guide) for x in self.x]


class AsyncLSGDReference(LSGDReference):
    """Algorithm 1 as it stands, with a counter of the iterations of each worker."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.copies, self.clocks = [x.copy() for x in self.x], [0] * self.n

    def iterate(self, k: int, i: int | None) -> None:
        self.x[i] = self.x[i] - self.gamma(k) * self.direction(i, self.world.gradient(i, self.copies[i]))
        self.clocks[i] += 1
        self.communicate(k, sum(self.clocks), self.n)
        self.copies[i] = self.x[i].copy()


REFERENCES = {"lgd": LGDReference, "lsgd": LSGDReference, "lsgd-async": AsyncLSGDReference}


def completions(seed: int, replica: int, n: int, iterations: int) -> Iterator[int]:
    """Who finishes: a queue of finishing times, of which each worker has its own list; one uniform number per completion."""
    draws, times = generator(seed, replica, 2), defaultdict(deque)
    for k in range(iterations):
        times[int(draws.random() * n)].append(float(k))
    queue = [(later.popleft(), i) for i, later in times.items()]
    heapq.heapify(queue)
    while queue:
        _, i = heapq.heappop(queue)
        yield i
        if times[i]:
            heapq.heappush(queue, (times[i].popleft(), i))
