"""The command ``straggler``: one file per command.

Modules of this package import nothing heavy at the top, so that ``--help`` and a listing answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 fine, 1 a claim is violated, 2 bad input, 130 interrupted.

    Parameters
    ----------
    arguments
        What follows the name of the command; None takes them from the process.
    """
    from experiments.cli.app import run
    from experiments.cli.errors import exit_status

    return exit_status(lambda: run(sys.argv[1:] if arguments is None else [*arguments]))
