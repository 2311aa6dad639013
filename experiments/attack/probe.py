"""A probe: one run that a theorem speaks about, with what its left side is known to be at least."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from experiments import measures, sequential, worst_case
from experiments.applicability import obstacle
from experiments.claims import STEEPNESS, Claim
from experiments.measures.base import exact as exact_run
from experiments.measures.base import run, without_chance
from experiments.settings import Setting, prepare
from experiments.verdict import TOLERANCE
from experiments.verify import FAMILY_LEVEL, needs_ball
from numerics.typing import Floats

if TYPE_CHECKING:
    import xarray as xr

WORST = "exact worst case"
"""Witness of a probe whose left side is the largest over the whole class of functions, not that of the claim's problem."""

CLASS = frozenset({"K", "L", "T", "batch", "delta", "gamma", "n", "rho", "sigma", "tau", "zeta", "B_E", "B_2", "C", "q"})
"""Constants that the functions of an exact worst case share with the problem they replace; of others nothing is known."""

FLOATS = 1e-12
"""Part of themselves to which coordinates are known after many steps."""

LAST_DIGIT = 1e-16
"""Part of a coordinate that one operation may round off."""

OVERSTATED = ("limit_unimproved_leaders",)
"""Quantities whose samples stand for a limit that can only be smaller."""

MOST_MOMENTS = 1e7
"""Second moments that are followed, a second of work: longer delays are sampled."""

MOMENTS = ("grad_norm_sq", "consensus_sq", "value", "view_grad_norm_sq", "center_distance_sq")
"""Quantities that `numerics.moments.exact_moments` follows."""

BOUNDED = ("cosine", "rational", "sinc", "huber")
"""Problems whose gradients are bounded."""

FOLLOWED = ("mean_", "last_", "largest_", "smallest_", "gauge_")
"""How quantities begin that are read off a run, and have no chance where the run has none."""


@dataclass(frozen=True)
class Probe:
    """One evaluated point.

    Parameters
    ----------
    claim
        What was run: `experiments.settings.prepare` of it gives ``constants`` again.
    constants
        The numbers of the run, by the names of the theory, ``gamma`` included.
    bound
        Right side of the theorem.
    value, lower
        Best estimate of its left side, and what that is at least: exactly, or with confidence 1 - alpha.
    witness
        Where the left side comes from, in words.
    rounding
        What rounding may put between two numbers that are equal in exact arithmetic.
    """

    claim: Claim
    constants: dict[str, float]
    bound: float
    value: float
    lower: float
    witness: str
    rounding: float = 0.0

    @property
    def ratio(self) -> float:
        """Left side over bound: above 1 the theorem fails here. What rounding may leave of a left side counts as nothing."""
        return _over(self.value, self.bound, self.rounding)

    @property
    def sure(self) -> float:
        """The ratio that the run has at least."""
        return _over(self.lower, self.bound, self.rounding)

    @property
    def summary(self) -> str:
        """The numbers on one line."""
        return (
            f"left side {self.value:.10g} (at least {self.lower:.10g}, {self.witness}), bound {self.bound:.10g}, "
            f"ratio {self.ratio:.10g}"
        )

    def refutes(self, bound: float | None = None) -> bool:
        """Return whether the left side is above a bound, the theorem's own where None, by more than rounding."""
        limit = self.bound if bound is None else bound
        return self.lower > limit + TOLERANCE * abs(limit) + self.rounding


def _over(left: float, bound: float, rounding: float) -> float:
    if left <= rounding:
        return 0.0
    return left / bound if bound > 0 else math.inf


def probe(
    claim: Claim, *, replicas: int = sequential.FIRST_LOOK, alpha: float = FAMILY_LEVEL, exact: bool = True
) -> Probe | None:
    """Return the probe at a claim: exact where there is an exact witness, else sampled.

    Parameters
    ----------
    claim
        What to run.
    replicas
        Number of runs where the left side has to be sampled, at least 2.
    alpha
        Probability with which the lower bound of a sampled left side may be wrong.
    exact
        Whether to take the exact left side where there is one; False samples it, so that one can be held against the other.

    Returns
    -------
    Probe, or None where the run proves nothing: the theorem does not speak about it, it left the ball on which the constants
    are certified, it overflowed, or the bound is not finite.

    Raises
    ------
    StragglerError
        If the claim is malformed.
    """
    found = sweep(claim, (claim.iterations,), replicas=replicas, alpha=alpha, exact=exact)
    return found[-1] if found else None


def sweep(
    claim: Claim,
    iterations: tuple[int, ...] | None = None,
    *,
    replicas: int = sequential.FIRST_LOOK,
    alpha: float = FAMILY_LEVEL,
    exact: bool = True,
) -> list[Probe]:
    """Return the probes that one run gives: at every horizon up to K where the left side is a mean over k < K.

    Parameters
    ----------
    claim
        What to run.
    iterations
        Horizons asked for; None for about forty, evenly spaced in logarithm. Others than K itself need a step size that does
        not depend on K, and a theorem that speaks about the run at that horizon too; they are left out where that fails.
    replicas, alpha, exact
        As for `probe`; what may be wrong is that any of the lower bounds is.

    Raises
    ------
    StragglerError
        If the claim is malformed.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        setting = prepare(claim)
        if obstacle(setting) is not None:
            return []
        wanted = [int(k) for k in measures.horizons(claim.iterations)] if iterations is None else list(iterations)
        if not _same_run_at_every_horizon(setting):
            wanted = [k for k in wanted if k == claim.iterations]
        return [found for found in _probes(setting, wanted, replicas, alpha, exact) if math.isfinite(found.bound + found.value)]


def worst(claim: Claim) -> Probe | None:
    """Return the probe at a claim whose left side is the largest over all functions with the constants of its problem.

    None where no such program is solved (see `experiments.worst_case.of`), where the theorem asks for more of the functions than
    the program guarantees, and where `probe` would be None.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        setting = prepare(claim)
        if not set(setting.theorem.constants) <= CLASS or obstacle(setting) is not None:
            return None
        found = worst_case.found(setting)
        if found is None:
            return None
        bound = float(setting.theorem.bound(**setting.constants))
        return Probe(claim, setting.constants, bound, found.lower, found.lower, WORST) if math.isfinite(bound) else None


def _probes(setting: Setting, wanted: list[int], replicas: int, alpha: float, exact: bool) -> list[Probe]:
    """Return the probes at these horizons, all of one run."""
    measure = measures.get(setting.theorem.quantity.name)
    values, far = _exact(setting, measure) if exact else (None, None)
    drawn = None
    if values is None or needs_ball(setting):
        # replicas that are all the same need not be many; two show whether they are (a compressor may draw)
        alike = setting.theorem.quantity.name.startswith(FOLLOWED) and without_chance(setting)
        drawn = measure.sample(setting, range(2 if alike else replicas))
        if alike and np.ptp(drawn["sample"].values) > 0:
            drawn = measure.sample(setting, range(replicas))
        if not _admissible(setting, drawn):
            return []
        at = [int(k) for k in drawn["horizon"].values]
        apart = _apart(setting)
    found = []
    for k in wanted:
        there = setting if k == setting.claim.iterations else _at(setting, k)
        if there is not setting and obstacle(there) is not None:
            continue
        bound = float(there.theorem.bound(**there.constants))
        rounding = max(there.rounding, dust(there, bound)) + measure.rounding * abs(bound)
        if values is not None:
            value = lower = float(values[k])
            witness = measure.witness
            rounding += FLOATS * setting.constants["L"] ** 2 * (0.0 if far is None else float(far[k]))
        elif drawn is not None:
            if there is not setting and k not in at:
                continue
            samples = drawn["sample"].values if there is setting else drawn["running"].values[at.index(k)]
            value, lower = _sampled(setting.theorem.quantity.name, measure.pathwise, samples, alpha / len(wanted))
            witness = measure.sampled.format(samples.size)
            slip = FLOATS * setting.constants["L"] * float(apart[k])
            rounding += (2 * math.sqrt(abs(bound)) + slip) * slip
        found.append(Probe(there.claim, there.constants, bound, value, lower, witness, rounding))
    return found


def dust(setting: Setting, bound: float) -> float:
    """Return what rounding may leave of a left side that is zero in exact arithmetic, from the size of what it is made of.

    Corners of a search, where nothing moves, have a bound of zero: without this, a gradient of 1e-17 would refute it. Coordinates
    and gradients are known to `FLOATS` of their size, f* to that of itself.
    """
    c, name, gamma = setting.constants, setting.theorem.quantity.name, setting.gamma
    moved = FLOATS * abs(c["f_star"])
    slope = FLOATS**2 * (c["L"] ** 2 * c["x0_sq"] + c["L"] * c["delta"] + c["zeta"] ** 2 + c["sigma"] ** 2) + c["L"] * moved
    if "grad_norm_sq" in name:
        return slope
    if "suboptimality" in name:
        return FLOATS * c["delta"] + moved
    digit = LAST_DIGIT * (10 + c["K"]) * math.sqrt(c["x0_sq"])
    if "gauge" in name:
        return slope + (2 * math.sqrt(abs(bound)) + digit / gamma) * digit / gamma
    if name.endswith(("distance_sq", "consensus_sq", "drift_sq")):
        return slope * (1 / c["L"] ** 2 + gamma**2) + (2 * math.sqrt(abs(bound)) + digit) * digit
    return 0.0


def _exact(setting: Setting, measure: measures.Measure) -> tuple[dict[int, float] | Floats | None, Floats | None]:
    """Return the exact left side by horizon (0 .. K, or K alone), None where there is none, and how far workers were apart.

    The latter is the largest consensus error up to each horizon, None where the left side does not suffer from it: where models
    run apart, the moments of their mean are known to a part of those of their distance, however small they are themselves.
    """
    name, end = setting.theorem.quantity.name, setting.claim.iterations
    if measure.exact:
        value = measure.exact(setting)
        return (None if value is None else {end: value}), None
    prefix, _, watched = name.partition("_")
    if prefix not in ("mean", "last", "smallest") or watched not in MOMENTS:
        return None, None
    moments = None if _moments(setting) > MOST_MOMENTS else exact_run(setting)
    if moments is None:
        return None, None
    along = moments[watched].values
    far = np.maximum.accumulate(moments["consensus_sq"].values) if watched.endswith("grad_norm_sq") else None
    if prefix == "mean":
        return np.concatenate([[np.nan], np.cumsum(along[:-1]) / np.arange(1, end + 1)]), far
    return {end: float(along[-1] if prefix == "last" else along[:-1].min())}, far


def _moments(setting: Setting) -> float:
    """Return about how many second moments, over a run, those of all models that workers may still hold are."""
    held = setting.claim.nodes * (1 + (0 if setting.timeline is None else setting.timeline.staleness or 0))
    return float(held**2 * setting.claim.iterations)


def _apart(setting: Setting) -> Floats:
    """Return how far the models of a sampled run were apart up to each horizon, shape (K + 1,).

    It matters where the gradient at their mean is watched: that is known to a part of the distance only. Where gradients are
    bounded, models cannot run apart far enough for it; zero is returned.
    """
    if not setting.theorem.quantity.name.endswith("grad_norm_sq") or setting.claim.problem in BOUNDED:
        return np.zeros(setting.claim.iterations + 1)
    ran = run(setting, range(2), ("consensus_sq",))["consensus_sq"].values
    # so many orders of magnitude show on any replica
    far: Floats = np.sqrt(np.maximum.accumulate(ran.max(axis=-1)))
    return far


def _sampled(quantity: str, pathwise: bool, samples: Floats, alpha: float) -> tuple[float, float]:
    """Return estimate and lower bound of the left side from its samples."""
    if pathwise:
        return float(samples.max()), float(samples.max())
    interval = sequential.student(samples, alpha)
    # the iteration where an expectation is smallest is chosen by chance: a sample there says nothing about how small it can be
    open_below = quantity in OVERSTATED or (quantity.startswith("smallest_") and interval.lower < interval.mean)
    return interval.mean, -math.inf if open_below else interval.lower


def _admissible(setting: Setting, drawn: xr.Dataset) -> bool:
    """Return whether no run overflowed or left the ball on which the constants of the theorem are certified."""
    if (drawn["diverged_at"].values >= 0).any():
        return False
    radius = setting.problem.numbers.get("radius", math.inf)
    return not needs_ball(setting) or "farthest" not in drawn or float(drawn["farthest"].max()) <= radius


def _same_run_at_every_horizon(setting: Setting) -> bool:
    """Return whether the run of K iterations is the beginning of that of more, and its left side a mean over them."""
    from theory.evaluate import required

    theorem = setting.theorem
    if measures.get(theorem.quantity.name).average_of is None or theorem.step is not None or setting.claim.step in STEEPNESS:
        return False
    if not {"B", "cosine"}.isdisjoint(theorem.constants):  # these are computed for K itself
        return False
    if theorem.step_cap is not None:  # found by bisection between conditions that may know K
        return False
    return theorem.step_limit is None or "K" not in required(theorem.expanded(theorem.step_limit))


def _at(setting: Setting, iterations: int) -> Setting:
    """Return the setting of the first iterations of its run."""
    claim = setting.claim.model_copy(update={"iterations": iterations})
    return replace(setting, claim=claim, constants=setting.constants | {"K": float(iterations)})
