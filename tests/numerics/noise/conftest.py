"""An objective without gradients of its own: what an oracle returns is the noise."""

import numpy as np
import pytest

from numerics.objectives import Quadratic
from numerics.streams import Streams


@pytest.fixture
def draw():
    """Noise of several events, shape (events, m, R, d): gradients are taken at the minimiser, where they vanish."""

    def drawn(noise, *, dim, events, seed=0, replicas=range(3), workers=4):
        objective = Quadratic(workers, dim)
        oracle = noise.oracle(objective, Streams(seed, replicas))
        points = np.zeros((workers, len(replicas), dim))
        return np.stack([oracle(points, slice(None), np.full(points.shape, np.nan)) for _ in range(events)])

    return drawn
