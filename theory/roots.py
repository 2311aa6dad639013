"""Where a polynomial with positive coefficients reaches a level, in closed form."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from theory.symbols import Expr


def positive_root(coefficients: Mapping[int, Expr], level: Expr) -> Expr | None:
    """Return the z > 0 with ``sum of c z^k = level``; there is exactly one, as the sum grows.

    Written down for one power, for ``a z + b z^2``, ``a z + b z^3`` and ``a z^2 + b z^3``, and for these in a power of z.

    Parameters
    ----------
    coefficients
        k to c, all positive.
    level
        Positive.

    Returns
    -------
    An expression in forms that do not subtract nearly equal numbers; None for other powers.
    """
    divisor = int(sp.igcd(0, *coefficients))
    powers = tuple(sorted(k // divisor for k in coefficients))
    a, b = coefficients[powers[0] * divisor], coefficients[powers[-1] * divisor]
    if len(powers) == 1:
        root = level / a
    elif powers == (1, 2):
        root = 2 * level / (a + sp.sqrt(a**2 + 4 * b * level))
    elif powers == (1, 3):  # Viète's form for one real root; Cardano's subtracts nearly equal numbers
        p, q = a / b, level / b
        root = 2 * sp.sqrt(p / 3) * sp.sinh(sp.asinh(3 * q / (2 * p) * sp.sqrt(3 / p)) / 3)
    elif powers == (2, 3):  # a depressed cubic in 1/z, with one real root or three: Viète's forms again
        p, q = a / level, b / level
        ratio = 3 * q / (2 * p) * sp.sqrt(3 / p)
        third = sp.Piecewise((sp.cos(sp.acos(sp.Min(ratio, 1)) / 3), ratio <= 1), (sp.cosh(sp.acosh(sp.Max(ratio, 1)) / 3), True))
        root = 1 / (2 * sp.sqrt(p / 3) * third)
    else:
        return None
    return root ** sp.Rational(1, divisor)
