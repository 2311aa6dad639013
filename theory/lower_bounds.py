"""Lower bounds on the rounds that any decentralised method needs, up to constants, and how far theorems are from them.

Both are orders: the papers' constants are not claimed here, so a distance says how it changes with the constants, and how two
theorems compare, but not that a factor is left to gain. Both were recalled, not compared with the print (`SOURCE`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from straggler import StragglerError
from theory.evaluate import evaluate
from theory.symbols import L, batch, delta, epsilon, n, rho, sigma
from theory.theorem import Theorem
from theory.transient import reach

SOURCE = "lu-de-sa-2021"
"""Key of the paper in `theory.references`; its orders were recalled, not compared with the print."""

diameter = sp.Symbol("diameter", positive=True)
"""Diameter of the graph, in hops."""

_SAMPLES = delta * L * sigma**2 / (n * batch * epsilon**2)

ANY_PROTOCOL = _SAMPLES + delta * L * diameter / epsilon
"""Order of the rounds to ``epsilon`` (a squared norm) for smooth non-convex functions, n workers, ``batch`` gradients each per
round: Lu and De Sa, 2021 (recalled), who write epsilon^2 where epsilon stands here."""

GOSSIP = _SAMPLES + delta * L / (epsilon * sp.sqrt(1 - sp.sqrt(rho)))
"""The same for gossip with a symmetric matrix of second eigenvalue lambda = sqrt(rho), up to logarithms (recalled)."""


@dataclass(frozen=True)
class Distance:
    """How many rounds a theorem asks for, and the orders of the least any method can do with.

    Attributes
    ----------
    iterations
        K from which the bound is below epsilon, in iterations of the theorem.
    rounds
        The same in rounds of n gradients.
    any_protocol, gossip
        The two orders; None where a constant that one needs was not given.
    """

    iterations: float
    rounds: float
    any_protocol: float | None
    gossip: float | None


def distance(theorem: Theorem, **constants: Any) -> Distance:
    """Return how far a theorem is from the lower bounds at ``epsilon``.

    Parameters
    ----------
    theorem
        A theorem with a rate.
    **constants
        Numbers by the names of the table, ``epsilon`` among them; ``diameter`` and ``rho`` for the orders that hold them,
        ``batch`` is one where it is not given.

    Raises
    ------
    StragglerError
        A constant is missing, or the theorem has no rate.
    """
    if "epsilon" not in constants:
        raise StragglerError(f"{theorem.key} needs epsilon, the squared gradient norm to be reached")
    given = {"batch": 1.0, **constants}
    own = {name: value for name, value in given.items() if name != "diameter"}
    if "batch" not in theorem.constants and "sigma" in own:  # the mean of a batch stands for one gradient
        own["sigma"] = float(own["sigma"]) / float(own["batch"]) ** 0.5
    iterations = reach(theorem, given["epsilon"], **own)

    def order(expression: sp.Expr, name: str) -> float | None:
        return float(evaluate(expression, given, theorem.key)) if name in given else None

    return Distance(iterations, iterations / per_round(theorem, given), order(ANY_PROTOCOL, "diameter"), order(GOSSIP, "rho"))


def per_round(theorem: Theorem, constants: dict[str, Any]) -> float:
    """Return how many iterations of a theorem take as many gradients as a round in which every worker takes one batch."""
    if theorem.iteration is None:
        raise StragglerError(f"{theorem.key} is not about how fast something falls with K: it has no rounds")
    return float(evaluate(n / theorem.iteration.gradients, constants, theorem.key))
