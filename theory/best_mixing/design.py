"""What an optimisation of mixing returns: weights, their value, and how far from the best they can be at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.best_mixing.edges import Floats, Links, Whole


@dataclass(frozen=True, eq=False)
class Design:
    """Edge weights with a certificate.

    Parameters
    ----------
    objective
        Name of what was minimised.
    links
        The graph.
    weights
        Weight of every edge, shape (m,); for gossip the mean weight, so that `matrix` is E[W].
    value
        What these weights reach, computed from the matrix itself.
    lower_bound
        What no admissible weights fall below, computed from `dual` in floating point.
    dual
        The dual matrix that proves it, shape (n, n).
    method
        How they were found: symmetry, cone, interior, conjugate, first-order or newton.
    orbits
        Number of classes of links, or of calls, that symmetry tells apart, None where nobody looked.
    probabilities
        For gossip: chance that node i, when it wakes, calls node j, shape (n, n).
    """

    objective: str
    links: Links
    weights: Floats
    value: float
    lower_bound: float
    dual: Floats
    method: str
    orbits: int | None = None
    probabilities: Floats | None = None

    @property
    def n(self) -> int:
        """Number of nodes."""
        return self.links.n

    @property
    def edges(self) -> Whole:
        """The links the weights belong to, shape (m, 2)."""
        return self.links.ends

    @property
    def gap(self) -> float:
        """Value minus lower bound: no other admissible weights are better by more."""
        return self.value - self.lower_bound

    @property
    def matrix(self) -> Floats:
        """The mixing matrix, shape (n, n), symmetric, with rows that sum to one."""
        mixing = self.links.matrix(self.weights)
        if self.weights.min(initial=0.0) >= 0.0:
            # a node that gives everything away keeps zero, not minus one rounding error
            diagonal = np.diagonal(mixing)
            np.fill_diagonal(mixing, np.where(np.abs(diagonal) < 1e-14, 0.0, diagonal))
        return mixing
