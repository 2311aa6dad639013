"""Verdicts: what the evidence says about a claim."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

DISAGREE = "the witnesses disagree"
"""How the reason of a finding begins whose exact value lies outside the interval of the simulation: one of them is wrong."""

VERDICTS = ("holds", "vacuous", "violated", "inconclusive", "inapplicable", "diverged")
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Finding:
    """The outcome of one claim, in plain values.

    Parameters
    ----------
    theorem, standing
        Key and standing of the theorem.
    problem, graph, system, nodes, iterations, gamma
        The setting.
    measured, measured_ci
        Monte-Carlo mean of the bounded quantity and its one-sided confidence bounds (lower, upper).
    exact
        The same quantity by exact second moments, where the dynamics are linear.
    worst_case
        The exact worst case over the function class, where one has been computed.
    bound
        Value of the theorem's bound.
    verdict, reason
        One of `VERDICTS`, and why.
    factor
        bound / measured where the bound was tested; for ``inapplicable``, by how much the condition named in ``reason`` fails
        (None where an assumption that is not a number fails).
    replicas
        Number of replicas that were needed.
    known_false
        The theorem is known to be false as stated: a violation is a finding, not a failure.
    """

    theorem: str
    standing: str
    system: str
    problem: str
    graph: str
    nodes: int
    iterations: int
    gamma: float | None
    measured: float | None
    measured_ci: tuple[float, float] | None
    exact: float | None
    worst_case: float | None
    bound: float | None
    verdict: str
    reason: str
    factor: float | None
    replicas: int
    known_false: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return asdict(self)

    @property
    def fails(self) -> bool:
        """Whether this finding should fail a run of ``straggler verify``: a violation nobody knew of, or witnesses at odds."""
        return (self.verdict in ("violated", "diverged") and not self.known_false) or self.reason.startswith(DISAGREE)


def settle(lower: float, upper: float, bound: float, exact: float | None, rounding: float = 0.0) -> str | None:
    """Return ``holds`` or ``violated`` if the evidence settles the claim, else None.

    An exact expectation settles it by itself; sampling settles it when the whole interval lies on one side of the bound.
    A relative 1e-9 of the bound, and ``rounding``, are not taken for a violation: runs and moments are computed in floats.
    """
    limit = bound * (1 + TOLERANCE) + rounding
    if exact is not None:
        return "holds" if exact <= limit else "violated"
    if upper <= limit:
        return "holds"
    if lower > limit:
        return "violated"
    return None


def agree(lower: float, upper: float, exact: float, rounding: float = 0.0) -> bool:
    """Return whether an exact expectation lies in an interval from sampling, which without noise has no width, up to rounding."""
    if lower == exact == upper:  # also where all are infinite
        return True
    slack = TOLERANCE * abs(exact) + rounding
    return lower - slack <= exact <= upper + slack
