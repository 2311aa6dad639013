"""The step that minimises a bound: in closed form where its stationary point has one, else by scipy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import sympy as sp

from straggler import StragglerError
from theory.chain import distributed
from theory.evaluate import evaluate, one_number_each, required
from theory.roots import positive_root
from theory.symbols import Expr, gamma
from theory.theorem import Theorem

Path = Literal["closed form", "numerical"]

_GRID = 4001
_DECADES = 100.0
_AT_LIMIT = 1e-9


@dataclass(frozen=True)
class BestStep:
    """The step that minimises a bound under the conditions.

    Attributes
    ----------
    step, bound
        The step, and the bound there.
    path
        How the step was found; numerical also where it is a largest step that has no closed form.
    expression
        The step as an expression of the constants; None where it was found numerically.
    binding
        Conditions that keep the step from going further; empty where the bound itself turns.
    """

    step: float
    bound: float
    path: Path
    expression: Expr | None
    binding: tuple[str, ...]


def best_step(theorem: Theorem, **constants: Any) -> BestStep:
    """Return the step that minimises the bound of a theorem that leaves it free; ``gamma`` among the constants is ignored.

    The closed form is that of ``a/gamma + b gamma^p``, ``a/gamma + b gamma + c gamma^2`` and of bounds whose derivative has the
    zeros of such a sum, up to the largest step; else the bound is minimised over the logarithm of the step.

    Returns
    -------
    A step that meets the conditions; where these are strict and it is they that stop it, one within 1e-9 of the supremum.

    Raises
    ------
    StragglerError
        The theorem prescribes its step, its bound does not depend on one or only gets smaller as the step falls to zero (or
        grows without end), no step meets the conditions, or a constant is missing. InputError: one is out of range.
    """
    if theorem.step is not None:
        raise StragglerError(f"{theorem.key} prescribes its step: {theorem.step}")
    bound = theorem.expanded()
    if not bound.has(gamma):
        raise StragglerError(f"the bound of {theorem.key} does not depend on the step")
    fixed = one_number_each(constants, "gamma")
    found = _closed(theorem, bound, fixed)
    return _numerical(theorem, bound, fixed) if found is None else found


@cache
def slopes(expression: Expr, variable: sp.Symbol) -> tuple[tuple[int, Expr], ...] | None:
    """Return a polynomial with the sign of the derivative, as pairs of power and coefficient, the lowest power zero.

    For sums of whole powers of the variable, and other rational functions of it, whose denominators are squares where they do
    not cancel. None for anything else.
    """
    if not expression.is_rational_function(variable):
        return None
    powers: dict[int, list[Expr]] = {}
    for term in distributed(expression):
        power = term.as_powers_dict().get(variable, sp.S.Zero)
        rest = term / variable**power
        if rest.has(variable):
            break
        if power != 0:
            powers.setdefault(int(power), []).append(rest)
    else:
        if not powers:
            return None
        return tuple((power - min(powers), sp.factor_terms(power * sp.Add(*powers[power]))) for power in sorted(powers))
    above, below = sp.fraction(sp.together(expression))
    numerator = sp.Poly(sp.diff(above, variable) * below - above * sp.diff(below, variable), variable)
    terms = sorted((int(power), sp.factor_terms(coefficient)) for (power,), coefficient in numerator.terms())
    return tuple((power - terms[0][0], coefficient) for power, coefficient in terms)


def turning_point(slope: tuple[tuple[int, Expr], ...], constants: Mapping[str, Any], owner: str) -> Expr | None:
    """Return where an expression with these `slopes` turns from falling to growing; infinity where it falls throughout.

    None where it does not turn exactly once by Descartes' rule of signs, or only grows, or the point has no closed form.
    """
    values = {power: float(evaluate(coefficient, constants, owner)) for power, coefficient in slope}
    # what vanishes at these constants, such as a term in zeta, has no say
    present = {power: coefficient for power, coefficient in slope if values[power] != 0}
    falling = [power for power in present if values[power] < 0]
    if present and len(falling) == len(present):
        return sp.oo
    if falling != [min(present, default=-1)]:
        return None
    (low,) = falling
    return positive_root({power - low: part for power, part in present.items() if power != low}, -present[low])


def _closed(theorem: Theorem, bound: Expr, constants: dict[str, float]) -> BestStep | None:
    slope = slopes(bound, gamma)
    turning = None if slope is None else turning_point(slope, constants, theorem.key)
    limit = None if theorem.step_limit is None else theorem.expanded(theorem.step_limit)
    if turning is None or (turning == sp.oo and limit is None):
        return None
    step = float(evaluate(turning, constants, theorem.key))
    if theorem.limits_step:
        largest = float(theorem.largest_step(**constants))
        if not largest > 0:
            return None
        if step >= largest and limit is None:
            return _found(theorem, constants, largest, "numerical", None)
        step = min(step, largest)
        if step == largest and not theorem.applies(**constants, gamma=step):
            step *= 1 - _AT_LIMIT / 2
    if not (0 < step < np.inf) or not theorem.applies(**constants, gamma=step):
        return None
    expression = turning if limit is None else sp.Min(limit, turning) if turning != sp.oo else limit
    return _found(theorem, constants, step, "closed form", expression)


def _found(theorem: Theorem, constants: dict[str, float], step: float, path: Path, expression: Expr | None) -> BestStep:
    here = {**constants, "gamma": step}
    checks = zip(theorem.requires, theorem.conditions(**here), strict=False)
    binding = tuple(
        check.text
        for condition, check in checks
        if "gamma" in required(theorem.expanded(condition.lhs), theorem.expanded(condition.rhs)) and check.factor >= 1 - 1e-8
    )
    return BestStep(step, float(theorem.bound(**here)), path, expression, binding)


def _numerical(theorem: Theorem, bound: Expr, constants: dict[str, float]) -> BestStep:
    """Search on a grid of steps, then between its points: by scipy's bounded minimiser, and by the zero of the derivative."""
    from scipy.optimize import brentq, minimize_scalar

    top = float(theorem.largest_step(**constants)) if theorem.limits_step else None
    if top is not None and not top > 0:
        _refuse(theorem, constants)
    grid = np.linspace(np.log(top) - _DECADES * np.log(10), np.log(top), _GRID) if top else np.linspace(-345, 345, 2 * _GRID)

    def value(log_step: Any) -> Any:
        here = {**constants, "gamma": np.exp(log_step)}
        found = np.asarray(theorem.bound(**here), dtype=np.float64)
        admitted = theorem.applies(**here) if theorem.requires else np.True_
        return np.where(np.logical_and(admitted, np.isfinite(found)), found, np.inf)

    values = value(grid)
    least = int(np.argmin(values))
    if values[least] == np.inf:
        _refuse(theorem, constants)
    if values[least] >= values[0] * (1 - 1e-12):
        raise StragglerError(f"the bound of {theorem.key} is the smaller, the smaller the step is: it has no best step here")
    if least == grid.size - 1 and top is None:
        raise StragglerError(
            f"the bound of {theorem.key} falls as the step grows, and no condition limits it: it has no best step"
        )
    low, high = (_edge(value, float(grid[least]), float(grid[place])) for place in (least - 1, min(least + 1, grid.size - 1)))
    inside = float(minimize_scalar(lambda u: float(value(u)), bounds=(low, high), method="bounded", options={"xatol": 1e-11}).x)
    slope = sp.diff(bound, gamma)

    def derivative(log_step: float) -> float:
        return float(evaluate(slope, {**constants, "gamma": np.exp(log_step)}, theorem.key))

    if not slope.atoms(sp.Heaviside, sp.Derivative) and derivative(low) < 0 < derivative(high):
        # values alone are flat near the minimum: they tell a step to half the digits of a float only
        inside = float(brentq(derivative, low, high, xtol=1e-14, rtol=1e-14))
    best = min((inside, low, high), key=lambda u: float(value(u)))
    return _found(theorem, constants, float(np.exp(best)), "numerical", None)


def _edge(value: Any, inside: float, outside: float) -> float:
    """Return the point furthest from ``inside`` towards ``outside`` with a finite value, by bisection."""
    if np.isfinite(value(outside)):
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if np.isfinite(value(middle)) else (inside, middle)
    return inside


def _refuse(theorem: Theorem, constants: dict[str, float]) -> None:
    """Raise the error that no step is admissible, with a condition that no step meets where there is one."""
    here = {**constants, "gamma": 1e-100}
    failed = [check for check in theorem.conditions(**here) if not check] if theorem.requires else []
    why = f": {failed[0].text} fails by a factor {failed[0].factor:.3g}" if failed else ""
    raise StragglerError(f"no step meets the conditions of {theorem.key} at these constants{why}")
