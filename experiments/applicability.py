"""Whether a theorem speaks about a run: what it assumes of mixing and algorithm, and what it asks of the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from experiments import applicability_views, measures
from numerics.moments import closes
from numerics.objectives import Quadratic
from numerics.timeline import RandomGroups

if TYPE_CHECKING:
    from experiments.claims import Option
    from experiments.settings import Setting
    from theory.conditions import Check

EQUAL = 1e-12


def obstacle(setting: Setting) -> tuple[str, float | None] | None:
    """Return why the theorem does not speak about a run, and by which factor a condition fails; None where it does.

    What algorithms and problems guarantee by themselves (a common start, independent noise, smoothness) is not asked again.
    Where no step size is admissible the conditions that do not involve it say why.
    """
    if setting.theorem.assumptions and not _follows(setting, momentum=0.0):
        return "assumes steps along gradients, without momentum", None
    for assumption in setting.theorem.assumptions:
        met = _MET.get(assumption.name)
        if met is not None and not met(setting):
            return f"assumes {assumption.text}", None
    if _outgrown(setting):
        return f"assumes a variance of at most sigma^2, with nu = 0; it grows: nu = {setting.constants['nu']:.3g}", None
    failing = [check for check in _checks(setting) if not check.holds]
    if failing:
        worst = max(failing, key=lambda check: check.factor)
        return f"needs {worst.text}; fails by a factor {worst.factor:.3g}", float(worst.factor)
    if not setting.gamma > 0:
        return f"admits no positive step size here: gamma = {setting.gamma:.3g}", None
    if setting.claim.apart and setting.theorem.quantity.name in measures.SPECIAL:
        return "is measured from a common start", None
    lacking = measures.get(setting.theorem.quantity.name).lacking
    return lacking(setting) if lacking else None


def _checks(setting: Setting) -> list[Check]:
    """Return the conditions at the numbers of the setting; without a step size to speak of, those that do not involve it."""
    from theory.evaluate import required

    theorem = setting.theorem
    if setting.gamma > 0:
        checks: list[Check] = theorem.conditions(**setting.constants)
        return checks
    free = (each for each in theorem.requires if "gamma" not in required(theorem.expanded(each.lhs), theorem.expanded(each.rhs)))
    return [each.check(setting.constants, theorem.key) for each in free]


def _outgrown(setting: Setting) -> bool:
    """Return whether the variance grows with the gradient under a theorem that speaks about sigma alone."""
    assumed = {assumption.name for assumption in setting.theorem.assumptions}
    fixed = "sigma" in setting.theorem.constants or "variance" in assumed
    return fixed and "growing-variance" not in assumed and setting.constants["nu"] > 0


def _one_symmetric_matrix(setting: Setting) -> bool:
    schedule = setting.schedule
    if schedule.period is None or not schedule.doubly_stochastic:
        return False
    first = schedule.at(0).matrix()
    matrices = [first.T, *(schedule.at(k).matrix() for k in range(1, schedule.period))]
    return all(np.abs(matrix - first).max() <= EQUAL for matrix in matrices)


def _shares(setting: Setting) -> bool:
    # pairs average half and half, whatever the weights
    return setting.claim.build_algorithm(1.0).pattern == "pairwise" or setting.schedule.doubly_stochastic


def _exact_averages(setting: Setting) -> bool:
    schedule = setting.schedule
    return schedule.period is not None and all(
        np.abs(schedule.at(k).matrix() - 1 / schedule.n).max() <= EQUAL for k in range(schedule.period)
    )


def _local_from_the_start(setting: Setting) -> bool:
    return not setting.claim.options.get("switch", 0)


def _plain_overlap(setting: Setting) -> bool:
    options = setting.claim.options
    return bool(options.get("unbiased", True)) and options.get("send_every", 1) == 1


def _follows(setting: Setting, **wanted: Option) -> bool:
    """Return whether the options of a claim's system are these."""
    algorithm = setting.claim.build_algorithm(1.0)
    return all(getattr(algorithm, name, None) == value for name, value in wanted.items())


def _isotropic(setting: Setting) -> bool:
    numbers = setting.problem.numbers
    return closes(setting.problem) and _alike(setting) and bool(np.isclose(numbers["mu"], numbers["L"], rtol=EQUAL, atol=0.0))


def _alike(setting: Setting) -> bool:
    return setting.problem.numbers.get("zeta") == 0


def _bounded_gradients(setting: Setting) -> bool:
    return bool(np.isfinite(setting.problem.numbers.get("M", np.inf)))


def _uniform_groups(setting: Setting) -> bool:
    timeline, size = setting.timeline, setting.constants.get("group")
    return setting.claim.system == "wagma-sequential" and (
        timeline is None or (isinstance(timeline, RandomGroups) and timeline.size == size)
    )


def _nothing_lost(setting: Setting) -> bool:
    return setting.claim.system == "eager" and _follows(setting, stale="accumulate")


_MET: dict[str, Callable[[Setting], bool]] = {
    "symmetric-doubly-stochastic": _one_symmetric_matrix,
    "contracting": _shares,
    "doubly-stochastic": lambda setting: setting.schedule.doubly_stochastic,
    "periodic-average": lambda setting: _exact_averages(setting) and _local_from_the_start(setting),
    "periodic-mixing": lambda setting: _one_symmetric_matrix(setting) and _local_from_the_start(setting),
    "augmented": _plain_overlap,
    "same-data": _alike,
    "strongly-convex": lambda setting: setting.problem.numbers.get("mu", 0.0) > 0,
    "pulled-step": lambda setting: setting.claim.system == "lgd" and _follows(setting, groups=1),
    "pulled-step-groups": lambda setting: setting.claim.system == "lgd" and not _follows(setting, groups=1),
    "exact-leader": lambda setting: _follows(setting, election="exact", period=1),
    "exact-leader-periodic": lambda setting: _follows(setting, election="exact", groups=1),
    "noisy-leader": lambda setting: not _follows(setting, election="minibatch") and _follows(setting, period=1),
    "leader-at-communications": lambda setting: (
        setting.claim.system == "lsgd" and _follows(setting, election="exact", groups=1, momentum=0.0)
    ),
    "convex-quadratic": lambda setting: isinstance(setting.problem.objective, Quadratic) and _alike(setting),
    "isotropic-quadratic": _isotropic,
    "second-moment": _bounded_gradients,
    "sequence-of-groups": _uniform_groups,
    "late-gradients": _nothing_lost,
    "elastic-step": lambda setting: setting.claim.system == "easgd" and _follows(setting, period=1, momentum=0.0),
    **applicability_views.MET,
}
"""By name of the assumption in the theory."""
