"""What an objective is: n local functions, their gradients at many points at once, and the constants theorems ask for."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from numerics.memory import aligned
from numerics.typing import Floats
from straggler import InputError, at_least

Workers: TypeAlias = slice | NDArray[np.intp]
Kernel: TypeAlias = Callable[[Floats, Workers, Floats], object]
Kind: TypeAlias = Literal["exact", "upper bound", "lower bound", "certified on ball", "estimate"]

TILE_BYTES = 1 << 19
"""Size of the pieces in which large states are worked through: a few of them fit into a common L2 cache."""


def differ(workers: Workers) -> TypeGuard[NDArray[np.intp]]:
    """Return whether every replica has workers of its own: numbers of shape (m, R)."""
    return not isinstance(workers, slice) and workers.ndim == 2


def finite(source: str, value: float) -> float:
    """Return ``value`` as a float if it is finite, else raise `InputError`."""
    if not math.isfinite(value):
        raise InputError(source, value, "a finite number")
    return float(value)


@dataclass(frozen=True)
class Constant:
    """One constant of a problem: its value, how far it can be trusted, and why.

    Attributes
    ----------
    value
        The number.
    kind
        ``exact``; ``upper bound`` or ``lower bound`` on the true value; ``certified on ball``: an upper bound for all
        points of the ball the note names; ``estimate``: measured, not proved.
    note
        Where the value comes from.
    """

    value: float
    kind: Kind
    note: str


class Objective(ABC):
    """The mean ``f = (1/n) sum_i f_i`` of ``n`` local functions on R^d.

    A new objective states `value`, `gradient`, `tile_gradients`, `local_value` and `constants`, and gives a `start`.

    Parameters
    ----------
    workers
        Number of workers n, at least 1.
    dim
        Dimension d, at least 1.
    """

    def __init__(self, workers: int, dim: int) -> None:
        self.n, self.dim = at_least("workers", workers, 1), at_least("dim", dim, 1)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n}, d={self.dim})"

    @abstractmethod
    def value(self, x: Floats) -> Floats:
        """Return f at points of shape (..., d), shape (...)."""

    @abstractmethod
    def gradient(self, x: Floats, out: Floats | None = None) -> Floats:
        """Return the gradient of f at points of shape (R, d), same shape, in ``out`` where given."""

    @abstractmethod
    def local_value(self, points: Floats, workers: Workers = slice(None)) -> Floats:
        """Return f_i at worker i's own points, (m, R, d) -> (m, R)."""

    @abstractmethod
    def tile_gradients(self, points: Floats, workers: Workers, out: Floats) -> object:
        """Write the gradient of f_i at worker i's own points into ``out``; arguments as in `local_gradients`, but small."""

    @abstractmethod
    def constants(self) -> dict[str, Constant]:
        """Return L, f_star, zeta and, where they exist, M (bound on ||grad f_i||), mu (strong convexity) and radius.

        zeta is the supremum over x of the root of ``(1/n) sum_i ||grad f_i(x) - grad f(x)||^2``; where it is certified on
        a ball, the ball is around `start` or the minimiser, as its note says, and ``radius`` is its radius.
        """

    @abstractmethod
    def start(self) -> Floats:
        """Return the default starting point, shape (d,)."""

    def ball_center(self) -> Floats:
        """Return the center of the ball on which constants are certified, shape (d,): the start, unless said otherwise."""
        return self.start()

    def minimiser(self) -> Floats | None:
        """Return a point where f is least, shape (d,); None where none is known in closed form."""
        return None

    def local_gradients(self, points: Floats, workers: Workers = slice(None), out: Floats | None = None) -> Floats:
        """Return the gradient of f_i at worker i's own points.

        Parameters
        ----------
        points
            Shape (m, R, d): the points of the m active workers in each of R replicas.
        workers
            Which m workers these are: a slice of the n, or their numbers, shape (m,), or (m, R) for others in each replica.
        out
            Where the gradients go, shape (m, R, d), not overlapping ``points``; a new array where not given.
        """
        return self.in_tiles(self.tile_gradients, points, workers, out)

    def in_tiles(self, kernel: Kernel, points: Floats, workers: Workers, out: Floats | None) -> Floats:
        """Apply ``kernel(points, workers, out)`` to pieces of the worker axis of at most `TILE_BYTES`, and return ``out``.

        What a kernel computes in several passes then stays in cache, and its scratch is the size of a tile, not of the state.
        """
        if out is None:
            out = aligned(points.shape)
        if points.nbytes <= TILE_BYTES:
            kernel(points, workers, out)
            return out
        active = len(points)
        step = -(-active // -(-points.nbytes // TILE_BYTES))
        numbers = range(self.n)[workers] if isinstance(workers, slice) else workers
        for first in range(0, active, step):
            tile = slice(first, first + step)
            chosen = numbers[tile]
            who = slice(chosen.start, chosen.stop, chosen.step) if isinstance(chosen, range) else chosen
            kernel(points[tile], who, out[tile])
        return out

    def heterogeneity(self, x: Floats) -> Floats:
        """Return the root of ``(1/n) sum_i ||grad f_i(x) - grad f(x)||^2`` at each of the points (R, d), shape (R,)."""
        points = np.broadcast_to(x, (self.n, *x.shape))
        local = self.local_gradients(points, slice(None))
        local -= local.mean(axis=0)
        root: Floats = np.sqrt(np.einsum("irj,irj->r", local, local) / self.n)
        return root
