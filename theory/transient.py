"""From which number of iterations on a theorem applies, says something, and gains from every worker.

Numbers are searched for with the conditions and the bound themselves; `theory.onsets` has expressions where there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from straggler import InputError, StragglerError, positive
from theory.evaluate import evaluate, one_number_each
from theory.rates import Rate
from theory.symbols import Expr
from theory.theorem import Theorem

MOST = 1e200
"""What begins beyond this many iterations is said never to begin."""

_GRID = np.linspace(0.0, np.log10(MOST), 801)
_REFINEMENTS = 7
_LEAST_STEP = 1e-120
_SECTIONS = 52

Decided = Callable[[NDArray[np.float64]], Any]


@dataclass(frozen=True)
class Transient:
    """Onsets of a theorem at constants: the smallest real K >= 1 from which on something holds; inf where it never does.

    Attributes
    ----------
    conditions
        All conditions hold.
    non_vacuous
        They hold, and the bound is below ``initial_sq``.
    linear
        They hold, and all terms that do not fall like the leading one are together no larger than it: the transient time.
        inf also where the leading term does not count the gradients of all workers alike.
    initial_sq
        The bounded quantity at the start, or what is assumed of it: a squared gradient norm, or a suboptimality.
    step
        The step put in where the theorem leaves it free; None where it prescribes one, and where the best one was taken.
    """

    conditions: float
    non_vacuous: float
    linear: float
    initial_sq: float
    step: Expr | None


def onset(holds: Decided) -> float:
    """Return the smallest K >= 1 above which ``holds`` (of an array of K) stays true; inf where it is false at the top.

    The last switch to true on a grid of four points per decade, then refined to a relative 1e-11; the returned K holds.
    """
    grid = _GRID
    for _ in range(_REFINEMENTS):
        broken = ~np.broadcast_to(holds(10.0**grid), grid.shape)
        if broken[-1]:
            return float("inf")
        if not broken.any():
            return float(10.0 ** grid[0])
        last = int(np.flatnonzero(broken)[-1])
        grid = np.linspace(grid[last], grid[last + 1], 65)
    return float(10.0 ** grid[-1])


def falling(theorem: Theorem) -> Rate:
    """Return how fast the bound of a theorem falls with K; `StragglerError` where it is not about that."""
    rate = theorem.rate()
    if rate is None:
        raise StragglerError(f"{theorem.key} is not about how fast something falls with K: it has no transient")
    return rate


def fixed_constants(theorem: Theorem, constants: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constants without K, which is looked for, and gamma, which follows from it.

    Raises
    ------
    StragglerError
        The theorem says nothing about how fast something falls, or a constant is missing. InputError: one is not a number.
    """
    rate, fixed = falling(theorem), one_number_each(constants, "K", "gamma")
    needed = {*theorem.constants, *([] if rate.step is None else [symbol.name for symbol in rate.step.free_symbols])}
    either = {"q", "one_minus_q"}
    missing = sorted(needed - {"K", "gamma"} - set(fixed) - (either if either & set(fixed) else set()))
    if missing:
        raise StragglerError(f"{theorem.key} also needs {', '.join(missing)}")
    return fixed


def _at(theorem: Theorem, fixed: dict[str, Any]) -> Callable[[NDArray[np.float64]], dict[str, Any]]:
    step = falling(theorem).step

    def here(iterations: NDArray[np.float64]) -> dict[str, Any]:
        found = {**fixed, "K": iterations}
        return found if step is None else {**found, "gamma": evaluate(step, found, theorem.key)}

    return here


def bound_at(theorem: Theorem, iterations: Any, *, best_step: bool = False, **constants: Any) -> Any:
    """Return the bound after K iterations; inf where a condition fails.

    A step that the theorem leaves free is the one of its rate, or with ``best_step`` the admissible one with the least bound.
    """
    fixed, iterations = fixed_constants(theorem, constants), np.asarray(iterations, dtype=np.float64)
    if best_step:
        return best(theorem, **fixed, K=iterations)[0]
    return _applied(theorem, _at(theorem, fixed)(iterations))


def reach(theorem: Theorem, level: float, *, best_step: bool = False, **constants: Any) -> float:
    """Return the K from which the conditions hold and the bound is below ``level``; inf where that never happens."""
    positive("level", level)
    fixed = fixed_constants(theorem, constants)
    return onset(lambda iterations: bound_at(theorem, iterations, best_step=best_step, **fixed) < level)


def best(theorem: Theorem, **constants: Any) -> tuple[Any, Any]:
    """Return the least bound over the admissible steps, and the step that gives it.

    The bound is unimodal in the logarithm of the step (it is a posynomial, or one over what is left of a weight), so that golden
    sections find it; whatever step they end at is admissible, and the bound there is one.

    Parameters
    ----------
    theorem
        A theorem; where it prescribes its step, or has none, there is nothing to choose.
    **constants
        Numbers, or arrays that broadcast against each other, by the names of the table; ``gamma`` among them is ignored.

    Returns
    -------
    tuple
        Bound, inf where no step is admissible, and step, NaN where there is no choice; of the broadcast shape.

    Raises
    ------
    StragglerError
        A constant is missing. InputError: one is out of range.
    """
    given = {name: value for name, value in constants.items() if name != "gamma"}
    shape = np.broadcast_shapes(*[np.shape(value) for value in given.values()])
    if "gamma" not in theorem.constants:
        bound, step = np.broadcast_to(_applied(theorem, given), shape), np.full(shape, np.nan)
    else:
        top = theorem.largest_step(**given) if theorem.limits_step else np.inf
        # strict conditions hold below the largest step only
        high = np.broadcast_to(np.log(np.clip(top, _LEAST_STEP, 1 / _LEAST_STEP)) - 1e-9, shape)
        low = np.maximum(high + 2 * np.log(_LEAST_STEP), np.log(np.finfo(np.float64).tiny))
        step = np.exp(_golden(lambda logs: theorem.bound(**given, gamma=np.exp(logs)), low, high))
        bound = np.broadcast_to(_applied(theorem, {**given, "gamma": step}), shape)
    return (np.array(bound), np.array(step)) if shape else (float(bound), float(step))


def _applied(theorem: Theorem, here: dict[str, Any]) -> Any:
    with np.errstate(all="ignore"):
        found = np.where(theorem.applies(**here) if theorem.requires else np.True_, theorem.bound(**here), np.inf)
    return found if found.ndim else float(found)


def _golden(function: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Return where a function with one minimum between ``low`` and ``high`` has it, element by element, to 1e-9 of the range."""
    kept = (np.sqrt(5) - 1) / 2
    for _ in range(_SECTIONS):
        left, right = high - kept * (high - low), low + kept * (high - low)
        # of equal values the right one: bounds that hold (1 - gamma mu)^K are level, to rounding, at small steps
        falls = np.less_equal(function(right), function(left))
        low, high = np.where(falls, left, low), np.where(falls, high, right)
    return np.where(np.less_equal(function(high), function(low)), high, low)


def transient(theorem: Theorem, *, initial_sq: float | None = None, best_step: bool = False, **constants: Any) -> Transient:
    """Return from which K on a theorem applies, is non-vacuous, and speeds up linearly.

    Parameters
    ----------
    theorem
        A theorem about a squared gradient norm or a suboptimality; a step that it leaves free is the one of its rate.
    initial_sq
        Squared norm of the gradient at the start; default ``2 L delta``, the most that smoothness admits. For theorems about a
        suboptimality that of the start; default ``delta``.
    best_step
        Take the admissible step with the least bound instead, at every K. All terms but the leading one are then what that
        bound has beyond the leading term of the rate.
    **constants
        Numbers by the names of the table; K and gamma are ignored.

    Raises
    ------
    StragglerError
        A constant is missing, or the theorem has no rate. InputError: it is about something else, or a number is out of range.
    """
    gradient = "grad_norm_sq" in theorem.quantity.name
    if not gradient and "suboptimality" not in theorem.quantity.name:
        raise InputError("theorem", theorem.key, f"a bound on a squared gradient norm, not on {theorem.quantity.name}")
    rate, fixed = falling(theorem), fixed_constants(theorem, constants)
    if initial_sq is None:
        if not {"L", "delta"} <= set(fixed):
            raise StragglerError(f"{theorem.key} needs initial_sq, or L and delta in place of it")
        initial_sq = 2 * float(fixed["L"]) * float(fixed["delta"]) if gradient else float(fixed["delta"])
    here = _at(theorem, fixed)
    free = best_step and "gamma" in theorem.constants

    def applies(iterations: NDArray[np.float64]) -> Any:
        if free:
            return np.isfinite(best(theorem, **fixed, K=iterations)[0])
        return theorem.applies(**here(iterations)) if theorem.conditions() else np.True_

    def leads(iterations: NDArray[np.float64]) -> Any:
        point = here(iterations)
        if free:
            return best(theorem, **fixed, K=iterations)[0] <= 2 * np.asarray(evaluate(rate.leading, point, theorem.key))
        remainder, leading = (evaluate(part, point, theorem.key) for part in (rate.remainder, rate.leading))
        return np.logical_and(applies(iterations), np.less_equal(remainder, leading))

    return Transient(
        conditions=onset(applies),
        non_vacuous=reach(theorem, initial_sq, best_step=free, **fixed),
        linear=onset(leads) if theorem.linear_speedup() else float("inf"),
        initial_sq=initial_sq,
        step=None if free else rate.step,
    )
