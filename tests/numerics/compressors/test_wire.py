"""Sizes on the wire against messages that are really written, bit by bit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics import compressors
from numerics.compressors.elias import dense_bits, sparse_bits
from tests.numerics.compressors import reference
from tests.numerics.compressors.vectors import vectors


def width(d):
    return len(format(d - 1, "b")) if d > 1 else 0


def real_and_place(value, place, d):
    return reference.real(value) + (format(place, f"0{width(d)}b") if d > 1 else "")


@pytest.mark.parametrize("d", [1, 2, 7, 8, 9])
def test_messages_of_fixed_length(d):
    x = np.random.default_rng(d).standard_normal(d)
    assert compressors.Identity().bits(d) == len("".join(map(reference.real, x)))
    for k in range(1, d + 1):
        kept = np.flatnonzero(compressors.TopK(k).compress(x))
        assert compressors.TopK(k).bits(d) == len("".join(real_and_place(x[i], i, d) for i in kept))
        assert compressors.RandomK(k).bits(d) == len("".join(map(reference.real, x[:k])))
        lengths = [(b + 1) * d // k - b * d // k for b in range(k)]
        assert compressors.RandomBlock(k).bits(d) == 32 * max(lengths)
    signs = "".join("1" if v < 0 else "0" for v in x)
    assert compressors.OneBit().bits(d) == len(reference.real(1.0) * 2 + signs)
    assert compressors.ScaledSign().bits(d) == len(reference.real(1.0) + signs)
    for precision, bucket in ((1, 1), (4, 3), (8, 100)):
        message = ""
        for start in range(0, d, bucket):
            message += reference.real(0.0) * 2 + "0" * precision * len(x[start : start + bucket])
        assert compressors.MaxMin(precision, bucket).bits(d) == len(message)
    for levels in (1, 2, 3, 4, 7, 8):
        per_coordinate = len(format(2 * levels, "b"))  # levels -s..s shifted to 0..2s
        assert compressors.QSGD(levels, "fixed").bits(d) == 32 + d * per_coordinate


def test_elias_codes():
    for number in [*range(1, 3000), 2**16 - 1, 2**16, 2**17, 2**40]:
        code = reference.elias(number)
        assert len(code) == compressors.elias_length(number) <= 1 + 2.5 * math.log2(number)
        assert reference.read_elias(code + "1", 0) == (number, len(code))
    # Lengths change at powers of two alone; each block's first number is the one to check.
    assert all(compressors.elias_length(2**m) <= 1 + 2.5 * m for m in range(200))
    assert [m for m in range(200) if compressors.elias_length(2**m) == 1 + 2.5 * m] == [0, 2, 4]


CODES = ((reference.sparse_message, sparse_bits), (reference.dense_message, dense_bits))


@given(vectors(1, 12), st.integers(1, 6))
def test_bounds_on_elias_coded_qsgd_hold_in_expectation(x, levels):
    """Mean length over a grid of random numbers, for either code; what is sent can be read back."""
    d, count = len(x), 32
    drawn = [reference.qsgd_levels(x.tolist(), levels, [(j + 0.5) / count] * d) for j in range(count)]
    for levels_drawn in drawn:
        assert reference.read_sparse(reference.sparse_message(1.0, levels_drawn), d) == levels_drawn
    for message, bound in CODES:
        sent = np.mean([len(message(1.0, levels_drawn)) for levels_drawn in drawn])
        # On the grid the chance of a level is off by 1/64 at most, and what hangs on it by some sixteen bits.
        assert sent <= 32 + bound(d, levels) + 16 * d / (2 * count)
    assert compressors.QSGD(levels).bits(d) == 32 + min(bound(d, levels) for _, bound in CODES)


@pytest.mark.parametrize(("d", "levels"), [(100, 1), (1000, 1), (1000, 4), (1000, 31), (400, 100)])
def test_bounds_are_not_far_from_what_is_sent(d, levels):
    """Equal and Gaussian coordinates, 40 draws, in the code that is agreed on: the longer one takes a third of it at least."""
    rng = np.random.default_rng(0)
    message, bound = min(CODES, key=lambda code: code[1](d, levels))
    means = []
    for x in (np.ones(d), rng.standard_normal(d)):
        drawn = [reference.qsgd_levels(x.tolist(), levels, rng.random(d).tolist()) for _ in range(40)]
        means.append(np.mean([len(message(1.0, levels_drawn)) for levels_drawn in drawn]))
    assert (32 + bound(d, levels)) / 3 <= max(means) <= (32 + bound(d, levels)) * 1.01
