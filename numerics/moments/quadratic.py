"""Quadratics in the coordinates in which their moments decouple."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.noise import AdditiveNoise, Affine
from numerics.objectives import MixedQuadratic, Quadratic
from numerics.problems import Problem
from numerics.typing import Floats
from straggler import InputError


@dataclass(frozen=True)
class Decoupled:
    """Gradients grad f_i(x) = H_i x + h_i in m independent groups of q coordinates.

    A shared Hessian decouples into one group per eigenvalue (m = d, q = 1); different Hessians stay one group (m = 1, q = d).

    Parameters
    ----------
    hessians
        H, shape (m, n, q, q).
    offsets
        h, shape (m, n, q).
    rotation
        Orthogonal matrix (d, d): new coordinates are x @ rotation, group by group.
    minimiser
        A point where grad f vanishes, shape (m, q).
    optimum
        f* of the average.
    """

    hessians: Floats
    offsets: Floats
    rotation: Floats
    minimiser: Floats
    optimum: float

    @property
    def mean_hessian(self) -> Floats:
        """Hessian of f, shape (m, q, q)."""
        mean: Floats = self.hessians.mean(1)
        return mean

    def groups(self, x: Floats) -> Floats:
        """Return points (p, d) in decoupled coordinates, shape (m, p, q)."""
        rotated = x @ self.rotation
        m, q = self.hessians.shape[0], self.hessians.shape[2]
        return np.ascontiguousarray(rotated.reshape(-1, m, q).transpose(1, 0, 2))


def closes(problem: Problem) -> bool:
    """Return whether first and second moments of linear algorithms close: quadratics with additive or affine noise."""
    return isinstance(problem.objective, (Quadratic, MixedQuadratic)) and isinstance(problem.noise, (AdditiveNoise, Affine))


def decouple(problem: Problem) -> Decoupled:
    """Return the quadratic problem in decoupled coordinates.

    Raises
    ------
    InputError
        If the objective is not a quadratic: its moments do not close.
    """
    objective = problem.objective
    if isinstance(objective, Quadratic):
        d, n = objective.dim, objective.n
        rotation = np.eye(d) if objective.basis is None else objective.basis
        blocks = np.broadcast_to(objective.eigenvalues[:, None, None, None], (d, n, 1, 1))
        tilts = np.broadcast_to(objective.tilts, (n, d)) @ rotation
        offsets = tilts - objective.eigenvalues * (objective.center @ rotation)
        minimiser = (objective.center @ rotation)[:, None]
        return Decoupled(blocks, offsets.T[..., None], rotation, minimiser, objective.constants()["f_star"].value)
    if isinstance(objective, MixedQuadratic):
        offsets = objective.tilts - np.einsum("iab,b->ia", objective.hessians, objective.center)
        minimiser, optimum = objective.center[None], objective.constants()["f_star"].value
        return Decoupled(objective.hessians[None], offsets[None], np.eye(objective.dim), minimiser, optimum)
    raise InputError("problem", type(objective).__name__, "a quadratic objective (exact moments need linear gradients)")
