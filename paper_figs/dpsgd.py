"""Figures of decentralised parallel SGD (Lian et al. 2017).

Convergence at the step 1/(2L + sigma sqrt(K/n)) of Corollary 2 on the ring with Metropolis weights, under the corollary
and under our bound P2; how fast disagreement between 32 workers dies out on ring, torus, hypercube, Erdos-Renyi and
complete graph without gradients, and where noise keeps it; and the contraction of these graphs with their spectral gaps.
Problem: tilted cosine, started in its non-convex region, all constants exact.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from numerics.typing import Floats
from paper_figs import command, consensus, contraction, convergence, style
from paper_figs.families import Family, dpsgd_families

NODES = (4, 8, 16, 32)
PROBLEM: dict[str, Any] = {
    "dim": 10,
    "smoothness": 0.05,
    "start": 2.0,
    "sigma": 1.0,
    "zeta": 0.1,
    "noise": "rademacher",
}
HORIZONS = (100, 215, 464, 1000, 2154, 4642, 10000, 31623)
QUICK_HORIZONS = (100, 1000, 3162)
FIT_FROM = 1000


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write dpsgd_convergence, dpsgd_consensus and dpsgd_contraction below ``out``; return the paths of all files."""
    from theory.papers import dpsgd

    command.check(seed, jobs)
    draws = 10 if quick else 50
    families = dpsgd_families(32, draws, seed)
    return [
        *draw_convergence(out, quick, seed, jobs),
        *consensus.draw(out, "dpsgd", families, dpsgd.p2_consensus, "our bound P2", quick, seed),
        *contraction.draw_dpsgd(out, families, gaps(draws, seed)),
    ]


def case(n: int) -> convergence.Case:
    """Return D-PSGD at the step of Corollary 2 on the ring."""
    from numerics import graphs, mixing, problems
    from theory.papers import dpsgd

    problem = problems.cosine(workers=n, **PROBLEM)
    schedule = graphs.ring(n).schedule()
    constants = {**problem.numbers, "n": n, "rho": mixing.rho(schedule)}
    return convergence.Case(
        "dpsgd", problem, schedule, constants, lambda horizons: dpsgd.corollary_2.step_size(**constants, K=horizons)
    )


def gaps(draws: int, seed: int) -> dict[str, tuple[Family, list[int], Floats]]:
    """Return 1 - sqrt(rho) for 4 to 128 workers by graph, shape (numbers of workers, draws)."""
    from numerics import mixing

    nodes = [4, 8, 16, 32, 64, 128]
    found: dict[str, tuple[Family, list[int], Floats]] = {}
    for group in zip(*(dpsgd_families(n, draws, seed) for n in nodes), strict=True):
        values = [[mixing.spectral_gap(schedule.at(0)) for schedule in family.schedules] for family in group]
        found[group[0].label] = (group[0], nodes, np.array(values))
    return found


def draw_convergence(out: Path, quick: bool, seed: int, jobs: int) -> list[Path]:
    """Draw measured convergence for 4 to 32 workers under Corollary 2 and P2."""
    from theory.papers import dpsgd

    replicas, horizons = (8, QUICK_HORIZONS) if quick else (32, HORIZONS)
    curves = convergence.measure([case(n) for n in NODES], horizons, replicas, seed, 1 if quick else jobs)
    with style.sheet(2) as (figure, (left, right)):
        tables = {
            "": convergence.draw_against_iterations(
                left, curves, dpsgd.corollary_2, "bound: Corollary 2, solid where\nits conditions on $K$ hold", FIT_FROM
            ),
            "constant": convergence.draw_collapsed(
                right,
                curves,
                lambda case: case.constants["sigma"] * (case.constants["delta"] + case.constants["L"] / 2),
                r"\sigma(\Delta+L/2)",
                {"Corollary 2, $K\\to\\infty$: 8": 8.0},
                dpsgd.p2,
                "lines without markers: our bound P2",
            ),
        }
        style.headline(figure, convergence.headline("D-PSGD, ring", PROBLEM, replicas))
        return style.save(figure, tables, out, "dpsgd_convergence")


if __name__ == "__main__":
    sys.exit(command.call(main, "dpsgd", __doc__))
