"""Runs of the leader family, by the toolkit and by the reference, and the options to try."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics import algorithms, graphs
from numerics.algorithms.asynchronous import ReadState
from numerics.events import Event, Round
from numerics.streams import Streams
from numerics.timeline import Independent
from tests.numerics.algorithms.leader_reference import PROBLEMS, REFERENCES, World, completions

SEED = 3

MOMENTA: list[dict[str, Any]] = [{}, {"momentum": 0.7}, {"momentum": 0.6, "nesterov": True}]

OPTIONS: list[dict[str, Any]] = [
    {},
    {"pull": 0.3, "period": 2},
    {"attraction": 0.8, "period": 3},
    {"attraction": 0.5, "global_pull": 0.2, "groups": 2, "period": 2, "global_period": 4},
    {"pull": 0.2, "global_attraction": 0.9, "groups": 3, "period": 2, "global_period": 3},
    {"groups": 6, "global_period": 2},
    {"election": "noisy", "sigma_f": 0.3, "groups": 2, "period": 2, "global_period": 4},
    {"election": "flattering", "sigma_f": 4.0, "groups": 2, "pull": 0.3, "global_period": 2},
]

BATCHES: list[dict[str, Any]] = [
    {"election": "minibatch", "period": 3},
    {"election": "minibatch", "window": 1, "period": 2, "pull": 0.4},
    {"election": "minibatch", "window": 5, "period": 2, "groups": 2, "global_period": 4},
]

CASES = [("quadratic", options | momentum) for options in OPTIONS for momentum in MOMENTA]
CASES += [("logistic", options) for options in (*BATCHES, OPTIONS[3] | MOMENTA[2], OPTIONS[6])]


def label(case: tuple[str, dict[str, Any]]) -> str:
    return "-".join([case[0], *(f"{key}={value}" for key, value in case[1].items())])


def gamma(k: int) -> float:
    return 0.3 / (1 + 0.05 * k)


def play(algorithm: Any, problem: Any, x0: np.ndarray, iterations: int, replicas: range) -> Iterator[tuple[Event, Any]]:
    """Yield every event with the state it leaves, through the interface that `simulate` uses."""
    n, streams = problem.n, Streams(SEED, replicas)
    state = algorithm.init(x0, n)
    algorithm.equip(state, problem, streams)
    events: Any = (Round(k, None) for k in range(iterations))  # type: ignore[arg-type]
    if isinstance(state, ReadState):
        timeline = Independent(graphs.complete(n).schedule(), "none")
        state.open(timeline.opening(streams))
        events = timeline.play(iterations, streams)
    oracle = problem.oracle(streams)
    for event in events:
        gradients = oracle(algorithm.view(state, event), event.workers, None)
        algorithm.step(state, gradients, event)
        yield event, state


def replay(name: str, kind: str, settings: dict[str, Any], iterations: int, *, common: bool = False) -> list[np.ndarray]:
    """Compare models, center, leaders and how often they led, after every event; return how often, per replica."""
    n, replicas = 6, range(2, 4)
    x0 = 2.0 * np.random.default_rng(8).standard_normal((n, len(replicas), 3))
    if common:
        x0[:] = x0[0]
    algorithm = algorithms.get(name, step_size=gamma, **settings)
    period = {"period": algorithm.period}
    references, orders = [], []
    for column, replica in enumerate(replicas):
        world = World(kind, n, SEED, replica, period | settings)
        references.append(REFERENCES[name](world, list(x0[:, column]), gamma, settings))
        orders.append(list(completions(SEED, replica, n, iterations)))
    for event, state in play(algorithm, PROBLEMS[kind](n), x0, iterations, replicas):
        for column, reference in enumerate(references):
            reference.iterate(event.k, orders[column][event.k])
            expected, where = np.stack(reference.x), f"replica {column} after event {event.k}"
            scale = np.abs(expected).max()
            np.testing.assert_allclose(state.x[:, column], expected, rtol=1e-12, atol=1e-12 * scale, err_msg=where)
            center = algorithm.center(state)[column]
            np.testing.assert_allclose(center, expected.mean(axis=0), rtol=1e-12, atol=1e-12 * scale, err_msg=where)
            assert algorithm.leader(state)[column] == reference.leader(), where
            assert state.local.led[:, column].tolist() == reference.led, where
    return [state.local.led[:, column] for column in range(len(replicas))]
