"""Numbers from expressions: compiled once, vectorised over arrays of settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy.printing.numpy import NumPyPrinter

from straggler import InputError, StragglerError
from theory import symbols
from theory.symbols import Expr

Number = float | NDArray[np.float64]


class _Printer(NumPyPrinter):  # type: ignore[misc]
    """Writes Min and Max as nested ufuncs, which broadcast; sympy's own form stacks its arguments and cannot."""

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True})

    def _nested(self, ufunc: str, arguments: Iterable[Expr]) -> str:
        first, *rest = [self._print(argument) for argument in arguments]
        for other in rest:
            first = f"{ufunc}({first}, {other})"
        return str(first)

    def _print_Min(self, expr: Expr) -> str:
        return self._nested("minimum", expr.args)

    def _print_Max(self, expr: Expr) -> str:
        return self._nested("maximum", expr.args)


@cache
def _compiled(expression: Expr) -> tuple[tuple[str, ...], Callable[..., Any]]:
    # 1 - q is carried as a symbol of its own: for the explicit constants of the paper q rounds to one
    safe = expression.subs(symbols.q, 1 - symbols.one_minus_q)
    names = tuple(sorted(symbol.name for symbol in safe.free_symbols))
    return names, sp.lambdify([sp.Symbol(name, positive=True) for name in names], safe, modules="numpy", printer=_Printer())


def required(*expressions: Expr) -> tuple[str, ...]:
    """Return the sorted names of the constants that these expressions need."""
    return tuple(sorted({symbol.name for expression in expressions for symbol in sp.sympify(expression).free_symbols}))


def one_number_each(constants: Mapping[str, Any], *left_out: str) -> dict[str, Any]:
    """Return the given constants without those that are looked for; an array among them is an `InputError`."""
    kept = {name: value for name, value in constants.items() if name not in left_out and value is not None}
    for name, value in kept.items():
        if np.ndim(value):
            raise InputError(name, value, "one number, not an array")
    return kept


def _constant(name: str, constants: Mapping[str, Any], owner: str) -> NDArray[np.float64]:
    value = constants.get(name)
    if value is None and name == "one_minus_q":
        return np.asarray(1 - _constant("q", constants, owner))
    entry = symbols.TABLE.get(name)
    if value is None:
        raise StragglerError(f"{owner} needs {name}{f' ({entry.meaning})' if entry else ''}, which was not given")
    return entry.checked(value) if entry else np.asarray(value, dtype=np.float64)


def evaluate(expression: Expr, constants: Mapping[str, Any], owner: str = "the expression") -> Number:
    """Return the value of an expression of the table's symbols.

    Parameters
    ----------
    expression
        A sympy expression.
    constants
        Numbers or arrays that broadcast against each other, by symbol name; others are ignored.
        ``one_minus_q`` stands in for ``1 - q``.
    owner
        Who asks; error messages name it.

    Returns
    -------
    float, or float64 array of the broadcast shape where a constant is an array. Division by zero gives inf, as in the
    limit that is meant (no noise, infinite period); the caller never sees a warning.

    Raises
    ------
    StragglerError
        A constant is missing. InputError: one is NaN, negative, or otherwise outside the range of its symbol.
    """
    names, function = _compiled(sp.sympify(expression))
    values = [_constant(name, constants, owner) for name in names]
    with np.errstate(all="ignore"):
        result = function(*[value if value.ndim else value[()] for value in values])
    shape = np.broadcast_shapes(*[value.shape for value in values])
    return np.array(np.broadcast_to(np.asarray(result, dtype=np.float64), shape)) if shape else float(result)
