"""The grids of claims that ``straggler verify`` goes through, family by family."""

from __future__ import annotations

from experiments.claims import Claim
from experiments.grid import (
    asynchronous,
    compression,
    deterministic,
    elastic,
    elastic_averaging,
    gauges,
    group,
    leader,
    synchronous,
)

SYNTHETIC = ("cosine", "rational", "saddle", "quadratic")
QUICK_GRAPHS = (("ring", 8), ("torus", 16), ("complete", 8))
FULL_GRAPHS = (*QUICK_GRAPHS, ("path", 8), ("hypercube", 16), ("star", 8), ("erdos-renyi", 12), ("random-regular", 12))


def quick() -> list[Claim]:
    """Return the default grid: every theorem of the house at least once, in under three minutes on two cores."""
    rounds = synchronous.claims(4000, QUICK_GRAPHS, ("cosine", "quadratic"))
    center = [*leader.claims(4000), *elastic_averaging.claims(4000)]
    views = [*gauges.claims(100), *elastic.claims(1000), *compression.claims(1000)]
    exact = deterministic.claims()
    return [*rounds, *asynchronous.claims(4000), *center, *group.claims(4000), *views, *synchronous.real(2000), *exact]


def full() -> list[Claim]:
    """Return the large grid: all synthetic problems, more graphs, longer runs, and more real data."""
    long = 20_000
    rounds = synchronous.claims(long, FULL_GRAPHS, SYNTHETIC)
    center = [*leader.claims(long, (6, 16), (0.1, 0.9)), *elastic_averaging.claims(long, (3, 16), (0.1, 0.9))]
    groups = group.claims(long, ((2, 1, 16), (8, 4, 10), (12, 12, 5)), ((4, 2, 3), (2, 1, 4)), ((1, 1), (3, 6)))
    views = [*gauges.claims(400), *elastic.claims(2000, (0.0, 1.0), tuple(range(len(elastic.PARALLEL))))]
    views += compression.claims(2000, ((9, 1), (64, 4), (100, 3), (33, 20)))
    exact = deterministic.claims(nodes=(2, 4, 8))
    claims = [*quick(), *rounds, *asynchronous.claims(long), *center, *groups, *views, *synchronous.real(5000), *exact]
    return list({claim.model_dump_json(): claim for claim in claims}.values())
