"""Figures of asynchronous decentralised parallel SGD (Lian et al. 2018).

Error against iterations and against seconds for AllReduce, D-PSGD, A-PSGD and AD-PSGD, all workers alike or one of them 2, 10
or 100 times slower; seconds per epoch beside the printed table, from a cluster that is fitted on its first row; scaling to 128
workers on a shared network. With a slow worker, AD-PSGD's workers do not complete equally often, as its theorem assumes: where
data differ, it heads for the minimiser of the average that weighs workers by speed. The last figure shows how far off that is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paper_figs import bias, command, scaling, slow_table, waiting


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write adpsgd_convergence, _slow_worker, _scaling and _bias below ``out``; return the paths of all files."""
    command.check(seed, jobs)
    return [
        *waiting.draw(out, quick, seed, jobs),
        *slow_table.draw(out, quick, seed),
        *scaling.draw(out, quick, seed),
        *bias.draw(out, quick, seed, jobs),
    ]


if __name__ == "__main__":
    sys.exit(command.call(main, "adpsgd", __doc__))
