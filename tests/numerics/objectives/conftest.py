"""One of every kind of objective, small, heterogeneous, and nowhere symmetric between workers."""

import numpy as np
import pytest

from numerics.objectives import Cosine, Huber, Logistic, MatrixCompletion, MixedQuadratic, Quadratic, Rational, Saddle, Sinc
from numerics.objectives.bump import Bump
from numerics.objectives.hard_instance import HardInstance
from numerics.objectives.network import Network


def shards(counts=(3, 5, 2, 5), dim=4, seed=7):
    rng = np.random.default_rng(seed)
    return [(rng.standard_normal((m, dim)) * (1 + i), np.sign(rng.standard_normal(m))) for i, m in enumerate(counts)]


MAKERS = {
    "cosine": lambda: Cosine(4, 5, smoothness=2.5, zeta=0.7, seed=1),
    "rational": lambda: Rational(4, 5, smoothness=2.5, zeta=0.7, seed=2),
    "saddle": lambda: Saddle(4, 5, smoothness=2.5, zeta=0.7, seed=3),
    "saddle-wide": lambda: Saddle(3, 4, smoothness=0.5, reach=2.0, zeta=0.1, seed=3),
    "quadratic": lambda: Quadratic(4, 5, smoothness=2.5, mu=0.2, center=0.3, zeta=0.7, seed=4),
    "quadratic-rotated": lambda: Quadratic(4, 5, spectrum=[3.0, 1, 1, 0.5, 0], rotate=True, center=-0.4, zeta=0.7, seed=4),
    "quadratic-mixed": lambda: MixedQuadratic(4, 5, smoothness=2.5, mu=0.2, center=0.3, zeta=0.7, seed=5),
    "hard-instance": lambda: HardInstance(4, 6, smoothness=2.5, scale=0.8, zeta=0.7, seed=6),
    "sinc": lambda: Sinc(4, 3, zeta=0.7, start=0.5, seed=2),
    "bump": lambda: Bump(4, 3, slope=0.6, zeta=0.7, seed=8),
    "sinc-line": lambda: Sinc(3, 1, start=0.9),
    "matrix-completion": lambda: MatrixCompletion(4, 6, rank=2, zeta=0.7, seed=3),
    "matrix-completion-vector": lambda: MatrixCompletion(3, 5, radius=3.0, seed=1),
    "huber": lambda: Huber(4, 5, smoothness=2.5, knee=0.4, zeta=0.7, start=0.3, spread=0.8, seed=9),
    "huber-skewed": lambda: Huber(5, 3, smoothness=2.5, knee=0.4, skew=3.0, zeta=0.7, start=0.3, tilt="halves"),
    "logistic": lambda: Logistic(shards(), regularisation=0.05),
    "network": lambda: Network(shards(), hidden=2, seed=5, radius=0.3),
    "logistic-ball": lambda: Logistic(shards((4, 4, 4)), regularisation=0.0, radius=0.02),
}


@pytest.fixture(params=MAKERS)
def objective(request):
    return MAKERS[request.param]()
