"""Confirmation: what a search found, again, on runs that it has not seen."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from experiments import measures, sequential
from experiments.attack.probe import WORST, Probe, probe
from experiments.claims import Claim
from experiments.sequential import FIRST_LOOK
from experiments.verdict import TOLERANCE, agree
from experiments.verify import FAMILY_LEVEL
from straggler import StragglerError

FRESH = 1 << 20
"""What is added to the seed of a claim for runs that the search has not seen."""

RUNS = 1 << 16
"""Iterations of all replicas of a confirmation together; there are 16 to 256 replicas."""

LOOKS, GROWTH = 4, 4
"""How often a mean above the bound is looked at, and by what the replicas are multiplied each time."""

CANDIDATES = 3
"""Sampled probes that are confirmed: the best of a search may be there by luck."""

BACK = (1, 2, 4, 8)
"""Exact probes that are held against runs until one agrees, counted from the best: what climbs on rounding leaves a trail."""


@dataclass(frozen=True)
class Confirmation:
    """A probe, and what other runs say about it.

    Parameters
    ----------
    probe
        What is confirmed: an exact left side, or one sampled on fresh seeds at the level it is entitled to.
    simulated
        For an exact left side: estimate and confidence bound by simulation; None where there is nothing to simulate.
    agrees
        Whether these do not contradict the exact left side.
    replicas, alpha
        What `experiments.attack.probe.probe` was told, where it made the probe.
    """

    probe: Probe
    simulated: tuple[float, float] | None = None
    agrees: bool = True
    replicas: int = FIRST_LOOK
    alpha: float = FAMILY_LEVEL

    @property
    def ratio(self) -> float:
        """Left side over bound."""
        return self.probe.ratio

    @property
    def refutes(self) -> bool:
        """Whether the left side is above the bound, and no witness contradicts that."""
        return self.agrees and self.probe.refutes()


def confirm(records: Mapping[str, Sequence[Probe]]) -> tuple[Confirmation, ...]:
    """Return the confirmations of what a search found.

    Parameters
    ----------
    records
        By kind of witness, the probes that were the best of their kind at some time, in order; all exact or all sampled.
    """
    found: list[Confirmation] = []
    sampled: list[Probe] = []
    for kept in records.values():
        if not _certain(kept[-1]):
            sampled += reversed(kept[-CANDIDATES:])
            continue
        for back in BACK[: bisect_right(BACK, len(kept))]:
            found.append(_replayed(kept[-back]) if kept[-back].witness == WORST else _simulated(kept[-back]))
            if found[-1].agrees:
                break
    settled = (_settled(each.claim, level(rank)) for rank, each in enumerate(sampled, start=1))
    return (*found, *(each for each in settled if each is not None))


def level(rank: int) -> float:
    """Return the level of the j-th of any number of confirmations, j = 1, 2, ...: all together have no more than the family."""
    return FAMILY_LEVEL * 6 / (math.pi * rank) ** 2


def fresh(claim: Claim) -> Claim:
    """Return the claim on seeds that no search has seen."""
    return claim.model_copy(update={"seed": claim.seed + FRESH})


def replicas(claim: Claim) -> int:
    """Return how many replicas a confirmation has."""
    return int(np.clip(RUNS // claim.iterations, 16, 256))


def _certain(found: Probe) -> bool:
    return found.lower == found.value


def again(claim: Claim, alpha: float, exact: bool = True, size: int | None = None) -> Probe | None:
    """Return the probe at a claim on fresh seeds; None where it proves nothing, or cannot be run."""
    try:
        return probe(fresh(claim), replicas=size or replicas(claim), alpha=alpha, exact=exact)
    except (StragglerError, ArithmeticError):
        return None


def _settled(claim: Claim, alpha: float) -> Confirmation | None:
    """Return a sampled probe on fresh seeds, with more replicas where its interval holds the bound and its mean is above."""
    settled = None
    for look in range(LOOKS):
        size, share = replicas(claim) * GROWTH**look, sequential.spent(alpha, look)
        ran = again(claim, share, size=size)
        if ran is None:
            return settled
        settled = Confirmation(ran, replicas=size, alpha=share)
        if ran.refutes() or ran.ratio <= 1 or ran.lower == -math.inf:
            break
    return settled


def _simulated(found: Probe) -> Confirmation:
    """Return an exact probe beside simulations of the same run; a single run that refutes a pathwise statement needs none."""
    from theory import registry

    quantity = registry.get(found.claim.theorem).quantity.name
    if measures.get(quantity).pathwise or quantity.startswith("limit_"):  # a run ends before a limit
        return Confirmation(found)
    ran = again(found.claim, alpha=FAMILY_LEVEL, exact=False)
    if ran is None or not math.isfinite(ran.lower):
        return Confirmation(found)
    # one-sided bounds are as far from the mean on either side
    low, high = ran.lower, 2 * ran.value - ran.lower
    close = agree(low, high, found.value, found.rounding)
    return Confirmation(found, (ran.value, ran.lower), close)


def _replayed(found: Probe) -> Confirmation:
    """Return a worst case beside the run of the algorithm itself on the worst functions."""
    from experiments import worst_case
    from experiments.settings import prepare

    setting = prepare(found.claim)
    c, claim = setting.constants, setting.claim
    solved = worst_case.found(setting)
    if solved is None:
        return replace(Confirmation(found), agrees=False)
    told: dict[str, Any] = {"delta": c["delta"], "zeta": c["zeta"], "timeline": setting.timeline}
    algorithm = claim.build_algorithm(setting.gamma)
    ran = worst_case.replay(solved.instance, algorithm, setting.schedule, claim.iterations, **told)
    value = float(ran.grad_norm_sq.values[:-1].mean())
    near = math.isclose(value, found.value, rel_tol=1e-4, abs_tol=TOLERANCE)
    return Confirmation(found, (value, value), near)
