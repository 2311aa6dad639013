"""Noise whose variance is affine in the squared norm of the gradient: sigma^2 + nu ||grad f_i(x)||^2."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from numerics.noise.additive import NoNoise, RademacherSampler
from numerics.noise.base import AdditiveNoise, Noise, Oracle
from numerics.objectives.base import Constant, Objective, Workers
from numerics.streams import Streams
from numerics.typing import Floats
from straggler import InputError, positive


class Affine(Noise):
    """Additive noise on gradients that are first multiplied by ``1 +- sqrt(nu)``, either sign with probability 1/2.

    The variance is ``sigma^2 + nu ||grad f_i(x)||^2`` exactly: affine in the squared gradient norm, as Bottou, Curtis and
    Nocedal assume it (SIAM Review 2018, Assumption 4.3). A replica's signs come from its stream for ``factor``, which is read as
    `Rademacher` in dimension 1 reads its own: one byte per (iteration, worker).

    Parameters
    ----------
    additive
        The part that does not depend on the gradient, of variance sigma^2.
    nu
        What the variance adds per squared gradient norm, finite and >= 0.
    """

    def __init__(self, additive: AdditiveNoise, nu: float) -> None:
        self.additive, self.nu = additive, positive("nu", nu, zero_ok=True)
        self.kind = additive.kind
        self.sigma = additive.sigma

    def check(self, objective: Objective) -> None:
        """Accept every objective."""

    def oracle(self, objective: Objective, streams: Streams) -> Oracle:
        """Return an oracle that multiplies and adds to exact gradients, piece by piece while they are in cache."""
        signs = RademacherSampler(math.sqrt(self.nu), streams, "factor")
        sampler = self.additive.bind(streams, objective.dim)

        def kernel(points: Floats, workers: Workers, out: Floats) -> None:
            objective.tile_gradients(points, workers, out)
            factors = np.ones((*out.shape[:2], 1))
            signs.perturb(factors)
            np.multiply(out, factors, out=out)
            sampler.perturb(out)

        def oracle(points: Floats, workers: Workers, out: Floats | None = None) -> Floats:
            return objective.in_tiles(kernel, points, workers, out)

        return oracle

    def constant(self, objective: Objective) -> Constant:
        """Return sigma: the root of the variance where the gradient vanishes."""
        return Constant(self.sigma, "exact", f"{self.kind} noise with E||noise||^2 = sigma^2 + nu ||grad f_i||^2")

    def growth(self, objective: Objective) -> Constant:
        """Return nu: it is what the factors are made from."""
        return Constant(self.nu, "exact", "local gradients are multiplied by 1 +- sqrt(nu)")

    def deviation(self, objective: Objective, x: Floats) -> Floats:
        """Return the largest of the workers' standard deviations at points (R, d), exactly, shape (R,)."""
        gradients = objective.local_gradients(np.broadcast_to(x, (objective.n, *x.shape)))
        root: Floats = np.sqrt(self.sigma**2 + self.nu * np.einsum("irj,irj->ir", gradients, gradients).max(axis=0))
        return root

    def provenance(self) -> dict[str, Any]:
        """Return kind and sigma of the additive part, and nu."""
        return {"kind": self.kind, "sigma": self.sigma, "nu": self.nu}


def affine(noise: Noise, *, nu: float = 0.0) -> Noise:
    """Return ``noise`` with a variance that grows by ``nu`` per squared gradient norm; itself for nu = 0.

    Raises
    ------
    InputError
        If nu is negative or not finite, or the noise comes from samples, which have a variance of their own, or is none.
    """
    if nu == 0:
        return noise
    if not isinstance(noise, AdditiveNoise) or isinstance(noise, NoNoise):
        raise InputError("nu", nu, f"0 where noise is {noise.kind}; gaussian and rademacher noise may grow with the gradient")
    return Affine(noise, nu)
