"""A problem: an objective, the noise of its gradients, and the numbers that theorems want to know about the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from numerics.noise.base import Noise, Oracle
from numerics.objectives.base import Constant, Objective
from numerics.streams import Streams
from numerics.typing import Floats


@dataclass(frozen=True, repr=False)
class Problem:
    """An objective together with gradient noise.

    Attributes
    ----------
    objective
        The local functions.
    noise
        The noise of their gradients.
    name
        Name in the registry.
    options
        What the problem was made from, ready for JSON: with ``name`` it determines the problem.

    Raises
    ------
    InputError
        If the noise does not suit the objective: minibatches of something that is not a mean over samples.
    """

    objective: Objective
    noise: Noise
    name: str = "custom"
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.noise.check(self.objective)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"Problem({self.name!r}, n={self.n}, d={self.dim}{options}, noise={self.noise!r})"

    @property
    def n(self) -> int:
        """Number of workers."""
        return self.objective.n

    @property
    def dim(self) -> int:
        """Dimension d."""
        return self.objective.dim

    def start(self) -> Floats:
        """Return the default starting point, shape (d,)."""
        return self.objective.start()

    def oracle(self, streams: Streams) -> Oracle:
        """Return ``oracle(points, workers, out) -> out``: stochastic gradients of f_i at worker i's points.

        Arguments are those of `Objective.local_gradients`; the replicas are those of ``streams``, which the oracle reads from
        their beginning.
        """
        return self.noise.oracle(self.objective, streams)

    @cached_property
    def constants(self) -> dict[str, Constant]:
        """The constants of the objective, and sigma, nu and delta = f(start) - f_star."""
        constants = self.objective.constants()
        lowest = constants["f_star"]
        gap = float(self.objective.value(self.start())) - lowest.value
        exact = lowest.kind == "exact"
        delta = Constant(gap, "exact" if exact else "upper bound", f"f(start) - f_star, f_star being {lowest.kind}")
        noise = {"sigma": self.noise.constant(self.objective), "nu": self.noise.growth(self.objective)}
        return constants | noise | {"delta": delta}

    @cached_property
    def numbers(self) -> dict[str, float]:
        """The values of `constants`."""
        return {key: constant.value for key, constant in self.constants.items()}

    def measure(self, x: Floats) -> dict[str, Floats]:
        """Return zeta(x) and sigma(x) at points of shape (R, d), two arrays of shape (R,).

        zeta(x) is the root of ``(1/n) sum_i ||grad f_i(x) - grad f(x)||^2``; sigma(x)^2 is the largest variance of a worker's
        gradient at x. Both are computed exactly, not sampled.
        """
        return {"zeta": self.objective.heterogeneity(x), "sigma": self.noise.deviation(self.objective, x)}

    def provenance(self) -> dict[str, Any]:
        """Return name, options and noise, ready for JSON."""
        return {"name": self.name, "workers": self.n, "dim": self.dim, **self.options, "noise": self.noise.provenance()}
