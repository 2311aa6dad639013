"""Contraction, blow-up and unbiasedness: for all vectors, exactly where the random numbers can be enumerated, and attained."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics import compressors
from numerics.streams import Streams
from tests.numerics.compressors.reference import Given
from tests.numerics.compressors.vectors import error, vectors

ROUNDING = 1e-11
GRID = 64


def midpoints(d, count=GRID):
    """Every coordinate sees every midpoint of (0, 1) once, shape (count, 1, d): exact for laws of single coordinates."""
    return np.broadcast_to(((np.arange(count) + 0.5) / count)[:, None, None], (count, 1, d))


def outcomes(compressor, x, numbers):
    """Return Q(x) for each of the given numbers, shape (count, d)."""
    return compressor.compress(np.tile(x, (len(numbers), 1, 1)), Given(numbers))[:, 0]


def subsets(d, k):
    """Keys that make each subset of k coordinates the largest once."""
    found = np.ones((0, 1, d), np.uint64)
    for chosen in combinations(range(d), k):
        keys = np.arange(1, d + 1, dtype=np.uint64)
        keys[list(chosen)] += np.uint64(100)
        found = np.concatenate([found, keys[None, None]])
    return found


@given(vectors(), st.data())
def test_deterministic_ones_contract(x, data):
    d = len(x)
    kinds = [
        compressors.Identity(),
        compressors.TopK(data.draw(st.integers(1, d))),
        compressors.OneBit(),
        compressors.ScaledSign(),
        compressors.MaxMin(data.draw(st.integers(1, 6)), data.draw(st.integers(1, 9))),
    ]
    for compressor in kinds:
        gamma = compressor.contraction(d)
        found = float(error(x, compressor.compress(x)))
        assert found <= (compressor._error(d) if gamma is None else gamma) + ROUNDING
        assert gamma is None or 0 <= gamma < 1
        assert compressor.blow_up(d) == (0.0 if compressor.name == "identity" else None)


@given(vectors(2), st.integers(1, 12))
def test_qsgd_over_a_grid_of_numbers(x, levels):
    """With midpoints of a grid, a mean is off by less than half a grid step, in levels; so is the second moment."""
    compressor, d = compressors.QSGD(levels), len(x)
    found = outcomes(compressor, x, midpoints(d))
    size = np.max(np.abs(x))
    if size == 0:
        assert not found.any()
        return
    unit = np.linalg.norm(x / size) / levels
    assert np.all(np.abs(np.mean(found / size, axis=0) - x / size) <= unit / (2 * GRID) + 1e-12)
    fraction = np.abs(x / size) / unit % 1
    exact = np.sum(fraction * (1 - fraction)) / levels**2
    assert abs(np.mean(error(x, found)) - exact) <= d / (2 * GRID * levels**2) + ROUNDING
    assert exact <= compressor.blow_up(d) + ROUNDING
    assert compressor.blow_up(d) <= min(d / levels**2, np.sqrt(d) / levels)


@pytest.mark.parametrize("x", [[3, -4], [1, 2, -2], [2, 3, -6], [-1, 4, 8], [5, -1, 7, 0, 5]])
@pytest.mark.parametrize("levels", [1, 2, 3, 7])
def test_qsgd_is_exactly_unbiased(x, levels):
    """The norm is a whole number here, so a grid of as many midpoints meets every edge of a level."""
    x = np.array(x, float)
    count = int(np.linalg.norm(x))
    assert count == np.linalg.norm(x)
    found = outcomes(compressors.QSGD(levels), x, midpoints(len(x), count))
    np.testing.assert_allclose(found.mean(axis=0), x, atol=1e-13)
    fraction = levels * np.abs(x) / count % 1
    np.testing.assert_allclose(np.mean(error(x, found)), np.sum(fraction * (1 - fraction)) / levels**2, atol=1e-13)


@given(vectors(), st.integers(1, 6), st.integers(1, 9))
def test_stochastic_max_min_over_a_grid_of_numbers(x, precision, bucket):
    compressor, size = compressors.MaxMin(precision, bucket, stochastic=True), np.max(np.abs(x))
    found = outcomes(compressor, x, midpoints(len(x)))
    if size == 0:
        assert not found.any()
        return
    unit = 2 / (2**precision - 1)
    assert np.all(np.abs(np.mean(found / size, axis=0) - x / size) <= unit / (2 * GRID) + 1e-12)
    slack = len(x) * unit**2 / (2 * GRID) / np.sum((x / size) ** 2)
    assert np.mean(error(x, found)) <= compressor.blow_up(len(x)) + slack + ROUNDING


@given(vectors(1, 6), st.data())
def test_random_coordinates_and_blocks_are_exact(x, data):
    """Over all subsets, or all blocks, mean and error are what is claimed: with equality, for every vector."""
    d = len(x)
    k, scaled = data.draw(st.integers(1, d)), data.draw(st.booleans())
    blocks = ((np.arange(k) + 0.5) / k)[:, None, None]
    for compressor, numbers, kept in (
        (compressors.RandomK(k, scaled), subsets(d, k), k / d),
        (compressors.RandomBlock(k, False, scaled), blocks, 1 / k),
    ):
        found = outcomes(compressor, x, numbers)
        size = np.max(np.abs(x)) or 1.0
        np.testing.assert_allclose(np.mean(found / size, axis=0), (x / size) * (1 if scaled else kept), atol=1e-12)
        claimed = compressor.blow_up(d) if scaled else compressor.contraction(d)
        assert compressor.unbiased is scaled
        assert (compressor.blow_up(d) is None) is (not scaled)
        if x.any():
            np.testing.assert_allclose(np.mean(error(x, found)), claimed, atol=1e-11)


def test_an_unbiased_one_contracts_where_its_blow_up_is_below_one():
    assert compressors.RandomK(6, scaled=True).contraction(10) == pytest.approx(2 / 3)
    assert compressors.RandomK(5, scaled=True).contraction(10) is None
    assert compressors.QSGD(1).contraction(100) is None
    assert compressors.QSGD(10).contraction(100) == 0.25
    assert compressors.MaxMin(4, 1024).contraction(1024) is None
    assert compressors.MaxMin(4, 64).contraction(1024) == 62 / (2 * 225)


@pytest.mark.parametrize("d", [1, 2, 5, 64])
def test_constants_are_attained(d):
    spike, flat = np.zeros(d), np.full(d, -2.0)
    spike[d // 2] = 3.0
    for k in {1, (d + 1) // 2, d}:
        top = compressors.TopK(k)
        assert error(flat, top.compress(flat)) == pytest.approx(top.contraction(d), abs=1e-15)
    for compressor in (compressors.OneBit(), compressors.ScaledSign()):
        assert error(spike, compressor.compress(spike)) == pytest.approx(compressor.contraction(d), abs=1e-14)
    # One-bit without zeros: the constant is a limit, and no vector of this kind is beyond it.
    near = np.where(spike > 0, spike, 1e-9)
    assert compressors.OneBit().contraction(d) - 1e-8 <= error(near, compressors.OneBit().compress(near)) + 1e-15
    assert error(near, compressors.OneBit().compress(near)) <= compressors.OneBit().contraction(d) + 1e-15


@pytest.mark.parametrize("precision", [1, 2, 5])
@pytest.mark.parametrize("width", [3, 6])
def test_max_min_attains_its_constant(precision, width):
    x = np.zeros(2 * width)
    x[[0, width]], x[[1, width + 1]] = 2.0, -2.0
    nearest = compressors.MaxMin(precision, width)
    claimed = (width - 2) / (2 * (2**precision - 1) ** 2)
    assert error(x, nearest.compress(x)) == pytest.approx(claimed)
    assert nearest.contraction(2 * width) == (claimed if claimed < 1 else None)
    stochastic = compressors.MaxMin(precision, width, stochastic=True)
    assert np.mean(error(x, outcomes(stochastic, x, midpoints(2 * width)))) == pytest.approx(stochastic.blow_up(2 * width))


@pytest.mark.parametrize("levels", [4, 8])
def test_qsgd_attains_a_quarter(levels):
    """All fractional parts are 1/2 in d = 4 s^2 / (2 m + 1)^2 equal coordinates; here with m = 0."""
    x = np.ones(4 * levels**2)
    found = outcomes(compressors.QSGD(levels), x, midpoints(len(x)))
    assert np.mean(error(x, found)) == pytest.approx(len(x) / (4 * levels**2))
    assert compressors.QSGD(levels).blow_up(len(x)) == 1.0


@pytest.mark.parametrize(
    "compressor",
    [
        compressors.RandomK(3, scaled=True),
        compressors.RandomBlock(4, scaled=True),
        compressors.QSGD(2),
        compressors.MaxMin(2, 5, stochastic=True),
    ],
    ids=lambda c: c.name,
)
def test_real_draws_keep_the_mean(compressor):
    """5.5 standard errors for each of 12 coordinates: missed by chance less than once in a million."""
    x = np.random.default_rng(3).standard_normal(12)
    draws = compressors.StreamDraws(Streams(7, range(400)))
    found = compressor.compress(np.broadcast_to(x, (100, 400, 12)).copy(), draws)
    per_replica = found.mean(axis=0)
    spread = per_replica.std(axis=0, ddof=1) / np.sqrt(400)
    assert np.all(np.abs(per_replica.mean(axis=0) - x) <= 5.5 * spread + 1e-12)
    errors = error(x, found).mean(axis=0)
    assert errors.mean() <= compressor.blow_up(12) + 5.5 * errors.std(ddof=1) / 20 + 1e-12
