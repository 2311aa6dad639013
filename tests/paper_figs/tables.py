"""Reading back what a figure script wrote."""

import csv
from pathlib import Path

import numpy as np


def read(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of a CSV file: numbers where all cells are numbers, yes and no as booleans, else text."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert all(len(row) == len(header) for row in rows)
    assert rows
    return {name: _column([row[i] for row in rows]) for i, name in enumerate(header)}


def _column(cells: list[str]) -> np.ndarray:
    if set(cells) <= {"True", "False"}:
        return np.array([cell == "True" for cell in cells])
    try:
        return np.array([float(cell) for cell in cells])
    except ValueError:
        return np.array(cells)


def where(table: dict[str, np.ndarray], **conditions: object) -> dict[str, np.ndarray]:
    """Return the rows in which the column whose name starts with each key has the given value."""
    keep = np.ones(len(next(iter(table.values()))), dtype=bool)
    for start, value in conditions.items():
        name = next(name for name in table if name.startswith(start))
        keep &= table[name] == value
    return {name: column[keep] for name, column in table.items()}


def check_files(paths: list[Path], out: Path, names: set[str]) -> None:
    """Check that exactly the promised files lie in ``out``, each of its kind and none empty or temporary."""
    assert {path.name for path in paths} == names == {path.name for path in out.iterdir()}
    starts = {".png": b"\x89PNG\r\n\x1a\n", ".pdf": b"%PDF-"}
    for path in paths:
        content = path.read_bytes()
        assert len(content) > (5000 if path.suffix in starts else 100), path
        assert content.startswith(starts.get(path.suffix, b"")), path


def check_convergence(table: dict[str, np.ndarray], bound: str) -> None:
    """Check what the convergence panel claims: below the bound, slope -1/2, and twice the workers, 1/sqrt(2) of the error."""
    mean, low, high = (table[name] for name in ("mean grad norm^2 [f^2/x^2]", "95% low [f^2/x^2]", "95% high [f^2/x^2]"))
    assert (low < mean).all()
    assert (mean < high).all()
    # the conditions ask for many iterations per worker: 4 workers have enough everywhere, 8 from some K on, 32 nowhere
    assert where(table, n=4)["bound applies"].all()
    assert list(where(table, n=8)["bound applies"]) in ([False, False, True], [False, True, True])
    assert not where(table, n=32)["bound applies"].any()
    assert (high < table[bound]).all()
    last = table["K [iterations]"].max()
    errors = []
    for n in (4, 8, 16, 32):
        mine = where(table, n=n)
        late = mine["K [iterations]"] >= 1000
        x, y = np.log(mine["K [iterations]"][late]), np.log(mine["mean grad norm^2 [f^2/x^2]"][late])
        slope = (y[-1] - y[0]) / (x[-1] - x[0])
        assert -0.54 < slope < -0.42, n
        errors.append(float(where(mine, K=last)["mean grad norm^2 [f^2/x^2]"][0]))
    ratios = np.array(errors[1:]) / errors[:-1]
    assert np.all(np.abs(ratios * np.sqrt(2) - 1) < 0.06), ratios


def check_collapse(table: dict[str, np.ndarray]) -> None:
    """Check that our bound holds where it applies, and that late in a run the constants agree over n."""
    applies = table["our bound applies"]
    assert applies.any()
    assert (table["95% high [1]"] < table["our bound [1]"])[applies].all()
    late = where(table, K=table["K [iterations]"].max())["measured constant [1]"]
    assert late.max() / late.min() < 1.12


def check_noise(table: dict[str, np.ndarray]) -> None:
    """Check that simulated consensus errors scatter around the exact ones, which on average obey the bound."""
    for label in np.unique(table["schedule"]):
        mine = where(table, schedule=label)
        exact, measured, half = (mine[name][1:] for name in list(mine)[2:5])
        assert exact[-1] > 0
        assert np.mean(np.abs(measured - exact) <= 2.5 * half) > 0.9, label
        bound = mine["bound on the mean over k [x^2]"][0]
        assert exact.mean() < bound, label
