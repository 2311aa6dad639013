"""Leading orders and linear speed-up, by limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from straggler import StragglerError
from theory.chain import distributed
from theory.evaluate import evaluate, required
from theory.symbols import Expr, K, L, delta, gamma, n, p, rho, sigma
from theory.typeset import latex

CLASSICAL_STEP = sp.sqrt(2 * delta * n / (L * K)) / sigma
"""The step that balances the first two terms of a descent bound whose iterations are rounds."""

_MAX_LOG10_K = 300.0


@dataclass(frozen=True)
class Iteration:
    """What one of the K iterations of a theorem is.

    Attributes
    ----------
    gradients
        Workers' gradients that go into it, up to a factor that depends on neither n nor K.
    step
        The step that balances the leading terms of the bound, up to a constant; used where the theorem leaves the step free.
    """

    gradients: Expr
    step: Expr


ROUND = Iteration(n, CLASSICAL_STEP)
"""Every worker takes a gradient."""


@dataclass(frozen=True)
class Rate:
    """The leading order of a bound as K grows.

    Attributes
    ----------
    leading
        The leading term, exactly.
    remainder
        Everything else.
    exponents
        Exponents of ``K``, ``n`` and ``gap`` (1 - sqrt(rho)) in the leading term: as K grows first, then n, and as the
        gap closes.
    remainder_exponents
        The same for the remainder; empty where there is none.
    step
        The step that was put in, where the theorem leaves it free.
    """

    leading: Expr
    remainder: Expr
    exponents: Mapping[str, sp.Rational]
    remainder_exponents: Mapping[str, sp.Rational]
    step: Expr | None

    def _repr_latex_(self) -> str:
        return f"${latex(self.leading)}$"


@dataclass(frozen=True)
class LinearSpeedup:
    """Whether gradients count the same by whichever worker they are taken: n workers do in K rounds what one does in n K.

    Attributes
    ----------
    holds
        Whether the leading term depends on n and K only through the number of gradients: n K over K rounds, and K over K
        updates of single workers.
    leading
        The leading term.
    from_K
        The K from which on the conditions hold and the other terms together are no larger than the leading one; inf where
        that is beyond 1e300, None where no numbers were given.
    """

    holds: bool
    leading: Expr
    from_K: float | None = None

    def __bool__(self) -> bool:
        """Whether the speed-up is linear."""
        return self.holds


def leading_order(expression: Expr, variable: sp.Symbol) -> tuple[Expr, sp.Rational]:
    """Return ``(c, e)`` with ``expression / variable**e -> c`` as the variable grows, c free of it and not zero.

    Works factor by factor and term by term, which is exact for the algebraic expressions of bounds and, with a dozen
    symbols, a thousand times faster than a general limit.
    """
    if not expression.has(variable):
        return expression, sp.S.Zero
    if expression == variable:
        return sp.S.One, sp.S.One
    if expression.is_Pow and not expression.exp.has(variable):
        coefficient, order = leading_order(expression.base, variable)
        return coefficient**expression.exp, order * expression.exp
    parts = [leading_order(part, variable) for part in expression.args]
    if expression.is_Mul:
        return sp.Mul(*[coefficient for coefficient, _ in parts]), sp.Add(*[order for _, order in parts])
    orders = [order for _, order in parts]
    if isinstance(expression, sp.Add | sp.Max | sp.Min):
        order = min(orders) if isinstance(expression, sp.Min) else max(orders)
        total = expression.func(*[coefficient for coefficient, each in parts if each == order])
        if total == 0:  # the leading terms cancel: only a factored form shows what is left
            factored = sp.factor(sp.together(expression))
            if factored == expression:
                raise StragglerError(f"cannot tell the order of {expression} in {variable}: its leading terms cancel")
            return leading_order(factored, variable)
        return total, order
    raise StragglerError(f"cannot tell the order of {expression} in {variable}")


def _exponents(expression: Expr) -> dict[str, sp.Rational]:
    """Order as K grows; then, of the coefficient, as n grows; and as the gap 1 - sqrt(rho) closes."""
    inverse_gap = sp.Dummy("inverse_gap", positive=True)
    closing = 1 - 1 / inverse_gap
    coefficient, order = leading_order(expression, K)
    opened = coefficient.subs(p, 1 - rho).subs(sp.sqrt(rho), closing).subs(rho, closing**2)
    return {"K": order, "n": leading_order(coefficient, n)[1], "gap": -leading_order(opened, inverse_gap)[1]}


@cache
def rate(bound: Expr, free_step: Expr = CLASSICAL_STEP) -> Rate:
    """Return the leading order of a bound that holds only symbols of the table, with ``free_step`` put in for gamma."""
    step = free_step if bound.has(gamma) else None
    expression = bound.subs(gamma, step) if step is not None else bound
    coefficient, order = leading_order(expression, K)
    leading = sp.factor_terms(sp.expand_mul(coefficient)) * K**order
    remainder = sp.Add(*[_excess(term, order) for term in distributed(expression)])
    return Rate(leading, remainder, _exponents(leading), {} if remainder == 0 else _exponents(remainder), step)


def _excess(term: Expr, order: sp.Rational) -> Expr:
    """Return what a term of a bound adds beyond the order ``K**order``, as a product, so that no difference hides its order."""
    coefficient, own = leading_order(term, K)
    if own != order:
        return term
    # a term such as gamma sigma^2/(n D_1) leads, and still differs from its own leading part
    return sp.factor(sp.together(term - coefficient * K**order))


def linear_speedup(
    found: Rate, constants: Mapping[str, Any], applies: Callable[[Mapping[str, Any]], bool], owner: str, gradients: Expr = n
) -> LinearSpeedup:
    """Return whether the leading term is a function of the number of gradients, and from which K on it leads.

    Parameters
    ----------
    found
        The rate of the theorem.
    constants
        Numbers for everything but K, or nothing.
    applies
        Whether the theorem applies at given constants.
    owner
        Key of the theorem, for messages.
    gradients
        Gradients per iteration.
    """
    total = sp.Symbol("N", positive=True)
    through_total = sp.simplify(found.leading.subs(K, total / gradients))
    holds = not through_total.has(n)
    if not constants:
        return LinearSpeedup(holds, found.leading)
    fixed = {name: value for name, value in constants.items() if name not in ("K", "gamma")}

    def settled(log10_k: float) -> bool:
        here = {**fixed, "K": 10.0**log10_k}
        if found.step is not None:
            here["gamma"] = evaluate(found.step, here, owner)
        leads = "K" not in required(found.remainder) or evaluate(found.remainder, here, owner) <= evaluate(
            found.leading, here, owner
        )
        return bool(leads) and applies(here)

    return LinearSpeedup(holds, found.leading, _last_switch(settled))


def _last_switch(settled: Callable[[float], bool]) -> float:
    """Smallest K above which ``settled`` (a function of log10 K) stays true: down a grid from the top, then bisection."""
    if not settled(_MAX_LOG10_K):
        return float("inf")
    high = _MAX_LOG10_K
    for low in np.arange(_MAX_LOG10_K - 0.25, -0.125, -0.25):
        if not settled(float(low)):
            break
        high = float(low)
    else:
        return 1.0
    low = high - 0.25
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if settled(middle) else (middle, high)
    return float(10.0**high)
