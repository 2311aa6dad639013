"""The common form of the spectral programs: the edge of a spectrum, affine in edge weights, over a polytope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from theory.best_mixing.edges import Floats, Links

LEAST_SCALE = 0.01
"""Below this value a gap is measured in absolute terms: an exact average has the value zero."""


@dataclass(frozen=True, eq=False)
class Program:
    """Minimise s over x, where A(x) = I - J - sum_e w_e (e_i - e_j)(e_i - e_j)' with edge weights w = spread x.

    Parameters
    ----------
    links
        The graph.
    spread
        Edge weights per variable, sparse, shape (m, k): the identity, orbits, or arcs.
    two_sided
        Whether s bounds the modulus, -s I <= A(x) <= s I, or only the largest eigenvalue, A(x) <= s I.
    rows, limits
        The polytope rows x <= limits: a sparse matrix of shape (q, k) and an array of shape (q,); q may be zero.
    start
        A point strictly inside the polytope, shape (k,).
    support
        Maps y, shape (m,), to an upper bound, safe in floating point, on the maximum of y'w over all weights that an optimum
        may have; this alone is what a lower bound trusts.
    amend
        Maps a dual matrix Y, shape (n, n), to one for which ``support`` is smaller; any map is safe.
    """

    links: Links
    spread: Any
    two_sided: bool
    rows: Any
    limits: Floats
    start: Floats
    support: Callable[[Floats], float]
    amend: Callable[[Floats], Floats] = lambda dual: dual

    @property
    def size(self) -> int:
        """Number k of variables."""
        return len(self.start)

    def deviation(self, x: Floats) -> Floats:
        """Return A(x) = W - J, shape (n, n)."""
        shifted: Floats = self.links.matrix(self.spread @ x) - 1.0 / self.links.n
        return shifted

    def value(self, x: Floats) -> float:
        """Return the largest eigenvalue of A(x), or its largest modulus where two-sided."""
        spectrum = np.linalg.eigvalsh(self.deviation(x))
        return float(max(spectrum[-1], -spectrum[0]) if self.two_sided else spectrum[-1])

    def lower_bound(self, dual: Floats) -> float:
        """Return a lower bound on the optimum from any symmetric matrix Y (weak duality); -inf if there is none in it.

        For ||Y||_* <= 1 (and Y >= 0 where one-sided) every admissible w has value >= <Y, A(w)> = tr(Y (I - J)) - y'w with
        y_e = (e_i - e_j)'Y(e_i - e_j). Nothing is taken for granted about Y: it is projected off the vector of ones, onto the
        cone where one-sided, and normalised here. Source: Boyd, Diaconis and Xiao (2004), section 4, in edge form.
        """
        if not np.isfinite(dual).all():
            return -np.inf
        spectrum, vectors = np.linalg.eigh(centred(self.amend(dual)))
        if not self.two_sided:
            spectrum = np.maximum(spectrum, 0.0)
            dual = centred((vectors * spectrum) @ vectors.T)
        else:
            dual = centred(self.amend(dual))
        mass = float(np.abs(spectrum).sum())
        if mass <= 0.0:
            return 0.0
        # projecting a second time may move the mass by rounding; the margin covers this and the rounding of the sums below
        scaled = dual / (mass * (1 + 1e-14 * self.links.n))
        found = float(np.trace(scaled)) - self.support(self.links.forms(scaled))
        return max(found - 1e-15 * self.links.n, 0.0)


def centred(matrix: Floats) -> Floats:
    """Return (I - J) (Y + Y')/2 (I - J) for a square Y, shape (n, n)."""
    half = (matrix + matrix.T) / 2
    half = half - half.mean(axis=0)
    moved: Floats = half - half.mean(axis=1, keepdims=True)
    return moved


def close_enough(value: float, lower: float, tolerance: float) -> bool:
    """Return whether value - lower is at most ``tolerance`` times the smaller of value (at least 0.01) and 1 - lower."""
    return value - lower <= tolerance * min(max(value, LEAST_SCALE), max(1.0 - lower, 1e-12))
