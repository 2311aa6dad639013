"""Certified constants of a two-layer network on a ball around its start, from the lengths of the samples alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.typing import Floats

BEND = 4 / (3 * np.sqrt(3))
"""Largest second derivative of tanh."""


class NetworkBounds:
    """Bounds on curvature, slope and sample variance of logistic losses of the score ``s = <v, tanh(W a)> + c``.

    On the ball ``||v|| <= ||v_0|| + r`` and every ``|v_k| <= |v_0k| + r``. The slope of the loss in s is in (-1, 1), its
    curvature at most 1/4. With ``u_k = <dW_k, a>``, ``||u|| <= ||a|| ||dW||``:

    * ``||grad s||^2 = sum_k v_k^2 tanh'^2 ||a||^2 + sum_k tanh^2 + 1 <= ||v||^2 ||a||^2 + h + 1``;
    * the second derivative of s along (dW, dv) is ``sum_k (2 dv_k tanh' u_k + v_k tanh'' u_k^2)``, at most the largest
      eigenvalue of ``[[b, ||a||], [||a||, 0]]`` with ``b = max_k |v_k| ||a||^2 4/(3 sqrt 3)``.

    The curvature of a sample's loss is at most ``||grad s||^2 / 4`` plus that eigenvalue; a worker's, the mean over its samples.

    Attributes
    ----------
    curvatures
        Upper bounds on the smoothness of each worker's mean loss, shape (n,).

    Parameters
    ----------
    lengths
        ||a|| of the samples of every worker.
    second
        v_0, shape (h,).
    radius
        Radius r of the ball.
    """

    def __init__(self, lengths: Sequence[Floats], second: Floats, radius: float) -> None:
        self._radius = radius
        norm, largest = np.linalg.norm(second) + radius, np.abs(second).max() + radius
        self._slopes_sq = [norm**2 * length**2 + len(second) + 1 for length in lengths]
        bends = [largest * BEND * length**2 for length in lengths]
        mixed = [(bend + np.sqrt(bend**2 + 4 * length**2)) / 2 for bend, length in zip(bends, lengths, strict=True)]
        self._each = [slope / 4 + more for slope, more in zip(self._slopes_sq, mixed, strict=True)]
        self.curvatures: Floats = np.array([each.mean() for each in self._each])

    def note(self, what: str) -> str:
        """Return where a bound holds and what it bounds."""
        return f"{what}, for ||x - x0|| <= {self._radius:.6g}: from the lengths of the samples; there is none everywhere"

    def zeta(self, at_start: float) -> float:
        """Return a bound on the heterogeneity: the second moment of gradients, or what it is at the start and how it grows."""
        slopes = np.array([np.sqrt(slope).mean() for slope in self._slopes_sq])
        growth = self._radius * np.sqrt(np.mean(self.curvatures**2))
        return float(min(np.sqrt(np.mean(slopes**2)), at_start + growth))

    def variances(self, at_start: Floats) -> Floats:
        """Return bounds on each worker's sample variance, shape (n,), in the same two ways."""
        seconds = np.array([slope.mean() for slope in self._slopes_sq])
        growth = self._radius * np.array([np.sqrt(np.mean(each**2)) for each in self._each])
        smaller: Floats = np.minimum(seconds, (np.sqrt(at_start) + growth) ** 2)
        return smaller
