"""Group-sequential confidence bounds: looking several times, and paying for every look.

A claim is looked at after 16, 32, 64, ... replicas. The error probability alpha granted to the claim is split over
the looks, alpha_j = alpha * 2^-(j+1) for look j = 0, 1, ..., so that the union bound over any number of looks spends
less than alpha. Each look uses one-sided Student bounds for the mean of independent replicas. They are exact for normal
samples and approximate otherwise; a replica is itself a mean over thousands of iterations, hence close to normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.typing import Floats

FIRST_LOOK = 16


@dataclass(frozen=True)
class Interval:
    """One-sided lower and upper confidence bounds of a mean, each at the stated level.

    Parameters
    ----------
    mean, lower, upper
        Estimate and bounds, in the units of the samples.
    alpha
        Error probability of each bound.
    samples
        Number of independent samples behind it.
    """

    mean: float
    lower: float
    upper: float
    alpha: float
    samples: int


def looks(budget: int) -> list[int]:
    """Return the sample sizes at which a claim is looked at: 16, 32, 64, ... up to ``budget``."""
    sizes = [FIRST_LOOK]
    while sizes[-1] * 2 <= budget:
        sizes.append(sizes[-1] * 2)
    return sizes


def spent(alpha: float, look: int) -> float:
    """Return the share of ``alpha`` that look ``look`` = 0, 1, ... may spend: alpha / 2, alpha / 4, ..."""
    return alpha * 2.0 ** -(look + 1)


def student(samples: Floats, alpha: float) -> Interval:
    """Return one-sided Student bounds, each at level 1 - ``alpha``, for the mean of independent samples, shape (R,).

    A sample without spread (a deterministic run) has its bounds at the mean.
    """
    from scipy.stats import t

    size = samples.size
    with np.errstate(all="ignore"):  # a replica that overflowed makes the interval infinite or nan, which settles nothing
        mean, spread = float(samples.mean()), float(samples.std(ddof=1) / np.sqrt(size))
    half = float(t.ppf(1 - alpha, size - 1)) * spread if spread > 0 else 0.0
    return Interval(mean, mean - half, mean + half, alpha, size)
