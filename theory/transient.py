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
from theory.evaluate import evaluate
from theory.symbols import Expr
from theory.theorem import Theorem

MOST = 1e200
"""What begins beyond this many iterations is said never to begin."""

_GRID = np.linspace(0.0, np.log10(MOST), 801)
_REFINEMENTS = 7

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
        The squared gradient norm at the start, or what is assumed of it.
    step
        The step put in where the theorem leaves it free; None where it prescribes one.
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


def fixed_constants(theorem: Theorem, constants: Mapping[str, Any]) -> dict[str, Any]:
    """Return the constants without K, which is looked for, and gamma, which follows from it.

    Raises
    ------
    StragglerError
        The theorem says nothing about how fast something falls, or a constant is missing. InputError: one is not a number.
    """
    rate = theorem.rate()
    if rate is None:
        raise StragglerError(f"{theorem.key} is not about how fast something falls with K: it has no transient")
    fixed = {name: value for name, value in constants.items() if name not in ("K", "gamma")}
    for name, value in fixed.items():
        if np.ndim(value):
            raise InputError(name, value, "one number, not an array")
    needed = {*theorem.constants, *([] if rate.step is None else [symbol.name for symbol in rate.step.free_symbols])}
    either = {"q", "one_minus_q"}
    missing = sorted(needed - {"K", "gamma"} - set(fixed) - (either if either & set(fixed) else set()))
    if missing:
        raise StragglerError(f"{theorem.key} also needs {', '.join(missing)}")
    return fixed


def _at(theorem: Theorem, fixed: dict[str, Any]) -> Callable[[NDArray[np.float64]], dict[str, Any]]:
    rate = theorem.rate()
    step = None if rate is None else rate.step

    def here(iterations: NDArray[np.float64]) -> dict[str, Any]:
        found = {**fixed, "K": iterations}
        return found if step is None else {**found, "gamma": evaluate(step, found, theorem.key)}

    return here


def bound_at(theorem: Theorem, iterations: Any, **constants: Any) -> Any:
    """Return the bound after K iterations at the theorem's own step, a free one as in its rate; inf where a condition fails."""
    here = _at(theorem, fixed_constants(theorem, constants))(np.asarray(iterations, dtype=np.float64))
    found = np.where(theorem.applies(**here), theorem.bound(**here), np.inf)
    return found if found.ndim else float(found)


def reach(theorem: Theorem, level: float, **constants: Any) -> float:
    """Return the K from which the conditions hold and the bound is below ``level``; inf where that never happens."""
    positive("level", level)
    fixed = fixed_constants(theorem, constants)
    return onset(lambda iterations: bound_at(theorem, iterations, **fixed) < level)


def transient(theorem: Theorem, *, initial_sq: float | None = None, **constants: Any) -> Transient:
    """Return from which K on a theorem applies, is non-vacuous, and speeds up linearly.

    Parameters
    ----------
    theorem
        A theorem about a squared gradient norm; a step that it leaves free is the one of its rate.
    initial_sq
        Squared norm of the gradient at the start; default ``2 L delta``, the most that smoothness admits.
    **constants
        Numbers by the names of the table; K and gamma are ignored.

    Raises
    ------
    StragglerError
        A constant is missing, or the theorem has no rate. InputError: it is not about a gradient, or a number is out of range.
    """
    if "grad_norm_sq" not in theorem.quantity.name:
        raise InputError("theorem", theorem.key, f"a bound on a squared gradient norm, not on {theorem.quantity.name}")
    fixed = fixed_constants(theorem, constants)
    rate = theorem.rate()
    if rate is None:
        raise StragglerError(f"{theorem.key} has no rate")
    if initial_sq is None:
        if not {"L", "delta"} <= set(fixed):
            raise StragglerError(f"{theorem.key} needs initial_sq, or L and delta in place of it")
        initial_sq = 2 * float(fixed["L"]) * float(fixed["delta"])
    here = _at(theorem, fixed)

    def applies(iterations: NDArray[np.float64]) -> Any:
        return theorem.applies(**here(iterations)) if theorem.conditions() else np.True_

    def leads(iterations: NDArray[np.float64]) -> Any:
        point = here(iterations)
        remainder, leading = (evaluate(part, point, theorem.key) for part in (rate.remainder, rate.leading))
        return np.logical_and(applies(iterations), np.less_equal(remainder, leading))

    return Transient(
        conditions=onset(applies),
        non_vacuous=reach(theorem, initial_sq, **fixed),
        linear=onset(leads) if theorem.linear_speedup() else float("inf"),
        initial_sq=initial_sq,
        step=rate.step,
    )
