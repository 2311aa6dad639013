"""Expected order statistics ``E X_{k:P}``, the k-th smallest of P independent times: what a barrier waits for.

Sources: the closed forms for exponential and Pareto times are textbook results (David and Nagaraja, Order Statistics,
2003); K-synchronous SGD in terms of them is Dutta et al., arXiv 1803.01113.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import betainc, gammaln, log_ndtr

from numerics.typing import Floats


def exponential(k: int, workers: int) -> float:
    """Return ``H_P - H_{P-k}``, the mean for a standard exponential."""
    return math.fsum(1 / j for j in range(workers - k + 1, workers + 1))


def pareto(k: int, workers: int, shape: float) -> float:
    """Return the mean for minimum 1, ``G(P+1) G(P-k+1-1/a) / (G(P-k+1) G(P+1-1/a))``; infinite for ``P-k+1 <= 1/a``."""
    above = workers - k + 1
    if above <= 1 / shape:
        return math.inf
    return math.exp(gammaln(workers + 1) + gammaln(above - 1 / shape) - gammaln(above) - gammaln(workers + 1 - 1 / shape))


def lognormal(k: int, workers: int, s: float) -> float:
    """Return the mean for ``exp(s Z)``, by the trapezoidal rule on the exact density of the k-th normal order statistic.

    The integrand is smooth and vanishes at both ends, where the rule is accurate to rounding; there is no closed form.
    """
    z = np.linspace(-40.0, 40.0 + s, 40_001)
    log_density = (k - 1) * log_ndtr(z) + (workers - k) * log_ndtr(-z) - z**2 / 2 - math.log(2 * math.pi) / 2
    weight = math.lgamma(workers + 1) - math.lgamma(k) - math.lgamma(workers - k + 1)
    return float(np.sum(np.exp(log_density + weight + s * z)) * (z[1] - z[0]))


def empirical(k: int, workers: int, ordered: Floats) -> float:
    """Return the mean for picks with replacement from the sorted sample, ``P(X_{k:P} <= x_(j)) = I_{j/m}(k, P-k+1)``."""
    below = betainc(k, workers - k + 1, np.arange(len(ordered) + 1) / len(ordered))
    return float(np.diff(below) @ ordered)
