"""A lock-free run in real shared memory, beside what the theory of such systems predicts for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.problems import Problem

if TYPE_CHECKING:
    from numerics.shared_memory import LockFreeRun

KEYS = ("elastic.b-shared-memory:printed", "elastic.b-shared-memory:rederived")


@np.errstate(all="ignore")
def report(run: LockFreeRun, problem: Problem, step_size: float) -> dict[str, Any]:
    """Return the numbers of a run, ready for JSON.

    ``gauge_sq`` is the largest over moments and processes of the mean of ||x_k - v_k||^2 / gamma^2, expectations being taken
    over stretches of time, with its 95 % interval, or None where numbers became too large; see `experiments.gauging.read` and
    `LockFreeRun.gauge`. The largest single reading is ``largest_gauge_sq``.

    ``predictions`` are the B^2 of the theorems, at the staleness of the run: with M and sigma of the problem and, as
    ``with_measured_gradients``, with the largest gradient of the run as M, without chance. Theorems assume that no update is
    lost: ``lost`` says what was, and in how many readings the distance is more than late updates alone can make it.
    """
    from experiments.gauging import read

    objective = problem.objective
    reading = read(run.gauge(), problem.n) if np.isfinite(run.distance_sq).all() else None
    numbers = {name: problem.numbers[name] for name in ("L", "f_star", "sigma", "zeta", "M") if name in problem.numbers}
    largest = run.largest_staleness
    constants = numbers | {
        "n": problem.n,
        "d": problem.dim,
        "K": len(run.process),
        "gamma": step_size,
        "delta": problem.numbers["delta"],
        "T": largest,
    }
    steepest = float(run.gradient_norm.max())
    certified = predicted(constants)
    levels, counts = np.unique(run.staleness, return_counts=True)
    beyond = run.distance_sq > run.reach_sq * (1 + 1e-6) + 1e-12 * steepest**2
    return {
        "processes": len(run.outcomes),
        "processes_finished": sum(outcome.finished for outcome in run.outcomes),
        "outcomes": [
            {
                "process": outcome.process,
                "updates": outcome.updates,
                "planned": outcome.planned,
                "exitcode": outcome.exitcode,
                "text": str(outcome),
            }
            for outcome in run.outcomes
        ],
        "updates": len(run.process),
        "seconds": run.seconds,
        "gradients_per_second": len(run.process) / run.seconds,
        "initial_value": float(objective.value(problem.start())),
        "final_value": float(objective.value(run.model)),
        "grad_norm_sq": float(np.sum(objective.gradient(run.model[None]) ** 2)),
        "staleness": {
            "max": largest,
            "mean": float(run.staleness.mean()),
            "histogram": {int(level): int(count) for level, count in zip(levels, counts, strict=True)},
        },
        "overtaken": {"max": int(run.overtaken.max()), "mean": float(run.overtaken.mean())},
        "readings": len(run.read_at),
        "gauge_sq": reading.gauge_sq if reading else None,
        "gauge_sq_ci": reading.interval if reading else None,
        "mean_gauge_sq": float(run.distance_sq.mean()),
        "largest_gauge_sq": float(run.distance_sq.max()),
        "by_worker": reading.by_worker if reading else None,
        "predicted_B_sq": min(certified.values()) if certified else None,
        "predictions": certified,
        "largest_gradient_norm": steepest,
        "with_measured_gradients": predicted(constants | {"M": steepest, "sigma": 0.0}),
        "lost": {
            "coordinates": int(np.count_nonzero(run.lost)),
            "norm_sq": float(np.sum(run.lost**2)),
            "readings_beyond_staleness": int(np.count_nonzero(beyond)),
        },
        "constants": constants,
    }


def predicted(constants: dict[str, float]) -> dict[str, float]:
    """Return B^2 by key of the theorems about lock-free shared memory; none where gradients have no finite bound M."""
    from theory import registry

    if not math.isfinite(constants.get("M", math.inf)):
        return {}
    return {key: float(registry.get(key).bound(**constants)) for key in KEYS}
