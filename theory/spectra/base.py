"""What a family of mixing matrices has: its spectrum in closed form, and that spectrum at numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import cleandoc
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray
from sympy.codegen.cfunctions import log2

from straggler import InputError, StragglerError
from theory import symbols
from theory.evaluate import evaluate, required
from theory.symbols import Expr
from theory.typeset import latex

Floats = NDArray[np.float64]

n, group = symbols.n, symbols.group
dims = sp.Symbol("dims", positive=True)
rounds = sp.Symbol("rounds", positive=True)
degree = sp.Symbol("degree", positive=True)
connectivity = sp.Symbol("connectivity", positive=True)

digits = log2(n)
"""log2 n, which numpy rounds correctly at powers of two where log(n) / log(2) may miss."""

hops = sp.ceiling(digits)
"""Distances 1, 2, 4, ... below n of exponential graphs: the least t with 2^t >= n."""

EXPRESSIONS = ("lambda2", "rho", "gap", "leading", "messages")


@dataclass(frozen=True)
class Spectrum:
    """The spectrum of a family of mixing matrices W as expressions of the number n of workers.

    Attributes
    ----------
    key, title
        Name in the registry, and in words.
    lambda2
        Largest eigenvalue modulus of W, once one eigenvalue 1 is taken away; of E[W] where W is random.
    rho
        ``||W - J||_2^2``, J = 1 1'/n; ``||E[W'W] - J||_2`` where W is random.
    gap
        1 - rho, in a form that keeps its digits where rho is close to one.
    leading
        What the gap is asymptotically equal to as n grows, all else fixed.
    messages
        Messages that all workers together send in a round.
    admissible
        For which numbers the expressions are exact, in words.
    admits
        The same as a predicate of arrays, by name.
    proof
        Why, as its docstring says.
    symmetric
        Whether W is symmetric with ``lambda2`` one of its eigenvalues, so that `lazy` knows its spectrum.
    random
        Whether W is drawn anew in every round.
    note
        What is said elsewhere and does not check out.
    otherwise
        ``lambda2`` for one n that is not admissible, as a maximum over finitely many known eigenvalues.
    """

    key: str
    title: str
    lambda2: Expr
    rho: Expr
    gap: Expr
    leading: Expr
    messages: Expr
    admissible: str
    admits: Callable[..., Any]
    proof: str = ""
    symmetric: bool = False
    random: bool = False
    note: str = ""
    otherwise: Callable[..., float] | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what the expressions depend on besides n."""
        return tuple(name for name in required(*(getattr(self, part) for part in EXPRESSIONS)) if name != "n")

    def at(self, n: ArrayLike, **parameters: ArrayLike) -> dict[str, Floats]:
        """Return `EXPRESSIONS` at numbers.

        Parameters
        ----------
        n
            Numbers of workers.
        parameters
            The other `parameters`, numbers or arrays that broadcast against n.

        Returns
        -------
        dict
            ``lambda2``, ``rho``, ``gap``, ``leading``, ``messages`` as arrays of the broadcast shape.

        Raises
        ------
        InputError
            If a number is not admissible and there is no finite list of eigenvalues to fall back on.
        StragglerError
            If a parameter is missing or too many.
        """
        if set(parameters) != set(self.parameters):
            raise StragglerError(f"the spectrum of {self.key} depends on n and {self.parameters}, not on {sorted(parameters)}")
        names = ("n", *parameters)
        arrays = [np.asarray(value, dtype=np.float64) for value in (n, *parameters.values())]
        values = dict(zip(names, np.broadcast_arrays(*arrays), strict=True))
        exact = np.broadcast_to(self.admits(**values), values["n"].shape)
        known, needed = exact, self.admissible
        if self.otherwise is not None:
            known, needed = whole(*values.values()) & (values["n"] >= 2), "whole n >= 2"
            for name in parameters:
                known, needed = known & (values[name] >= 1), f"{needed} and whole {name} >= 1"
        if not known.all():
            bad = tuple(float(value[tuple(np.argwhere(~known)[0])]) for value in values.values())
            raise InputError(f"{', '.join(names)} of {self.key}", bad if parameters else bad[0], needed)
        shape = values["n"].shape
        found = {part: np.array(np.broadcast_to(evaluate(getattr(self, part), values, self.key), shape)) for part in EXPRESSIONS}
        if self.otherwise is not None:
            for where in map(tuple, np.argwhere(~exact)):
                modulus = self.otherwise(**{name: int(value[where]) for name, value in values.items()})
                found["lambda2"][where], found["rho"][where], found["gap"][where] = modulus, modulus**2, 1 - modulus**2
        return found

    def lazy(self) -> Spectrum:
        """Return the spectrum of (I + W) / 2, whose eigenvalues (1 + lambda) / 2 are in the order of W's and not negative.

        Raises `StragglerError` unless W is symmetric.
        """
        if not self.symmetric:
            raise StragglerError(f"the lazy form of {self.key} has no closed form here: its matrices are not symmetric")
        half = (1 + self.lambda2) / 2
        away = self.gap / (1 + self.lambda2) / 2  # 1 - half, by 1 - lambda^2 = (1 - lambda)(1 + lambda)
        gap = away * (1 + half)
        # 1 - lambda^2 is about 2 (1 - lambda) where lambda tends to one, and halving 1 - lambda halves it
        leading = self.leading / 2 if self.lambda2 != 0 else gap
        return replace(
            self,
            key=f"{self.key}, lazy",
            title=f"{self.title}, lazy",
            lambda2=half,
            rho=half**2,
            gap=gap,
            leading=leading,
            proof=self.proof + "\n\nLazy: the eigenvalues of (I + W)/2 are (1 + lambda)/2 >= 0, in the same order.",
        )

    @property
    def latex(self) -> dict[str, str]:
        """LaTeX of `EXPRESSIONS`, by name."""
        return {part: latex(getattr(self, part)) for part in EXPRESSIONS}


def family(derive: Callable[[], Spectrum]) -> Spectrum:
    """Return the spectrum that a function derives; the docstring of the function is its proof."""
    return replace(derive(), proof=cleandoc(derive.__doc__ or ""))


def whole(*values: Floats) -> Any:
    """Return where all values are whole numbers."""
    return np.all([value == np.round(value) for value in np.broadcast_arrays(*values)], axis=0)


def at_least(least: int) -> Callable[..., Any]:
    """Return the predicate of whole n >= least."""
    return lambda n: whole(n) & (n >= least)


def power_of_two(value: Floats) -> Any:
    """Return where a value is 1, 2, 4, ..."""
    return whole(value) & (value >= 1) & (np.exp2(np.round(np.log2(np.maximum(value, 1)))) == value)
