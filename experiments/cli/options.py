"""Options that several commands share, and the reading of ``NAME=VALUE``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from straggler import InputError, StragglerError

Value: TypeAlias = float | int | str | bool | tuple[float | int | str | bool, ...]

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def whole(text: str) -> int:
    """Return a whole number, which may be written 10000, 10_000 or 1e4; its range is checked where it is used."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
        if number == int(number):
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(f"{text!r} is not a whole number")


Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Nodes: TypeAlias = Annotated[
    int | None, typer.Option("--nodes", "-n", parser=whole, metavar="N", help="Number of workers; a graph file has its own.")
]
Weights: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--weights",
        metavar="W",
        help="Mixing weights: metropolis, uniform, max-degree, lazy, push, fastest, fastest-averaging, "
        "least-deviation, or FILE.csv; default metropolis, push on one-way links.",
    ),
]
GraphSettings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--graph-set", metavar="OPTION=VALUE", help="Option of the graph: p, degree, peers, shape, seed."),
]
Jobs: TypeAlias = Annotated[
    int, typer.Option("--jobs", "-j", parser=whole, metavar="J", help="Number of processes, -1 for one per core.")
]


def jobs(number: int) -> int:
    """Return a number of processes if it is -1 or at least 1, else raise `InputError`."""
    if number != -1 and number < 1:
        raise InputError("jobs", number, "a whole number >= 1, or -1 for one per core")
    return number


def file(option: str, path: Path) -> None:
    """Refuse a folder, or a file that cannot be written, before anything is computed for it."""
    if path.is_dir():
        raise InputError(option, str(path), "the name of a file, not of a folder")
    writable(option, path)


def folder(option: str, path: Path) -> None:
    """Refuse a folder that cannot be written, before anything is computed for it; one that is missing will be made."""
    if path.exists() and not path.is_dir():
        raise InputError(option, str(path), "the name of a folder")
    writable(option, path)


def writable(option: str, path: Path) -> None:
    """Refuse a path where nothing can be made or written: what is nearest to it among what exists must allow that."""
    around = path.absolute().parents if path.is_file() else (path.absolute(), *path.absolute().parents)
    nearest = next(place for place in around if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise InputError(option, str(path), f"a place that can be written: {nearest} is not")


def assignments(option: str, items: Sequence[str] | None) -> dict[str, str]:
    """Return ``NAME=VALUE`` items as a dictionary; dashes in names become underscores, the last of equal names counts."""
    found = {}
    for item in items or ():
        name, equals, text = item.partition("=")
        if not (equals and name.strip() and text.strip()):
            raise InputError(option, item, "NAME=VALUE")
        found[name.strip().replace("-", "_")] = text.strip()
    return found


def settings(option: str, items: Sequence[str] | None) -> dict[str, Value]:
    """Return ``NAME=VALUE`` items with values read as numbers, truth values, comma-separated lists, or else text."""
    return {name: value(text) for name, text in assignments(option, items).items()}


def value(text: str) -> Value:
    """Return what a piece of text says: a whole number, a number, a truth value, a list of such with commas, or itself."""
    if "," in text:
        return tuple(_scalar(part.strip()) for part in text.split(",") if part.strip())
    return _scalar(text)


def _scalar(text: str) -> float | int | str | bool:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@contextmanager
def understood(option: str, given: Mapping[str, object]) -> Iterator[None]:
    """Say in one line that the values given under ``option`` are of a kind that what is built from them cannot take."""
    try:
        yield
    except StragglerError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        if not given:
            raise
        shown = ", ".join(f"{name}={text}" for name, text in given.items())
        raise InputError(option, shown, f"values of the right kind ({error})") from None
