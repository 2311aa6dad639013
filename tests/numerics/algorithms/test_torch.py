"""The same trajectory on numpy arrays and on torch tensors, through the same code."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import algorithms
from numerics.events import rounds
from tests.numerics.algorithms.reference import CASES, ROUNDS, SHARED, label
from tests.numerics.algorithms.topologies import ADMITTED, TOPOLOGIES

ITERATIONS, REPLICAS, DIM = 8, 2, 3


def trajectory(algorithm, schedule, x0, perturbations):
    """Return views and centers after every step; the gradient x/(1+x^2)^2 + noise needs arithmetic only."""
    state = algorithm.init(x0, schedule.n)
    seen = []
    for event, noise in zip(rounds(schedule, ITERATIONS), perturbations, strict=True):
        points = algorithm.view(state, event)
        algorithm.step(state, points / (1 + points * points) ** 2 + noise, event)
        seen.append((algorithm.view(state, None) + 0, algorithm.center(state) + 0))
    return seen


@pytest.mark.parametrize("case", CASES, ids=label)
@pytest.mark.filterwarnings("error")
def test_torch_tensors_follow_numpy_arrays(case):
    torch = pytest.importorskip("torch")
    name, settings = case
    rng = np.random.default_rng(3)
    for topology in ADMITTED[name]:
        schedule = TOPOLOGIES[topology]()
        n = schedule.n
        algorithm = algorithms.get(name, step_size=0.3, **settings)
        x0 = rng.standard_normal((REPLICAS, DIM) if name in SHARED else (n, REPLICAS, DIM))
        noise = rng.standard_normal((ITERATIONS, n, REPLICAS, DIM))
        ours = trajectory(algorithm, schedule, x0, noise)
        theirs = trajectory(algorithm, TOPOLOGIES[topology](), torch.from_numpy(x0.copy()), torch.from_numpy(noise.copy()))
        for k, pairs in enumerate(zip(ours, theirs, strict=True)):
            for array, tensor in zip(*pairs, strict=True):
                assert isinstance(tensor, torch.Tensor)
                assert tensor.dtype == torch.float64
                message = f"{topology}, round {k}"
                np.testing.assert_allclose(tensor.numpy(), array, rtol=1e-12, atol=1e-13, err_msg=message)


@pytest.mark.parametrize("name", ROUNDS)
def test_large_tensors_follow_large_arrays(name):
    """Mixing operators apply a large state in other ways than a small one."""
    torch = pytest.importorskip("torch")
    algorithm, rng = algorithms.get(name, step_size=0.3), np.random.default_rng(3)
    for topology in ("ring-8", "complete-8", "bipartite-exponential-8", "star-8", "k-peer-exponential-9"):
        schedule = TOPOLOGIES[topology]()
        x0, noise = rng.standard_normal((1, 5000)), rng.standard_normal((ITERATIONS, schedule.n, 1, 5000))
        ours = trajectory(algorithm, schedule, x0, noise)[-1]
        theirs = trajectory(algorithm, schedule, torch.from_numpy(x0.copy()), torch.from_numpy(noise.copy()))[-1]
        for array, tensor in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(tensor.numpy(), array, rtol=1e-12, atol=1e-13, err_msg=topology)


@pytest.mark.parametrize("name", ROUNDS)
def test_single_precision_stays_single(name):
    torch = pytest.importorskip("torch")
    algorithm = algorithms.get(name, step_size=0.3, momentum=0.5)
    schedule = TOPOLOGIES["star-6-push" if name in ("sgp", "osgp") else "ring-6"]()
    state = algorithm.init(torch.ones((1, DIM), dtype=torch.float32), 6)
    for event in rounds(schedule, 3):
        algorithm.step(state, 0.5 * algorithm.view(state, event), event)
    assert algorithm.view(state, None).dtype == algorithm.center(state).dtype == torch.float32


@pytest.mark.parametrize("name", ROUNDS)
def test_everything_stays_on_the_device_of_the_state(name):
    """Tensors on the meta device refuse to meet tensors of any other."""
    torch = pytest.importorskip("torch")
    algorithm = algorithms.get(name, step_size=0.3, momentum=0.5)
    for topology in ADMITTED[name]:
        schedule = TOPOLOGIES[topology]()
        state = algorithm.init(torch.ones((REPLICAS, DIM), device="meta"), schedule.n)
        for event in rounds(schedule, 4):
            algorithm.step(state, 0.5 * algorithm.view(state, event), event)
        assert algorithm.view(state, None).device == algorithm.center(state).device == torch.device("meta")
