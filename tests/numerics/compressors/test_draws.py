"""Random numbers come from the replicas' own streams, in the documented order."""

from itertools import pairwise

import numpy as np
import pytest

from numerics import compressors
from numerics.compressors import draws as module
from numerics.streams import PURPOSES, Streams

RANDOM = [
    compressors.RandomK(2),
    compressors.RandomBlock(3),
    compressors.RandomBlock(3, shared=False),
    compressors.QSGD(2),
    compressors.MaxMin(2, 4, stochastic=True),
]


def words(seed, replica, count):
    key = np.random.SeedSequence(seed, spawn_key=(replica, PURPOSES["compressor"]))
    return [int(word) for word in np.random.SFC64(key).random_raw(count)]


@pytest.mark.parametrize("ahead", [0, 100, 1 << 19])
def test_order(monkeypatch, ahead):
    monkeypatch.setattr(module, "DRAWN_AHEAD", ahead)
    draws = compressors.StreamDraws(Streams(5, [3, 8]))
    stream = {replica: iter(words(5, replica, 200)) for replica in (3, 8)}
    for workers, count in ((2, 5), (1, 1), (3, 8), (1, 9)):
        uniforms = draws.uniforms(workers, count).copy()
        assert uniforms.shape == (workers, 2, count)
        for place, replica in enumerate((3, 8)):
            for worker in range(workers):
                low = ((next(stream[replica]) >> 32) + 0.5) / 2**32
                drawn = [next(stream[replica]) for _ in range((count + 3) // 4)]
                quarters = [word >> shift & 0xFFFF for word in drawn for shift in (0, 16, 32, 48)]
                assert uniforms[worker, place].tolist() == [(quarter + low) / 2**16 for quarter in quarters[:count]]
        keys = draws.keys(workers, count)
        for place, replica in enumerate((3, 8)):
            assert keys[:, place].ravel().tolist() == [next(stream[replica]) for _ in range(workers * count)]


@pytest.mark.parametrize("compressor", RANDOM, ids=repr)
@pytest.mark.parametrize("tile", [1, 100, 1 << 15])
def test_replicas_do_not_depend_on_blocks_or_tiles(monkeypatch, compressor, tile):
    x = np.random.default_rng(0).standard_normal((3, 6, 5, 7))
    whole = compressors.StreamDraws(Streams(1, range(5)))
    wanted = np.array([compressor.compress(event, whole) for event in x])
    monkeypatch.setattr("numerics.compressors.base.TILE", tile)
    for block in ([0, 1], [4], [2, 3]):
        part = compressors.StreamDraws(Streams(1, block))
        found = np.array([compressor.compress(event[:, block], part) for event in x])
        np.testing.assert_allclose(found, wanted[:, :, block], rtol=1e-14)


def test_uniform_numbers_lie_inside_and_are_even():
    numbers = compressors.StreamDraws(Streams(0, range(4))).uniforms(50, 1000)
    assert numbers.min() > 0
    assert numbers.max() < 1
    counts = np.bincount((numbers.ravel() * 64).astype(int), minlength=64)
    expected = numbers.size / 64
    assert np.sum((counts - expected) ** 2 / expected) < 63 + 6 * np.sqrt(2 * 63)


@pytest.mark.parametrize("blocks", [1, 3, 7])
def test_a_shared_block_is_shared_by_workers_and_not_by_replicas(blocks):
    x = np.ones((40, 30, 7))
    shared = compressors.RandomBlock(blocks).compress(x, compressors.StreamDraws(Streams(2, range(30))))
    assert np.array_equal(shared, np.broadcast_to(shared[:1], shared.shape))
    own = compressors.RandomBlock(blocks, shared=False).compress(x, compressors.StreamDraws(Streams(2, range(30))))
    bounds = [b * 7 // blocks for b in range(blocks + 1)]
    indicators = {tuple(float(lo <= j < hi) for j in range(7)) for lo, hi in pairwise(bounds)}
    assert {tuple(row) for row in shared[0]} == indicators == {tuple(row) for row in own[:, 0]}


def test_every_subset_is_as_likely():
    x = np.broadcast_to(np.arange(1.0, 6.0), (500, 40, 5)).copy()
    kept = compressors.RandomK(2).compress(x, compressors.StreamDraws(Streams(0, range(40)))) != 0
    counts = np.unique(kept.reshape(-1, 5), axis=0, return_counts=True)[1]
    assert np.all(kept.sum(axis=-1) == 2)
    assert len(counts) == 10
    assert np.sum((counts - 2000) ** 2 / 2000) < 9 + 6 * np.sqrt(18)
