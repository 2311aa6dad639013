"""A theorem as an object: what it assumes, what it claims, and what that is at numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from straggler import StragglerError
from theory import rates, statement
from theory.assumptions import Assumption, same_start
from theory.card import Card
from theory.conditions import Check, Condition, largest_admissible
from theory.evaluate import evaluate, required
from theory.quantities import Quantity
from theory.symbols import Expr, beta, gamma, x0_spread

if TYPE_CHECKING:
    from theory.chain import Chain


@cache
def _expanded(expression: Expr, definitions: tuple[tuple[sp.Symbol, Expr], ...]) -> Expr:
    for symbol, value in definitions:
        expression = expression.subs(symbol, value)
    return expression


@dataclass(frozen=True, repr=False)
class Theorem:
    """A proved (or merely printed) upper bound.

    Attributes
    ----------
    card
        Key, title, source, systems, standing, provenance.
    quantity
        What is bounded.
    right_side
        The bound, in symbols of the table and of ``definitions``.
    assumptions
        What must be true of problem, noise and mixing.
    requires
        What must be true of the numbers.
    definitions
        Abbreviations in order: each may use symbols of the table and later abbreviations.
    step
        The step size the theorem prescribes; None where it is free.
    step_limit
        Where the step is free: the supremum of the steps that the conditions admit.
    step_cap
        Where the step is free, and that supremum has no closed form: a bound on it. The conditions must be monotone in gamma,
        so that `largest_step` finds the supremum by bisection.
    iteration
        What one of the K iterations is: a round of all workers, unless said otherwise. None where the bound is not about how
        fast something falls as K grows: a limit, a region, a ratio.
    proof
        A complete proof, for statements proved here.
    derivation
        The chain of inequalities by which the program derived this statement, where it did.
    """

    card: Card
    quantity: Quantity
    right_side: Expr
    assumptions: tuple[Assumption, ...] = ()
    requires: tuple[Condition, ...] = ()
    definitions: tuple[tuple[sp.Symbol, Expr], ...] = ()
    step: Expr | None = None
    step_limit: Expr | None = None
    step_cap: Expr | None = None
    iteration: rates.Iteration | None = rates.ROUND
    proof: str = ""
    derivation: Chain | None = None

    @property
    def key(self) -> str:
        """The name under which the theorem is registered."""
        return self.card.key

    @property
    def title(self) -> str:
        """A title for tables."""
        return self.card.title

    @property
    def standing(self) -> str:
        """One of printed, rederived, corrected, ours."""
        return self.card.standing

    @property
    def standing_note(self) -> str:
        """What is to be known about the standing."""
        return self.card.standing_note

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the algorithms it speaks about."""
        return self.card.systems

    def expanded(self, expression: Expr | None = None) -> Expr:
        """Return the bound (or another expression) with the definitions substituted."""
        return _expanded(sp.sympify(self.right_side if expression is None else expression), self.definitions)

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the constants that the bound, the conditions and the step need."""
        sides = [side for condition in self.requires for side in (condition.lhs, condition.rhs)]
        steps = [] if self.step is None else [self.step]
        return required(*(self.expanded(part) for part in (self.right_side, *sides, *steps)))

    def bound(self, **constants: Any) -> Any:
        """Return the bound: an expression without arguments, else a number or an array.

        Parameters
        ----------
        **constants
            Numbers, or arrays that broadcast against each other, by the names of `theory.symbols`; others are ignored.

        Returns
        -------
        sympy expression, float, or float64 array. At numbers where a condition fails the value claims nothing:
        ask `applies`.

        Raises
        ------
        StragglerError
            A constant is missing or outside the range of its symbol.
        """
        return evaluate(self.expanded(), constants, self.key) if constants else self.right_side

    def conditions(self, **constants: Any) -> Any:
        """Return the conditions: `Condition` objects without arguments, else a list of `Check`.

        Three checks join them where the constants of a run give cause: that ``gamma`` is the step the theorem prescribes,
        that ``beta`` is zero for a theorem that does not know of momentum, and ``x0_spread`` for one that assumes a common start.
        """
        if not constants:
            return self.requires
        checked = self.requires
        if self.step is not None and constants.get("gamma") is not None:
            checked = (*checked, Condition("gamma is the prescribed step", gamma, self.step, exact=True))
        if constants.get("beta") is not None and "beta" not in self.constants:
            checked = (*checked, Condition("no momentum", beta, sp.Integer(0)))
        if constants.get("x0_spread") is not None and same_start in self.assumptions:
            checked = (*checked, Condition("all workers start at the same point", x0_spread, sp.Integer(0)))
        return [self._spelled_out(condition).check(constants, self.key) for condition in checked]

    def _spelled_out(self, condition: Condition) -> Condition:
        return replace(condition, lhs=self.expanded(condition.lhs), rhs=self.expanded(condition.rhs))

    def applies(self, **constants: Any) -> Any:
        """Return whether every condition holds at these numbers: a bool, or an array of them."""
        if not constants:
            raise StragglerError(f"{self.key} needs {', '.join(self.constants)} to say whether it applies")
        checks: list[Check] = self.conditions(**constants)
        together = np.logical_and.reduce(np.broadcast_arrays(*[check.holds for check in checks])) if checks else np.True_
        return bool(together) if np.ndim(together) == 0 else together

    def step_size(self, **constants: Any) -> Any:
        """Return the prescribed step (expression, number or array); None where the theorem leaves it free."""
        if self.step is None:
            return None
        return evaluate(self.expanded(self.step), constants, self.key) if constants else self.step

    @property
    def limits_step(self) -> bool:
        """Whether the conditions admit steps up to some largest one only, which `largest_step` returns."""
        return self.step_limit is not None or self.step_cap is not None

    def largest_step(self, **constants: Any) -> Any:
        """Return the supremum of the admissible steps (expression, number or array); None where the step is prescribed.

        Where it has no closed form there is no expression, and numbers are found by bisection.
        """
        if self.step_cap is not None and constants:
            judges = [self._spelled_out(condition) for condition in self.requires]
            return largest_admissible(judges, self.expanded(self.step_cap), constants, self.key)
        if self.step_limit is None:
            return None
        return evaluate(self.expanded(self.step_limit), constants, self.key) if constants else self.step_limit

    def rate(self) -> rates.Rate | None:
        """Return the leading order in K, n and 1 - sqrt(rho); a free step is set to the one that balances the leading terms.

        None for a theorem without ``iteration``.
        """
        if self.iteration is None:
            return None
        return rates.rate(self.expanded(), self.iteration.step)

    def linear_speedup(self, **constants: Any) -> rates.LinearSpeedup | None:
        """Return whether the speed-up by more workers is linear and, given numbers, from which K on the leading term leads.

        None for a theorem without ``iteration``.

        Parameters
        ----------
        **constants
            Numbers for everything but K (and gamma); arrays are not admitted here.
        """

        def applicable(here: Mapping[str, Any]) -> bool:
            return bool(self.applies(**here))

        found = self.rate()
        if found is None or self.iteration is None:
            return None
        return rates.linear_speedup(found, constants, applicable, self.key, self.iteration.gradients)

    def latex(self) -> str:
        """Return the claim ``quantity <= bound`` in LaTeX, without dollar signs."""
        return statement.latex_claim(self)

    def mathml(self) -> statement.Pieces:
        """Return presentation MathML of the claim, bound, step, conditions and definitions, for an HTML page."""
        return statement.mathml_pieces(self)

    def _repr_markdown_(self) -> str:
        return statement.markdown(self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        """Key, standing and claim on one line."""
        return f"<Theorem {self.key} ({self.standing}): {self.quantity.name} <= {self.right_side}>"
