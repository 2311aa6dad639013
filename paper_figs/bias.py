"""Where asynchronous systems end up when data differ and one worker is slow: fast workers count more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.typing import Floats
from paper_figs import calibrated, style
from paper_figs.calibrated import LINES, NAMES, SLOW, N
from paper_figs.waiting import append, summary

if TYPE_CHECKING:
    from numerics.problems import Problem

SLOWDOWNS = (1, 2, 5, 10, 20, 50, 100)
STEP = 0.05


def problem() -> Problem:
    """Return a quadratic whose gradients have no noise: what is left of the distance is due to who computes how often."""
    from numerics import problems

    return problems.quadratic(workers=N, dim=20, mu=0.5, zeta=1.0, sigma=0.0, noise="none")


def distance(system: str, slowdown: float, rounds: int, replicas: int, seed: int) -> Floats:
    """Return the distance of the center to the minimiser of the uniform average, shape (R,).

    It is the root of the mean square over the second half of ``rounds`` gradients per worker, in each replica. It includes
    what the order in which workers finish does, which is of the order of the step even without a slow worker.
    """
    from numerics import algorithms, simulate

    clock = calibrated.timeline(system, N, slowdown)
    found = simulate(
        algorithms.get(system, step_size=STEP / N if system == "apsgd" else STEP),
        problem(),
        calibrated.schedule(system),
        iterations=rounds * clock.events,
        replicas=replicas,
        seed=seed,
        record_every=clock.events,
        quantities=("center_distance_sq",),
        timeline=clock,
    )
    late: Floats = found["center_distance_sq"].values[rounds // 2 :]
    root: Floats = np.sqrt(late.mean(axis=0))
    return root


def predicted(slowdown: float) -> float:
    """Return the distance of the minimiser of sum_i p_i f_i, with AD-PSGD's p_i in proportion to speed."""
    objective: Any = problem().objective
    speed = np.ones(N)
    speed[SLOW] /= slowdown
    tilt = (speed / speed.sum()) @ objective.tilts
    return float(np.linalg.norm(np.linalg.solve(objective.hessian(), tilt)))


def draw(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Draw the distance against the slowdown for all systems, and write adpsgd_bias."""
    import joblib

    rounds, replicas, slowdowns = (500, 4, SLOWDOWNS[::3]) if quick else (4000, 16, SLOWDOWNS)
    work = [(system, slowdown, rounds, replicas, seed) for system in NAMES for slowdown in slowdowns]
    done = joblib.Parallel(n_jobs=1 if quick else jobs)(joblib.delayed(distance)(*one) for one in work)
    at, table = np.array(slowdowns), dict[str, list[Any]]()
    expected = [predicted(slowdown) for slowdown in slowdowns]
    with style.sheet(1, width=6.6, height=4.4) as (figure, (axes,)):
        fine = np.geomspace(1, 100, 100)
        label = "minimiser of $\\sum_i p_if_i$, $p_i$ in proportion to speed"
        axes.plot(fine, [predicted(value) for value in fine], color=style.FAINT, linewidth=1, label=label)
        for index, system in enumerate(NAMES):
            samples = np.array(done[index * len(at) : (index + 1) * len(at)])
            mean, low, high = summary(samples)
            style.with_band(axes, at, mean, low, high, **LINES[system], marker="o", label=NAMES[system])
            columns = {
                "system": [system] * len(at),
                "slowdown [1]": at,
                "distance [x]": mean,
                "95% low [x]": low,
                "95% high [x]": high,
                "predicted for AD-PSGD [x]": expected,
            }
            append(table, columns)
        axes.set(
            xscale="log", xlabel="slowdown of one worker of 16", ylabel=r"distance of $\bar x$ to the minimiser of $f$  [$x$]"
        )
        axes.set_xticks(SLOWDOWNS, [str(value) for value in SLOWDOWNS])
        axes.set_xticks([], minor=True)
        axes.legend(loc="upper left", fontsize=8)
        style.headline(
            figure,
            rf"quadratic, $d=20$, $L=1$, $\mu=0.5$, $\zeta=1$, no gradient noise, $\gamma={STEP:g}$;"
            f"\nroot mean square over late iterations, mean and 95 % interval of {replicas} replicas;"
            "\nA-PSGD: all wait alike in the server's queue, which evens out who computes how often",
        )
        return style.save(figure, {"": table}, out, "adpsgd_bias")
