"""What the figure of worst cases compares: systems, the theorems about them, and the largest values that real problems reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.typing import Floats

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule
    from numerics.problems import Problem
    from theory.worst_case import Family, WorstCase

NODES = 4
TILTS = ("pair", "gaussian")


@dataclass(frozen=True)
class System:
    """An algorithm on a graph, without noise, and theorems about the mean over k < K of its squared gradients.

    Attributes
    ----------
    label
        Name in the figure.
    name, options
        Name and options of the algorithm.
    schedule
        Mixing matrices of the n workers.
    theorems
        Keys.
    """

    label: str
    name: str
    schedule: MixingSchedule
    theorems: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def algorithm(self, gamma: float) -> Algorithm:
        """Return the algorithm with this step size."""
        from numerics import algorithms

        return algorithms.get(self.name, step_size=gamma, **self.options)

    def family(self, rounds: int, functions: str = "local") -> Family:
        """Return the worst case after ``rounds`` rounds."""
        from experiments import worst_case
        from theory.worst_case import nonconvex

        method = worst_case.method(self.algorithm(1.0), self.schedule, rounds)
        assert method is not None
        return nonconvex(method, functions)

    @cached_property
    def constants(self) -> dict[str, float]:
        """What theorems ask of algorithm and graph, for L = Delta = 1 and no noise."""
        from numerics import mixing

        n = self.schedule.n
        known = {"n": float(n), "L": 1.0, "delta": 1.0, "sigma": 0.0, "rho": mixing.rho(self.schedule)}
        if self.name == "sgp":
            known |= mixing.push_sum_constants(self.schedule)
        return known | {"tau": 1.0} | self.algorithm(1.0).symbols(n)

    def largest_step(self, key: str, rounds: int, zeta: float) -> float:
        """Return the largest step gamma L that a theorem admits, or the one it prescribes."""
        import theory

        theorem, constants = theory.get(key), {**self.constants, "K": float(rounds), "zeta": zeta}
        prescribed = theorem.step_size(**constants)
        return float(theorem.largest_step(**constants) if prescribed is None else prescribed)

    def best_step(self, key: str, rounds: int, zeta: float) -> float:
        """Return the admissible step gamma L at which a theorem says most, or the one it prescribes."""
        import theory

        largest = self.largest_step(key, rounds, zeta)
        if theory.get(key).step is not None:
            return largest
        steps = largest * np.geomspace(0.01, 1.0, 2001)
        return float(steps[np.nanargmin(self.bound(key, steps, rounds, zeta))])

    def bound(self, key: str, gamma: Any, rounds: int, zeta: float) -> Any:
        """Return what a theorem says at step sizes."""
        import theory

        return theory.get(key).bound(**{**self.constants, "K": float(rounds), "zeta": zeta, "gamma": gamma})

    def replayed(self, found: WorstCase, gamma: float, rounds: int, zeta: float) -> float:
        """Return what the simulator measures on the instance of a worst case."""
        from experiments import worst_case

        run = worst_case.replay(found.instance, self.algorithm(gamma), self.schedule, rounds, zeta=zeta)
        return float(run.grad_norm_sq.values[:rounds].mean())

    def measured(self, gamma: float, rounds: int, zeta: float, dense: bool = True) -> tuple[float, str]:
        """Return the largest value over `problems` with these constants, and the problem that has it."""
        from numerics import simulate

        best = 0.0, ""
        for text, problem in problems(self.schedule.n, zeta, dense):
            run = simulate(self.algorithm(gamma), problem, self.schedule, iterations=rounds, quantities=("grad_norm_sq",))
            # L = 1 in all of them; values and heterogeneity are those for Delta = 1, scaled
            value = float(run.grad_norm_sq.values[:rounds].mean()) / problem.numbers["delta"]
            best = max(best, (value, text))
        return best


def systems(n: int = NODES) -> tuple[System, ...]:
    """Return the systems that are shown over step sizes."""
    from numerics import graphs

    ring, peers = graphs.ring(n).schedule(), graphs.one_peer_exponential(n).schedule()
    return (
        System("D-PSGD, ring", "dpsgd", ring, ("ours.p2", "dpsgd.theorem-1")),
        System("local SGD, period 2", "local-sgd", graphs.complete(n).schedule(), ("ours.p3",), {"period": 2}),
        System("SGP, one-peer exponential graph", "sgp", peers, ("ours.p4-doubly", "ours.p4")),
    )


def problems(n: int, zeta: float, dense: bool = True) -> Iterator[tuple[str, Problem]]:
    """Yield problems of the toolkit with L <= 1 and heterogeneity ``zeta`` sqrt(Delta), with a name that tells them apart."""
    from numerics import problems as made

    many = 8 if dense else 4
    starts: list[tuple[str, Callable[..., Problem], str, Floats]] = [
        ("huber", made.huber, "start", np.geomspace(0.8, 20, many)),
        ("rational", made.rational, "start", np.linspace(0.2, 2.5, many)),
        ("cosine", made.cosine, "start", np.linspace(0.3, 3.1, many)),
        ("saddle", made.saddle, "start", np.geomspace(0.02, 0.6, many // 2)),
        ("quadratic", made.quadratic, "smoothness", np.geomspace(0.05, 1.0, many)),
        ("hard instance", made.hard_instance, "dim", np.array([2, 6])),
    ]
    for name, make, option, values in starts:
        for value in values:
            more: dict[str, Any] = {"dim": 1, option: value.item()} | ({"mu": value.item()} if name == "quadratic" else {})
            delta = make(workers=n, sigma=0.0, noise="none", **more).numbers["delta"]
            # tilts leave the mean of a quadratic alone, whatever they are
            for tilt in TILTS if name != "quadratic" else TILTS[:1]:
                problem = make(workers=n, sigma=0.0, noise="none", zeta=zeta * delta**0.5, tilt=tilt, **more)
                yield f"{name}, {option} {value:.3g}, tilt {tilt}", problem
