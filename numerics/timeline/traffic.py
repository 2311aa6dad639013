"""How many bytes collective operations send."""

from __future__ import annotations


def traffic(name: str, workers: int, size: float) -> float:
    """Return the bytes that an all-reduce sends, all workers together.

    Every algorithm but recursive doubling sends ``2(p-1) b``, on one level or two: each of p - 1 vectors has to travel to
    be added, and the sum back. Recursive doubling sends ``q log2 q + 2(p-q)`` vectors, q being the largest power of two in p.
    """
    core = 1 << (workers.bit_length() - 1)
    if name == "recursive-doubling":
        return (core * (core.bit_length() - 1) + 2 * (workers - core)) * size
    return 2 * (workers - 1) * size
