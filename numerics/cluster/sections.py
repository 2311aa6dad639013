"""Reading a TOML file strictly: every key is known, present where needed, of its type, and refused in one line."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from straggler import InputError, UnknownName

NUMBER, WHOLE, TEXT = "a number", "a whole number", "a text in quotes"
NUMBERS, FACTORS = "a list of numbers", "a table from numbers of workers to numbers, as in {3 = 2.0}"
TYPES = {
    "float": NUMBER,
    "float | None": NUMBER,
    "int": WHOLE,
    "str": TEXT,
    "int | str": f"{WHOLE} or {TEXT}",
    "Iterable[float]": NUMBERS,
    "Mapping[int, float]": FACTORS,
}
"""What a parameter with this annotation is written as."""


def read(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file; InputError with the parser's line and column if it is not one."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(str(path), error.reason, "text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(str(path), str(error), "valid TOML") from None
    except OSError as error:
        raise InputError(str(path), error.strerror, "a file that can be read") from None


def make(where: str, table: Any, *makers: Callable[..., Any]) -> Any:
    """Call the first maker whose parameters are the keys of ``table``.

    Parameters
    ----------
    where
        File and section, for messages.
    table
        What stands in the section.
    makers
        Callables that differ in the keys they ask for; annotations of their parameters say how these are written.

    Raises
    ------
    UnknownName, InputError
        For a key that no maker knows, keys that are missing or do not go together, a value of another type, and for what
        the maker itself refuses.
    """
    if not isinstance(table, dict):
        raise InputError(where, table, "a section with keys")
    signatures = [inspect.signature(maker).parameters for maker in makers]
    known = {key: parameter for parameters in signatures for key, parameter in parameters.items()}
    for key in table:
        if key not in known:
            raise UnknownName(f"key in {where}", key, known)
    values = {key: _typed(f"{where} {key}", value, TYPES[known[key].annotation]) for key, value in table.items()}
    for maker, parameters in zip(makers, signatures, strict=True):
        needed = {key for key, parameter in parameters.items() if parameter.default is parameter.empty}
        if needed <= values.keys() <= parameters.keys():
            try:
                return maker(**values)
            except UnknownName as error:
                raise UnknownName(f"{error.kind} in {where}", error.name, error.known) from None
            except InputError as error:
                raise InputError(f"{where} {error.source}", error.value, error.admissible) from None
    choices = " or ".join("{" + ", ".join(_key(p) for p in parameters.values()) + "}" for parameters in signatures)
    raise InputError(f"keys of {where}", sorted(table), f"the keys {choices}")


def kind(where: str, table: Any, makers: dict[str, Sequence[Callable[..., Any]]], what: str) -> Any:
    """Make what the key ``kind`` of the table says, from its other keys."""
    if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
        raise InputError(f"{where} kind", table.get("kind") if isinstance(table, dict) else table, f"one of {', '.join(makers)}")
    if table["kind"] not in makers:
        raise UnknownName(f"{what} in {where}", table["kind"], makers)
    return make(where, {key: value for key, value in table.items() if key != "kind"}, *makers[table["kind"]])


def _key(parameter: inspect.Parameter) -> str:
    return parameter.name if parameter.default is parameter.empty else f"[{parameter.name}]"


def _typed(source: str, value: Any, expected: str) -> Any:
    if TEXT in expected and isinstance(value, str):
        return value
    if WHOLE in expected and _number(value, int):
        return value
    if expected == NUMBER and _number(value):
        return float(value)
    if expected == NUMBERS and isinstance(value, list) and all(map(_number, value)):
        return [float(number) for number in value]
    if expected == FACTORS and isinstance(value, dict) and all(map(_number, value.values())) and all(map(str.isdigit, value)):
        return {int(worker): float(factor) for worker, factor in value.items()}
    raise InputError(source, value, expected)


def _number(value: Any, kinds: type | tuple[type, ...] = (int, float)) -> bool:
    # TOML's integers have 64 bits; Python's parser reads longer ones, which no float can hold.
    return isinstance(value, kinds) and not isinstance(value, bool) and not (isinstance(value, int) and abs(value) >= 1 << 63)
