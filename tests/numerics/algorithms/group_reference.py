"""WAGMA-SGD and eager-SGD as their papers write them: worker by worker, one replica, plain lists; and event by event.

Nothing here uses `numerics`. In the event-by-event versions nobody says who is late: workers finish when their computing
times say so, and a collective takes place ``patience`` seconds after the first worker has come to it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Points = list[np.ndarray]
Gradient = Callable[[int, int, np.ndarray], np.ndarray]
"""``gradient(worker, iteration, point)``."""


def merged(n: int, masks: list[int]) -> list[set[int]]:
    """The groups after merging those of p and p XOR mask, for one mask after the other (Algorithm 1)."""
    group = [{p} for p in range(n)]
    for mask in masks:
        for p in range(n):
            q = p ^ mask
            if q < n:
                union = group[p] | group[q]
                for member in union:
                    group[member] = union
    return group


def group_of(n: int, size: int, t: int, kind: str = "dynamic") -> list[set[int]]:
    """For every worker the group it is in, in iteration t."""
    if kind == "fixed":
        return [set(range(p // size * size, p // size * size + size)) for p in range(n)]
    if size == 1:
        return [{p} for p in range(n)]
    global_phases, group_phases = n.bit_length() - 1, size.bit_length() - 1
    shift, masks, mask = (t * group_phases) % global_phases, [], 1
    for _ in range(group_phases):
        mask = mask << shift if kind == "printed" else 1 << shift
        masks.append(mask)
        shift = (shift + 1) % global_phases
    return merged(n, masks)


class Momentum:
    """v = beta v + g; the direction is v, or g + beta v."""

    def __init__(self, momentum: float = 0.0, nesterov: bool = False) -> None:
        self.beta, self.nesterov, self.v = momentum, nesterov, 0.0

    def __call__(self, gradient: np.ndarray) -> np.ndarray:
        self.v = self.beta * self.v + gradient
        return gradient + self.beta * self.v if self.nesterov else self.v


def rate(step_size: Any, k: int) -> float:
    return step_size(k) if callable(step_size) else step_size


def settled_age(age: int, k: int, period: int) -> int:
    """The age left when nothing before the last blocking round can be missing; that round is number r - 1."""
    r = k // period * period if period else 0
    return min(age, k - r + 1)


def wagma(start: Points, gradient: Gradient, ages: np.ndarray, step_size: Any, **options: Any) -> list[Points]:
    """The models W_0, W_1, ... of all workers under given ages (rounds, n)."""
    period, kind, n = options.get("period", 10), options.get("grouping", "dynamic"), len(start)
    size = options.get("group_size", 2)
    momenta = [Momentum(options.get("momentum", 0.0), options.get("nesterov", False)) for _ in range(n)]
    models, sent = [[s.copy() for s in start]], {-1: [s.copy() for s in start]}
    for k, age in enumerate(ages):
        w = models[-1]
        sent[k] = [w[i] - rate(step_size, k) * momenta[i](gradient(i, k, w[i])) for i in range(n)]
        if (k + 1) % period == 0:
            models.append([sum(sent[k]) / n] * n)
            continue
        groups, after = group_of(n, size, k, kind), []
        for i in range(n):
            total = sum(sent[k - settled_age(age[j], k, period)][j] for j in groups[i])
            late = settled_age(age[i], k, period) > 0 and size > 1
            after.append((total + sent[k][i]) / (len(groups[i]) + 1) if late else total / len(groups[i]))
        models.append(after if size > 1 else sent[k])
    return models


def eager(start: np.ndarray, gradient: Gradient, ages: np.ndarray, step_size: Any, **options: Any) -> list[np.ndarray]:
    """The models x_0, x_1, ... and below them the clean aggregates, shape (2, d) each, under given ages (rounds, n)."""
    period, n, shape = options.get("period", 0), ages.shape[1], start.shape
    momentum = {name: options[name] for name in ("momentum", "nesterov") if name in options}
    push, clean_push = Momentum(**momentum), Momentum(**momentum)
    x, clean, taken = start.copy(), start.copy(), []
    included = [-1] * n
    trajectory = [np.stack([x, clean])]
    for k, age in enumerate(ages):
        taken.append([gradient(i, k, x) for i in range(n)])
        contribution = np.zeros(shape)
        for i in range(n):
            until = k if period and (k + 1) % period == 0 else k - settled_age(age[i], k, period)
            new = range(included[i] + 1, until + 1)
            for iteration in new if options.get("stale", "accumulate") == "accumulate" else list(new)[-1:]:
                contribution = contribution + taken[iteration][i]
            included[i] = until
        x = x - rate(step_size, k) * push(contribution / n)
        clean = clean - rate(step_size, k) * clean_push(sum(taken[k]) / n)
        trajectory.append(np.stack([x, clean]))
    return trajectory


@dataclass
class Clock:
    """What happens when: workers that finish, and collectives that are triggered by the first of them.

    A subclass says what a collective and the end of a gradient do to models. ``seconds`` has shape (iterations, n).
    """

    start: Points
    gradient: Gradient
    seconds: np.ndarray
    patience: float
    period: int
    ages: list[list[int]] = field(default_factory=list)

    def play(self) -> None:
        iterations, n = self.seconds.shape
        self.n, self.done, self.waiting = n, [-1] * n, set()
        self.models = [[s.copy() for s in self.start]] + [[None] * n for _ in range(iterations)]
        events: list[tuple[float, int, int, int]] = []
        triggered: set[int] = set()
        for i in range(n):
            heapq.heappush(events, (self.seconds[0, i], 0, i, 0))
        while events:
            now, kind, i, k = heapq.heappop(events)
            if kind == 0:  # worker i has finished iteration k
                self.done[i] = k
                self.finish(i, k)
                blocking = self.period and (k + 1) % self.period == 0
                if len(self.ages) > k:
                    self.come_late(i, k)
                    self.next(events, now, i, k)
                    continue
                self.waiting.add(i)
                if (blocking and min(self.done) == k) or (not blocking and k not in triggered):
                    triggered.add(k)
                    heapq.heappush(events, (now if blocking else now + self.patience, 1, -1, k))
            else:  # collective k takes place
                self.ages.append([k - done for done in self.done])
                self.collect(k)
                for j in sorted(self.waiting):
                    self.next(events, now, j, k)
                self.waiting.clear()

    def next(self, events: list[Any], now: float, i: int, k: int) -> None:
        if k + 1 < len(self.seconds):
            heapq.heappush(events, (now + self.seconds[k + 1, i], 0, i, k + 1))


@dataclass
class WagmaClock(Clock):
    """WAGMA-SGD: a send buffer per worker holds the latest W' and is read whenever a collective takes place."""

    size: int = 2
    step_size: float = 0.1

    def play(self) -> None:
        self.buffer, self.sums = [s.copy() for s in self.start], {}
        super().play()

    def finish(self, i: int, k: int) -> None:
        w = self.models[k][i]
        self.buffer[i] = w - self.step_size * self.gradient(i, k, w)

    def collect(self, k: int) -> None:
        if (k + 1) % self.period == 0:
            self.models[k + 1] = [sum(self.buffer) / self.n] * self.n
            return
        self.sums[k] = [sum(self.buffer[j] for j in group) for group in group_of(self.n, self.size, k)]
        for i in self.waiting:
            self.models[k + 1][i] = self.sums[k][i] / self.size

    def come_late(self, i: int, k: int) -> None:
        self.models[k + 1][i] = (self.sums[k][i] + self.buffer[i]) / (self.size + 1)


@dataclass
class EagerClock(Clock):
    """eager-SGD: a send buffer per worker adds gradients up and is emptied whenever a collective takes place."""

    step_size: float = 0.1

    def play(self) -> None:
        self.buffer, self.moves = [0 * s for s in self.start], {}
        super().play()

    def finish(self, i: int, k: int) -> None:
        self.buffer[i] = self.buffer[i] + self.gradient(i, k, self.models[k][i])

    def collect(self, k: int) -> None:
        self.moves[k] = self.step_size * sum(self.buffer) / self.n
        self.buffer = [0 * b for b in self.buffer]
        for i in self.waiting:
            self.come_late(i, k)

    def come_late(self, i: int, k: int) -> None:
        self.models[k + 1][i] = self.models[k][i] - self.moves[k]
