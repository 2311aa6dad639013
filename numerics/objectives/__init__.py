"""The objectives, one file each."""

from __future__ import annotations

from numerics.objectives.base import Constant, Objective, Workers
from numerics.objectives.cosine import Cosine
from numerics.objectives.finite_sum import FiniteSum
from numerics.objectives.huber import Huber
from numerics.objectives.logistic import Logistic
from numerics.objectives.matrix_completion import MatrixCompletion
from numerics.objectives.mixed_quadratic import MixedQuadratic
from numerics.objectives.network import Network
from numerics.objectives.quadratic import Quadratic
from numerics.objectives.rational import Rational
from numerics.objectives.saddle import Saddle
from numerics.objectives.sinc import Sinc
from numerics.objectives.tilted import Tilted, tilts

__all__ = [
    "Constant",
    "Cosine",
    "FiniteSum",
    "Huber",
    "Logistic",
    "MatrixCompletion",
    "MixedQuadratic",
    "Network",
    "Objective",
    "Quadratic",
    "Rational",
    "Saddle",
    "Sinc",
    "Tilted",
    "Workers",
    "tilts",
]
