"""Random numbers for compressors: one stream per replica, read in an order that depends on nothing but the calls."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from numerics.streams import Reservoir, Streams
from numerics.typing import Array, Floats

DRAWN_AHEAD = 1 << 19
"""Bytes of random words drawn ahead per block of replicas."""


class Draws(Protocol):
    """Where a compressor gets its random numbers from."""

    @property
    def replicas(self) -> int:
        """The number of replicas R."""
        ...

    def uniforms(self, workers: int, count: int) -> Floats:
        """Return numbers, each uniform on (0, 1), of shape (workers, R, count), for the caller to use up until the next call."""
        ...

    def keys(self, workers: int, count: int) -> NDArray[np.uint64]:
        """Return random 64-bit words of shape (workers, R, count), valid until the next call."""
        ...


class StreamDraws:
    """Random numbers from the streams for purpose "compressor".

    A replica's stream is read as little-endian 64-bit words, in the order call, worker, number. ``keys`` takes one word for each
    number. ``uniforms`` takes ``1 + ceil(count/4)`` words for each worker: the upper half h of the first one is shared by the
    worker's numbers, and each 16-bit quarter q of the others, lowest first, makes the number ``(q + (h + 1/2)/2^32) / 2^16``.
    Each number alone is uniform on the 2^48 midpoints in (0, 1), so expectations and variances of single coordinates are exact;
    two numbers of one vector are independent but for their last 32 bits. A quarter of a word is what makes them cheap.

    Parameters
    ----------
    streams
        The streams of a block of replicas.
    """

    def __init__(self, streams: Streams) -> None:
        self._generators = streams.generators("compressor")
        self._words = Reservoir(self._fill, len(self._generators), np.uint64, DRAWN_AHEAD)
        self._buffer: NDArray[Any] = np.empty(0)

    @property
    def replicas(self) -> int:
        """The number of replicas R."""
        return len(self._generators)

    def uniforms(self, workers: int, count: int) -> Floats:
        """Return numbers, each uniform on (0, 1), of shape (workers, R, count), valid until the next call."""
        width = 1 + -(-count // 4)
        words = self._words.take(workers * width).reshape(self.replicas, workers, width).astype("<u8", copy=False)
        if self._buffer.size < workers * self.replicas * count:
            self._buffer = np.empty(workers * self.replicas * count)
        words = words.swapaxes(0, 1)
        numbers: Floats = self._buffer[: workers * self.replicas * count].reshape(workers, self.replicas, count)
        np.multiply(words[..., 1:].view("<u2")[..., :count], 2.0**-16, out=numbers)
        numbers += ((words[..., :1] >> np.uint64(32)) + 0.5) * 2.0**-48
        return numbers

    def keys(self, workers: int, count: int) -> NDArray[np.uint64]:
        """Return random 64-bit words of shape (workers, R, count), valid until the next call."""
        words: NDArray[np.uint64] = self._words.take(workers * count)
        return words.reshape(self.replicas, workers, count).swapaxes(0, 1)

    def _fill(self, row: int, out: Array) -> None:
        out[:] = self._generators[row].bit_generator.random_raw(out.size)
