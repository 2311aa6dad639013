"""Every algorithm, step by step, against the dense reference: each worker's view and the center, on every graph."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numerics import algorithms, graphs
from numerics.algorithms.compression import Compressing
from numerics.events import Round
from tests.numerics.algorithms.reference import CASES, OPTIONS, REFERENCES, ROUNDS, SHARED, label
from tests.numerics.algorithms.topologies import ADMITTED, TOPOLOGIES

REPLICAS = 2
TOLERANCE = 1e-12


def step_sizes() -> Callable[[int], float]:
    return lambda k: 0.4 / (1 + 0.2 * k)


def start(n: int, name: str, dim: int = 3) -> np.ndarray:
    """A start of its own for each worker, where the algorithm has more than one model."""
    points = np.random.default_rng(8).standard_normal((n, REPLICAS, dim))
    return points[0] if name in SHARED else points


def assert_same(value: np.ndarray, expected: np.ndarray, what: str) -> None:
    assert value.shape == expected.shape, what
    error = np.abs(value - expected).max(axis=tuple(range(1, value.ndim)))
    assert (error <= TOLERANCE * np.abs(expected).max()).all(), f"{what}: worker or replica {error.argmax()} off by {error.max()}"


def test_reference_covers_the_registry():
    others = {name for name, cls in algorithms.REGISTRY.items() if issubclass(cls, Compressing)}  # see compression_reference
    others |= {"adversarial-views"}  # its views depend on the problem
    rounds = {name for name, cls in algorithms.REGISTRY.items() if cls.pattern == "rounds" and cls.conserves} - others
    assert set(REFERENCES) == set(OPTIONS) == rounds
    for name, settings in OPTIONS.items():
        tried = {option for setting in settings for option in setting}
        assert tried == set(algorithms.options(name)) - {"momentum", "nesterov"}


def test_topologies_cover_every_graph_and_algorithm():
    assert {name.rsplit("-", 1)[0] for name in TOPOLOGIES if name.endswith("-8")} == set(graphs.NAMES)
    doubly = {name for name in TOPOLOGIES if not name.endswith("-push") and name != "random-peer-7"}
    wide = {name: set(TOPOLOGIES) for name in ("sgp", "osgp", *SHARED)}
    assert {name: set(ADMITTED[name]) for name in ROUNDS} == dict.fromkeys(ROUNDS, doubly) | wide


def replay(name: str, settings: dict[str, Any], topology: str, rounds: int, dim: int) -> None:
    schedule = TOPOLOGIES[topology]()
    step_size = step_sizes()
    algorithm = algorithms.get(name, step_size=step_size, **settings)
    n, x0 = schedule.n, start(schedule.n, name, dim)
    perturbation = np.random.default_rng(7).standard_normal((rounds, n, REPLICAS, dim))
    state = algorithm.init(x0, n)
    reference = REFERENCES[name](list(np.broadcast_to(x0, (n, REPLICAS, dim))), step_size, **settings)
    for k in range(rounds):
        event = Round(k, schedule.at(k))
        points = algorithm.view(state, event)
        algorithm.step(state, np.sin(3 * points) + perturbation[k], event)
        matrix = np.array(event.mixing.matrix())
        reference.step([np.sin(3 * view) + perturbation[k, i] for i, view in enumerate(reference.view)], matrix, k)
        where = f"{topology}, after round {k}"
        assert_same(algorithm.view(state, None), np.stack(reference.view), f"views on {where}")
        assert_same(algorithm.center(state), reference.center, f"center on {where}")


@pytest.mark.parametrize("case", CASES, ids=label)
def test_replays_the_reference_on_every_graph(case):
    name, settings = case
    for topology in ADMITTED[name]:
        replay(name, settings, topology, rounds=9, dim=3)


@pytest.mark.parametrize("name", ROUNDS)
def test_replays_the_reference_on_states_too_large_for_the_small_path(name):
    """Mixing operators apply a large state in other ways than a small one."""
    for topology in ADMITTED[name]:
        replay(name, {"momentum": 0.5}, topology, rounds=4, dim=1000)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_initial_state_is_a_copy_at_the_start(case):
    name, settings = case
    x0 = start(4, name)
    algorithm = algorithms.get(name, step_size=0.5, **settings)
    state = algorithm.init(x0, 4)
    kept = x0.copy()
    algorithm.step(state, np.ones((4, REPLICAS, 3)), Round(0, graphs.ring(4).schedule().at(0)))
    np.testing.assert_array_equal(x0, kept)
    fresh = algorithm.init(x0, 4)
    np.testing.assert_array_equal(algorithm.view(fresh, None), np.broadcast_to(x0, (4, REPLICAS, 3)))


def test_push_sum_weights_matter_in_the_reference():
    """The star with push weights is a real test of de-biasing: views and biased models differ by more than a factor two."""
    schedule = TOPOLOGIES["star-6-push"]()
    state = algorithms.SGP(step_size=0.1).init(np.ones((6, 1, 1)), 6)
    for k in range(4):
        algorithms.SGP(step_size=0.1).step(state, np.zeros((6, 1, 1)), Round(k, schedule.at(k)))
    assert state.w.max() > 2 * state.w.min()


def test_every_algorithm_names_references_and_rate():
    for name, cls in algorithms.REGISTRY.items():
        assert cls.name == name
        assert cls.references
        assert isinstance(cls.rate, algorithms.Rate)
        assert inspect.getdoc(cls)
