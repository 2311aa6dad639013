"""The objectives, one file each."""

from __future__ import annotations

from numerics.objectives.base import Constant, Objective, Workers
from numerics.objectives.cosine import Cosine
from numerics.objectives.quadratic import MixedQuadratic, Quadratic
from numerics.objectives.rational import Rational
from numerics.objectives.tilted import Tilted, tilts

__all__ = ["Constant", "Cosine", "MixedQuadratic", "Objective", "Quadratic", "Rational", "Tilted", "Workers", "tilts"]
