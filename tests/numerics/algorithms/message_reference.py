"""Plain references of SGD by messages and of elastic scheduling: one replica, one worker and one message at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Gradient = Callable[[int, int, np.ndarray], np.ndarray]
Trajectory = list[tuple[np.ndarray, np.ndarray]]


class Sender:
    """A worker's velocity; what it sends is its direction."""

    def __init__(self, dim: int, momentum: float = 0.0, nesterov: bool = False) -> None:
        self.v, self.beta, self.nesterov = np.zeros(dim), momentum, nesterov

    def direction(self, g: np.ndarray) -> np.ndarray:
        self.v = self.beta * self.v + g
        return g + self.beta * self.v if self.nesterov else self.v


def message_passing(
    x0: np.ndarray,
    gradient: Gradient,
    delays: Sequence[Any],
    alive: Sequence[Any],
    step_size: Callable[[int], float],
    **momentum: Any,
) -> Trajectory:
    """Return (views, center) before every round and after the last; ``delays[k][i][j]`` and ``alive[k][i]`` as in a round."""
    p = len(delays[0])
    senders = [Sender(len(x0), **momentum) for _ in range(p)]
    models, center = [x0.copy() for _ in range(p)], x0.copy()
    mailboxes: list[list[tuple[int, np.ndarray]]] = [[] for _ in range(p)]
    seen = [(np.stack(models), center.copy())]
    for k in range(len(delays)):
        sent = {}
        for i in range(p):
            if alive[k][i]:
                sent[i] = step_size(k) / p * senders[i].direction(gradient(i, k, models[i]))
        for j, message in sent.items():
            center -= message
            for i in range(p):
                if delays[k][i][j] >= 0:
                    mailboxes[i].append((k + delays[k][i][j], message))
        for i in range(p):
            for letter in [letter for letter in mailboxes[i] if letter[0] == k]:
                models[i] = models[i] - letter[1]
            mailboxes[i] = [letter for letter in mailboxes[i] if letter[0] > k]
        seen.append((np.stack([models[i] if alive[k][i] else center for i in range(p)]), center.copy()))
    return seen


def elastic(
    x0: np.ndarray,
    gradient: Gradient,
    orders: Sequence[Any],
    step_size: Callable[[int], float],
    bound: str = "norm",
    beta: float = 0.5,
    **momentum: Any,
) -> tuple[Trajectory, int]:
    """Return (views, center) before every round and after the last, and how many messages were late in all."""
    p, late = len(orders[0]), 0
    senders = [Sender(len(x0), **momentum) for _ in range(p)]
    views, center, expected = [x0.copy() for _ in range(p)], x0.copy(), math.inf
    seen = [(np.stack(views), center.copy())]
    for k, order in enumerate(orders):
        sent = [senders[i].direction(gradient(i, k, views[i])) for i in range(p)]
        before, gamma = center.copy(), step_size(k)
        for i in range(p):
            received, count = np.zeros(len(x0)), 0
            for place in range(p):
                sender = list(order[i]).index(place)
                received, count = received + sent[sender], count + 1
                enough = np.sqrt((received**2).sum()) >= beta * expected if bound == "norm" else count >= beta * p
                if enough:
                    break
            late += p - count
            if bound == "variance":
                received = received + (p - count) * sent[i]
            views[i] = before - gamma / p * received
        for message in sent:
            center = center - gamma / p * message
        expected = math.sqrt((sum(sent) ** 2).sum())
        seen.append((np.stack(views), center.copy()))
    return seen, late
