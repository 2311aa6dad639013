"""Figures of WAGMA-SGD (Li et al. 2021).

Throughput of seven systems against workers under injected delays, beside the measured bars of the paper's Figure 4: every
model bar is what `straggler cluster` prints, with compute time, bandwidth and the scope of D-PSGD's and SGP's barriers fitted
to 4 and 16 workers only. There the bars show no cost of messages; the workload as it ships has the bandwidth of another
experiment, with 64 workers and no imbalance. Local SGD averages in every round; eager-SGD is solo and waits for all in every
32nd round, as in its released code. Then simulated training on the same cluster: error against seconds for the seven systems,
local SGD with a period of 10, and WAGMA-SGD without groups, with fixed groups, and with groups of other sizes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paper_figs import command, throughput, training


def main(out: Path, quick: bool = False, seed: int = 0, jobs: int = -1) -> list[Path]:
    """Write wagma_throughput, wagma_seconds and wagma_ablations below ``out``; return the paths of all files."""
    command.check(seed, jobs)
    return [*throughput.draw(out, quick, jobs), *training.draw(out, quick, seed, jobs)]


if __name__ == "__main__":
    sys.exit(command.call(main, "wagma", __doc__))
