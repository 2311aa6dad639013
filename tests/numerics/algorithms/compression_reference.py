"""SGD with compressed messages in plain Python: one replica, one worker and one message at a time.

Nothing here uses `numerics`: compressors are those of the plain reference, random words are read from the documented stream in
the documented order, models and residuals are lists of 1-D arrays. Every reference is a generator that yields the center and all
workers' views, before the first event and after each one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.numerics.algorithms.elastic_reference import Gradient, Momentum, Snapshot, Vector, finishing
from tests.numerics.compressors import reference as plain


class Words:
    """The words of one replica's stream for purpose "compressor"."""

    def __init__(self, seed: int, replica: int) -> None:
        self.stream = np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(replica, 5)))

    def keys(self, count: int) -> list[int]:
        return [int(self.stream.random_raw()) for _ in range(count)]

    def uniforms(self, count: int) -> list[float]:
        first, *words = self.keys(1 + math.ceil(count / 4))
        quarters = [word >> shift & 0xFFFF for word in words for shift in (0, 16, 32, 48)]
        return [(quarter + ((first >> 32) + 0.5) / 2**32) / 2**16 for quarter in quarters[:count]]


class Compress:
    """One replica's compressor by name; ``compress(vector)`` or, for workers that draw together, ``compress.all(vectors)``."""

    def __init__(self, name: str, words: Words, **options: Any) -> None:
        self.name, self.words, self.options = name, words, options

    def __call__(self, vector: Vector) -> Vector:
        return self.all([vector])[0]

    def all(self, vectors: list[Vector]) -> list[Vector]:
        block = self.words.uniforms(1)[0] if self.name == "random-block" and self.options.get("shared", True) else None
        return [np.array(self.one([float(v) for v in vector], block)) for vector in vectors]

    def one(self, x: list[float], block: float | None) -> list[float]:
        d, get = len(x), self.options.get
        if self.name == "identity":
            return x
        if self.name == "top-k":
            return plain.top_k(x, get("k", 1))
        if self.name == "scaled-sign":
            return plain.scaled_sign(x)
        if self.name == "one-bit":
            return plain.one_bit(x)
        if self.name == "qsgd":
            return plain.qsgd(x, get("levels", 1), self.words.uniforms(d))
        if self.name == "max-min":
            drawn = self.words.uniforms(d) if get("stochastic", False) else None
            return plain.max_min(x, get("precision", 4), get("bucket", 1024), drawn)
        if self.name == "random-k":
            keys, k = self.words.keys(d), get("k", 1)
            kept, factor = sorted(range(d), key=lambda j: -keys[j])[:k], d / k
        else:
            blocks = get("blocks", 2)
            b = int((self.words.uniforms(1)[0] if block is None else block) * blocks)
            kept, factor = [j for j in range(d) if b * d // blocks <= j < (b + 1) * d // blocks], blocks
        return [x[j] * (factor if get("scaled", False) else 1) if j in kept else 0.0 for j in range(d)]


def compressed_sgd(
    starts: list[Vector],
    gradient: Gradient,
    rounds: int,
    gamma: Callable[[int], float],
    compress: Compress,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Iterator[Snapshot]:
    """Workers send Q(g); momentum of the mean."""
    n, x = len(starts), starts[0]
    push = Momentum(momentum, nesterov, len(x))
    yield x, [x] * n
    for k in range(rounds):
        x = x - gamma(k) * push(sum(compress.all([gradient(k, i, x) for i in range(n)])) / n)
        yield x, [x] * n


def ef_sgd(
    starts: list[Vector],
    gradient: Gradient,
    rounds: int,
    gamma: Callable[[int], float],
    compress: Compress,
    detached: float = 0.0,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Iterator[Snapshot]:
    """Workers send C(gamma g + e); momentum of each worker. The center is a model of its own, that gets all gradients."""
    n, x, virtual = len(starts), starts[0], starts[0]
    push, e = [Momentum(momentum, nesterov, len(x)) for _ in range(n)], [np.zeros_like(x) for _ in range(n)]
    views = [x] * n
    yield virtual, views
    for k in range(rounds):
        moves = [gamma(k) * push[i](gradient(k, i, views[i])) for i in range(n)]
        due = [e[i] + moves[i] for i in range(n)]
        sent = compress.all(due)
        e = [due[i] - sent[i] for i in range(n)]
        x, virtual = x - sum(sent) / n, virtual - sum(moves) / n
        views = [x - detached * e[i] for i in range(n)]
        yield virtual, views


class Sender:
    """What worker i of a server or a shared model has, and what it writes."""

    def __init__(self, dim: int, compress: Compress, feedback: bool, momentum: float = 0.0, nesterov: bool = False) -> None:
        self.e, self.compress, self.feedback = np.zeros(dim), compress, feedback
        self.push = Momentum(momentum, nesterov, dim)

    def write(self, gradient: Vector, gamma: float) -> Vector:
        due = self.e + gamma * self.push(gradient)
        sent = self.compress(due)
        if self.feedback:
            self.e = due - sent
        return sent


def async_ef(
    starts: list[Vector],
    durations: np.ndarray,
    gradient: Gradient,
    events: int,
    gamma: Callable[[int], float],
    compress: Compress,
    feedback: bool = True,
    detached: float = 0.0,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Iterator[Snapshot]:
    """A server, and workers that read when they have finished."""
    n, x, reads = len(starts), starts[0], list(starts)
    senders = [Sender(len(x), compress, feedback, momentum, nesterov) for _ in range(n)]

    def seen() -> Snapshot:
        return x - sum(sender.e for sender in senders), [reads[i] - detached * senders[i].e for i in range(n)]

    yield seen()
    for k, i in zip(range(events), finishing(durations), strict=False):
        view = reads[i] - detached * senders[i].e
        x = x - senders[i].write(gradient(k, i, view), gamma(k))
        reads[i] = x
        yield seen()


def hogwild(
    starts: list[Vector],
    durations: np.ndarray,
    gradient: Gradient,
    events: int,
    gamma: Callable[[int], float],
    ages: Callable[[], Any],
    compress: Compress,
    feedback: bool = False,
) -> Iterator[Snapshot]:
    """A model that remembers all it has been; ``ages()`` says how old each coordinate of the next read is."""
    history, reads = [starts[0]], list(starts)
    senders = [Sender(len(starts[0]), compress, feedback) for _ in starts]
    yield history[-1], list(reads)
    for k, i in zip(range(events), finishing(durations), strict=False):
        history.append(history[-1] - senders[i].write(gradient(k, i, reads[i]), gamma(k)))
        reads[i] = np.array([history[max(0, k + 1 - int(age))][j] for j, age in enumerate(ages())])
        yield history[-1] - sum(sender.e for sender in senders), list(reads)


COMPRESSORS: list[dict[str, Any]] = [
    {"compressor": "identity"},
    {"compressor": "top-k"},
    {"compressor": "top-k", "k": 2},
    {"compressor": "scaled-sign"},
    {"compressor": "one-bit"},
    {"compressor": "qsgd", "levels": 3},
    {"compressor": "qsgd", "coding": "fixed"},
    {"compressor": "max-min", "precision": 2},
    {"compressor": "max-min", "precision": 1, "bucket": 2, "stochastic": True},
    {"compressor": "random-k"},
    {"compressor": "random-k", "k": 2, "scaled": True},
    {"compressor": "random-block", "blocks": 3},
    {"compressor": "random-block", "shared": False, "scaled": True},
]
"""Every compressor and every option, for vectors of three coordinates."""


def compressing(settings: dict[str, Any], seed: int, replicas: int) -> list[Compress]:
    """The compressor of every replica, whose option ``coding`` concerns bits only."""
    options = {name: value for name, value in settings.items() if name not in ("compressor", "coding")}
    return [Compress(settings["compressor"], Words(seed, r), **options) for r in range(replicas)]
