"""Figures of leader SGD (Teng et al. 2019).

Four workers on the rings of sinc, where the leader finds the global minimum and elastic averaging the second ring; low-rank
matrix factorisation, where elastic averaging stops at a floor; and how often each worker leads. The start points and the
counts of leaders are read off the authors' poster; step sizes and pulls are reconstructed such that the runs end where the
poster shows them to end.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paper_figs import command, completion, elections, landscape


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write lsgd_landscape, lsgd_completion and lsgd_elections below ``out``; return the paths of all files."""
    command.check(seed, jobs)
    return [
        *landscape.draw(out),
        *completion.draw(out, quick, seed, jobs),
        *elections.draw(out, quick, seed, jobs),
    ]


if __name__ == "__main__":
    sys.exit(command.call(main, "lsgd", __doc__))
