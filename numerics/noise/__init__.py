"""Gradient noise: Gaussian, Rademacher, minibatch sampling, or none; with a variance that grows with the gradient, too."""

from __future__ import annotations

from numerics.noise.additive import Gaussian, NoNoise, Rademacher
from numerics.noise.affine import Affine, affine
from numerics.noise.base import AdditiveNoise, Losses, Noise, Oracle, Sampler
from numerics.noise.minibatch import Minibatch
from numerics.noise.registry import NAMES, get

__all__ = [
    "NAMES",
    "AdditiveNoise",
    "Affine",
    "Gaussian",
    "Losses",
    "Minibatch",
    "NoNoise",
    "Noise",
    "Oracle",
    "Rademacher",
    "Sampler",
    "affine",
    "get",
]
