"""The command line that every figure script has."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from straggler import InputError, StragglerError, at_least


class Script(Protocol):
    """The ``main`` of a figure script: writes its files below ``out`` and returns their paths."""

    def __call__(self, out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
        """Draw the figures."""
        ...


def check(seed: int, jobs: int) -> None:
    """Refuse a negative seed and zero processes with an `InputError`."""
    at_least("seed", seed, 0)
    if jobs == 0:
        raise InputError("jobs", jobs, "a number of processes >= 1, or -1 for one per core")


def call(script: Script, name: str, about: str | None, arguments: Sequence[str] | None = None) -> int:
    """Run a figure script as a command and return its exit status: 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog=f"python -m paper_figs.{name}", description=about)
    parser.add_argument("--out", type=Path, default=Path("figures"), help="folder for the files (default: figures)")
    parser.add_argument("--quick", action="store_true", help="fewer points and replicas: a look, not a result")
    parser.add_argument("--seed", type=int, default=0, help="seed of all random streams (default: 0)")
    parser.add_argument("--jobs", type=int, default=-1, help="number of processes (default: one per core)")
    chosen = parser.parse_args(arguments)
    try:
        for path in script(chosen.out, quick=chosen.quick, seed=chosen.seed, jobs=chosen.jobs):
            print(path)
    except StragglerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
