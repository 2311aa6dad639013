"""Noise that is added to exact gradients: none, Gaussian, Rademacher."""

from __future__ import annotations

import math

import numpy as np

from numerics.memory import aligned
from numerics.noise.base import AdditiveNoise, Sampler
from numerics.streams import Reservoir, Streams
from numerics.typing import Array, Floats

DRAWN_AHEAD = 1 << 17
"""Bytes of random numbers drawn ahead per block of replicas: they should still be in cache when they are used."""


class NoNoise(AdditiveNoise):
    """Exact gradients."""

    kind = "none"

    def __init__(self) -> None:
        super().__init__(0.0)

    def bind(self, streams: Streams, dim: int) -> Sampler:
        """Return a sampler that does nothing."""
        return _Silence()


class _Silence(Sampler):
    def perturb(self, gradients: Floats) -> None:
        pass


class Gaussian(AdditiveNoise):
    """Independent ``N(0, sigma^2/d)`` in every coordinate.

    A replica's stream is read by ``Generator.standard_normal``, in the order iteration, worker, coordinate.
    """

    kind = "gaussian"

    def bind(self, streams: Streams, dim: int) -> Sampler:
        """Return a sampler for the replicas of ``streams``."""
        return _GaussianSampler(self.sigma / math.sqrt(dim), streams)


class _GaussianSampler(Sampler):
    def __init__(self, scale: float, streams: Streams) -> None:
        self._generators, self._scale = streams.generators("noise"), scale
        self._normals = Reservoir(self._fill, len(self._generators), np.float64, DRAWN_AHEAD)

    def _fill(self, row: int, out: Array) -> None:
        self._generators[row].standard_normal(out=out)
        np.multiply(out, self._scale, out=out)

    def perturb(self, gradients: Floats) -> None:
        m, replicas, dim = gradients.shape
        normals = self._normals.take(m * dim)
        np.add(gradients, normals.reshape(replicas, m, dim).swapaxes(0, 1), out=gradients)


class Rademacher(AdditiveNoise):
    """Independent ``+-sigma/sqrt(d)`` in every coordinate: ``||noise||`` is sigma in every draw, and bits are cheap.

    A replica's stream is read as little-endian 64-bit words; every (iteration, worker) uses up ``ceil(d/8)`` bytes, and the
    lowest bit of a byte belongs to the first of its eight coordinates.
    """

    kind = "rademacher"

    def bind(self, streams: Streams, dim: int) -> Sampler:
        """Return a sampler for the replicas of ``streams``."""
        return RademacherSampler(self.sigma / math.sqrt(dim), streams)


class RademacherSampler(Sampler):
    """Signs of size ``scale`` in every coordinate, from the replicas' streams for ``purpose``; see `Rademacher`."""

    def __init__(self, scale: float, streams: Streams, purpose: str = "noise") -> None:
        self._generators = streams.generators(purpose)
        self._bytes = Reservoir(self._fill, len(self._generators), np.uint8, DRAWN_AHEAD, quantum=8)
        bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
        self._table: Floats = np.where(bits == 1, scale, -scale)
        self._signs = np.empty((0, 8))

    def _fill(self, row: int, out: Array) -> None:
        words: Array = self._generators[row].bit_generator.random_raw(out.size // 8)
        out[:] = words.astype("<u8", copy=False).view(np.uint8)

    def perturb(self, gradients: Floats) -> None:
        """Add the next signs to ``gradients`` (m, R, d) in place."""
        m, replicas, dim = gradients.shape
        width = -(-dim // 8)
        drawn = self._bytes.take(m * width).reshape(replicas, m, width).swapaxes(0, 1)
        if m * replicas * width > len(self._signs):
            self._signs = aligned((m * replicas * width, 8))
        signs = self._signs[: m * replicas * width].reshape(m, replicas, width, 8)
        # The bytes index all 256 rows; "clip" is the mode that writes into ``out`` without a buffer.
        np.take(self._table, drawn, axis=0, out=signs, mode="clip")
        np.add(gradients, signs.reshape(m, replicas, 8 * width)[..., :dim], out=gradients)
