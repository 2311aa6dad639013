"""A dozen measurements of the kind the theorems are about, each with its weights written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numerics import algorithms, graphs, problems, simulate
from numerics.mixing import MixingSchedule
from numerics.problems import Problem
from numerics.timeline import Late, Timeline, WorstDelay
from tests.numerics import brute_force
from tests.numerics.brute_force import Weights

ITERATIONS, REPLICAS, GAMMA, SEED = 24, 2, 0.15, 9
RTOL = 1e-10


@dataclass(frozen=True)
class Measurement:
    """A system on a problem over a graph: ``schedule`` is the toolkit's, ``weights`` the hand-written counterpart."""

    system: str
    problem: Callable[[], Problem]
    schedule: Callable[[], MixingSchedule]
    weights: Weights
    options: dict[str, Any] = field(default_factory=dict)
    timeline: Callable[[MixingSchedule], Timeline] | None = None

    def simulated(self, problem: Problem | None = None) -> tuple[float, float]:
        """Mean squared gradient norm and consensus error over k < K and replicas, by the toolkit."""
        run = simulate(
            algorithms.get(self.system, step_size=GAMMA, **{k: v for k, v in self.options.items() if k != "delay"}),
            problem or self.problem(),
            self.schedule(),
            timeline=None if self.timeline is None else self.timeline(self.schedule()),
            iterations=ITERATIONS,
            replicas=REPLICAS,
            seed=SEED,
        )
        return float(run.grad_norm_sq[:-1].mean()), float(run.consensus_sq[:-1].mean())

    def brute_force(self) -> tuple[float, float]:
        """The same in plain Python."""
        each = [
            brute_force.trajectory(self.system, self.problem(), self.weights, GAMMA, ITERATIONS, SEED, r, **self.options)
            for r in range(REPLICAS)
        ]
        return sum(e[0] for e in each) / REPLICAS, sum(e[1] for e in each) / REPLICAS


def cosine(n: int, **options: Any) -> Callable[[], Problem]:
    """Tilted cosines with Gaussian noise."""
    return lambda: problems.cosine(dim=3, workers=n, sigma=0.9, zeta=0.4, seed=1, **options)


def rational(n: int, **options: Any) -> Callable[[], Problem]:
    """Tilted rational functions with Rademacher noise, in a dimension that is no multiple of eight."""
    return lambda: problems.rational(dim=10, workers=n, sigma=0.9, zeta=0.4, seed=2, noise="rademacher", **options)


def saddle(n: int) -> Callable[[], Problem]:
    """Tilted saddles, with points on both sides of the reach of the wells."""
    return lambda: problems.saddle(dim=3, workers=n, sigma=1.5, zeta=0.4, seed=3, start=1.25)


def huber(n: int) -> Callable[[], Problem]:
    """Tilted Huber functions that start on both sides of the knee."""
    return lambda: problems.huber(dim=4, workers=n, smoothness=2.0, knee=0.3, spread=0.9, sigma=0.5, zeta=0.2, seed=6)


def shared(n: int) -> Callable[[], Problem]:
    """Quadratics with one spectrum."""
    return lambda: problems.quadratic(dim=3, workers=n, spectrum=[1.0, 0.5, 0.2], sigma=0.7, zeta=0.5, center=0.3, seed=4)


def different(n: int) -> Callable[[], Problem]:
    """Quadratics with different Hessians and Rademacher noise."""
    return lambda: problems.quadratic(
        dim=3, workers=n, hessians="different", sigma=0.7, zeta=0.5, center=0.3, seed=5, noise="rademacher"
    )


MEASUREMENTS = {
    "sgd cosine": Measurement("sgd", cosine(6), lambda: graphs.ring(6).schedule(), brute_force.ring(6)),
    "sgd saddle": Measurement("sgd", saddle(4), lambda: graphs.complete(4).schedule(), brute_force.complete(4)),
    "dpsgd cosine ring": Measurement("dpsgd", cosine(6, smoothness=2.0), lambda: graphs.ring(6).schedule(), brute_force.ring(6)),
    "dpsgd rational path": Measurement("dpsgd", rational(5), lambda: graphs.path(5).schedule(), brute_force.path(5)),
    "dpsgd saddle hypercube": Measurement("dpsgd", saddle(8), lambda: graphs.hypercube(8).schedule(), brute_force.hypercube(8)),
    "dpsgd quadratics complete": Measurement(
        "dpsgd", different(5), lambda: graphs.complete(5).schedule(), brute_force.complete(5)
    ),
    "sgp rational one-peer": Measurement(
        "sgp", rational(8), lambda: graphs.one_peer_exponential(8).schedule(), brute_force.one_peer(8)
    ),
    "sgp cosine star": Measurement("sgp", cosine(5), lambda: graphs.star(5).schedule("push"), brute_force.star_push(5)),
    "sgp quadratics star, momentum": Measurement(
        "sgp", different(5), lambda: graphs.star(5).schedule("push"), brute_force.star_push(5), {"momentum": 0.5}
    ),
    "osgp quadratic one-peer": Measurement(
        "osgp", shared(6), lambda: graphs.one_peer_exponential(6).schedule(), brute_force.one_peer(6), {"overlap": 1}
    ),
    "osgp saddle star": Measurement(
        "osgp", saddle(5), lambda: graphs.star(5).schedule("push"), brute_force.star_push(5), {"overlap": 3}
    ),
    "local-sgd rational": Measurement(
        "local-sgd", rational(6), lambda: graphs.complete(6).schedule(), brute_force.complete(6), {"period": 5}
    ),
    "apsgd cosine": Measurement(
        "apsgd",
        cosine(3),
        lambda: graphs.complete(3).schedule(),
        brute_force.complete(3),
        {"delay": 2},
        lambda schedule: WorstDelay(schedule, 2, "none"),
    ),
    "eager cosine": Measurement(
        "eager",
        cosine(4),
        lambda: graphs.complete(4).schedule(),
        brute_force.complete(4),
        {"delay": 3},
        lambda schedule: Late.adversarial(schedule, 2, 3, "fixed"),
    ),
    "eager huber": Measurement(
        "eager",
        huber(5),
        lambda: graphs.complete(5).schedule(),
        brute_force.complete(5),
        {"delay": 2},
        lambda schedule: Late.adversarial(schedule, 2, 2, "fixed"),
    ),
    "local-sgd quadratic ring": Measurement(
        "local-sgd", shared(6), lambda: graphs.ring(6).schedule(), brute_force.ring(6), {"period": 2, "momentum": 0.5}
    ),
}
