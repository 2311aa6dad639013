"""Distributed SGD in plain Python floats: no arrays, no mixing operators, no gradient code of the toolkit.

What is shared with the toolkit are the random numbers (from `numerics.streams.Streams`, in the order its documentation
states) and the tilts and Hessians of an objective, which are data. Weights and gradients are written by hand.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from numerics.problems import Problem
from numerics.streams import Streams

Vector = list[float]
Weights = Callable[[int, int, int], float]


def ring(n: int) -> Weights:
    """A third for oneself and for each neighbour."""
    return lambda i, j, k: 1 / 3 if (i - j) % n in (0, 1, n - 1) else 0.0


def complete(n: int) -> Weights:
    """Everybody counts the same."""
    return lambda i, j, k: 1 / n


def path(n: int) -> Weights:
    """Metropolis: a third for each neighbour, the rest for oneself."""

    def weight(i: int, j: int, k: int) -> float:
        if abs(i - j) == 1:
            return 1 / 3
        return 0.0 if i != j else (2 / 3 if i in (0, n - 1) else 1 / 3)

    return weight


def hypercube(n: int) -> Weights:
    """Equal weights for oneself and the log2 n workers one bit away."""
    bits = n.bit_length() - 1
    return lambda i, j, k: 1 / (bits + 1) if (i ^ j).bit_count() <= 1 else 0.0


def one_peer(n: int) -> Weights:
    """Half to oneself, half to i + 2^(k mod log2 n)."""
    period = (n - 1).bit_length()
    return lambda i, j, k: 0.5 if i == j or i == (j + 2 ** (k % period)) % n else 0.0


def star_push(n: int) -> Weights:
    """Worker 0 splits what it has into n parts, the others into two: one for themselves, one for worker 0."""
    return lambda i, j, k: 1 / n if j == 0 else (0.5 if i in (0, j) else 0.0)


def gradient(problem: Problem, x: Vector, i: int | None) -> Vector:
    """grad f_i(x) by hand, or grad f(x) for i = None."""
    f, d, options = problem.objective, len(x), problem.options
    smoothness, c = options.get("smoothness", 1.0), options.get("center", 0.0)
    if problem.name == "cosine":
        common = [smoothness * math.sin(t) for t in x]
    elif problem.name == "rational":
        common = [smoothness * t / (1 + t * t) ** 2 for t in x]
    elif problem.name == "huber":
        knee = options.get("knee", 1.0)
        common = [smoothness * min(max(t, -knee), knee) for t in x]
    elif problem.name == "saddle":
        r = math.sqrt(5 / 3)
        bend = 3 * r * r - 1
        common = []
        for j, t in enumerate(x):
            inner = min(max(t, -r), r)
            well = inner**3 - inner + bend * (t - inner)
            common.append(smoothness * (well / bend if j < math.ceil(d / 2) else t))
    elif options["hessians"] == "shared":
        common = [float(options["spectrum"][j]) * (x[j] - c) for j in range(d)]
    else:
        who = range(problem.n) if i is None else [i]
        common = [sum(float(f.hessians[w][j][m]) * (x[m] - c) for w in who for m in range(d)) / len(who) for j in range(d)]
    return common if i is None else [common[j] + float(f.tilts[i][j]) for j in range(d)]


def noise(problem: Problem, seed: int, replica: int) -> Iterator[Vector]:
    """One noise vector after the other, in the order iteration, worker, coordinate."""
    (generator,) = Streams(seed, [replica]).generators("noise")
    d = problem.dim
    scale = problem.noise.sigma / math.sqrt(d)
    if problem.noise.kind == "gaussian":
        while True:
            yield [scale * float(generator.standard_normal()) for _ in range(d)]
    waiting: list[int] = []
    while True:
        while len(waiting) < math.ceil(d / 8):
            waiting += int(generator.bit_generator.random_raw()).to_bytes(8, "little")
        signs = [byte >> bit & 1 for byte in waiting[: math.ceil(d / 8)] for bit in range(8)][:d]
        del waiting[: math.ceil(d / 8)]
        yield [scale if sign else -scale for sign in signs]


def trajectory(
    system: str, problem: Problem, weights: Weights, gamma: float, iterations: int, seed: int, replica: int, **options: Any
) -> tuple[float, float]:
    """Return the means over k < K of ||grad f(center_k)||^2 and (1/n) sum_i ||view_i - center||^2 of one replica."""
    n, d, draw = problem.n, problem.dim, noise(problem, seed, replica)
    x = [[float(t) for t in problem.start()] for _ in range(n)]
    w, velocity = [1.0] * n, [[0.0] * d for _ in range(n)]
    mail: dict[int, list[tuple[int, Vector, float]]] = defaultdict(list)
    held_before = [x[0]]
    taken: list[list[Vector]] = []
    slopes = spreads = 0.0
    for k in range(iterations):
        held = x + [letter for letters in mail.values() for _, letter, _ in letters]
        center = [sum(v[j] for v in held) / n for j in range(d)]
        views = [[t / w[i] for t in x[i]] for i in range(n)]
        if system == "eager":  # all gradients in time
            center = [s + sum(m[j] for moves in taken for m in moves) / n for j, s in enumerate(held_before[0])]
        waiting = views
        if system == "apsgd":
            waiting = [held_before[max(0, k - age)] for age in range(options["delay"] + 1)]
            views = [waiting[-1]] * n
        slopes += sum(t * t for t in gradient(problem, center, None))
        spreads += sum((view[j] - center[j]) ** 2 for view in waiting for j in range(d)) / len(waiting)
        moves = []
        for i in range(n):
            g = [a + b for a, b in zip(gradient(problem, views[i], i), next(draw), strict=True)]
            velocity[i] = [options.get("momentum", 0.0) * v + t for v, t in zip(velocity[i], g, strict=True)]
            moves.append([-gamma * v for v in velocity[i]])

        def mixed(points: list[Vector], k: int = k) -> list[Vector]:
            return [[sum(weights(i, m, k) * points[m][j] for m in range(n)) for j in range(d)] for i in range(n)]

        stepped = [[a + b for a, b in zip(x[i], moves[i], strict=True)] for i in range(n)]
        if system == "sgd":
            x = [[sum(point[j] for point in stepped) / n for j in range(d)] for _ in range(n)]
        elif system == "apsgd":
            x = [[x[0][j] + sum(move[j] for move in moves) for j in range(d)]] * n
            held_before.append(x[0])
        elif system == "eager":  # workers 0 and 1 are late
            taken.append(moves)
            come = [taken[k - options["delay"] * (i < 2)][i] for i in range(n) if i > 1 or k >= options["delay"]]
            x = [[x[0][j] + sum(move[j] for move in come) / n for j in range(d)]] * n
        elif system == "dpsgd":
            x = [[a + b for a, b in zip(row, move, strict=True)] for row, move in zip(mixed(x), moves, strict=True)]
        elif system == "local-sgd":
            x = mixed(stepped) if (k + 1) % options["period"] == 0 else stepped
        elif system == "sgp":
            x, w = mixed(stepped), [sum(weights(i, m, k) * w[m] for m in range(n)) for i in range(n)]
        else:
            for i in range(n):
                for m in range(n):
                    if m != i:
                        letter = [weights(i, m, k) * t for t in stepped[m]]
                        mail[k + options["overlap"]].append((i, letter, weights(i, m, k) * w[m]))
            x = [[weights(i, i, k) * t for t in stepped[i]] for i in range(n)]
            w = [weights(i, i, k) * w[i] for i in range(n)]
            for i, letter, weight in mail.pop(k, []):
                x[i], w[i] = [a + b for a, b in zip(x[i], letter, strict=True)], w[i] + weight
    return slopes / iterations, spreads / iterations
