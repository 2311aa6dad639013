"""Geometric envelopes ``||E(k, s)|| <= C q^(k - s)``: the best computed one, and the explicit one of SGP's Lemma 3."""

from __future__ import annotations

import math

import numpy as np

from numerics.mixing.error_norms import ErrorNorms, error_norms
from numerics.mixing.schedule import MixingSchedule
from straggler import InputError, at_least

_MOST_DECAY = 40.0


def geometric_envelope(schedule: MixingSchedule, overlap: int = 0, rounds: int | None = None) -> tuple[float, float]:
    """Return (C, q) with ``||E(k, s)||_2 <= C q^(k - s)`` for all k > s, C >= 1, q < 1, and the smallest C / (1 - q).

    With t = -log q the objective max(0, max_j log g_j + j t) - log(1 - e^-t) is convex (g_j: largest norm over the
    starts), so one bounded search settles it. The norms beyond the horizon H shrink by the factor beta per H rounds and
    are covered because q^H >= beta. Parameters and errors: `error_norms`.
    """
    return envelope_of(error_norms(schedule, overlap, rounds))


def envelope_of(found: ErrorNorms) -> tuple[float, float]:
    """Return the (C, q) of `geometric_envelope` from norms that are there already."""
    from scipy.optimize import minimize_scalar

    largest = found.envelopes.max(axis=0)
    horizon = np.arange(1, len(largest) + 1)
    with np.errstate(divide="ignore"):
        logs = np.log(largest)
    most = min(_MOST_DECAY, -math.log(found.tail) / len(largest)) if found.tail > 0 else _MOST_DECAY

    def log_c(t: float) -> float:
        return max(0.0, float((logs + horizon * t).max()))

    def objective(t: float) -> float:
        return log_c(t) - math.log(-math.expm1(-t))

    search = minimize_scalar(objective, bounds=(0.0, most), method="bounded", options={"xatol": 1e-10 * most})
    best = min((float(search.x), most), key=objective)
    # The last factor covers the rounding of exp and log, so that the envelope holds as computed.
    return math.exp(log_c(best)) * (1 + 1e-12), math.exp(-best)


def lemma3_constants(n: int, D: int, Delta: int, B: int, dim: int) -> dict[str, float]:
    """Return the explicit constants of SGP's Lemma 3, accurate also where 1 - q is far below the rounding of q.

    lambda = 1 - n D^{-m}, q = lambda^{1/(m+1)}, C = 2 sqrt(dim) D^m / lambda^{(m+2)/(m+1)} with m = (Delta + 1) B.

    Parameters
    ----------
    n
        Number of workers.
    D
        Largest in- or out-degree, the worker itself counted.
    Delta
        Diameter of the union graph of a window.
    B
        Length of the window, in rounds.
    dim
        Dimension d of the model.

    Returns
    -------
    dict
        C (inf where it overflows), q, one_minus_q, lambda, log10_C, log10_one_minus_q.

    Raises
    ------
    InputError
        If n D^{-m} >= 1, where the lemma is empty.

    Source: SGP (Assran et al. 2019), Lemma 3.
    """
    m = (at_least("Delta", Delta, 1) + 1) * at_least("B", B, 1)
    log_defect = math.log(at_least("n", n, 2)) - m * math.log(at_least("D", D, 2))
    if log_defect >= 0:
        raise InputError("D^((Delta + 1) B)", float(D) ** m, f"more than n = {n}")
    defect = math.exp(log_defect)
    log_lambda = math.log1p(-defect)
    log_q = log_lambda / (m + 1)
    # Where lambda rounds to 1, -log(lambda) is n D^-m to more digits than a float holds.
    log_gap = math.log(-math.expm1(log_q)) if defect > 1e-300 else log_defect - math.log(m + 1)
    log_c = math.log(2) + 0.5 * math.log(at_least("dim", dim, 1)) + m * math.log(D) - (m + 2) / (m + 1) * log_lambda
    return {
        "C": math.exp(log_c) if log_c < 709 else math.inf,
        "q": math.exp(log_q),
        "one_minus_q": math.exp(log_gap),
        "lambda": 1.0 - defect,
        "log10_C": log_c / math.log(10),
        "log10_one_minus_q": log_gap / math.log(10),
    }
