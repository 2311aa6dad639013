"""Heterogeneity by linear tilt: ``f_i = f + <b_i, x>`` with the b_i summing to zero, which makes zeta exact for any f."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from numerics.memory import aligned
from numerics.objectives.base import Constant, Objective, Workers, differ, finite
from numerics.typing import Floats
from straggler import InputError, UnknownName, positive

TILTS = ("gaussian", "pair", "halves")


def tilts(workers: int, dim: int, zeta: float, seed: int, tilt: str = "gaussian") -> Floats:
    """Return vectors b_i with ``sum_i b_i = 0`` to rounding and ``(1/n) sum_i ||b_i||^2 = zeta^2``, shape (n, d).

    Parameters
    ----------
    workers, dim
        n and d.
    zeta
        Root of the mean square heterogeneity, finite and >= 0; a single worker admits only 0.
    seed
        Gaussian directions are drawn from ``SeedSequence(seed)``.
    tilt
        ``gaussian``: independent directions, centred; ``pair``: workers 0 and 1 are tilted against each other along the first
        coordinate and all others not at all, which is as unevenly as heterogeneity can be spread; ``halves``: the first n // 2
        workers are tilted against the others along the first coordinate, which a ring or a path takes longest to average.
    """
    if tilt not in TILTS:
        raise UnknownName("tilt", tilt, TILTS)
    zeta = positive("zeta", zeta, zero_ok=True)
    if zeta == 0:
        return np.zeros((workers, dim))
    if workers == 1:
        raise InputError("zeta", zeta, "0 for a single worker")
    if tilt == "pair":
        opposed = np.zeros((workers, dim))
        opposed[:2, 0] = zeta * np.sqrt(workers / 2) * np.array([1.0, -1.0])
        return opposed
    if tilt == "halves":
        opposed, first = np.zeros((workers, dim)), workers // 2
        ratio = np.sqrt((workers - first) / first)
        opposed[:first, 0], opposed[first:, 0] = zeta * ratio, -zeta / ratio
        return opposed
    drawn = np.random.default_rng(np.random.SeedSequence(seed)).standard_normal((workers, dim))
    drawn -= drawn.mean(axis=0)
    drawn *= zeta / np.sqrt(np.mean(np.sum(drawn**2, axis=1)))
    drawn -= drawn.mean(axis=0)
    return drawn


class Tilted(Objective):
    """Local functions ``f_i = f + <b_i, x>`` of one common f; a subclass states `value` and `common_gradient` of f.

    Parameters
    ----------
    workers, dim
        n and d.
    zeta
        Root of the mean square heterogeneity, the same at every point.
    seed, tilt
        Seed and pattern of the tilts, see `tilts`.
    """

    def __init__(self, workers: int, dim: int, zeta: float = 0.0, seed: int = 0, tilt: str = "gaussian") -> None:
        super().__init__(workers, dim)
        self.zeta = positive("zeta", zeta, zero_ok=True)
        self.tilts = tilts(self.n, self.dim, self.zeta, seed, tilt)
        self._tilts_spread: Floats = self.tilts[:, None]

    @abstractmethod
    def common_gradient(self, x: Floats, out: Floats) -> object:
        """Write the gradient of f at points of shape (..., d) into ``out``, which does not overlap ``x``."""

    def gradient(self, x: Floats, out: Floats | None = None) -> Floats:
        """Return the gradient of f: the tilts cancel in the mean."""
        if out is None:
            out = np.empty_like(x)
        self.common_gradient(x, out)
        return out

    def tile_gradients(self, points: Floats, workers: Workers, out: Floats) -> None:
        """Write the gradient of f at worker i's points plus b_i into ``out``."""
        self.common_gradient(points, out)
        if self.zeta:
            np.add(out, self.tilts[workers] if differ(workers) else self._spread(out.shape[1])[workers], out=out)

    def _spread(self, replicas: int) -> Floats:
        """Return the tilts repeated for every replica, shape (n, R, d): added in one stream, they cost half of a broadcast."""
        if self._tilts_spread.shape[1] != replicas:
            self._tilts_spread = aligned((self.n, replicas, self.dim))
            self._tilts_spread[...] = self.tilts[:, None]
        return self._tilts_spread

    def local_value(self, points: Floats, workers: Workers = slice(None)) -> Floats:
        """Return ``f(x) + <b_i, x>`` at worker i's points, (m, R, d) -> (m, R)."""
        total: Floats = self.value(points) + np.vecdot(
            points, self.tilts[workers] if differ(workers) else self.tilts[workers][:, None]
        )
        return total

    def heterogeneity(self, x: Floats) -> Floats:
        """Return zeta at each of the points (R, d), shape (R,)."""
        return np.full(x.shape[0], self.zeta)

    def zeta_constant(self) -> Constant:
        """Return zeta with its reason."""
        return Constant(self.zeta, "exact", "linear tilts: grad f_i - grad f = b_i at every point")

    def gradient_bound(self, slope: float, where: str) -> Constant:
        """Return M where every partial derivative of f comes arbitrarily close to +-``slope``, independently of the others."""
        largest = np.sqrt(np.sum((slope + np.abs(self.tilts)) ** 2, axis=1).max())
        return Constant(float(largest), "exact", f"|partial f| <= {slope:.6g}, {where}; tilts added coordinate by coordinate")


class Separable(Tilted):
    """Tilted objectives that are sums over coordinates, of smoothness L; a subclass states what the summands are.

    Parameters
    ----------
    workers, dim, zeta, seed, tilt
        See `Tilted`.
    smoothness
        L > 0.
    start
        Every coordinate of the starting point.
    """

    def __init__(
        self,
        workers: int,
        dim: int,
        *,
        smoothness: float = 1.0,
        zeta: float = 0.0,
        start: float = 1.0,
        seed: int = 0,
        tilt: str = "gaussian",
    ) -> None:
        super().__init__(workers, dim, zeta, seed, tilt)
        self.smoothness, self._start = positive("smoothness", smoothness), finite("start", start)

    def start(self) -> Floats:
        """Return the default starting point, shape (d,)."""
        return np.full(self.dim, self._start)
