"""Families of mixing schedules on the same workers, side by side: deterministic ones, and draws of random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from paper_figs.style import PALETTE

if TYPE_CHECKING:
    from numerics.mixing import MixingSchedule


@dataclass(frozen=True)
class Family:
    """A label, the schedules behind it (several where they are random), and how its curve is drawn."""

    label: str
    schedules: tuple[MixingSchedule, ...]
    color: str
    dash: str = "-"

    @property
    def random(self) -> bool:
        """Whether there are several draws."""
        return len(self.schedules) > 1


def seeds_of(draws: int, seed: int) -> list[int]:
    """Return one seed per draw, spawned from ``seed``."""
    return [int(child.generate_state(1)[0]) for child in np.random.SeedSequence(seed).spawn(draws)]


def sgp_families(n: int, draws: int, seed: int) -> list[Family]:
    """Return what the appendix of SGP compares, the static ring for scale, and ``draws`` of each random scheme."""
    from numerics import graphs
    from numerics.mixing import Circulant, PeriodicSchedule

    cycling = PeriodicSchedule([Circulant(n, {0: 0.5, hop: 0.5}) for hop in range(1, n)], "complete, cycling")
    seeds = seeds_of(draws, seed)

    def at_random(among: str) -> tuple[MixingSchedule, ...]:
        return tuple(graphs.random_peer(n, among, seed=s) for s in seeds)

    return [
        Family("one-peer exponential", (graphs.one_peer_exponential(n).schedule(),), PALETTE[0]),
        Family("2-peer exponential", (graphs.k_peer_exponential(n, 2).schedule(),), PALETTE[5], "--"),
        Family("random neighbour, exponential graph", at_random("exponential"), PALETTE[1]),
        Family("random neighbour, complete graph", at_random("complete"), PALETTE[3], "--"),
        Family("complete graph, cycling hops 1, 2, ...", (cycling,), PALETTE[2]),
        Family("static ring", (graphs.ring(n).schedule(),), PALETTE[6], "-."),
    ]


def dpsgd_families(n: int, draws: int, seed: int) -> list[Family]:
    """Return static undirected graphs with Metropolis weights, and ``draws`` Erdos-Renyi graphs."""
    from numerics import graphs

    random = tuple(graphs.erdos_renyi(n, seed=s).schedule() for s in seeds_of(draws, seed))
    return [
        Family("ring", (graphs.ring(n).schedule(),), PALETTE[6]),
        Family("torus", (graphs.torus(n).schedule(),), PALETTE[1]),
        Family("hypercube", (graphs.hypercube(n).schedule(),), PALETTE[0]),
        Family("Erdős-Rényi, $p=2\\ln n/n$", random, PALETTE[2], "--"),
        Family("complete", (graphs.complete(n).schedule(),), PALETTE[3]),
    ]
