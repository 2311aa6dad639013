"""Stability of workers that take turns on x^2/2: spectral radius of one lap, elastic averaging against ADMM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.typing import Floats

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm

EXAMPLE = {"step_size": 1e-3, "penalty": 2.5}
START = 1000.0
WINDOW = 100
"""Laps of which the largest center is shown: the example oscillates with a period below that."""

ROUNDING = 1e-9
"""Radii are uncertain by this much where an eigenvalue one is (nearly) double."""

SPANS = {"easgd": (2.2, 1.0), "admm": (1e-2, 10.0)}
"""Largest step size and largest alpha, or rho."""


def lap(algorithm: Algorithm, n: int) -> Floats:
    """Return the matrix of one lap of n workers on x^2/2: n events, each read off the algorithm itself."""
    from numerics import graphs
    from numerics.algorithms.asynchronous import ReadState
    from numerics.moments.linear import linearise
    from numerics.streams import Streams
    from numerics.timeline import RoundRobin

    timeline, streams = RoundRobin(graphs.complete(n).schedule()), Streams(0, (0,))
    state = algorithm.init(np.zeros((1, 1)), n)
    assert isinstance(state, ReadState)
    state.open(timeline.opening(streams))
    whole = np.eye(sum(slab.shape[0] for slab in state.slabs()))
    for event in timeline.play(n, streams):
        linear, after = linearise(algorithm, state, event)
        whole = (linear.transition + linear.response @ linear.view) @ whole
        assert isinstance(after, ReadState)
        state = after
    return whole


def radius(system: str, n: int, step: float, strength: float) -> float:
    """Return the spectral radius of a lap of ``easgd`` with alpha = ``strength``, or of ``admm`` with rho = ``strength``."""
    from numerics import algorithms

    algorithm: Algorithm
    if system == "easgd":
        algorithm = algorithms.AsyncEASGD(step_size=step, alpha=strength)
    else:
        algorithm = algorithms.ADMM(step_size=step, penalty=strength)
    return float(np.abs(np.linalg.eigvals(lap(algorithm, n))).max())


def cells(system: str, points: int) -> tuple[Floats, Floats]:
    """Return the midpoints of ``points`` equal cells along both axes of a map."""
    middle: Floats = (np.arange(points) + 0.5) / points
    widest, strongest = SPANS[system]
    return middle * widest, middle * strongest


def chart(system: str, n: int, points: int, jobs: int) -> Floats:
    """Return the spectral radii at the midpoints of the cells, shape (strengths, steps)."""
    import joblib

    steps, strengths = cells(system, points)
    rows = joblib.Parallel(n_jobs=jobs)(joblib.delayed(_row)(system, n, steps, strength) for strength in strengths)
    return np.array(rows)


def _row(system: str, n: int, steps: Floats, strength: float) -> list[float]:
    return [radius(system, n, float(step), float(strength)) for step in steps]


def boundary(step: Floats) -> Floats:
    """Return (4 - 2 eta)/(4 - eta), the largest stable alpha."""
    edge: Floats = (4 - 2 * step) / (4 - step)
    return edge


def example(system: str, laps: int) -> Floats:
    """Return the center variable after every lap of three workers, shape (laps + 1,), from models and center at 1000."""
    from numerics import algorithms, graphs, problems
    from numerics.algorithms.asynchronous import ReadState
    from numerics.engine import run
    from numerics.streams import Streams
    from numerics.timeline import RoundRobin

    n, timeline, streams = 3, RoundRobin(graphs.complete(3).schedule()), Streams(0, (0,))
    step, penalty = EXAMPLE["step_size"], EXAMPLE["penalty"]
    algorithm: Algorithm
    if system == "easgd":
        algorithm = algorithms.AsyncEASGD(step_size=step, alpha=step * penalty)
    else:
        algorithm = algorithms.ADMM(step_size=step, penalty=penalty)
    problem = problems.quadratic(dim=1, workers=n, spectrum=[1.0], noise="none")
    state = algorithm.init(np.full((1, 1), START), n)
    assert isinstance(state, ReadState)
    state.open(timeline.opening(streams))
    seen = [START]

    def watch(event: Any, _: Any, now: Any) -> None:
        if (event.k + 1) % n == 0:
            seen.append(float(algorithm.center(now)[0, 0]))

    run(algorithm, problem.oracle(streams), timeline.play(laps * n, streams), state, watch)
    return np.array(seen)


def peaks(centers: Floats) -> tuple[Floats, Floats]:
    """Return the last laps of windows of `WINDOW` laps, the start being the first, and the largest absolute values in them."""
    inside: Floats = np.abs(centers[1:]).reshape(-1, WINDOW).max(axis=1)
    largest: Floats = np.concatenate([np.abs(centers[:1]), inside])
    return WINDOW * np.arange(len(largest), dtype=float), largest
