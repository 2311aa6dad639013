r"""What is known about the size of an error-feedback memory, and which of the bounds is the least.

For a compressor with ``E||C(w) - w||^2 <= theta ||w||^2`` and gradients of second moment at most G^2, every bound has the form
``E||e||^2 <= factor(theta) gamma^2 G^2``. The factors are

- ``tight``: theta / (1 - sqrt(theta))^2, attained by C(w) = (1 - sqrt(theta)) w where all gradients are the same;
- ``elastic``: theta (2 - theta) / (1 - theta)^3 (Nadiradze et al. 2021);
- ``ef-sgd``: 4 theta / (1 - theta)^2 (Karimireddy et al. 2019, Lemma 3, with delta = 1 - theta).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from straggler import InputError, UnknownName
from theory.evaluate import evaluate
from theory.symbols import Expr, lost

TIGHT: Expr = lost / (1 - sp.sqrt(lost)) ** 2
ELASTIC: Expr = lost * (2 - lost) / (1 - lost) ** 3
EF_SGD: Expr = 4 * lost / (1 - lost) ** 2
FACTORS: dict[str, Expr] = {"tight": TIGHT, "elastic": ELASTIC, "ef-sgd": EF_SGD}

EQUAL = sp.Rational(2, 3)
"""The theta up to which the bound of elastic consistency is the smaller of the two printed ones: (2 - theta)/(1 - theta) <= 4."""


def factor(name: str, theta: Any) -> Any:
    """Return the factor of a bound at numbers (a float or an array); `UnknownName` for a bound that is not in `FACTORS`."""
    if name not in FACTORS:
        raise UnknownName("bound on the memory", name, FACTORS)
    return evaluate(FACTORS[name], {"lost": theta}, name)


def smaller_printed(theta: float) -> str:
    """Return which of the two printed bounds is the smaller at this theta: ``elastic`` up to 2/3, ``ef-sgd`` beyond."""
    return min(("elastic", "ef-sgd"), key=lambda name: float(factor(name, theta)))


def sign_of_a_skewed_gradient() -> tuple[sp.Rational, sp.Rational]:
    """Return E g and E sign(g) where g is 4 with probability 1/4 and -1 otherwise: they have opposite signs.

    A step along the mean of signs goes uphill (Karimireddy et al. 2019, a counterexample to SGD with signs).
    """
    outcomes = {sp.Integer(4): sp.Rational(1, 4), sp.Integer(-1): sp.Rational(3, 4)}
    mean = sp.Add(*[value * chance for value, chance in outcomes.items()])
    return mean, sp.Add(*[sp.sign(value) * chance for value, chance in outcomes.items()])


def sign_descent_on_a_valley(steps: Sequence[float], epsilon: float = 0.5) -> list[tuple[float, float]]:
    """Return the path of descent by signs from (1, 1) on epsilon |x + y| + |x - y|, which never leaves the line x + y = 2.

    The subgradient is epsilon sign(x + y) (1, 1) + sign(x - y) (1, -1), with sign(0) = 1; for epsilon < 1 the second part decides
    the signs of both coordinates, which are opposite (Karimireddy et al. 2019). The minimum is at the origin.

    Parameters
    ----------
    steps
        Step sizes, one for each step.
    epsilon
        Slope across the valley.

    Raises
    ------
    InputError
        If ``epsilon`` is not between 0 and 1.
    """
    if not 0 < epsilon < 1:
        raise InputError("epsilon", epsilon, "a number between 0 and 1")
    x = y = 1.0
    path = [(x, y)]
    for step in steps:
        along, across = epsilon * (1.0 if x + y >= 0 else -1.0), (1.0 if x >= y else -1.0)
        x -= step * (1.0 if along + across > 0 else -1.0)
        y -= step * (1.0 if along - across > 0 else -1.0)
        path.append((x, y))
    return path
