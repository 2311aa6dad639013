"""Worst cases: seconds on one core, and beside PEPit on the same problem."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests.theory.worst_case import plain
from theory import worst_case

CONSTANTS = {"L": 1.0, "delta": 1.0, "zeta": 0.5}


def ring(n: int) -> np.ndarray:
    return sum(np.roll(np.eye(n), shift, axis=0) for shift in (-1, 0, 1)) / 3


def path(n: int) -> np.ndarray:
    linked = (np.eye(n, k=1) + np.eye(n, k=-1)) / 3
    return linked + np.diag(1 - linked.sum(axis=1))


def lopsided(n: int) -> np.ndarray:
    """A path whose weights grow along the way: no symmetry at all."""
    weight = 0.2 + 0.2 * np.arange(n - 1) / n
    linked = np.diag(weight, 1) + np.diag(weight, -1)
    return linked + np.diag(1 - linked.sum(axis=1))


def dpsgd(W: np.ndarray, rounds: int) -> worst_case.WorstCase:
    """Build everything and solve."""
    return worst_case.nonconvex(worst_case.dpsgd([W] * rounds)).at(gamma=0.2, **CONSTANTS)


@pytest.mark.parametrize("graph", [ring, path, lopsided])
def test_beside_pepit(benchmark, report, paired, graph) -> None:
    pytest.importorskip("PEPit")
    W = graph(4)
    mine = benchmark.pedantic(lambda: dpsgd(W, 4), rounds=3, warmup_rounds=1)
    theirs = plain.gossip([W] * 4, 0.2, **CONSTANTS, step_first=False, weighted=False)
    assert mine.lower * (1 - 1e-5) <= theirs <= mine.upper * (1 + 1e-5)
    other = lambda: plain.gossip([W] * 4, 0.2, **CONSTANTS, step_first=False, weighted=False)  # noqa: E731
    ratio, own, pepit = paired(lambda: dpsgd(W, 4), other, rounds=3)
    report(f"D-PSGD on a {graph.__name__}, n = 4, K = 4 / PEPit", ratio, 0.2, detail=f"{own:.3f} s, {pepit:.3f} s")


@pytest.mark.parametrize("graph", [ring, path, lopsided])
def test_eight_workers_four_rounds(benchmark, report, graph) -> None:
    W = graph(8)
    start = time.process_time()
    found = benchmark.pedantic(lambda: dpsgd(W, 4), rounds=1)
    report(f"D-PSGD on a {graph.__name__}, n = 8, K = 4", time.process_time() - start, 15, "s", f"gap {found.gap:.1e}")


def test_another_step_size(benchmark, report, paired) -> None:
    family = worst_case.nonconvex(worst_case.dpsgd([ring(8)] * 4))
    benchmark.pedantic(lambda: family.at(gamma=0.1, **CONSTANTS), rounds=3, warmup_rounds=1)
    ratio, again, fresh = paired(lambda: family.at(gamma=0.2, **CONSTANTS), lambda: dpsgd(ring(8), 4), rounds=5)
    report("another step size / built anew", ratio, 1, detail=f"{again * 1e3:.0f} ms, {fresh * 1e3:.0f} ms")
