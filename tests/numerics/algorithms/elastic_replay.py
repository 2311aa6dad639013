"""Vectorised trajectories under a clock of its own for every worker and replica, and what they are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics.algorithms import Algorithm, State
from numerics.algorithms.asynchronous import ReadState
from numerics.events import Event
from numerics.graphs import complete
from numerics.streams import Streams
from numerics.timeline import AsynchronousTimeline, Rounds, Timeline

N, REPLICAS, DIM, EVENTS, SEED = 4, 3, 3, 60, 11
TOLERANCE = 1e-12


class Durations(AsynchronousTimeline):
    """Completions of workers whose steps take ``table[r, i, t]``: all finishing times, sorted."""

    def __init__(self, table: np.ndarray) -> None:
        self.table, self.n, self.slots, self.name = table, table.shape[1], table.shape[1], "durations"

    def stretches(self, iterations: int, streams: Streams) -> Iterator[Any]:
        replicas, n, steps = self.table.shape
        times = self.table.cumsum(axis=2).reshape(replicas, n * steps)
        order = np.argsort(times, axis=1)[:, :iterations].T
        yield order // steps, None, np.take_along_axis(times.T, order, axis=0)

    def provenance(self) -> dict[str, Any]:
        return {"timeline": self.name}


def durations(n: int = N, replicas: int = REPLICAS, events: int = EVENTS) -> np.ndarray:
    """Lognormal steps, one worker three times slower than the others."""
    table = np.random.default_rng(3).lognormal(size=(replicas, n, events))
    table[:, 1] *= 3
    return table


PERTURBATION = np.random.default_rng(7).standard_normal((EVENTS, N, REPLICAS, DIM))


def slope(x: Any, noise: Any) -> Any:
    """The gradient of every test here: nonlinear, and with noise of its own for every worker, event and replica."""
    return np.sin(3 * x) + noise


def gamma(k: int) -> float:
    return 0.3 / (1 + 0.02 * k)


def start(common: bool) -> np.ndarray:
    points = np.random.default_rng(8).standard_normal((N, REPLICAS, DIM))
    return points[0] if common else points


def events_of(algorithm: Algorithm, table: np.ndarray) -> Timeline:
    return Rounds(complete(N).schedule()) if algorithm.pattern == "rounds" else Durations(table)


def opened(algorithm: Algorithm, timeline: Timeline, x0: Any, replicas: range = range(REPLICAS)) -> tuple[State, Streams]:
    streams = Streams(SEED, replicas)
    state = algorithm.init(x0, timeline.n)
    algorithm.equip(state, None, streams)  # type: ignore[arg-type]
    if isinstance(state, ReadState):
        state.open(timeline.opening(streams))
    return state, streams


def noise_of(event: Event) -> np.ndarray:
    """The perturbations of the active workers, shape (m, R, d)."""
    if isinstance(event.workers, slice):
        return PERTURBATION[event.k]
    return PERTURBATION[event.k, event.workers, np.arange(event.workers.shape[1])]


def trajectory(
    algorithm: Algorithm, x0: np.ndarray, timeline: Timeline | None = None, events: int = EVENTS
) -> tuple[np.ndarray, np.ndarray]:
    """Centers (K + 1, R, d) and views (K + 1, n, R, d)."""
    timeline = timeline or events_of(algorithm, durations())
    state, streams = opened(algorithm, timeline, x0)
    centers, views = [algorithm.center(state).copy()], [np.array(algorithm.view(state, None))]
    for event in timeline.play(events, streams):
        algorithm.step(state, slope(algorithm.view(state, event), noise_of(event)), event)
        centers.append(algorithm.center(state).copy())
        views.append(np.array(algorithm.view(state, None)))
    return np.stack(centers), np.stack(views)


def expected(reference: Any, algorithm: Algorithm, x0: np.ndarray, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """The same by a reference, replica after replica; an option that is a list has one entry for each replica."""
    starts, table = np.broadcast_to(x0, (N, REPLICAS, DIM)), durations()
    centers, views = [], []
    for r in range(REPLICAS):
        clock = () if algorithm.pattern == "rounds" else (table[r],)
        mine = {name: value[r] if isinstance(value, list) else value for name, value in options.items()}
        play = reference(
            [starts[i, r] for i in range(N)],
            *clock,
            lambda k, i, x, r=r: slope(x, PERTURBATION[k, i, r]),
            EVENTS,
            gamma,
            **mine,
        )
        snapshots = list(play)
        centers.append(np.stack([center for center, _ in snapshots]))
        views.append(np.stack([np.stack(view) for _, view in snapshots]))
    return np.stack(centers, axis=1), np.stack(views, axis=2)


def assert_same(found: tuple[np.ndarray, np.ndarray], wanted: tuple[np.ndarray, np.ndarray]) -> None:
    """Compare centers, and every worker's view, in every replica after every event."""
    for value, right, what in zip(found, wanted, ("center", "views"), strict=True):
        assert value.shape == right.shape
        assert np.isfinite(right).all()
        np.testing.assert_allclose(value, right, rtol=TOLERANCE, atol=TOLERANCE * np.abs(right).max(), err_msg=what)


def assert_blocks_agree(algorithm: Algorithm, x0: np.ndarray) -> None:
    """A replica's trajectory is the same, bit for bit, alone and beside others; and others do not reach it."""
    whole = trajectory(algorithm, x0)
    table = durations()
    for r in range(REPLICAS):
        timeline = events_of(algorithm, table[r : r + 1])
        state, streams = opened(algorithm, timeline, x0[..., r : r + 1, :].copy(), range(r, r + 1))
        for event in timeline.play(EVENTS, streams):
            noise = PERTURBATION[event.k][:, r : r + 1]
            if not isinstance(event.workers, slice):
                noise = noise[event.workers[:, 0]]
            algorithm.step(state, slope(algorithm.view(state, event), noise), event)
            np.testing.assert_array_equal(algorithm.center(state)[0], whole[0][event.k + 1, r])
            np.testing.assert_array_equal(algorithm.view(state, None)[:, 0], whole[1][event.k + 1, :, r])


def assert_torch_agrees(algorithm: Algorithm, x0: np.ndarray) -> None:
    """One replica as torch tensors, against numpy."""
    import torch

    one = x0[..., :1, :].copy()
    timeline = events_of(algorithm, durations()[:1])
    (state, streams), (tensors, _) = (opened(algorithm, timeline, points, range(1)) for points in (one, torch.from_numpy(one)))
    for event in timeline.play(EVENTS, streams):
        noise = PERTURBATION[event.k][:, :1]
        if not isinstance(event.workers, slice):
            noise = noise[event.workers[:, 0]]
        algorithm.step(state, slope(algorithm.view(state, event), noise), event)
        points = algorithm.view(tensors, event)
        algorithm.step(tensors, torch.sin(3 * points) + torch.from_numpy(noise), event)
        for value, right in zip((algorithm.center, lambda s: algorithm.view(s, None)), (tensors, tensors), strict=True):
            np.testing.assert_allclose(value(right).numpy(), value(state), rtol=1e-11, atol=1e-12)
