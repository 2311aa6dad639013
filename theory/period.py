"""The period that minimises a bound when averages cost time: in closed form where there is one, else by scipy.

A round is ``period`` iterations and one communication, so a budget of time buys
``K = budget period / (period compute + communication)`` iterations: frequent averages buy few, rare ones let workers drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from straggler import InputError, StragglerError, positive
from theory.evaluate import evaluate, one_number_each, required
from theory.optimal import Path, best_step, slopes, turning_point
from theory.symbols import Expr, K, gamma, group, tau
from theory.theorem import Theorem

BUDGET, COMPUTE, COMMUNICATION = sp.symbols("budget compute communication", positive=True)
"""Time in all, time of an iteration, time of a communication: any unit of time, the same for the three."""

_MOST = 10**7
_GRID = 60


@dataclass(frozen=True)
class BestPeriod:
    """The period (or another whole number of the theorem) that minimises a bound within a budget of time.

    Attributes
    ----------
    value
        The whole number.
    iterations, rounds
        K, and communications, that the budget buys; both are real numbers, as in the bound.
    bound
        The bound there.
    step
        The step put in: the given one, or the best one there; None where the bound has none.
    path
        How the number was found, before rounding.
    expression
        Where the bound turns, as an expression of the constants and of `BUDGET`, `COMPUTE`, `COMMUNICATION`: the number is a
        neighbour of it. None where it was found numerically.
    binding
        What keeps the next number from being better: conditions that it misses, ``one round`` or the least number; empty
        where the bound itself turns.
    """

    value: int
    iterations: float
    rounds: float
    bound: float
    step: float | None
    path: Path
    expression: Expr | None
    binding: tuple[str, ...]


def best_period(
    theorem: Theorem,
    budget: float,
    *,
    compute: float | Expr = 1.0,
    communication: float | Expr = 1.0,
    variable: sp.Symbol = tau,
    **constants: Any,
) -> BestPeriod:
    """Return the whole number of steps between two averages that minimises a bound within a budget of time.

    Parameters
    ----------
    theorem
        A theorem whose bound, or conditions, depend on the variable, and on K.
    budget
        Time in all: rounds times ``tau compute + communication``, at least one round.
    compute, communication
        Time of an iteration and of a communication, in the unit of the budget: numbers, or expressions of the table's symbols,
        such as ``log(group)/log(2)``.
    variable
        What is looked for: ``tau``, or ``group`` for the size of groups. Where it is not tau, tau is given (1 where it is not).
    **constants
        Numbers by the names of the table; K and the variable are ignored. Without ``gamma``, a free step is the best one for
        each period.

    Raises
    ------
    StragglerError
        The bound does not depend on the variable, no number meets the conditions, or a constant is missing. InputError: the
        budget is not positive or too small for one round, or a constant is out of range.
    """
    positive("budget", budget)
    search = _Search(theorem, budget, (sp.sympify(compute), sp.sympify(communication)), variable, constants)
    most, turning = search.most(), search.turning()
    if turning is not None:
        at = min(float(evaluate(turning, search.constants, theorem.key)), most) if turning != sp.oo else most
        below = max(int(at), 1)
        value = min((below, min(below + 1, most)), key=search.bound)
        if np.isfinite(search.bound(value)):
            return search.found(value, "closed form", turning if turning != sp.oo else None)
    return search.found(search.numerical(most), "numerical", None)


class _Search:
    """The bound as a function of one whole number."""

    def __init__(
        self, theorem: Theorem, budget: float, costs: tuple[Expr, Expr], variable: sp.Symbol, constants: dict[str, Any]
    ) -> None:
        name = str(variable)
        if variable not in (tau, group):
            raise InputError("variable", name, "tau or group")
        if theorem.step is not None and constants.get("gamma") is not None:
            raise StragglerError(f"{theorem.key} prescribes its step: {theorem.step}")
        self.theorem, self.variable, self.name = theorem, variable, name
        sides = [side for condition in theorem.requires for side in (condition.lhs, condition.rhs)]
        if name not in required(*(theorem.expanded(part) for part in (theorem.right_side, *sides))):
            raise StragglerError(f"the bound of {theorem.key} does not depend on {name}")
        if "K" not in theorem.constants:
            raise StragglerError(f"the bound of {theorem.key} does not depend on K: rare averages cost it no iterations")
        self.constants = one_number_each(constants, "K", name) | {"budget": float(budget)}
        if variable != tau:
            self.constants.setdefault("tau", 1.0)
        for what, cost in zip(("compute", "communication"), costs, strict=True):
            if not cost.has(variable):
                self.constants[what] = positive(what, float(evaluate(cost, self.constants, what)), zero_ok=True)
        symbols = [COMPUTE, COMMUNICATION]
        kept = [cost if cost.has(variable) else symbol for cost, symbol in zip(costs, symbols, strict=True)]
        self.iterations = BUDGET * tau / (tau * kept[0] + kept[1])
        self.free = theorem.step is None and theorem.expanded().has(gamma) and "gamma" not in self.constants
        if self._rounds(1) < 1:
            raise InputError("budget", budget, "time for one round at least")

    def here(self, value: float) -> dict[str, float]:
        """Return all constants at one value of the variable."""
        point = {**self.constants, self.name: float(value)}
        return {**point, "K": float(evaluate(self.iterations, point, "the budget"))}

    def _rounds(self, value: float) -> float:
        point = self.here(value)
        return point["K"] / point["tau"] * (1 + 1e-12)

    def bound(self, value: float) -> float:
        """Return the bound; inf where a condition fails or the budget does not buy one round."""
        point = self.here(value)
        if self._rounds(value) < 1:
            return float("inf")
        if self.free:
            try:
                return best_step(self.theorem, **point).bound
            except InputError:
                raise
            except StragglerError:
                return float("inf")
        found = float(self.theorem.bound(**point))
        admitted = not self.theorem.requires or self.theorem.applies(**point)
        return found if admitted and np.isfinite(found) else float("inf")

    def most(self) -> int:
        """Return the largest number: one round at least is bought, and groups hold at most all workers."""
        if self.variable == group:
            return int(self.constants.get("n", _MOST))
        left, compute = self.constants["budget"] - self.constants["communication"], self.constants["compute"]
        return int(min(left / compute * (1 + 1e-12), _MOST)) if compute > 0 else _MOST

    def turning(self) -> Expr | None:
        """Return where the bound turns, where that has a closed form; infinity where it falls throughout."""
        if self.free:
            return None
        expression = self.theorem.expanded().subs(K, self.iterations)
        if not expression.is_rational_function(self.variable):
            return None
        slope = slopes(sp.expand(expression), self.variable)
        return None if slope is None else turning_point(slope, self.constants, self.theorem.key)

    def numerical(self, most: int) -> int:
        """Search on a grid of whole numbers, between its points with scipy as if numbers were real, and among neighbours."""
        from scipy.optimize import minimize_scalar

        grid = np.unique(np.geomspace(1, most, _GRID).round().astype(int)) if most > _GRID else np.arange(1, most + 1)
        values = [self.bound(float(value)) for value in grid]
        place = int(np.argmin(values))
        if values[place] == np.inf:
            raise StragglerError(f"no {self.name} meets the conditions of {self.theorem.key} at these constants")
        low, high = int(grid[max(place - 1, 0)]), self._last_admitted(int(grid[place]), int(grid[min(place + 1, len(grid) - 1)]))
        candidates = {low, int(grid[place]), high}
        if high - low > 2:
            inside = minimize_scalar(
                lambda u: self.bound(float(np.exp(u))),
                bounds=(np.log(low), np.log(high)),
                method="bounded",
                options={"xatol": 1e-9},
            )
            candidates |= {max(int(np.exp(inside.x)) + shift, 1) for shift in (-1, 0, 1, 2)}
        return int(min(sorted(candidates), key=self.bound))

    def _last_admitted(self, inside: int, outside: int) -> int:
        if np.isfinite(self.bound(outside)):
            return outside
        while outside - inside > 1:
            middle = (inside + outside) // 2
            inside, outside = (middle, outside) if np.isfinite(self.bound(middle)) else (inside, middle)
        return inside

    def found(self, value: int, path: Path, expression: Expr | None) -> BestPeriod:
        """Return what was found, with the step there and what binds."""
        point = self.here(value)
        if self.free:
            point["gamma"] = best_step(self.theorem, **point).step
        step = point.get("gamma") if self.theorem.step is None else float(self.theorem.step_size(**point))
        bound = float(self.theorem.bound(**point))
        binding = self._binding(value, point, bound)
        return BestPeriod(value, point["K"], point["K"] / point["tau"], bound, step, path, expression, binding)

    def _binding(self, value: int, point: dict[str, float], bound: float) -> tuple[str, ...]:
        if self._rounds(value + 1) < 1:
            return ("one round",)
        beyond = self.here(value + 1) | ({"gamma": point["gamma"]} if "gamma" in point else {})
        if not np.isfinite(self.bound(value + 1)):
            return tuple(check.text for check in self.theorem.conditions(**beyond) if not check)
        return (f"{self.name} >= 1",) if value == 1 and self.bound(2) > bound else ()
