"""How many bits QSGD's levels take in Elias' recursive code."""

from __future__ import annotations

import math


def elias_length(number: int) -> int:
    """Return the bits of Elias' recursive (omega) code of a whole number >= 1.

    At most ``1 + (5/2) log2(number)``: checked up to 2^17, with equality at 1, 4 and 16; beyond, a number of m + 1 >= 18 binary
    digits takes m + 1 bits more than m does, so ``1 + (m+1) + (5/2) log2 m <= 1 + (5/2) m`` follows by induction.
    """
    bits = 1
    while number > 1:
        bits += number.bit_length()
        number = number.bit_length() - 1
    return bits


def sparse_bits(d: int, levels: int) -> float:
    """Return a bound on the expected bits of QSGD's signed levels of any vector in R^d, in a code of what is not zero.

    For each of these the distance to the one before, its sign, and its size. With N of them, whose sizes sum to S, distances
    sum to at most d; `elias_length` is below the concave ``c(a) = 1 + (5/2) log2 a``, so by Jensen all takes at most
    ``N (1 + c(d/N) + c(S/N))``, which is jointly concave in (N, S) and grows with S. In expectation it is hence at most its
    value at E N and E S, where ``E S = s ||x||_1/||x|| <= s sqrt(d)`` and ``E N <= min(d, E S)``; the largest over all such
    E N is returned, which lies at ``sqrt(d S) 2^0.6 / e`` where that is allowed.
    Source: derived here; QSGD's Theorem 3.2 has ``E N <= s (s + sqrt(d))`` and an o(1).
    """
    total = levels * math.sqrt(d)
    count = min(float(d), total, math.sqrt(d * total) * 2**0.6 / math.e)
    return count * (3 + 2.5 * math.log2(d / count) + 2.5 * math.log2(total / count))


def dense_bits(d: int, levels: int) -> float:
    """Return a bound on the expected bits of QSGD's signed levels of any vector in R^d, in a code of all of them.

    A size plus one for every coordinate, and a sign for every level that is not zero; in the terms of `sparse_bits` at most
    ``E N + d c(1 + S/d)``.
    Source: derived here.
    """
    total = levels * math.sqrt(d)
    return min(float(d), total) + d * (1 + 2.5 * math.log2(1 + total / d))


def expected_bits(d: int, levels: int) -> float:
    """Return the smaller one of both bounds: sender and receiver agree on the code once, knowing d and s."""
    return min(sparse_bits(d, levels), dense_bits(d, levels))
