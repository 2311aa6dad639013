"""How long a worker takes for one gradient: distributions of compute times, in seconds."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from numerics.cluster import order
from numerics.typing import Floats
from straggler import InputError, at_least, positive


@dataclass(frozen=True)
class Distribution(ABC):
    """Independent compute times, one law for every iteration; times are in seconds."""

    kind: ClassVar[str]

    @property
    @abstractmethod
    def mean(self) -> float:
        """Expected time; infinite where the law has no mean."""

    @abstractmethod
    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Return independent times in C order, so that two draws are the halves of one larger draw."""

    @abstractmethod
    def _order_mean(self, k: int, workers: int) -> float:
        """Return ``E X_{k:P}``, arguments checked."""

    def order_mean(self, k: int, workers: int) -> float:
        """Return the expected k-th smallest of ``workers`` independent times, ``E X_{k:P}``; k = 1 is the fastest.

        Raises
        ------
        InputError
            Unless ``1 <= k <= workers``.
        """
        workers = at_least("workers", workers, 1)
        if not 1 <= at_least("k", k, 1) <= workers:
            raise InputError("k", k, f"1 <= k <= {workers} workers")
        return self._order_mean(int(k), workers)

    def provenance(self) -> dict[str, Any]:
        """Return the kind and the parameters, ready for JSON."""
        return {"kind": self.kind} | asdict(self)


@dataclass(frozen=True)
class Constant(Distribution):
    """Always the same time."""

    seconds: float
    kind: ClassVar[str] = "constant"

    def __post_init__(self) -> None:
        positive("seconds", self.seconds, zero_ok=True)

    @property
    def mean(self) -> float:
        """The time itself."""
        return self.seconds

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Return the time everywhere; nothing is drawn."""
        return np.full(shape, float(self.seconds))

    def _order_mean(self, k: int, workers: int) -> float:
        return self.seconds


@dataclass(frozen=True)
class ShiftedExponential(Distribution):
    """``shift`` plus an exponential time with the given rate; see `from_mean`.

    Parameters
    ----------
    shift
        Shortest time, seconds.
    rate
        Rate mu of the exponential part, 1/seconds.
    """

    shift: float
    rate: float
    kind: ClassVar[str] = "shifted-exponential"

    def __post_init__(self) -> None:
        positive("shift", self.shift, zero_ok=True)
        positive("rate", self.rate)

    @classmethod
    def from_mean(cls, shift: float, mean: float) -> ShiftedExponential:
        """Return the law whose mean, shift included, is ``mean``; InputError unless it is larger than the shift."""
        if not positive("mean", mean) > positive("shift", shift, zero_ok=True):
            raise InputError("mean", mean, f"a mean above the shift {shift}")
        return cls(shift, 1 / (mean - shift))

    @property
    def mean(self) -> float:
        """``shift + 1/rate``."""
        return self.shift + 1 / self.rate

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Return independent times."""
        times = generator.standard_exponential(shape)
        times *= 1 / self.rate
        times += self.shift
        return times

    def _order_mean(self, k: int, workers: int) -> float:
        return self.shift + order.exponential(k, workers) / self.rate


@dataclass(frozen=True)
class LogNormal(Distribution):
    """``shift + exp(mu + s Z)`` with a standard normal Z; see `from_moments`.

    Parameters
    ----------
    mu, s
        Mean and standard deviation of the logarithm of the time above the shift, the time in seconds.
    shift
        Shortest time, seconds.
    """

    mu: float
    s: float
    shift: float = 0.0
    kind: ClassVar[str] = "lognormal"

    def __post_init__(self) -> None:
        if not math.isfinite(self.mu):
            raise InputError("mu", self.mu, "a finite number")
        positive("s", self.s, zero_ok=True)
        positive("shift", self.shift, zero_ok=True)

    @classmethod
    def from_moments(cls, mean: float, std: float, shift: float = 0.0) -> LogNormal:
        """Return the law of this mean (shift included) and standard deviation; InputError unless mean > shift."""
        if not positive("mean", mean) > positive("shift", shift, zero_ok=True):
            raise InputError("mean", mean, f"a mean above the shift {shift}")
        variance = math.log1p((positive("std", std, zero_ok=True) / (mean - shift)) ** 2)
        return cls(math.log(mean - shift) - variance / 2, math.sqrt(variance), shift)

    @property
    def mean(self) -> float:
        """``shift + exp(mu + s^2/2)``."""
        return self.shift + math.exp(self.mu + self.s**2 / 2)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Return independent times."""
        times = generator.standard_normal(shape)
        times *= self.s
        times += self.mu
        np.exp(times, out=times)
        times += self.shift
        return times

    def _order_mean(self, k: int, workers: int) -> float:
        return self.shift + math.exp(self.mu) * order.lognormal(k, workers, self.s)


@dataclass(frozen=True)
class Pareto(Distribution):
    """``P(X > x) = (minimum/x)^shape`` above ``minimum`` seconds: heavy tails, without a mean for ``shape <= 1``."""

    minimum: float
    shape: float
    kind: ClassVar[str] = "pareto"

    def __post_init__(self) -> None:
        positive("minimum", self.minimum)
        positive("shape", self.shape)

    @property
    def mean(self) -> float:
        """``shape minimum / (shape - 1)``, infinite for ``shape <= 1``."""
        return self.shape * self.minimum / (self.shape - 1) if self.shape > 1 else math.inf

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Return independent times; a shape near 0 overflows to infinity, which a cluster refuses."""
        times = generator.standard_exponential(shape)
        times *= 1 / self.shape
        with np.errstate(over="ignore"):
            np.exp(times, out=times)
            times *= self.minimum
        return times

    def _order_mean(self, k: int, workers: int) -> float:
        return self.minimum * order.pareto(k, workers, self.shape)


@dataclass(frozen=True)
class Empirical(Distribution):
    """Times drawn with replacement from measured ones, seconds."""

    sample: tuple[float, ...]
    kind: ClassVar[str] = "empirical"

    def __init__(self, sample: Iterable[float]) -> None:
        object.__setattr__(self, "sample", tuple(positive("sample", time, zero_ok=True) for time in sample))
        if not self.sample:
            raise InputError("sample", self.sample, "at least one measured time")

    @property
    def mean(self) -> float:
        """Mean of the sample."""
        return math.fsum(self.sample) / len(self.sample)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """Return independent picks from the sample."""
        return np.asarray(self.sample)[generator.integers(len(self.sample), size=shape)]

    def _order_mean(self, k: int, workers: int) -> float:
        return order.empirical(k, workers, np.sort(self.sample))

    def provenance(self) -> dict[str, Any]:
        """Return the kind and the sample, ready for JSON."""
        return {"kind": self.kind, "sample": list(self.sample)}
