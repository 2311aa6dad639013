"""Figures of stochastic gradient push (Assran et al. 2019).

Convergence at the step sqrt(n/K) of Theorem 1 on the one-peer exponential graph, with the theorem's constant 12, the
constant 4.75 that its proof gives, and our bound P4' with computed B_E; how fast disagreement between 32 workers dies out
without gradients and where noise keeps it; and the contraction of products of 32-worker mixing matrices, in spectral norm
and in second eigenvalue. Problem: tilted cosine, started in its non-convex region, all constants exact.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from paper_figs import command, consensus, contraction, convergence, style
from paper_figs.families import sgp_families

NODES = (4, 8, 16, 32)
PROBLEM: dict[str, Any] = {
    "dim": 20,
    "smoothness": 0.035,
    "start": 2.0,
    "sigma": 2.0,
    "zeta": 0.5,
    "noise": "rademacher",
}
HORIZONS = (100, 215, 464, 1000, 2154, 4642, 10000, 31623)
QUICK_HORIZONS = (100, 1000, 3162)
FIT_FROM = 1000


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write sgp_convergence, sgp_consensus and sgp_contraction below ``out``; return the paths of all files."""
    from theory.papers import sgp

    command.check(seed, jobs)
    families = sgp_families(32, 20 if quick else 200, seed)
    return [
        *draw_convergence(out, quick, seed, jobs),
        *consensus.draw(out, "sgp", families, sgp.p4_doubly_consensus, "our bound P4'", quick, seed),
        *contraction.draw_sgp(out, families),
    ]


def case(n: int) -> convergence.Case:
    """Return SGP at the step of Theorem 1 on the one-peer exponential graph, with computed (C, q), B_E and B_2."""
    from numerics import graphs, mixing, problems
    from theory.papers import sgp

    problem = problems.cosine(workers=n, **PROBLEM)
    schedule = graphs.one_peer_exponential(n).schedule()
    norms, (c, q) = mixing.error_norms(schedule), mixing.geometric_envelope(schedule)
    constants = {**problem.numbers, "n": n, "C": c, "q": q, "B_E": norms.B_E, "B_2": norms.B_2}
    constants["x0_sq"] = float(np.sum(problem.start() ** 2))
    return convergence.Case(
        "sgp", problem, schedule, constants, lambda horizons: sgp.theorem_1.step_size(**constants, K=horizons)
    )


def draw_convergence(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Draw measured convergence for 4 to 32 workers under Theorem 1 and P4'."""
    from theory.papers import sgp

    replicas, horizons = (8, QUICK_HORIZONS) if quick else (32, HORIZONS)
    curves = convergence.measure([case(n) for n in NODES], horizons, replicas, seed, 1 if quick else jobs)
    with style.sheet(2) as (figure, (left, right)):
        tables = {
            "": convergence.draw_against_iterations(
                left, curves, sgp.theorem_1, "bound: Theorem 1 (12), solid\nwhere its conditions on $K$ hold", FIT_FROM
            ),
            "constant": convergence.draw_collapsed(
                right,
                curves,
                lambda case: case.constants["delta"] + case.constants["L"] * case.constants["sigma"] ** 2 / 2,
                r"(\Delta+L\sigma^2/2)",
                {"Theorem 1: 12": 12.0, "as proved: 4.75": 4.75},
                sgp.p4_doubly,
                "lines without markers: our bound P4'",
            ),
        }
        style.headline(figure, convergence.headline("SGP, one-peer exponential graph", PROBLEM, replicas))
        return style.save(figure, tables, out, "sgp_convergence")


if __name__ == "__main__":
    sys.exit(command.call(main, "sgp", __doc__))
