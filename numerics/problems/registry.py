"""Problems by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numerics.problems import real, synthetic
from numerics.problems.problem import Problem
from straggler import UnknownName

FACTORIES: dict[str, Callable[..., Problem]] = {
    "cosine": synthetic.cosine,
    "rational": synthetic.rational,
    "saddle": synthetic.saddle,
    "quadratic": synthetic.quadratic,
    "sinc": synthetic.sinc,
    "bump": synthetic.bump,
    "matrix-completion": synthetic.matrix_completion,
    "logistic-breast-cancer": real.logistic_breast_cancer,
    "logistic-digits": real.logistic_digits,
    "network-digits": real.network_digits,
    "hard-instance": synthetic.hard_instance,
    "huber": synthetic.huber,
}

FILE_PREFIX = "logistic:"

NAMES = (*FACTORIES, f"{FILE_PREFIX}FILE")


def get(name: str, **options: Any) -> Problem:
    """Return the problem called ``name``.

    Parameters
    ----------
    name
        One of `NAMES`, where FILE stands for the path of a LIBSVM file.
    **options
        ``dim``, ``workers``, ``sigma``, ``noise`` and whatever else the factory of that name takes.

    Raises
    ------
    UnknownName
        For another name or an option the factory does not take.
    InputError
        For a value outside its range.
    """
    if name.startswith(FILE_PREFIX):
        return real.logistic_file(name.removeprefix(FILE_PREFIX), **options)
    if name not in FACTORIES:
        raise UnknownName("problem", name, NAMES)
    return FACTORIES[name](**options)
