"""What every compressor can do: replace vectors by cheaper ones, and say how far off these are and what they cost to send."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import array_namespace, device

from numerics.compressors.draws import Draws
from numerics.memory import empty
from numerics.typing import Array, Floats
from straggler import InputError

REAL_BITS = 32
"""Bits of one real number on the wire, as the papers count them; the simulation keeps all 64."""

TILE = 1 << 15
"""Numbers that are compressed at a time, so that all passes but the first find them in cache."""

BUFFER = 512
"""Numbers numpy may buffer: with its own 8192 it copies one number per row to whole rows, of up to 8192, to multiply by it."""


@dataclass(frozen=True)
class Compressor(ABC):
    """A map Q of R^d to vectors that are cheap to send; ``Q(a x) = a Q(x)`` for every a > 0, up to rounding."""

    name: ClassVar[str]
    random: ClassVar[bool] = False
    """Whether Q draws random numbers."""

    @property
    @abstractmethod
    def unbiased(self) -> bool:
        """Whether ``E Q(x) = x`` for every x of every dimension."""

    @abstractmethod
    def bits(self, d: int) -> float:
        """Return the bits on the wire for one vector: exact, or an upper bound on their expectation for every vector."""

    @abstractmethod
    def _error(self, d: int) -> float:
        """Return a bound on ``E||Q(x) - x||^2 / ||x||^2`` over all x in R^d."""

    @abstractmethod
    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        """Return Q(x) for x (m, R, d) by operations of the array API alone."""

    def contraction(self, d: int) -> float | None:
        """Return the least known gamma in [0, 1) with ``E||Q(x) - x||^2 <= gamma ||x||^2`` in R^d; None if there is none."""
        self.check(d)
        error = self._error(d)
        return error if error < 1 else None

    def blow_up(self, d: int) -> float | None:
        """Return the least known omega with ``E||Q(x) - x||^2 <= omega ||x||^2`` in R^d; None if Q is biased."""
        self.check(d)
        return self._error(d) if self.unbiased else None

    def check(self, d: int) -> None:  # noqa: B027 - most can compress vectors of every dimension
        """Raise `InputError` if vectors of d coordinates cannot be compressed like this."""

    def compress(self, x: Array, draws: Draws | None = None, out: Array | None = None) -> Array:
        """Return Q(x), vector by vector.

        Parameters
        ----------
        x
            Vectors along the last axis: (m, R, d) of m workers in R replicas, (R, d) or (d,); left unchanged. Numpy array, or
            whatever else the array API covers.
        draws
            Where the random numbers of the replicas come from; those that draw none have no use for it.
        out
            Memory for the result, of the shape and kind of ``x``; must not overlap it.

        Raises
        ------
        InputError
            If vectors of this dimension cannot be compressed, random numbers are asked for and not given, or they are for
            another number of replicas.
        """
        full = x.reshape((1,) * (3 - x.ndim) + tuple(x.shape))
        self.check(full.shape[-1])
        if self.random and (draws is None or draws.replicas != full.shape[1]):
            found = "none" if draws is None else f"draws for {draws.replicas}"
            raise InputError(f"random numbers of {self.name}", found, f"draws for the {full.shape[1]} replicas of x")
        result = empty(x.shape, x) if out is None else out
        buffer = np.setbufsize(BUFFER)
        try:
            with np.errstate(all="ignore"):  # runs that diverge hand in vectors that are not finite, and get them back
                self._tiles(full, draws, result.reshape(full.shape))
        finally:
            np.setbufsize(buffer)
        return result

    def _tiles(self, x: Array, draws: Draws | None, out: Array) -> None:
        """Compress a few workers at a time; the random numbers do not depend on how many."""
        workers, replicas, d = x.shape
        step = max(1, TILE // max(1, replicas * d))
        for start in range(0, workers, step):
            self._kernel(x[start : start + step], draws, out[start : start + step])

    def _kernel(self, x: Array, draws: Draws | None, out: Array) -> None:
        """Write Q(x) into ``out``; where numpy has a faster way, it is taken here."""
        out[...] = self._portable(x, draws, array_namespace(x))

    def provenance(self) -> dict[str, Any]:
        """Return name and options, ready for JSON."""
        return {"name": self.name, **asdict(self)}


def fits_numpy(x: Array) -> bool:
    """Return whether x is a numpy array of float64, for which the fast ways are written."""
    return isinstance(x, np.ndarray) and x.dtype == np.float64


def times_rows(x: Floats, factors: Floats, out: Floats) -> None:
    """Write x (m, R, d) times one factor per vector (m, R) into ``out``; for short vectors, copying the factors is faster."""
    if x.shape[-1] < BUFFER:
        np.copyto(out, factors[..., None])
        out *= x
    else:
        np.multiply(x, factors[..., None], out=out)


def native(numbers: Floats, like: Array) -> Array:
    """Return uniform numbers of (0, 1) in the library, type and place of ``like``; in single precision they stay below 1."""
    if isinstance(like, np.ndarray) and like.dtype == np.float64:
        return numbers
    xp = array_namespace(like)
    if xp.finfo(like.dtype).bits < 64:
        numbers = (np.floor(numbers * 2.0**23) + 0.5) * 2.0**-23
    return xp.asarray(numbers.copy(), dtype=like.dtype, device=device(like))


def in_range(kernel: Callable[..., Floats], rows: Any, x: Floats, out: Floats, *more: Floats) -> None:
    """Do those rows again, brought to size 1 by powers of two, whose squares or sums left the range of floating point.

    Parameters
    ----------
    kernel
        Returns Q of vectors (rows, d), given them and the same rows of ``more``.
    rows
        Which vectors, shape (m, R), bool; those that are not finite are left alone.
    x, out, more
        Arrays (m, R, d).
    """
    largest = np.max(np.abs(x), axis=-1)
    rows = rows & np.isfinite(largest) & (largest > 0)
    if rows.any():
        exponents = np.frexp(largest[rows])[1][:, None]
        small = np.ldexp(x[rows], -exponents)
        out[rows] = np.ldexp(kernel(small, *(array[rows] for array in more)), exponents)


def index_bits(d: int) -> int:
    """Return the bits that tell one of d positions."""
    return math.ceil(math.log2(d)) if d > 1 else 0
