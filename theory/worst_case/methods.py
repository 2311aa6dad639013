"""Algorithms without noise, unrolled: every point is a combination of gradients.

With a common start at the origin, every point a deterministic algorithm reaches is gamma times a fixed combination of the
gradients it has taken. That is all a worst case needs to know of an algorithm. Event (k, i), number k n + i, is the gradient that
worker i takes in round k.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from straggler import InputError, UnknownName, at_least

Floats = NDArray[np.float64]

TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Method:
    """An algorithm after K rounds of n workers.

    Attributes
    ----------
    name
        Name of the algorithm.
    views
        Where gradients are taken, over gamma: shape (K, n, E), coordinates in the E events.
    centers
        The points the theorems speak about, over gamma: shape (K + 1, E).
    mixing
        All mixing matrices that occur, each (n, n): what commutes with them is a symmetry of the algorithm.
    shrunk, kept, share
        Where messages are compressed: what is handed to the compressors in each round, ``kept`` (K n, E), and what they leave in
        all rounds but the last, ``shrunk`` ((K - 1) n, E), over gamma. The squared norm of the latter is at most ``share`` times
        that of the former; the events beyond the n K gradients are the latter.
    """

    name: str
    views: Floats
    centers: Floats
    mixing: tuple[Floats, ...] = field(repr=False, default=())
    shrunk: Floats | None = field(repr=False, default=None)
    kept: Floats | None = field(repr=False, default=None)
    share: float = 1.0

    @property
    def n(self) -> int:
        """Number of workers."""
        return int(self.views.shape[1])

    @property
    def rounds(self) -> int:
        """Number K of rounds."""
        return int(self.views.shape[0])

    @property
    def extras(self) -> int:
        """Number of vectors per worker that are not gradients."""
        return int(self.views.shape[2]) // self.n - self.rounds


def gradient_descent(rounds: int, workers: int = 1) -> Method:
    """Return gradient descent, or SGD whose n workers average at every step: x_{k+1} = x_k - gamma (1/n) sum_i g_i(x_k)."""
    average = _average(workers)
    return _gossip("sgd", rounds, workers, lambda _: average, step_first=True)


def dpsgd(matrices: Sequence[Floats], order: str = "mix-then-step") -> Method:
    """Return D-PSGD after K = len(matrices) rounds, X_{k+1} = W_k X_k - gamma G_k, or W_k (X_k - gamma G_k).

    Raises
    ------
    InputError
        If there is no round, or rows or columns of a matrix do not sum to one, or the graph falls apart.
    UnknownName
        If the order is neither ``mix-then-step`` nor ``step-then-mix``.
    """
    if order not in ("mix-then-step", "step-then-mix"):
        raise UnknownName("order", order, ("mix-then-step", "step-then-mix"))
    checked = _checked(matrices, doubly=True)
    return _gossip("dpsgd", len(checked), len(checked[0]), checked.__getitem__, step_first=order == "step-then-mix")


def local_sgd(rounds: int, workers: int, period: int) -> Method:
    """Return local SGD: steps of one's own, and an average after every ``period`` of them."""
    at_least("period", period, 1)
    at_least("workers", workers, 1)
    average, alone = _average(workers), np.eye(workers)
    return _gossip("local-sgd", rounds, workers, lambda k: alone if (k + 1) % period else average, step_first=True)


def sgp(matrices: Sequence[Floats]) -> Method:
    """Return stochastic gradient push, X_{k+1} = P_k (X_k - gamma G(Z_k)), z_i = x_i / w_i, w_{k+1} = P_k w_k.

    Raises
    ------
    InputError
        If there is no round, or columns of a matrix do not sum to one, or the graph falls apart.
    """
    checked = _checked(matrices, doubly=False)
    return _gossip("sgp", len(checked), len(checked[0]), checked.__getitem__, step_first=True)


def delayed(rounds: int, delay: int, workers: int = 1) -> Method:
    """Return SGD with gradients that are all exactly T updates old, x_{k+1} = x_k - gamma sum_i g_i(x_{max(k - T, 0)})."""
    at_least("rounds", rounds, 1), at_least("delay", delay, 0), at_least("workers", workers, 1)
    _, views, centers = _blank(rounds, workers)
    for k in range(rounds):
        centers[k + 1] = centers[k]
        centers[k + 1, k * workers : (k + 1) * workers] -= 1.0
        views[k] = centers[max(k - delay, 0)]
    return Method("delayed", views, centers, (_average(workers),))


def error_feedback(rounds: int, contraction: float, workers: int = 1) -> Method:
    """Return SGD with error feedback and any compressor that keeps ||p - C(p)||^2 <= (1 - contraction) ||p||^2.

    Worker i sends C(p_i), p_i = gamma g_i + e_i, and keeps e_i <- p_i - C(p_i); gradients are taken at x, the center is the
    virtual iterate x - mean e, which moves by gamma times the mean gradient (Karimireddy et al., ICML 2019). The compressor may
    be another one for every worker and round, so every residual that is short enough can occur: the constraint says all there is.
    """
    if not 0 < contraction <= 1:
        raise InputError("contraction", contraction, "0 < contraction <= 1")
    at_least("rounds", rounds, 1), at_least("workers", workers, 1)
    if contraction == 1:  # nothing is lost: a residual that is zero is no vector
        return replace(gradient_descent(rounds, workers), name="ef-sgd")
    n, gradients = workers, rounds * workers
    events = np.eye(gradients + (rounds - 1) * n)  # the last residual is never used
    centers, views = np.zeros((rounds + 1, len(events))), np.zeros((rounds, n, len(events)))
    residual = np.zeros((n, len(events)))
    shrunk, kept = [], []
    for k in range(rounds):
        views[k] = centers[k] + residual.mean(axis=0)
        taken = events[k * n : (k + 1) * n]
        centers[k + 1] = centers[k] - taken.mean(axis=0)
        kept.append(taken + residual)
        if k + 1 < rounds:
            residual = events[gradients + k * n : gradients + (k + 1) * n]
            shrunk.append(residual)
    if not shrunk:
        return Method("ef-sgd", views, centers, (_average(n),))
    return Method("ef-sgd", views, centers, (_average(n),), np.concatenate(shrunk), np.concatenate(kept), 1 - contraction)


def _gossip(name: str, rounds: int, n: int, mixing: Callable[[int], Floats], *, step_first: bool) -> Method:
    at_least("rounds", rounds, 1), at_least("workers", n, 1)
    x, views, centers = _blank(rounds, n)
    weights = np.ones(n)
    used: dict[bytes, Floats] = {}
    for k in range(rounds):
        views[k], centers[k] = x / weights[:, None], x.mean(axis=0)
        matrix = used.setdefault(mixing(k).tobytes(), mixing(k))
        step = np.zeros_like(x)
        step[:, k * n : (k + 1) * n] = np.eye(n)
        x = matrix @ (x - step) if step_first else matrix @ x - step
        weights = matrix @ weights
    centers[rounds] = x.mean(axis=0)
    return Method(name, views, centers, tuple(used.values()))


def _blank(rounds: int, n: int) -> tuple[Floats, Floats, Floats]:
    events = rounds * n
    return np.zeros((n, events)), np.zeros((rounds, n, events)), np.zeros((rounds + 1, events))


def _average(n: int) -> Floats:
    return np.full((at_least("workers", n, 1),) * 2, 1 / n)


def _checked(matrices: Sequence[Floats], *, doubly: bool) -> list[Floats]:
    at_least("rounds", len(matrices), 1)
    found = [np.asarray(matrix, dtype=np.float64) for matrix in matrices]
    n = len(found[0])
    for k, matrix in enumerate(found):
        if matrix.shape != (n, n) or not np.isfinite(matrix).all():
            raise InputError(f"W_{k}", matrix.shape, f"a finite matrix of shape ({n}, {n})")
        for axis, what in ((0, "columns"), (1, "rows"))[: 2 if doubly else 1]:
            off = float(np.abs(matrix.sum(axis=axis) - 1).max())
            if off > TOLERANCE:
                raise InputError(f"{what} of W_{k}", off, f"{what} that sum to one, off by at most {TOLERANCE:g}")
    if not _connected(np.abs(found).sum(axis=0)):
        raise InputError("graph", f"{n} nodes", "a graph that is connected, over all rounds together")
    return found


def _connected(weights: Floats) -> bool:
    from scipy.sparse.csgraph import connected_components

    return bool(connected_components(weights, directed=True, connection="weak")[0] == 1)
