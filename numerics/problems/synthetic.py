"""Synthetic problems with constants in closed form.

Beside their own, all take the option ``nu``: the variance of a gradient is sigma^2 + nu ||grad f_i||^2 (`numerics.noise.Affine`).
"""

from __future__ import annotations

from typing import Any

from numerics import noise as noises
from numerics.objectives.base import Objective
from numerics.objectives.bump import Bump
from numerics.objectives.cosine import Cosine
from numerics.objectives.huber import Huber
from numerics.objectives.matrix_completion import MatrixCompletion
from numerics.objectives.mixed_quadratic import MixedQuadratic
from numerics.objectives.quadratic import Quadratic
from numerics.objectives.rational import Rational
from numerics.objectives.saddle import Saddle
from numerics.objectives.sinc import Sinc
from numerics.problems.build import check_options, plain
from numerics.problems.problem import Problem
from straggler import UnknownName


def cosine(*, dim: int = 50, workers: int = 16, sigma: float = 1.0, noise: str = "gaussian", **options: Any) -> Problem:
    """Return ``sum_j L (1 - cos x_j)`` with tilts; options are those of `Cosine`."""
    return _problem("cosine", Cosine, dim, workers, sigma, noise, options)


def rational(*, dim: int = 50, workers: int = 16, sigma: float = 1.0, noise: str = "gaussian", **options: Any) -> Problem:
    """Return ``(L/2) sum_j x_j^2/(1+x_j^2)`` with tilts; options are those of `Rational`."""
    return _problem("rational", Rational, dim, workers, sigma, noise, options)


def saddle(*, dim: int = 50, workers: int = 16, sigma: float = 1.0, noise: str = "gaussian", **options: Any) -> Problem:
    """Return double wells in half of the coordinates, bowls in the others, with tilts; options are those of `Saddle`."""
    return _problem("saddle", Saddle, dim, workers, sigma, noise, options)


def quadratic(
    *, dim: int = 50, workers: int = 16, sigma: float = 1.0, noise: str = "gaussian", hessians: str = "shared", **options: Any
) -> Problem:
    """Return quadratics with a chosen spectrum and tilts.

    ``hessians="shared"`` gives every worker the same Hessian (zeta exact; options of `Quadratic`), ``"different"`` one of its
    own (zeta certified on a ball; options of `MixedQuadratic`).
    """
    kinds: dict[str, type[Objective]] = {"shared": Quadratic, "different": MixedQuadratic}
    if hessians not in kinds:
        raise UnknownName("kind of hessians", hessians, kinds)
    return _problem("quadratic", kinds[hessians], dim, workers, sigma, noise, options, hessians=hessians)


def hard_instance(*, dim: int = 50, workers: int = 16, sigma: float = 1.0, noise: str = "gaussian", **options: Any) -> Problem:
    """Return the smooth zero-chain of length ``dim`` with tilts; options are those of `HardInstance`."""
    from numerics.objectives.hard_instance import HardInstance

    return _problem("hard-instance", HardInstance, dim, workers, sigma, noise, options)


def sinc(*, dim: int = 2, workers: int = 4, sigma: float = 0.0, noise: str = "gaussian", **options: Any) -> Problem:
    """Return ``sin(pi r)/(pi r)``, ``r = ||x||``, with tilts; options are those of `Sinc`."""
    return _problem("sinc", Sinc, dim, workers, sigma, noise, options)


def huber(*, dim: int = 50, workers: int = 16, sigma: float = 1.0, noise: str = "gaussian", **options: Any) -> Problem:
    """Return ``sum_j h(x_j)``, h quadratic up to a knee and linear beyond, with tilts; options are those of `Huber`."""
    return _problem("huber", Huber, dim, workers, sigma, noise, options)


def bump(*, dim: int = 1, workers: int = 2, sigma: float = 0.0, noise: str = "none", **options: Any) -> Problem:
    """Return a bump with falling tails in every coordinate, with tilts; options are those of `Bump`."""
    return _problem("bump", Bump, dim, workers, sigma, noise, options)


def matrix_completion(
    *, dim: int = 1000, workers: int = 8, sigma: float = 0.0, noise: str = "gaussian", **options: Any
) -> Problem:
    """Return ``(1/4) ||U U' - X X'||^2`` for X with ``dim`` entries, with tilts; options are those of `MatrixCompletion`."""
    return _problem("matrix-completion", MatrixCompletion, dim, workers, sigma, noise, options)


def _problem(
    name: str,
    objective: type[Objective],
    dim: int,
    workers: int,
    sigma: float,
    noise: str,
    options: dict[str, Any],
    **more: str,
) -> Problem:
    check_options(name, options, objective, noises.affine)
    drawn = noises.affine(noises.get(noise, sigma=sigma), nu=options.pop("nu", 0.0))
    return Problem(objective(workers, dim, **options), drawn, name, more | plain(options))
