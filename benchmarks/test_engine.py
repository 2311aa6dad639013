"""D-PSGD on the tilted rational objective: cost per iteration against copying one state, or drawing its noise."""

from __future__ import annotations

import tracemalloc

import numpy as np

from numerics import algorithms, graphs, problems
from numerics.engine import run
from numerics.events import rounds
from numerics.gauge import Listener
from numerics.recorder import Trajectory
from numerics.streams import Streams

LARGE = {"workers": 64, "dim": 104, "replicas": 16}


class Job:
    """D-PSGD on a ring, ready to be played for some iterations at a time."""

    def __init__(self, workers: int, dim: int, replicas: int, noise: str) -> None:
        self.problem = problems.rational(dim=dim, workers=workers, sigma=1.0, zeta=0.1, noise=noise)
        self.schedule = graphs.ring(workers).schedule()
        self.algorithm = algorithms.DPSGD(step_size=0.05)
        self.start = np.tile(self.problem.start(), (replicas, 1))
        self.state = self.algorithm.init(self.start, workers)
        self.oracle = self.problem.oracle(Streams(0, range(replicas)))

    def play(self, iterations: int, names: tuple[str, ...] = ()) -> None:
        """Run some iterations, recording the named quantities at every one of them."""
        recorder = None
        if names:
            recorder = Trajectory(self.problem, names, iterations, 1, self.start.shape[0])
            recorder.start(self.algorithm, self.state)
        run(self.algorithm, self.oracle, rounds(self.schedule, iterations), self.state, recorder)


def copies(shape: tuple[int, int, int]):
    """Return a callable that copies one state array, never the one that is still in cache."""
    arrays = np.ones((160, *shape))
    turn = 0

    def copy() -> None:
        nonlocal turn
        turn = (turn + 2) % len(arrays)
        np.copyto(arrays[turn], arrays[turn + 1])

    return copy


def test_rademacher_against_one_copy(benchmark, report, paired) -> None:
    job = Job(noise="rademacher", **LARGE)
    benchmark.pedantic(job.play, args=(100,), rounds=3, warmup_rounds=1)
    ratio, mine, copy = paired(lambda: job.play(100), copies((64, 16, 104)), repeats=(1, 300))
    report(
        "D-PSGD iteration, Rademacher / np.copyto of one state",
        ratio / 100,
        6,
        detail=f"{mine * 1e4:.0f} us, {copy * 1e6:.1f} us",
    )


def test_gaussian_against_its_normals(benchmark, report, paired) -> None:
    job = Job(noise="gaussian", **LARGE)
    generators = Streams(1, range(16)).generators("noise")
    buffer = np.empty((64, 104))

    def normals() -> None:
        for generator in generators:
            generator.standard_normal(out=buffer)

    benchmark.pedantic(job.play, args=(50,), rounds=3, warmup_rounds=1)
    ratio, mine, drawn = paired(lambda: job.play(50), normals, repeats=(1, 50))
    report(
        "D-PSGD iteration, Gaussian / drawing the normals", ratio / 50, 1.4, detail=f"{mine * 2e4:.0f} us, {drawn * 1e6:.0f} us"
    )


def test_small_state_against_numpy_calls(benchmark, report, paired) -> None:
    job = Job(workers=16, dim=100, replicas=1, noise="gaussian")
    generator = np.random.Generator(np.random.SFC64(1))
    buffer, ten = np.empty(1600), np.ones(10)
    out = np.empty(10)
    benchmark.pedantic(job.play, args=(2000,), rounds=3, warmup_rounds=1)
    _, mine, drawn = paired(lambda: job.play(2000), lambda: generator.standard_normal(out=buffer), repeats=(1, 2000))
    _, _, call = paired(lambda: None, lambda: np.add(ten, ten, out=out), repeats=(1, 20000))
    calls = (mine / 2000 - drawn) / call
    report(
        "small D-PSGD iteration beyond its normals", calls, 40, "numpy calls", f"{mine * 500:.1f} us, {call * 1e9:.0f} ns a call"
    )


def test_recording_every_step(benchmark, report, paired) -> None:
    names = ("grad_norm_sq", "consensus_sq")
    for noise in ("rademacher", "gaussian"):
        job = Job(noise=noise, **LARGE)
        ratio, *_ = paired(lambda job=job: job.play(50, names), lambda job=job: job.play(50))
        report(f"recording every step / not recording, {noise}", ratio, 1.5)
    benchmark.pedantic(job.play, args=(50, names), rounds=3)


def test_memory(benchmark, report) -> None:
    state = 64 * 16 * 104 * 8
    tracemalloc.start()
    job = Job(noise="gaussian", **LARGE)
    job.play(20)
    peak = tracemalloc.get_traced_memory()[1] / state
    tracemalloc.stop()
    benchmark.pedantic(job.play, args=(5,), rounds=1)
    report("peak memory", peak, 5, "state arrays")


def test_a_gauge_against_the_run_without_it(benchmark, report, paired) -> None:
    job = Job(noise="gaussian", **LARGE)
    bare = job.oracle

    def gauged() -> None:
        job.oracle = Listener(bare, job.algorithm, job.state, 1, 10**9)
        job.play(50)
        job.oracle = bare

    benchmark.pedantic(gauged, rounds=3, warmup_rounds=1)
    ratio, mine, without = paired(gauged, lambda: job.play(50))
    report("D-PSGD gauged at every iteration / not", ratio, 1.3, detail=f"{mine * 2e4:.0f} us, {without * 2e4:.0f} us")
