"""What the factories of problems share: checking the names of options and recording them."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from straggler import UnknownName


def check_options(problem: str, options: dict[str, Any], *made_by: Any) -> None:
    """Raise `UnknownName` for an option that is not a keyword-only parameter of any of the callables ``made_by``."""
    parameters = [parameter for maker in made_by for parameter in inspect.signature(maker).parameters.values()]
    known = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    for option in options:
        if option not in known:
            raise UnknownName(f"option of problem {problem}", option, known)


def plain(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with arrays as lists and numpy numbers as Python's, ready for JSON."""
    return {key: value.tolist() if isinstance(value, np.ndarray | np.generic) else value for key, value in options.items()}
