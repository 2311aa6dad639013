"""Objectives that are means over samples, so that a minibatch is an unbiased gradient."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from numerics.objectives.base import Constant, Objective, Workers
from numerics.typing import Floats


class FiniteSum(Objective):
    """Local functions ``f_i = (1/m_i) sum_j f_ij``.

    Attributes
    ----------
    counts
        Numbers of samples m_i, shape (n,).
    """

    counts: NDArray[np.intp]

    @abstractmethod
    def sampled_gradients(self, points: Floats, workers: Workers, rows: NDArray[np.intp], out: Floats) -> object:
        """Write ``(1/b) sum_k grad f_{i, rows[i, r, k]}`` at worker i's points (m, R, d) into ``out``; rows (m, R, b)."""

    @abstractmethod
    def sampled_losses(self, points: Floats, workers: Workers, rows: NDArray[np.intp]) -> Floats:
        """Return ``(1/b) sum_k f_{i, rows[i, r, k]}`` at worker i's points (m, R, d), shape (m, R); rows (m, R, b)."""

    @abstractmethod
    def sample_variances(self, x: Floats) -> Floats:
        """Return ``(1/m_i) sum_j ||grad f_ij(x) - grad f_i(x)||^2`` at points (R, d), shape (n, R)."""

    @abstractmethod
    def sample_variance_bounds(self) -> list[Constant]:
        """Return, for each worker, an upper bound on its sample variance, on a ball or everywhere, as the kind says."""
