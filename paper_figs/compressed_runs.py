"""Compressed SGD, each compressor with the best step of one grid: error against rounds, and so against bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.typing import Floats
from paper_figs import style
from paper_figs.feedback_runs import WORKERS, lowest, problem_of, scaled

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm
    from numerics.events import Event

PROBLEM = "logistic-digits"
STEPS: Floats = np.exp2(np.arange(-9.0, 4.0))
"""Steps of a round, that is of a mean of all workers' gradients."""

READINGS = 60


@dataclass(frozen=True)
class Run:
    """A system with a compressor: name and options of the algorithm, its words and its look."""

    label: str
    system: str
    options: Mapping[str, Any]
    color: str
    dash: str = "-"
    sweep: Sequence[int] = ()
    of: str = ""

    def algorithm(self) -> Algorithm:
        """Return the algorithm with step 1: gradients are multiplied by the step instead."""
        from numerics import algorithms

        return algorithms.get(self.system, step_size=1.0, **self.options)

    @cached_property
    def bits(self) -> float:
        """Bits of one message of one worker."""
        from numerics import compressors

        dim, algorithm = problem_of(PROBLEM).dim, self.algorithm()
        compression = getattr(algorithm, "compression", None)
        return float((compression or compressors.get("identity")).bits(dim))


C = style.PALETTE
MAX_MIN = {"compressor": "max-min", "precision": 2, "bucket": 64}
RUNS = (
    Run("SGD", "sgd", {}, C[6], "--"),
    Run("QSGD, no feedback", "compressed-sgd", {"compressor": "qsgd", "levels": 2}, C[5], ":", (1, 2, 4, 8, 16), "levels"),
    Run("EF, sign", "ef-sgd", {"compressor": "scaled-sign"}, C[3]),
    Run("EF, one bit", "ef-sgd", {"compressor": "one-bit"}, C[4]),
    Run("EF, max-min, 2 bits", "ef-sgd", MAX_MIN, C[2], "-", (1, 2, 4, 8), "precision"),
    Run("TopK, no feedback", "compressed-sgd", {"compressor": "top-k", "k": 4}, C[1], ":", (1, 2, 4, 8, 16, 32), "k"),
    Run("EF, TopK", "ef-sgd", {"compressor": "top-k", "k": 4}, C[1], "-", (1, 2, 4, 8, 16, 32), "k"),
    Run("DEF, TopK", "def", {"compressor": "top-k", "k": 4}, C[1], "--"),
    Run("RandomK, no feedback", "compressed-sgd", {"compressor": "random-k", "k": 4}, C[0], ":", (1, 2, 4, 8, 16, 32), "k"),
    Run("EF, RandomK", "ef-sgd", {"compressor": "random-k", "k": 4}, C[0], "-", (1, 2, 4, 8, 16, 32), "k"),
    Run("DEF, RandomK", "def", {"compressor": "random-k", "k": 4}, C[0], "--"),
)  # fmt: skip


@dataclass(frozen=True)
class Course:
    """Loss above the lowest found at the model, after these rounds, shape (readings, R), at the best step for ``budget``."""

    run: Run
    step: float
    rounds: Floats
    losses: Floats = field(repr=False)


def played(run: Run, steps: Floats, first: int, rounds: int, seed: int) -> tuple[Floats, Floats]:
    """Run with one step per replica; return the rounds of readings and losses above the lowest, shape (readings, R)."""
    from numerics import engine, graphs
    from numerics.streams import Streams
    from numerics.timeline import Rounds

    problem, size = problem_of(PROBLEM), len(steps)
    algorithm, streams = run.algorithm(), Streams(seed, range(first, first + size))
    state = algorithm.init(np.broadcast_to(problem.start(), (size, problem.dim)), WORKERS)
    algorithm.equip(state, problem, streams)
    at = np.unique(np.geomspace(1, rounds, READINGS).astype(int))
    kept = dict.fromkeys(at.tolist(), np.empty(0))

    def read(event: Event, _: Any, now: Any) -> None:
        if event.k + 1 in kept:
            kept[event.k + 1] = problem.objective.value(now.x[0]) - lowest(PROBLEM)

    clock = Rounds(graphs.complete(WORKERS).schedule())
    with np.errstate(all="ignore"):
        engine.run(algorithm, scaled(problem.oracle(streams), steps), clock.play(rounds, streams), state, read)
    losses = np.stack(list(kept.values()))
    return at.astype(float), np.where(np.isfinite(losses), losses, np.inf)


def tuned(run: Run, rounds: int, tuning: int, fresh: int, seed: int) -> Course:
    """Find the step of least mean final loss on tuning replicas, and run fresh ones with it."""
    _, losses = played(run, np.repeat(STEPS, tuning), 0, rounds, seed)
    late = losses[-3:].mean(axis=0).reshape(len(STEPS), tuning).mean(axis=1)
    step = float(STEPS[np.argmin(late)])
    at, found = played(run, np.full(fresh, step), len(STEPS) * tuning, rounds, seed)
    return Course(run, step, at, found)
