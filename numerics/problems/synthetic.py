"""Synthetic problems with constants in closed form."""

from __future__ import annotations

from typing import Any

from numerics import noise as noises
from numerics.objectives.base import Objective
from numerics.objectives.cosine import Cosine
from numerics.objectives.quadratic import MixedQuadratic, Quadratic
from numerics.objectives.rational import Rational
from numerics.problems.problem import Problem
from straggler import UnknownName


def _problem(name: str, objective: Objective, sigma: float, noise: str, options: dict[str, Any]) -> Problem:
    return Problem(objective, noises.get(noise, sigma=sigma), name, options)


def cosine(*, dim: int = 50, workers: int = 16, sigma: float = 1.0, noise: str = "gaussian", **options: Any) -> Problem:
    """Return ``sum_j L (1 - cos x_j)`` with tilts; options are those of `Cosine`."""
    return _problem("cosine", Cosine(workers, dim, **options), sigma, noise, options)


def rational(*, dim: int = 50, workers: int = 16, sigma: float = 1.0, noise: str = "gaussian", **options: Any) -> Problem:
    """Return ``(L/2) sum_j x_j^2/(1+x_j^2)`` with tilts; options are those of `Rational`."""
    return _problem("rational", Rational(workers, dim, **options), sigma, noise, options)


def quadratic(
    *, dim: int = 50, workers: int = 16, sigma: float = 1.0, noise: str = "gaussian", hessians: str = "shared", **options: Any
) -> Problem:
    """Return quadratics with a chosen spectrum and tilts.

    ``hessians="shared"`` gives every worker the same Hessian (zeta exact; options of `Quadratic`), ``"different"`` one of its own
    (zeta certified on a ball; options of `MixedQuadratic`).
    """
    kinds: dict[str, type[Quadratic | MixedQuadratic]] = {"shared": Quadratic, "different": MixedQuadratic}
    if hessians not in kinds:
        raise UnknownName("kind of hessians", hessians, kinds)
    objective = kinds[hessians](workers, dim, **options)
    return _problem("quadratic", objective, sigma, noise, {"hessians": hessians} | options)
