"""Verification: evidence for each claim of a grid, gathered until it settles the claim or the budget ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import measures, worst_case
from experiments.applicability import obstacle
from experiments.claims import Claim
from experiments.evidence import Evidence, gather
from experiments.settings import Setting, prepare
from experiments.verdict import DISAGREE, TOLERANCE, Finding, agree, settle

if TYPE_CHECKING:
    from theory.theorem import Theorem

FAMILY_LEVEL = 0.01


@dataclass(frozen=True)
class Outcome:
    """A claim with its finding and, where it was run, the evidence."""

    claim: Claim
    finding: Finding
    evidence: Evidence | None
    constants: dict[str, float]


def verify(
    claims: Iterable[Claim], *, store: Path | None = None, jobs: int = -1, progress: Callable[[int], None] | None = None
) -> list[Outcome]:
    """Return the outcome of every claim, in order.

    Parameters
    ----------
    claims
        The grid. The family-wise error level of 1 % is shared equally by its claims.
    store
        Folder of stored samples; what is there is reused. None keeps nothing.
    jobs
        Number of processes, -1 for one per core. The outcomes do not depend on it, bit for bit.
    progress
        Called with the number of claims finished so far.

    Raises
    ------
    StragglerError
        If a claim is malformed or a stored result cannot be read.
    """
    import joblib

    from theory import registry

    grid = list(claims)
    alpha = FAMILY_LEVEL / max(1, len(grid))
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1)
    outcomes = []
    yours = registry.registered()
    for outcome in parallel(joblib.delayed(_examine)(claim, alpha, store, yours) for claim in grid):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes))
    return outcomes


def _examine(claim: Claim, alpha: float, store: Path | None, registered: Iterable[Theorem]) -> Outcome:
    """Examine a claim in a process that may not know the theorems registered in the one that asks."""
    from theory import registry

    for theorem in registered:
        if theorem.key not in registry.keys():  # noqa: SIM118 (a function, not a dictionary)
            registry.register(theorem)
    return examine(claim, alpha, store)


def examine(claim: Claim, alpha: float, store: Path | None = None) -> Outcome:
    """Return the outcome of one claim at error level ``alpha``; one thread, whatever the machine."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        setting = prepare(claim)
        barred = obstacle(setting)
        if barred is not None:
            return _outcome(setting, None, "inapplicable", *barred)
        bound = float(setting.theorem.bound(**setting.constants))
        evidence = gather(setting, bound, alpha, store)
        return _outcome(setting, evidence, *_judge(setting, evidence, bound))


def _judge(setting: Setting, evidence: Evidence, bound: float) -> tuple[str, str, float | None]:
    """Return verdict, reason and the ratio bound / measured."""
    interval, exact = evidence.interval, evidence.exact
    if evidence.diverged_at >= 0:
        return "diverged", f"a replica overflowed at iteration {evidence.diverged_at}", None
    measured = interval.mean if exact is None else exact
    factor = bound / measured if measured > 0 else math.inf
    radius = setting.problem.numbers.get("radius")
    if needs_ball(setting) and evidence.farthest is not None and radius is not None and evidence.farthest > radius:
        reason = f"a view left the ball where the constants are certified: distance {evidence.farthest:.3g}, radius {radius:.3g}"
        return "inapplicable", reason, evidence.farthest / radius
    rounding = evidence.rounding
    if exact is not None and not agree(interval.lower, interval.upper, exact, rounding):
        reason = f"{DISAGREE}: exact {exact:.6g} lies outside the interval [{interval.lower:.6g}, {interval.upper:.6g}]"
        return "inconclusive", reason, factor
    verdict = settle(interval.lower, interval.upper, bound, exact, rounding)
    if verdict is None:
        return "inconclusive", f"the interval still contains the bound after {interval.samples} replicas", factor
    measure = measures.get(setting.theorem.quantity.name)
    how = measure.witness if exact is not None else measure.sampled.format(interval.samples)
    if verdict == "violated":
        return verdict, f"measured above the bound ({how})", factor
    trivial = _trivial(setting)
    if trivial is not None and bound > trivial:
        return "vacuous", f"the bound exceeds its quantity at the start, {trivial:.3g}", factor
    attained = exact is not None and math.isclose(exact, bound, rel_tol=TOLERANCE)
    return verdict, f"settled by {how}{'; the bound is attained' if attained else ''}", factor


def needs_ball(setting: Setting) -> bool:
    """Return whether the theorem asks for a constant that is certified on a ball only."""
    from theory.assumptions import second_moment

    constants, theorem = setting.problem.constants, setting.theorem
    # gauges ask for M, and so do measures of theorems whose bound is a number
    bounded = "B" in theorem.constants or second_moment in theorem.assumptions
    needed = {*theorem.constants, *({"M"} if bounded else ())}
    return any(name in constants and constants[name].kind == "certified on ball" for name in needed)


def _trivial(setting: Setting) -> float | None:
    """Return the squared gradient norm, or the suboptimality, at the start, which a useful bound must undercut."""
    if "suboptimality" in setting.theorem.quantity.name:
        return setting.constants["delta"]
    if "grad_norm_sq" not in setting.theorem.quantity.name:
        return None
    gradient = setting.problem.objective.gradient(setting.problem.start()[None, :])
    return float(np.sum(gradient**2))


def _outcome(setting: Setting, evidence: Evidence | None, verdict: str, reason: str, factor: float | None) -> Outcome:
    claim, theorem = setting.claim, setting.theorem
    interval = evidence.interval if evidence else None
    # where the theorem does not apply, the run may lack what it speaks about, such as a largest delay
    told = setting.gamma > 0 and (evidence is not None or set(theorem.constants) <= set(setting.constants))
    bound = float(theorem.bound(**setting.constants)) if told else math.inf
    finding = Finding(
        theorem=theorem.key,
        standing=theorem.standing,
        system=claim.system,
        problem=claim.problem,
        graph=claim.graph,
        nodes=claim.nodes,
        iterations=claim.iterations,
        gamma=setting.gamma if setting.gamma > 0 else None,
        measured=interval.mean if interval else None,
        measured_ci=(interval.lower, interval.upper) if interval else None,
        exact=evidence.exact if evidence else None,
        worst_case=worst_case.of(setting) if evidence else None,
        bound=bound if math.isfinite(bound) else None,
        verdict=verdict,
        reason=reason,
        factor=factor,
        replicas=interval.samples if interval else 0,
        known_false=known_false(theorem.key),
    )
    return Outcome(claim, finding, evidence, setting.constants)


def known_false(key: str) -> bool:
    """Return whether the card of a theorem says that it is false as stated."""
    from theory import registry

    return registry.card(key).known_false


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings have each verdict."""
    from experiments.verdict import VERDICTS

    tally: dict[str, Any] = dict.fromkeys(VERDICTS, 0)
    for finding in findings:
        tally[finding.verdict] += 1
    return tally
