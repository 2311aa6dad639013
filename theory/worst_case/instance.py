"""The worst case itself: points, gradients and values of every worker, recovered by factorising the Gram matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory.worst_case.certificate import Certificate
from theory.worst_case.scene import Scene

Floats = NDArray[np.float64]

NEGLIGIBLE = 1e-12
"""Relative size of an eigenvalue of the Gram matrix whose direction is left out."""


@dataclass(frozen=True, eq=False)
class Instance:
    """Functions that attain the worst case, known at the points that matter; a function through them exists.

    Attributes
    ----------
    start
        Where the algorithm starts, shape (d,).
    points, gradients, values
        For each worker the points it is asked at, shape (p_i, d), the gradients of its function there, same shape, and the values
        (p_i,). Values are counted from the start, or from the minimiser where there is one.
    names
        For each worker what its points are called.
    smoothness, curvature
        L, and mu (negative: -L for functions that are not convex).
    handed, residuals
        Where messages are compressed: what each worker hands to its compressor in each round, and what that leaves of it, both
        of shape (K, n, d). The last round leaves nothing: no point that counts depends on it.
    lost
        The largest share of the squared norm of what is handed over that the compressors of the class leave.
    """

    start: Floats
    points: tuple[Floats, ...]
    gradients: tuple[Floats, ...]
    values: tuple[Floats, ...]
    names: tuple[tuple[str, ...], ...]
    smoothness: float
    curvature: float
    handed: Floats | None = None
    residuals: Floats | None = None
    lost: float = 0.0

    @property
    def n(self) -> int:
        """Number of workers."""
        return len(self.points)

    @property
    def dim(self) -> int:
        """Dimension d of the space the instance lives in."""
        return len(self.start)

    def violation(self) -> float:
        """Return by how much the data of a worker miss belonging to a function of the class, over the largest value, at worst.

        Evaluated pair by pair on the points themselves. Zero or less where the function exists.
        """
        data = zip(self.points, self.gradients, self.values, strict=True)
        worst = max((misfit(*one, self.smoothness, self.curvature) for one in data), default=0.0)
        return worst / max(float(np.abs(v).max()) for v in self.values)


def misfit(points: Floats, gradients: Floats, values: Floats, smoothness: float, curvature: float) -> float:
    """Return the largest violation of an interpolation inequality by points (p, d), gradients (p, d) and values (p,)."""
    dx, dg = points[:, None] - points[None], gradients[:, None] - gradients[None]
    ratio = curvature / smoothness
    bent = np.sum(dg**2, -1) / smoothness + curvature * np.sum(dx**2, -1) - 2 * ratio * np.sum(dg * dx, -1)
    below = values[None] + np.einsum("jd,ijd->ij", gradients, dx) + bent / (2 * (1 - ratio))
    missing = below - values[:, None]
    np.fill_diagonal(missing, -np.inf)
    return float(missing.max(initial=-np.inf))


def recover(scene: Scene, found: Certificate, gamma: float, unit: float, smoothness: float) -> Instance:
    """Return the instance behind a certificate.

    Parameters
    ----------
    scene, found
        A program for L = Delta = 1 and its solution.
    gamma
        Step size times L.
    unit
        Length of which the program knows as 1.
    smoothness
        L.
    """
    vectors = _factor(scene.blocks.gram(found.gram))
    data, known, n = scene.data, np.append(found.values, 0.0), len(scene.points)
    moved = gamma * (data.points[0] + gamma * data.points[1]) @ vectors
    base = data.base @ vectors
    gradients = base + gamma * data.bends @ vectors
    values = np.sum(base * moved, -1) + gamma**2 * known[data.values]
    start = np.zeros(vectors.shape[1]) if scene.start is None else scene.start @ vectors
    tilts = np.zeros((n, len(start))) if scene.tilt is None else scene.tilt @ vectors
    heights = np.zeros(n) if scene.best is None else known[list(scene.heights)]
    parts: list[tuple[Floats, Floats, Floats]] = []
    for i, numbers in enumerate(scene.points):
        b = tilts[i]
        x, g, v = start + moved[numbers], gradients[numbers] + b, values[numbers] + heights[i] + moved[numbers] @ b
        for place, gradient, value in scene.far.values():
            x, g = np.vstack([x, (place[0] + gamma * place[1]) @ vectors]), np.vstack([g, gradient @ vectors])
            v = np.append(v, known[value])
        if scene.best is not None:
            x, g, v = np.vstack([x, 0 * start]), np.vstack([g, scene.best[i] @ vectors]), np.append(v, 0.0)
        parts.append((x, g, v))
    compressed: dict[str, Any] = {}
    if scene.messages is not None:
        left, handed = (unit * gamma * (part[0] + gamma * part[1]) @ vectors for part in scene.messages)
        left = np.append(left, np.zeros((n, left.shape[1])), axis=0)
        compressed = {
            "handed": handed.reshape(-1, n, len(start)),
            "residuals": left.reshape(-1, n, len(start)),
            "lost": scene.share,
        }
    ends = (*scene.far, *["x*"] * (scene.best is not None))
    return Instance(
        start=unit * start,
        points=tuple(unit * x for x, _, _ in parts),
        gradients=tuple(smoothness * unit * g for _, g, _ in parts),
        values=tuple(smoothness * unit**2 * v for _, _, v in parts),
        names=tuple((*(data.names[number] for number in numbers), *ends) for numbers in scene.points),
        smoothness=smoothness,
        curvature=scene.curvature * smoothness,
        **compressed,
    )


def _factor(gram: Floats) -> Floats:
    """Return vectors (D, d) with this Gram matrix, along its principal axes, the longest first."""
    eigenvalues, axes = np.linalg.eigh(gram)
    kept = eigenvalues > NEGLIGIBLE * eigenvalues[-1]
    vectors: Floats = (axes[:, kept] * np.sqrt(eigenvalues[kept]))[:, ::-1]
    return vectors
