"""Problems by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numerics.problems import synthetic
from numerics.problems.problem import Problem
from straggler import UnknownName

FACTORIES: dict[str, Callable[..., Problem]] = {
    "cosine": synthetic.cosine,
    "quadratic": synthetic.quadratic,
    "rational": synthetic.rational,
}

NAMES = tuple(FACTORIES)


def get(name: str, **options: Any) -> Problem:
    """Return the problem called ``name``.

    Parameters
    ----------
    name
        One of `NAMES`.
    **options
        ``dim``, ``workers``, ``sigma``, ``noise`` and whatever else the factory of that name takes.

    Raises
    ------
    UnknownName
        For another name or an option the factory does not take.
    InputError
        For a value outside its range.
    """
    if name not in FACTORIES:
        raise UnknownName("problem", name, NAMES)
    return FACTORIES[name](**options)
