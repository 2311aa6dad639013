"""What every floor of the house shares: the version and the one exception family.

``theory`` and ``numerics`` must not import each other, yet both have to refuse bad input in the same voice. The voice
lives here: one line that names the offending value, the admissible range, and where the value came from.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable

__version__ = "0.1.0"


class StragglerError(ValueError):
    """Base of every error this toolkit raises on purpose; its message is one line, ready for a terminal."""


class InputError(StragglerError):
    """A value outside its admissible range.

    Parameters
    ----------
    source
        Where the value came from: a parameter, an option, a file and line.
    value
        The offending value.
    admissible
        The admissible range, in words or as an inequality.
    """

    def __init__(self, source: str, value: object, admissible: str) -> None:
        self.source, self.value, self.admissible = source, value, admissible
        super().__init__(f"{source} = {value!r} is not admissible: needs {admissible}")

    def __reduce__(self) -> tuple[type, tuple[str, object, str]]:
        return type(self), (self.source, self.value, self.admissible)


class UnknownName(StragglerError):
    """A name that is not registered; the message lists the nearest registered ones, or else all.

    Parameters
    ----------
    kind, name
        What it would be a name of, and the name.
    known
        The registered names.
    listed_by
        The command that lists the registered names, where they are too many for one line.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], listed_by: str | None = None) -> None:
        self.kind, self.name, self.known, self.listed_by = kind, name, sorted(known), listed_by
        near = difflib.get_close_matches(name, self.known, n=3, cutoff=0.4)
        if near:
            hint = f"did you mean {', '.join(near)}?"
        else:
            hint = f"to list them: {listed_by}" if listed_by else f"known: {', '.join(self.known) or 'none'}"
        super().__init__(f"unknown {kind} {name!r}; {hint}")

    def __reduce__(self) -> tuple[type, tuple[str, str, list[str], str | None]]:
        return type(self), (self.kind, self.name, self.known, self.listed_by)


class ResultError(StragglerError):
    """A stored result that cannot be read or written: cut short, from another version, or no space left."""


def positive(source: str, value: float, *, zero_ok: bool = False) -> float:
    """Return ``value`` as a float if it is finite and positive (or zero, with ``zero_ok``), else raise `InputError`."""
    number = _number(source, value)
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero_ok):
        raise InputError(source, value, "a finite number >= 0" if zero_ok else "a finite number > 0")
    return number


def at_least(source: str, value: int, minimum: int) -> int:
    """Return ``value`` as an int if it is a whole number no smaller than ``minimum``, else raise `InputError`."""
    number = _number(source, value)
    if not math.isfinite(number) or number != int(number) or number < minimum:
        raise InputError(source, value, f"a whole number >= {minimum}")
    return int(number)


def _number(source: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(source, value, "a number") from None
    if math.isnan(number):
        raise InputError(source, value, "a number, not NaN")
    return number
