"""How much memory a worst case takes, said before it is built."""

from __future__ import annotations

import os
from collections.abc import Sequence

from straggler import InputError

POWERS = 3
"""Number of powers of the step size in most inequalities."""

SHARE = 0.8
"""Part of the free memory that may be used."""


def estimate(*, rows: int, sizes: Sequence[int], copies: int = 1) -> int:
    """Return about how many bytes it takes to build and solve a program.

    Parameters
    ----------
    rows
        Number P of inequalities.
    sizes
        Sizes s of the blocks of the Gram matrix, t = s (s + 1) / 2 entries each.
    copies
        Largest number of copies of a block.
    """
    entries = [size * (size + 1) // 2 for size in sizes]
    # coefficients of each power, twice while they are put together; the products of one block; the solver's copies of the matrix
    build = rows * (sum(entries) * (2 * POWERS + 6) + 4 * copies * max(entries, default=0))
    # each block is a dense triangle of the solver's factor, held twice, and couples all rows
    factor = sum(entry**2 + 2 * entry * rows for entry in entries) + rows**2
    return 8 * (build + factor)


def available() -> int:
    """Return the bytes of memory that are free, or a limit that nothing exceeds where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:  # noqa: PTH123 (not a file of ours)
            for line in lines:
                if line.startswith("MemAvailable"):
                    return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 1 << 62


def require(*, rows: int, sizes: Sequence[int], copies: int = 1) -> None:
    """Raise `InputError` if the program would take more memory than there is."""
    needed, free = estimate(rows=rows, sizes=sizes, copies=copies), available()
    if needed > SHARE * free:
        size = max(sizes, default=0)
        raise InputError(
            "size of the Gram matrix",
            size,
            f"fewer workers or rounds: about {needed / 2**30:.3g} GiB, of which {free / 2**30:.3g} are free",
        )
