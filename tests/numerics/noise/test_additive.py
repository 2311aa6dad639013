"""Additive noise: its distribution, its documented order, and its indifference to blocks and tiles."""

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm

from numerics import noise as noises
from numerics.objectives import Cosine, Quadratic, base
from numerics.streams import Streams
from straggler import InputError, UnknownName

KINDS = ("gaussian", "rademacher")
DIMS = (1, 5, 8, 13, 16, 104)


@pytest.mark.parametrize("dim", DIMS)
def test_rademacher_is_plus_or_minus_s_exactly(draw, dim):
    drawn = draw(noises.get("rademacher", sigma=0.7), dim=dim, events=500)
    assert set(np.unique(drawn)) == {-0.7 / math.sqrt(dim), 0.7 / math.sqrt(dim)}
    assert np.allclose(np.sum(drawn**2, axis=-1), 0.49)
    signs = np.sign(drawn)
    # 500 events of 12 streams: every coordinate of every worker in every replica must be a fair coin.
    assert np.abs(signs.mean(axis=0)).max() < norm.isf(1e-8) / math.sqrt(500)
    correlations = np.einsum("ewrj,ewrk->wrjk", signs, signs) / 500 - np.eye(dim)
    assert np.abs(correlations).max() < norm.isf(1e-9) / math.sqrt(500)


@pytest.mark.parametrize("dim", DIMS)
def test_gaussian_moments(draw, dim):
    drawn = draw(noises.get("gaussian", sigma=0.7), dim=dim, events=400)
    scaled = drawn * math.sqrt(dim) / 0.7
    assert np.abs(scaled.mean(axis=0)).max() < norm.isf(1e-8) / math.sqrt(400)
    size = drawn.size
    assert chi2.ppf(1e-6, size) < np.sum(scaled**2) < chi2.isf(1e-6, size)
    per_stream = np.sum(scaled**2, axis=(0, 3))
    assert np.all((chi2.ppf(1e-7, 400 * dim) < per_stream) & (per_stream < chi2.isf(1e-7, 400 * dim)))
    assert np.mean(scaled**4) == pytest.approx(3, abs=8 * math.sqrt(96 / size))


def test_the_documented_order_of_the_streams(draw):
    """Replayed from the generators number by number: iteration, worker, coordinate."""
    dim, events, workers = 11, 3, 4
    gaussian = draw(noises.get("gaussian", sigma=2.0), dim=dim, events=events, replicas=[5, 2], workers=workers)
    coins = draw(noises.get("rademacher", sigma=2.0), dim=dim, events=events, replicas=[5, 2], workers=workers)
    scale = 2.0 / math.sqrt(dim)
    for column, replica in enumerate([5, 2]):
        generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence(0, spawn_key=(replica, 0))))
        words = np.random.SFC64(np.random.SeedSequence(0, spawn_key=(replica, 0))).random_raw(3)
        data = b"".join(int(word).to_bytes(8, "little") for word in words)
        for event in range(events):
            for worker in range(workers):
                row = data[2 * (event * workers + worker) :][:2]
                for j in range(dim):
                    assert gaussian[event, worker, column, j] == pytest.approx(scale * generator.standard_normal())
                    bit = row[j // 8] >> (j % 8) & 1
                    assert coins[event, worker, column, j] == (scale if bit else -scale)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_replicas_and_tiles_of_workers_do_not_matter(draw, kind, monkeypatch):
    noise = noises.get(kind, sigma=1.5)
    together = draw(noise, dim=11, events=40, replicas=range(5))
    for block in ([0, 1], [2], [3, 4]):
        assert np.array_equal(draw(noise, dim=11, events=40, replicas=block), together[:, :, block])
    monkeypatch.setattr(base, "TILE_BYTES", 11 * 8 * 5)
    assert np.array_equal(draw(noise, dim=11, events=40, replicas=range(5)), together)
    assert not np.allclose(draw(noise, dim=11, events=40, replicas=range(5), seed=1), together)


@pytest.mark.parametrize("kind", KINDS)
def test_events_of_few_workers_continue_the_streams(kind):
    """One event of four workers, or four events of one: the same numbers."""
    objective = Quadratic(4, 11)
    noise = noises.get(kind)
    together = noise.oracle(objective, Streams(3, range(2)))(np.zeros((4, 2, 11)), slice(None))
    oracle = noise.oracle(objective, Streams(3, range(2)))
    for i in range(4):
        assert np.array_equal(oracle(np.zeros((1, 2, 11)), np.array([i]), None)[0], together[i])


@pytest.mark.parametrize("kind", KINDS)
def test_noise_is_added_to_the_local_gradients(kind):
    objective = Cosine(4, 6, zeta=0.5)
    points = np.random.default_rng(0).standard_normal((4, 2, 6))
    noise = noises.get(kind, sigma=0.3)
    noisy = noise.oracle(objective, Streams(0, range(2)))(points, slice(None))
    alone = np.zeros(points.shape)
    noise.bind(Streams(0, range(2)), 6).perturb(alone)
    assert np.allclose(noisy - objective.local_gradients(points), alone, atol=1e-15)


def test_no_noise():
    objective = Cosine(4, 6, zeta=0.5)
    points = np.random.default_rng(0).standard_normal((4, 2, 6))
    for noise in (noises.get("none", sigma=5.0), noises.get("gaussian", sigma=0.0)):
        assert np.array_equal(
            noise.oracle(objective, Streams(0, range(2)))(points, slice(None)), objective.local_gradients(points)
        )
        assert noise.constant(objective).value == 0
        assert not noise.deviation(objective, points[0]).any()
    gradients = points.copy()
    noises.NoNoise().bind(Streams(0, range(2)), 6).perturb(gradients)
    assert np.array_equal(gradients, points)


@pytest.mark.parametrize("kind", KINDS)
def test_constants_and_provenance(kind):
    noise = noises.get(kind, sigma=0.3)
    constant = noise.constant(Cosine(4, 6))
    assert (constant.value, constant.kind) == (0.3, "exact")
    assert np.array_equal(noise.deviation(Cosine(4, 6), np.zeros((5, 6))), np.full(5, 0.3))
    assert noise.provenance() == {"kind": kind, "sigma": 0.3}


@pytest.mark.parametrize("sigma", [-1.0, float("nan"), float("inf")])
def test_refusals(sigma):
    for kind in KINDS:
        with pytest.raises(InputError, match="sigma"):
            noises.get(kind, sigma=sigma)


def test_unknown_name():
    with pytest.raises(UnknownName, match="did you mean gaussian"):
        noises.get("gausian")
