"""Second eigenvalues of 2048 workers: in milliseconds on the ring, and against all eigenvalues where there is no structure."""

from __future__ import annotations

import numpy as np
import pytest

from numerics import graphs
from numerics.mixing import second_eigenvalue
from theory import spectra

WORKERS = 2048
LIMITS = {"ring": 2.0, "exponential": 2.0, "complete": 2.0, "path": 200.0, "star": 200.0, "torus": 200.0, "hypercube": 800.0}
"""Milliseconds: those of the structured operators, and those of shift-invert on what is handed over as n^2 numbers."""


@pytest.mark.parametrize("name", LIMITS)
def test_second_eigenvalue(benchmark, report, paired, name: str) -> None:
    operator = graphs.get(name, WORKERS).schedule().at(0)
    matrix = operator.matrix()
    look = lambda: matrix @ np.ones(WORKERS)  # noqa: E731  # one pass over the matrix
    ratio, mine, _ = paired(lambda: second_eigenvalue(operator), look, repeats=(1, 5), rounds=5)
    benchmark.pedantic(second_eigenvalue, args=(operator,), rounds=1)
    report(f"{name}, {WORKERS} workers", mine * 1e3, LIMITS[name], "ms", f"{ratio:.2g} x one dense matrix-vector product")


def test_shift_invert_against_all_eigenvalues(benchmark, report, paired) -> None:
    order = np.random.default_rng(0).permutation(800)
    matrix = graphs.ring(800).schedule().at(0).matrix()[order][:, order]
    ratio, mine, _ = paired(lambda: second_eigenvalue(matrix), lambda: np.linalg.eigvalsh(matrix), rounds=5)
    benchmark.pedantic(second_eigenvalue, args=(matrix,), rounds=1)
    report("ring of 800 in disorder", ratio, 0.3, "x eigvalsh", f"{mine * 1e3:.3g} ms")


def test_closed_forms(benchmark, report, paired) -> None:
    """Evaluation of an expression at many numbers of workers, against the same sines in numpy."""
    ring, many = spectra.get("ring"), np.arange(3, 100_003)
    plain = lambda: [np.sin(np.pi / many) for _ in range(5)]  # noqa: E731
    ratio, mine, _ = paired(lambda: ring.at(many), plain)
    benchmark.pedantic(ring.at, args=(many,), rounds=1)
    report("closed form of the ring at 100 000 sizes", mine * 1e3, 50, "ms", f"{ratio:.2g} x five sines of as many numbers")
