"""Certified constants of logistic regression, from the data alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.objectives.base import Constant, Kind
from numerics.typing import Floats


class Bounds:
    """Bounds on smoothness, slope, heterogeneity and sample variance of logistic losses.

    Worker i's samples are the rows ``z_j`` of a matrix Z_i of shape (m_i, d), labels multiplied in; the gradient of its mean loss
    is ``-(1/m_i) sum_j a_j z_j`` with every ``a_j`` in (0, 1), equal to 1/2 at the origin, and its Hessian
    ``(1/m_i) sum_j t_j z_j z_j'`` with every ``t_j`` in (0, 1/4].

    Attributes
    ----------
    curvatures
        Upper bounds on the smoothness of each worker's mean loss, shape (n,).
    slopes
        Upper bounds on the norm of its gradient, shape (n,).

    Parameters
    ----------
    signed
        Z_i for every worker.
    radius
        Radius of the ball around 0, None for everywhere.
    zeta_origin
        Heterogeneity at 0.
    """

    def __init__(self, signed: Sequence[Floats], radius: float | None, zeta_origin: float) -> None:
        self._signed, self._radius, self._zeta_origin = signed, radius, zeta_origin
        spectral = np.array([np.linalg.norm(z, 2) / np.sqrt(len(z)) for z in signed])
        mean_norm = np.array([np.mean(np.linalg.norm(z, axis=1)) for z in signed])
        self.curvatures: Floats = spectral**2 / 4.0
        # ||(1/m) Z'a|| is at most ||Z|| ||a||/m <= ||Z||/sqrt(m), and at most the mean of the norms.
        self.slopes: Floats = np.minimum(spectral, mean_norm)

    def zeta(self) -> Constant:
        """Return the smallest of the bounds on the heterogeneity; the regulariser is common to all workers and drops out.

        Everywhere: a_j is within 1/2 of its value at the origin, so the gradient moves by at most half the slope bound; or the
        second moment of the gradients itself. On the ball: the Hessians are below ``B_i = Z_i'Z_i/(4 m_i)``, so
        ``(1/n) sum_i ||change||^2 <= radius^2 ||(1/n) sum_i ||B_i|| B_i||``.
        """
        slope = float(np.sqrt(np.mean(self.slopes**2)))
        anywhere = min(slope, self._zeta_origin + 0.5 * slope)
        pairs = zip(self.curvatures, self._signed, strict=True)
        growth = sum(bound * (z.T @ z) / (4.0 * len(z)) for bound, z in pairs) / len(self._signed)
        return self._smaller(anywhere, self._zeta_origin, float(np.sqrt(np.linalg.norm(growth, 2))))

    def sample_variances(self, origin: Floats) -> list[Constant]:
        """Return the smallest of the bounds on each worker's sample variance, given those at the origin, shape (n,).

        As for zeta, with ``(1/m) sum_j ||z_j||^2`` for the square of the slope, and on the ball
        ``(1/m) sum_j ||change_j||^2 <= radius^2 ||(1/(16 m)) sum_j ||z_j||^2 z_j z_j'||``.
        """
        found = []
        for z, variance in zip(self._signed, origin, strict=True):
            squares, at_origin = np.sum(z**2, axis=1), float(np.sqrt(variance))
            slope = float(np.sqrt(np.mean(squares)))
            growth = float(np.sqrt(np.linalg.norm((z * squares[:, None]).T @ z, 2) / (16.0 * len(z))))
            root = self._smaller(min(slope, at_origin + 0.5 * slope), at_origin, growth)
            found.append(Constant(root.value**2, root.kind, root.note))
        return found

    def _smaller(self, anywhere: float, at_origin: float, growth: float) -> Constant:
        kind: Kind = "upper bound"
        if self._radius is not None and at_origin + self._radius * growth < anywhere:
            value, kind = at_origin + self._radius * growth, "certified on ball"
            return Constant(value, kind, f"||x|| <= {self._radius:.6g}: value at 0 plus radius times a Lipschitz constant")
        return Constant(anywhere, kind, "everywhere: logistic losses have bounded gradients")
