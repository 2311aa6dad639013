"""Mixing matrices in files: comma-separated numbers, one line per receiver."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.mixing.design import mixing
from experiments.storage import write
from straggler import InputError, StragglerError

if TYPE_CHECKING:
    from numerics.graphs import Graph
    from numerics.mixing import PeriodicSchedule
    from numerics.typing import Floats

SUFFIX = ".csv"
_SUMS = 1e-12


def named_or_read(graph: Graph, weights: str | None) -> PeriodicSchedule:
    """Return the mixing schedule of a graph with weights by name, or from the file of that name, see `read`."""
    if weights is not None and weights.lower().endswith(SUFFIX):
        return read(graph, Path(weights))
    return mixing(graph, weights)


def save(schedule: PeriodicSchedule, path: Path) -> None:
    """Write the mixing matrix of a schedule so that `read` finds the same numbers, whole or not at all.

    Raises
    ------
    InputError
        If the name does not end in .csv, or the matrix changes from round to round.
    ResultError
        If the file cannot be written.
    """
    saves(path)
    if schedule.period != 1:
        raise InputError("graph to save weights of", schedule.name, "one that stays as it is from round to round")
    origin = schedule.provenance()
    heading = f"# {origin.get('weights')} weights on {schedule.name}, {schedule.n} workers: what row hears of column\n"
    # the shortest text that stands for the number, so that nothing is lost
    lines = [",".join(map(repr, row)) + "\n" for row in schedule.at(0).matrix().tolist()]
    write(path, lambda file: file.write_text(heading + "".join(lines), encoding="utf-8"))


def saves(path: Path) -> None:
    """Refuse the name of a file that `named_or_read` would take for the name of weights."""
    if path.suffix.lower() != SUFFIX:
        raise InputError("file of weights", str(path), f"a name that ends in {SUFFIX}")


def read(graph: Graph, path: Path) -> PeriodicSchedule:
    """Return the mixing schedule of a static graph with the matrix in a file.

    Lines that begin with # say nothing. Entry (i, j) is what worker i weighs the message of j with.

    Raises
    ------
    InputError
        If the graph changes from round to round, there is no such file, it does not hold a matrix of the size of the graph,
        an entry is not finite or off its links, neither rows nor columns sum to one (1e-12), or entries are negative and not
        both of them do.
    """
    from numerics.mixing import Dense, PeriodicSchedule, operator_from_matrix

    if len(graph.phases) != 1:
        raise InputError("--weights", str(path), f"a graph that stays as it is from round to round, which {graph.name} does not")
    try:
        text = path.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        rows = [[float(entry) for entry in line.split(",")] for line in lines]
    except OSError as error:
        raise InputError("--weights", str(path), f"a file that can be read ({error.strerror})") from None
    except ValueError as error:
        raise InputError("--weights", str(path), f"numbers with commas between them ({error})") from None
    if len(rows) != graph.n or {len(row) for row in rows} != {graph.n}:
        shape = f"{graph.n} lines of {graph.n} numbers, one per worker of {graph.name}"
        raise InputError("--weights", str(path), f"{shape}; there are {len(rows)} lines")
    matrix = np.array(rows)
    checked(graph, matrix, path)
    source = f"weights in {path}"
    try:
        operator = Dense(matrix) if matrix.min() < 0 else operator_from_matrix(matrix, source)
    except StragglerError as error:  # from a type of numerics: the same line
        raise InputError("--weights", str(path), str(error)) from None
    digest = hashlib.sha256(matrix.tobytes()).hexdigest()
    return PeriodicSchedule([operator], graph.name, {"weights": str(path), "sha256": digest, "params": dict(graph.params)})


def checked(graph: Graph, matrix: Floats, path: Path) -> None:
    """Raise `InputError` unless a matrix of shape (n, n) mixes along the links of a static graph."""
    if not np.isfinite(matrix).all():
        raise InputError("--weights", str(path), "finite numbers")
    off = np.argwhere((matrix != 0) & ~(graph.phases[0] | np.eye(graph.n, dtype=bool)))
    if len(off):
        i, j = off[0].tolist()
        raise InputError(f"weight ({i}, {j}) in {path}", float(matrix[i, j]), f"0: {graph.name} has no link from {j} to {i}")
    rows, columns = (float(np.abs(matrix.sum(axis=axis) - 1).max()) for axis in (1, 0))
    if matrix.min() < 0 and max(rows, columns) > _SUMS:
        i, j = (int(place) for place in np.unravel_index(matrix.argmin(), matrix.shape))
        asked = "no negative entries, or rows and columns that all sum to one"
        raise InputError(f"weight ({i}, {j}) in {path}", float(matrix[i, j]), asked)
    if min(rows, columns) > _SUMS:
        raise InputError(f"sums in {path}", 1 + min(rows, columns), f"rows, or columns, that sum to one to {_SUMS:g}")
