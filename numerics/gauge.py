"""The gauge of elastic consistency: how far the views are from the center, over time and by worker.

Elastic consistency (Nadiradze et al., AAAI 2021) asks for ``E||center_t - view_t^i||^2 <= gamma^2 B^2`` at every time t and for
every worker i. The gauge measures the left side, over gamma^2, for any system: views are caught where gradients are taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.algorithms import Algorithm, State
from numerics.algorithms.asynchronous import ReadState
from numerics.engine import Oracle, run
from numerics.events import Event
from numerics.memory import aligned
from numerics.mixing import MixingSchedule
from numerics.problems import Problem
from numerics.simulation import admitted, blocks, constants, spread_start, starting_point
from numerics.streams import Streams
from numerics.timeline import Timeline, fitting
from numerics.typing import Array, Floats
from straggler import at_least

if TYPE_CHECKING:
    import xarray as xr

    from numerics.graphs import Graph

TILE_BYTES = 1 << 17
"""Views are compared with the center in pieces of this size, so that differences stay in a fast cache."""

MOMENTS_KEPT = 1024
"""Moments at which the gauge is read unless told otherwise, evenly spaced."""


class Listener:
    """An oracle that measures the squared distance of the points it is asked about to the center, every so many events.

    Parameters
    ----------
    oracle
        Answers the questions.
    algorithm, state
        Whose center it is.
    every
        Number of events between two readings.
    readings
        Number of readings.
    """

    def __init__(self, oracle: Oracle, algorithm: Algorithm, state: State, every: int, readings: int) -> None:
        self._oracle, self._algorithm, self._state = oracle, algorithm, state
        self._every, self._k = every, 0
        self.readings: list[Floats] = []
        self._most = readings
        self._difference = np.empty(0)

    def __call__(self, points: Array, workers: Any, out: Array | None) -> Array:
        """Answer as the oracle does, and take a reading where it is time for one."""
        if self._k % self._every == 0 and len(self.readings) < self._most:
            self.readings.append(self._distances(points))
        self._k += 1
        return self._oracle(points, workers, out)

    def _distances(self, points: Floats) -> Floats:
        """Return ||point - center||^2, shape (m, R)."""
        center = self._algorithm.center(self._state)
        active, replicas, dim = points.shape
        found = np.empty((active, replicas))
        step = max(1, TILE_BYTES // (replicas * dim * 8))
        if self._difference.size < min(step, active) * replicas * dim:
            self._difference = aligned((min(step, active) * replicas * dim,))
        for first in range(0, active, step):
            piece = points[first : first + step]
            apart = self._difference[: piece.size].reshape(piece.shape)
            np.subtract(piece, center, out=apart)
            np.vecdot(apart, apart, out=found[first : first + step])
        return found


def gauge(
    algorithm: Algorithm,
    problem: Problem,
    topology: Graph | MixingSchedule,
    *,
    iterations: int,
    replicas: int | range = 16,
    seed: int = 0,
    every: int | None = None,
    x0: Floats | None = None,
    timeline: Timeline | None = None,
) -> xr.Dataset:
    """Run an algorithm and measure how far its views are from its center.

    Parameters
    ----------
    algorithm, problem, topology, iterations, seed, x0, timeline
        As for `simulate`.
    replicas
        Number R >= 1 of replicas, or the range of replica numbers to run.
    every
        Number of events between two readings; by default about a thousand are taken.

    Returns
    -------
    xarray.Dataset
        ``distance_sq`` (iteration, active, replica): ||center - view||^2 / gamma_k^2 of the active workers, where gradients are
        taken; ``workers`` (iteration, active, replica), who they were; ``time`` (replica) in seconds of the whole run, where the
        timeline has a clock; and ``gauge(...).constants``, the constants of the run.

    Raises
    ------
    StragglerError
        As `simulate`.
    """
    from numerics.dataset import labelled

    schedule = admitted(algorithm, problem, topology)
    at_least("iterations", iterations, 1)
    numbers = replicas if isinstance(replicas, range) else range(at_least("replicas", replicas, 1))
    at_least("seed", seed, 0)
    starting, clock = starting_point(problem, x0), fitting(algorithm, schedule, timeline)
    interval = max(1, iterations // MOMENTS_KEPT) if every is None else at_least("every", every, 1)
    at = np.arange(0, iterations, interval)
    pieces = [
        _block(algorithm, problem, clock, iterations, block, seed, interval, at.size, starting)
        for block in blocks(numbers, problem.objective.n, problem.objective.dim)
    ]
    distances = np.concatenate([piece[0] for piece in pieces], axis=2)
    distances /= np.array([algorithm.gamma(int(k)) for k in at])[:, None, None] ** 2
    data: dict[str, Any] = {
        "distance_sq": (("iteration", "active", "replica"), distances, {"units": "[f]^2/[x]^2"}),
        "workers": (("iteration", "active", "replica"), np.concatenate([piece[1] for piece in pieces], axis=2)),
    }
    if all(piece[2] is not None for piece in pieces):
        seconds = np.concatenate([piece[2] for piece in pieces if piece[2] is not None])
        data["time"] = (("replica",), seconds, {"long_name": "wall-clock time of the run", "units": "s"})
    attributes = {
        "system": algorithm.name,
        "timeline": clock.provenance(),
        "constants": constants(algorithm, problem, schedule, iterations, starting, clock),
    }
    return labelled(data, {"iteration": at, "replica": np.array(numbers)}, attributes)


def _block(
    algorithm: Algorithm,
    problem: Problem,
    timeline: Timeline,
    iterations: int,
    block: range,
    seed: int,
    every: int,
    readings: int,
    x0: Floats,
) -> tuple[Floats, Array, Floats | None]:
    """Return distances and workers of one block of replicas, shape (readings, active, R) each, and the seconds they took."""
    streams = Streams(seed, block)
    state = algorithm.init(spread_start(x0, problem.objective.n, len(block)), problem.objective.n)
    algorithm.equip(state, problem, streams)
    if isinstance(state, ReadState):
        state.open(timeline.opening(streams))
    listener = Listener(problem.oracle(streams), algorithm, state, every, readings)
    who: list[Array] = []
    ended: Floats | None = None

    def listen(event: Event, _: Algorithm, __: State) -> None:
        nonlocal ended
        ended = event.time
        if event.k % every == 0:
            numbers = np.arange(timeline.n)[:, None] if isinstance(event.workers, slice) else event.workers
            who.append(np.broadcast_to(numbers, (len(numbers), len(block))).copy())

    with np.errstate(all="ignore"):
        run(algorithm, listener, timeline.play(iterations, streams), state, listen)
    return np.stack(listener.readings), np.stack(who), ended
