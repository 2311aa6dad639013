"""Gradient noise: Gaussian, Rademacher, or none."""

from __future__ import annotations

from numerics.noise.additive import Gaussian, NoNoise, Rademacher
from numerics.noise.base import AdditiveNoise, Noise, Oracle, Sampler
from numerics.noise.registry import NAMES, get

__all__ = ["NAMES", "AdditiveNoise", "Gaussian", "NoNoise", "Noise", "Oracle", "Rademacher", "Sampler", "get"]
