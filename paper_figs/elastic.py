"""Figures of elastic consistency (Nadiradze et al. 2021).

The measured gauge of every row of the table of B, and of the other systems here, against what is predicted. Then the claim of
its first version (arXiv 2001.05918), that error feedback need not help asynchronous sparsified SGD: no feedback, feedback and
detached feedback, with TopK, RandomK and random blocks, in rounds and with gradients 1 to 64 updates old, on real data and a
small network, each with the best of the same steps; verdicts are corrected for their number. Last, random blocks in rounds, where
error feedback diverges and detached feedback does not.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paper_figs import block_divergence, command, feedback_claim, gauge_table


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write elastic_gauge, _feedback, _feedback_verdicts, _feedback_steps and _divergence; return the paths of all files."""
    command.check(seed, jobs)
    return [
        *gauge_table.draw(out, quick, seed, jobs),
        *feedback_claim.draw(out, quick, seed, jobs),
        *block_divergence.draw(out, quick, seed, jobs),
    ]


if __name__ == "__main__":
    sys.exit(command.call(main, "elastic", __doc__))
