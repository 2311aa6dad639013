"""Timing in ratios: every figure is printed against a reference timed in the same run."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the time of one call, averaged over ``repeats`` calls in a row."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def _paired(
    candidate: Callable[[], object], reference: Callable[[], object], *, repeats: tuple[int, int] = (1, 1), rounds: int = 15
) -> tuple[float, float, float]:
    """Time two callables in turn, round by round.

    Returns
    -------
    ratio, candidate_seconds, reference_seconds
        Medians over the rounds; the ratio is the median of the round-by-round ratios.
    """
    candidate(), reference()
    pairs = [(seconds(candidate, repeats[0]), seconds(reference, repeats[1])) for _ in range(rounds)]
    ratio = statistics.median(a / b for a, b in pairs)
    return ratio, statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


@pytest.fixture
def paired() -> Callable[..., tuple[float, float, float]]:
    """Times two callables in turn and returns the median ratio and both medians."""
    return _paired


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str], benchmark) -> Callable[..., None]:
    """Print one figure with its target, and keep it with the benchmark's record."""

    def show(what: str, value: float, target: float, unit: str = "x", detail: str = "") -> None:
        benchmark.extra_info[what] = value
        with capsys.disabled():
            print(f"\n{what}: {value:.3g} {unit} (target: at most {target:g} {unit}){'; ' + detail if detail else ''}")

    return show
