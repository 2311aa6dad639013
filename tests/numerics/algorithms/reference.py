"""A dense reference of every algorithm, worker by worker as the papers write them, and the cases it is compared on.

Nothing here uses `numerics.algorithms` or `numerics.mixing`: a state is a list of arrays (R, d), one per worker, W is a
plain matrix, and sums over workers are loops.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

Points = list[np.ndarray]


class Reference:
    """State of n workers under one algorithm; ``view`` and ``center`` are current after every ``step``.

    Parameters
    ----------
    start
        One starting point (R, d) per worker.
    step_size
        gamma, or a function of k.
    momentum, nesterov
        v = beta v + g; the direction is v, or g + beta v.
    options
        The algorithm's own options.
    """

    def __init__(
        self,
        start: Points,
        step_size: float | Callable[[int], float],
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Any,
    ) -> None:
        self.n, self.x, self.gamma = len(start), [s.copy() for s in start], step_size
        self.beta, self.nesterov = momentum, nesterov
        self.velocity = [np.zeros_like(s) for s in start]
        self.w = [1.0] * self.n
        self.mail: dict[int, list[tuple[int, np.ndarray, float]]] = defaultdict(list)
        self.options = options

    def stepped(self, gradients: Points, k: int) -> Points:
        """x_i - gamma u_i with the momentum direction u_i of every worker."""
        gamma = self.gamma(k) if callable(self.gamma) else self.gamma
        self.velocity = [self.beta * v + g for v, g in zip(self.velocity, gradients, strict=True)]
        directions = self.velocity
        if self.nesterov:
            directions = [g + self.beta * v for g, v in zip(gradients, self.velocity, strict=True)]
        return [x - gamma * u for x, u in zip(self.x, directions, strict=True)]

    def mixed(self, w: np.ndarray, values: Any) -> Any:
        """sum_j W[i, j] values[j] for every i."""
        return [sum(w[i, j] * values[j] for j in range(self.n)) for i in range(self.n)]

    def step(self, gradients: Points, w: np.ndarray, k: int) -> None:
        """Go from iteration k to k + 1 under the mixing matrix ``w`` of round k."""
        raise NotImplementedError

    @property
    def view(self) -> Points:
        """Where worker i takes its gradient."""
        return self.x

    @property
    def center(self) -> np.ndarray:
        """Average of the models."""
        return sum(self.x) / self.n


class SGDReference(Reference):
    """Everybody moves by the average of the gradients."""

    def step(self, gradients: Points, w: np.ndarray, k: int) -> None:
        average = sum(self.stepped(gradients, k)) / self.n
        self.x = [average for _ in range(self.n)]


class DPSGDReference(Reference):
    """X_{k+1} = W X_k - gamma G (Lian et al. 2017), or W (X_k - gamma G)."""

    def step(self, gradients: Points, w: np.ndarray, k: int) -> None:
        after = self.stepped(gradients, k)
        if self.options.get("order", "mix-then-step") == "step-then-mix":
            self.x = self.mixed(w, after)
        else:
            moves = [a - x for a, x in zip(after, self.x, strict=True)]
            self.x = [m + move for m, move in zip(self.mixed(w, self.x), moves, strict=True)]


class SGPReference(Reference):
    """Assran et al. (2019), Algorithm 1."""

    def step(self, gradients: Points, w: np.ndarray, k: int) -> None:
        self.x, self.w = self.mixed(w, self.stepped(gradients, k)), self.mixed(w, self.w)

    @property
    def view(self) -> Points:
        return [x / w for x, w in zip(self.x, self.w, strict=True)]


class OSGPReference(SGPReference):
    """Assran et al. (2019), Algorithm 2, with a mailbox: what is sent in round k is opened at the end of round k + tau."""

    def step(self, gradients: Points, w: np.ndarray, k: int) -> None:
        half = self.stepped(gradients, k)
        if k % self.options.get("send_every", 1) == 0:
            for i in range(self.n):
                for j in set(range(self.n)) - {i}:
                    self.mail[k + self.options.get("overlap", 1)].append((i, w[i, j] * half[j], w[i, j] * self.w[j]))
            self.w = [w[i, i] * self.w[i] for i in range(self.n)]
            half = [w[i, i] * half[i] for i in range(self.n)]
        for i, x, weight in self.mail.pop(k, []):
            half[i], self.w[i] = half[i] + x, self.w[i] + weight
        self.x = half

    @property
    def view(self) -> Points:
        return super().view if self.options.get("unbiased", True) else self.x

    @property
    def center(self) -> np.ndarray:
        return (sum(self.x) + sum(x for letters in self.mail.values() for _, x, _ in letters)) / self.n


class LocalSGDReference(Reference):
    """Mix at the end of every period of tau local steps, and after every step before the switch."""

    def step(self, gradients: Points, w: np.ndarray, k: int) -> None:
        self.x, switch = self.stepped(gradients, k), self.options.get("switch", 0)
        if k < switch or (k - switch) % self.options.get("period", 8) == self.options.get("period", 8) - 1:
            self.x = self.mixed(w, self.x)


REFERENCES: dict[str, type[Reference]] = {
    "sgd": SGDReference,
    "dpsgd": DPSGDReference,
    "sgp": SGPReference,
    "osgp": OSGPReference,
    "local-sgd": LocalSGDReference,
    "eager": SGDReference,  # where nobody is late; see group_reference for late workers
    "message-passing": SGDReference,  # where nobody is late; see message_reference for late messages, here and below
    "elastic-scheduling": SGDReference,
}

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "sgd": [{}],
    "dpsgd": [{}, {"order": "step-then-mix"}],
    "sgp": [{}],
    "osgp": [
        {},
        {"overlap": 0},
        {"overlap": 3},
        {"overlap": 2, "send_every": 2},
        {"overlap": 1, "send_every": 3},
        {"overlap": 1, "unbiased": False},
    ],
    "local-sgd": [{}, {"period": 1}, {"period": 3}, {"period": 3, "switch": 4}],
    "eager": [{}, {"period": 3}, {"stale": "overwrite"}],
    "message-passing": [{}],
    "elastic-scheduling": [{}, {"bound": "variance", "beta": 0.3}],
}

ROUNDS = tuple(REFERENCES)
"""Names of the algorithms that work in rounds and whose center is moved by the gradients alone."""

SHARED = ("sgd", "eager", "message-passing", "elastic-scheduling")
"""Algorithms with one model, and so one starting point, for all workers."""


MOMENTA: list[dict[str, Any]] = [{}, {"momentum": 0.8}, {"momentum": 0.6, "nesterov": True}]

CASES: list[tuple[str, dict[str, Any]]] = [
    (name, option | momentum) for name, options in OPTIONS.items() for option in options for momentum in MOMENTA
]


def label(case: tuple[str, dict[str, Any]]) -> str:
    """Name of a case, for test identifiers."""
    return "-".join([case[0], *(f"{key}={value}" for key, value in case[1].items())])
