"""Simulation: an algorithm on a problem over a graph, in independent replicas, as one labelled dataset."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics import quantities as named
from numerics.algorithms import Algorithm
from numerics.algorithms.asynchronous import ReadState
from numerics.compressors import Compressor
from numerics.engine import run
from numerics.mixing import MixingSchedule
from numerics.problems import Problem
from numerics.recorder import Trajectory
from numerics.streams import Streams
from numerics.timeline import Timeline, fitting
from numerics.timeline.base import AsynchronousTimeline
from numerics.typing import Floats
from straggler import InputError, __version__, at_least

if TYPE_CHECKING:
    import xarray as xr

    from numerics.graphs import Graph

BLOCK_BYTES = 1 << 20
DEFAULT_QUANTITIES = ("grad_norm_sq", "consensus_sq", "value")


def simulate(
    algorithm: Algorithm,
    problem: Problem,
    topology: Graph | MixingSchedule,
    *,
    iterations: int,
    replicas: int | range = 1,
    seed: int = 0,
    record_every: int = 1,
    quantities: Sequence[str] = DEFAULT_QUANTITIES,
    x0: Floats | None = None,
    timeline: Timeline | None = None,
    jobs: int = 1,
) -> xr.Dataset:
    """Run an algorithm in independent replicas and return what was recorded.

    Parameters
    ----------
    algorithm
        The algorithm, with its step size.
    problem
        Objective and gradient noise of the n workers.
    topology
        A graph (with its default weights, or push weights where only those are admissible) or a mixing schedule.
    iterations
        Number K >= 1 of iterations: rounds, or updates by single workers where there are no rounds.
    replicas
        Number R of replicas, or the range of replica numbers to run.
    seed
        The seed all random streams are spawned from.
    record_every
        Recording interval; iterations 0 and K are always recorded.
    quantities
        Names from `numerics.quantities`.
    x0
        Starting point, shape (d,) or (n, d) for one per worker; the objective's own by default.
    timeline
        Who is active when, and with which clock; by default the rounds of the topology or, for an asynchronous algorithm,
        independent completions.
    jobs
        Number of processes. The result does not depend on it, bit for bit.

    Returns
    -------
    xarray.Dataset
        One variable per quantity with dimensions (iteration, replica), or (iteration, worker, replica) where it is one of every
        worker, ``diverged_at`` per replica (-1 if it stayed finite), ``time`` in seconds (iteration, replica) where the timeline
        has a clock, ``mean_staleness`` and ``largest_staleness`` of a gradient, in updates, per replica where gradients can be
        stale, and in ``attrs`` the constants of the run (``run.constants``), its provenance and the loop time
        (``run.provenance``). Among the constants is ``gamma`` if the step size is constant.
        ``run.to_netcdf(...)`` writes all of it, and `experiments.storage.save` so that a file is whole or absent.

    Raises
    ------
    StragglerError
        If sizes do not match or a value is outside its range.
    """
    schedule = admitted(algorithm, problem, topology)
    at_least("iterations", iterations, 1)
    numbers = replicas if isinstance(replicas, range) else range(at_least("replicas", replicas, 1))
    if not numbers or numbers.start < 0 or numbers.step != 1:
        raise InputError("replicas", replicas, "a range of consecutive numbers >= 0, not empty")
    at_least("seed", seed, 0)
    if jobs == 0:
        raise InputError("jobs", jobs, "a number of processes >= 1, or -1 for one per core")
    starting = starting_point(problem, x0)
    clock = fitting(algorithm, schedule, timeline)
    begin = time.perf_counter()
    pieces = _parallel(
        [
            (algorithm, problem, clock, iterations, block, seed, record_every, tuple(quantities), starting)
            for block in blocks(numbers, problem.objective.n, problem.objective.dim)
        ],
        jobs,
    )
    seconds = time.perf_counter() - begin
    attributes = {
        "system": algorithm.name,
        "options": _options(algorithm),
        "problem": problem.provenance(),
        "graph": schedule.provenance(),
        "timeline": clock.provenance(),
        "constants": constants(algorithm, problem, schedule, iterations, starting, clock) | _staleness(pieces, algorithm.torn),
        "seed": seed,
        "record_every": record_every,
        "straggler": __version__,
        "loop_seconds": seconds,
    }
    return _dataset(pieces, numbers, attributes)


def _options(algorithm: Algorithm) -> dict[str, Any]:
    """Return what an algorithm was told, ready for JSON; step sizes that are functions are left out."""
    told = {f.name: getattr(algorithm, f.name) for f in fields(algorithm)}
    made = {name: value.provenance() for name, value in told.items() if isinstance(value, Compressor)}
    return {name: value for name, value in told.items() if not callable(value)} | made


def schedule_of(topology: Graph | MixingSchedule) -> MixingSchedule:
    """Return the mixing schedule of ``topology``; a graph gets its default weights."""
    if isinstance(topology, MixingSchedule):
        return topology
    if not hasattr(topology, "schedule"):
        raise InputError("topology", topology, "a graph or a mixing schedule, such as graphs.ring(8)")
    return topology.schedule()


def admitted(algorithm: Algorithm, problem: Problem, topology: Graph | MixingSchedule) -> MixingSchedule:
    """Return the mixing schedule of ``topology``; `InputError` if it does not fit the problem or the algorithm."""
    schedule = schedule_of(topology)
    if schedule.n != problem.objective.n:
        raise InputError("nodes of the graph", schedule.n, f"the {problem.objective.n} workers of the problem")
    algorithm.admit(schedule)
    return schedule


def starting_point(problem: Problem, x0: Floats | None) -> Floats:
    """Return ``x0``, shape (d,) or (n, d), finite, or the objective's own start where it is None; else `InputError`."""
    if x0 is None:
        return problem.objective.start()
    n, dim = problem.objective.n, problem.objective.dim
    try:
        point = np.asarray(x0, dtype=float)
    except (TypeError, ValueError):
        raise InputError("type of x0", type(x0).__name__, "an array of numbers") from None
    if point.shape not in ((dim,), (n, dim)):
        raise InputError("shape of x0", point.shape, f"({dim},), or ({n}, {dim}) for one starting point per worker")
    if not np.isfinite(point).all():
        raise InputError("x0", float(point[~np.isfinite(point)][0]), "finite numbers")
    return point


def spread_start(x0: Floats, n: int, replicas: int) -> Floats:
    """Return a starting point for every replica, shape (R, d), or (n, R, d) where workers start apart; read-only."""
    dim = x0.shape[-1]
    return np.broadcast_to(x0, (replicas, dim)) if x0.ndim == 1 else np.broadcast_to(x0[:, None, :], (n, replicas, dim))


def constants(
    algorithm: Algorithm,
    problem: Problem,
    schedule: MixingSchedule,
    iterations: int,
    x0: Floats | None = None,
    timeline: Timeline | None = None,
) -> dict[str, float]:
    """Return the constants of a run under the names the theorems use: n, d, K, gamma, rho, L, sigma, zeta, delta, ...

    The staleness T is that of the timeline where it has a bound known beforehand.
    """
    from numerics.mixing.contraction import rho

    clock = fitting(algorithm, schedule, timeline)
    pairwise = clock.rho()

    found = dict(problem.numbers)
    if x0 is not None:
        common = x0 if x0.ndim == 1 else x0.mean(0)
        found["delta"] = float(problem.objective.value(common)) - found["f_star"]
        found["x0_sq"] = float(np.sum(x0**2) / (1 if x0.ndim == 1 else x0.shape[0]))
        found["x0_spread"] = float(np.sqrt(np.mean(np.sum((np.atleast_2d(x0) - common) ** 2, axis=1))))
    best = problem.objective.minimiser()
    if x0 is not None and best is not None:
        common = x0 if x0.ndim == 1 else x0.mean(0)
        distance = float(np.linalg.norm(common - best))
        # signed along the line through start and minimiser: a center variable starts where the mean of the workers does
        signed = float(common[0] - best[0]) if common.size == 1 else distance
        found |= {"R_0": distance, "x0_center": signed, "x0_workers": signed}
    found |= {
        "n": schedule.n,
        "d": problem.objective.dim,
        "K": iterations,
        "rho": rho(schedule) if pairwise is None else pairwise,
    }
    # gradients that are added up in one update: of all workers, unless they finish one by one
    found["batch"] = 1 if isinstance(clock, AsynchronousTimeline) else round(schedule.n * algorithm.weight(schedule.n))
    if not callable(algorithm.step_size):  # the theorems speak about a constant step: they shall ask for gamma, not take gamma_0
        found["gamma"] = algorithm.step_size
    found |= algorithm.symbols(schedule.n) | algorithm.symbols_in(problem.objective.dim) | algorithm.symbols_on(clock)
    if clock.staleness is not None:
        found["T"] = clock.staleness + algorithm.torn
    return {name: float(value) for name, value in found.items()}


def blocks(replicas: range, n: int, dim: int) -> list[range]:
    """Split replica numbers into blocks whose state (n, R, d) fits a common L2 cache; the split depends on n and d only."""
    size = max(1, BLOCK_BYTES // (n * dim * 8))
    edges = [replicas.start, *range((replicas.start // size + 1) * size, replicas.stop, size), replicas.stop]
    return [range(a, b) for a, b in pairwise(edges) if a < b]


def _block(
    algorithm: Algorithm,
    problem: Problem,
    timeline: Timeline,
    iterations: int,
    block: range,
    seed: int,
    every: int,
    names: tuple[str, ...],
    x0: Floats,
) -> Trajectory:
    """Simulate one block of replicas; a replica that overflows is recorded as inf or nan and stops nobody else."""
    n, size = problem.objective.n, len(block)
    streams = Streams(seed, block)
    state = algorithm.init(spread_start(x0, n, size), n)
    algorithm.equip(state, problem, streams)
    if isinstance(state, ReadState):
        state.open(timeline.opening(streams))
    recorder = Trajectory(problem, names, iterations, every, size)
    with np.errstate(all="ignore"):
        recorder.start(algorithm, state)
        run(algorithm, problem.oracle(streams), timeline.play(iterations, streams), state, recorder)
    return recorder


def _parallel(work: list[tuple[Any, ...]], jobs: int) -> list[Trajectory]:
    if jobs == 1 or len(work) == 1:
        return [_block(*arguments) for arguments in work]
    import joblib

    result: list[Trajectory] = joblib.Parallel(n_jobs=jobs)(joblib.delayed(_block)(*arguments) for arguments in work)
    return result


def _staleness(pieces: list[Trajectory], torn: int) -> dict[str, float]:
    """Return the largest age of what is read, as the staleness T, where gradients can be stale."""
    ages = [piece.staleness() for piece in pieces]
    return {"T": torn + max(float(age[1].max()) for age in ages if age is not None)} if ages[0] is not None else {}


def _dataset(pieces: list[Trajectory], replicas: range, attributes: dict[str, Any]) -> xr.Dataset:
    from numerics.dataset import labelled

    data: dict[str, Any] = {}
    for name in pieces[0].values:
        quantity = named.get(name)
        values = np.concatenate([piece.values[name] for piece in pieces], axis=-1)
        dimensions = ("iteration", "worker", "replica") if quantity.per_worker else ("iteration", "replica")
        data[name] = (dimensions, values, {"long_name": quantity.meaning, "units": quantity.units})
    if all(piece.times is not None for piece in pieces):
        times = np.concatenate([piece.times for piece in pieces if piece.times is not None], axis=1)
        data["time"] = (("iteration", "replica"), times, {"long_name": "wall-clock time", "units": "s"})
    ages = [age for piece in pieces if (age := piece.staleness()) is not None]
    for row, name in enumerate(("mean", "largest") if ages else ()):
        label = {"long_name": f"{name} age of a read", "units": "updates"}
        data[f"{name}_staleness"] = (("replica",), np.concatenate([age[row] for age in ages]), label)
    diverged = np.concatenate([piece.diverged_at() for piece in pieces])
    data["diverged_at"] = (("replica",), diverged, {"long_name": "first recorded iteration with a non-finite value, or -1"})
    coordinates = {"iteration": pieces[0].iterations, "replica": np.array(replicas)}
    return labelled(data, coordinates, attributes)
