"""Files in the LIBSVM format: one sample a line, ``label index:value index:value ...``."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from numerics.typing import Floats
from straggler import InputError

LIMIT_BYTES = 1 << 31
"""Largest data set that is laid out densely in memory."""


def read_libsvm(path: str | Path) -> tuple[Floats, Floats]:
    """Return samples (N, d) and labels (N,) in {-1, 1} of a LIBSVM file.

    Indices start at 1 and increase along a line; ``#`` starts a comment; blank lines are skipped. There must be exactly two
    different labels; the larger becomes 1.

    Raises
    ------
    InputError
        If the file cannot be read, a line is broken (source is ``file:line``), or there are not two different labels.
    """
    labels: list[float] = []
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                content = line.partition("#")[0].split()
                if content:
                    try:
                        labels.append(_number(content[0]))
                        entries = _entries(content[1:])
                    except ValueError as reason:
                        raise InputError(f"{path}:{number}", _shortened(line), f"'label index:value ...' ({reason})") from None
                    rows.extend([len(labels) - 1] * len(entries))
                    columns.extend(index - 1 for index, _ in entries)
                    values.extend(value for _, value in entries)
    except OSError as reason:
        raise InputError("LIBSVM file", str(path), f"a readable file ({reason.strerror})") from None
    kinds = sorted(set(labels))
    if len(kinds) != 2:
        raise InputError(f"labels in {path}", kinds[:5], f"two different labels, not {len(kinds)}")
    dim = max(columns, default=-1) + 1
    if len(labels) * dim * 8 > LIMIT_BYTES:
        raise InputError(f"size of {path}", f"{len(labels)} x {dim}", f"at most {LIMIT_BYTES >> 20} MiB as a dense array")
    samples = np.zeros((len(labels), dim))
    samples[rows, columns] = values
    return samples, np.where(np.array(labels) == kinds[1], 1.0, -1.0)


def _entries(tokens: list[str]) -> list[tuple[int, float]]:
    entries = []
    previous = 0
    for token in tokens:
        index, colon, value = token.partition(":")
        if not colon or not (index.isascii() and index.isdecimal()):
            raise ValueError(f"{_shortened(token)!r} is not index:value")
        if int(index) <= previous:
            raise ValueError(f"index {int(index)} after {previous}: indices start at 1 and increase")
        previous = int(index)
        entries.append((previous, _number(value)))
    return entries


def _number(token: str) -> float:
    try:
        value = float(token)
    except ValueError:
        value = math.nan
    # float() takes 1_000 for a thousand; nobody else does.
    if not math.isfinite(value) or "_" in token:
        raise ValueError(f"{_shortened(token)!r} is not a finite number")
    return value


def _shortened(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 60 else text[:57] + "..."
