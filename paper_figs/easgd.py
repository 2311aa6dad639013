"""Figures of elastic averaging SGD (Zhang et al. 2015).

Stability of EASGD and of ADMM on x^2/2 when workers take turns: the spectral radius of one lap, read off the algorithms, over
step size and moving rate or penalty, with the printed boundary of EASGD; the paper's unstable example of ADMM; and an example
of stationary points that elastic averaging moves (after Teng et al. 2019).
"""

from __future__ import annotations

import sys
from pathlib import Path

from paper_figs import command, stability_map, stationary


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write easgd_stability and easgd_stationary below ``out``; return the paths of all files. Nothing here is random."""
    command.check(seed, jobs)
    return [*stability_map.draw(out, quick, jobs), *stationary.draw(out, 1000 if quick else 10000)]


if __name__ == "__main__":
    sys.exit(command.call(main, "easgd", __doc__))
