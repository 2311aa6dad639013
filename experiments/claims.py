"""A claim: a theorem, a system on a problem over a graph, and the settings under which one is held against the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from numerics.algorithms import Algorithm
    from numerics.mixing import MixingSchedule
    from numerics.problems import Problem
    from numerics.timeline import Timeline
    from numerics.typing import Floats

Option = float | int | str | bool


STEEPNESS = {"decreasing": 2.0, "falling": 8.0}
"""The factor a of step sizes gamma_k = a / (mu (k + k_0))."""


@dataclass(frozen=True)
class Decreasing:
    """Step sizes gamma_k = gamma_0 k_0 / (k + k_0)."""

    first: float
    offset: float

    def __call__(self, k: int) -> float:
        """Return the step size of iteration ``k``."""
        return self.first * self.offset / (k + self.offset)


class Claim(BaseModel):
    """What is claimed, in plain values: everything that determines its evidence.

    Parameters
    ----------
    theorem
        Key of the theorem.
    system, options
        Name of the algorithm and its options.
    problem, problem_options
        Name of the problem and its options (``dim``, ``sigma``, ``zeta``, ``noise``, ...).
    graph, graph_options, weights
        Name of the graph, its options, and the name of the weights on it, designed ones included (None: the graph's default).
    nodes, iterations
        Number n of workers and K of iterations.
    step
        ``prescribed`` takes the theorem's own step size; a number is the fraction of the largest step size its conditions
        admit, or the step size itself where they admit any; ``decreasing`` is 2/(mu (k + k_0)) in iteration k, with k_0 among
        the ``parameters``, and ``falling`` 8/(mu (k + k_0)), with the algorithm's own k_0.
    constants
        Where the mixing constants (C, q) come from: ``computed`` from the matrices, or ``printed``, the paper's explicit ones.
    budget
        Largest number of replicas.
    seed
        Seed of the run.
    parameters
        Constants of the statement that are chosen and not a property of the run (an accuracy epsilon, ...), by symbol.
    timeline, timeline_options
        Name of the timeline of an asynchronous system and its options; None for its natural one.
    apart
        Root mean square distance of the starting points of the workers from their mean, which is where all start at 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    theorem: str
    system: str
    problem: str
    graph: str = "complete"
    nodes: int = Field(ge=2)
    iterations: int = Field(ge=1)
    step: float | Literal["prescribed", "decreasing", "falling"] = 0.5
    options: Mapping[str, Option] = {}
    problem_options: Mapping[str, Option] = {}
    graph_options: Mapping[str, Option] = {}
    weights: str | None = None
    constants: Literal["computed", "printed"] = "computed"
    budget: int = Field(default=256, ge=16)
    seed: int = 1
    parameters: Mapping[str, float] = {}
    timeline: str | None = None
    timeline_options: Mapping[str, Option] = {}
    apart: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)

    def build_problem(self) -> Problem:
        """Return the problem of the claim."""
        from numerics import problems

        return problems.get(self.problem, workers=self.nodes, **self.problem_options)

    def build_start(self, problem: Problem) -> Floats:
        """Return where the claim starts: shape (d,), or (n, d) where the workers start apart."""
        from numerics.objectives.tilted import tilts

        start = problem.start()
        return start + tilts(self.nodes, problem.dim, self.apart, seed=0) if self.apart else start

    def build_schedule(self) -> MixingSchedule:
        """Return the mixing schedule of the claim."""
        from experiments.mixing.design import mixing
        from numerics import graphs

        return mixing(graphs.get(self.graph, self.nodes, **self.graph_options), self.weights)

    def build_algorithm(self, gamma: float) -> Algorithm:
        """Return the algorithm of the claim with step size ``gamma``, in the first iteration where it decreases."""
        from numerics import algorithms

        if self.step in STEEPNESS:
            return algorithms.get(self.system, step_size=Decreasing(gamma, self.offset), **self.options)
        return algorithms.get(self.system, step_size=gamma, **self.options)

    @property
    def offset(self) -> float:
        """The k_0 of a step size that decreases."""
        return float(self.parameters["k_0"] if self.step == "decreasing" else self.options["offset"])

    def build_timeline(self, algorithm: Algorithm, schedule: MixingSchedule) -> Timeline | None:
        """Return the timeline of the claim, or None for the natural one."""
        from numerics import timeline

        return None if self.timeline is None else timeline.get(self.timeline, algorithm, schedule, **self.timeline_options)

    def run_description(self, gamma: float, quantity: str, replicas: range) -> dict[str, Any]:
        """Return what determines the samples of one look: theorems that ask for the same run share it."""
        described = self.model_dump(exclude={"theorem", "step", "constants", "budget"})
        if self.step in STEEPNESS:
            described["step"] = self.step
        if not self.apart:
            del described["apart"]
        return described | {"gamma": gamma, "quantity": quantity, "replicas": [replicas.start, replicas.stop]}
