"""Minibatches: every batch enumerated on a tiny data set, and what the sampler draws compared with that."""

import itertools
import math

import numpy as np
import pytest

from numerics import noise as noises
from numerics.objectives import Cosine, Logistic, base
from numerics.streams import Streams
from straggler import InputError

COUNTS = (3, 5, 4)


@pytest.fixture
def objective():
    rng = np.random.default_rng(8)
    shards = [(rng.standard_normal((m, 4)) * (1 + i), np.sign(rng.standard_normal(m))) for i, m in enumerate(COUNTS)]
    return Logistic(shards, regularisation=0.1)


def all_batches(count, batch, replacement):
    return list(itertools.product(range(count), repeat=batch) if replacement else itertools.combinations(range(count), batch))


@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_unbiased_with_the_stated_variance(objective, batch, replacement):
    """Over all batches, the mean is the gradient and the mean square deviation the variance."""
    x = np.random.default_rng(0).standard_normal((1, 4))
    noise = noises.get("minibatch", batch=batch, replacement=replacement)
    variances = []
    for i, count in enumerate(COUNTS):
        rows = np.array(all_batches(count, batch, replacement))[None]
        points = np.broadcast_to(x, (1, rows.shape[1], 4))
        each = np.empty(points.shape)
        objective.sampled_gradients(points, np.array([i]), rows, each)
        exact = objective.local_gradients(x[None], np.array([i]))[0, 0]
        assert np.allclose(each[0].mean(axis=0), exact, atol=1e-14)
        variances.append(np.mean(np.sum((each[0] - exact) ** 2, axis=1)))
    assert noise.deviation(objective, x)[0] == pytest.approx(math.sqrt(max(variances)), abs=1e-7)
    assert noise.constant(objective).value >= math.sqrt(max(variances)) - 1e-12


@pytest.mark.parametrize("replacement", [True, False])
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_every_batch_is_equally_likely(objective, batch, replacement):
    """The gradients the oracle returns, matched to the batches that produce them, at every worker and in every replica."""
    x = np.array([0.3, -0.2, 0.5, 0.1])
    replicas, events = 5, 800
    points = np.broadcast_to(x, (3, replicas, 4))
    oracle = noises.get("minibatch", batch=batch, replacement=replacement).oracle(objective, Streams(1, range(replicas)))
    drawn = np.stack([oracle(points, slice(None), np.empty(points.shape)) for _ in range(events)])
    for i, count in enumerate(COUNTS):
        rows = np.array(all_batches(count, batch, replacement))
        candidates = np.empty((1, len(rows), 4))
        objective.sampled_gradients(np.broadcast_to(x, candidates.shape), np.array([i]), rows[None], candidates)
        distance = np.abs(drawn[:, i, :, None] - candidates[0]).max(axis=-1)
        assert distance.min(axis=-1).max() < 1e-12
        # With replacement several orders give one gradient: count each of them once per order.
        matches = (distance < 1e-10).astype(float)
        shares = (matches / matches.sum(axis=-1, keepdims=True)).sum(axis=0)
        expected = events / len(rows)
        assert np.abs(shares - expected).max() < 5.5 * math.sqrt(expected)


def test_the_whole_set_without_replacement_is_the_full_gradient():
    rng = np.random.default_rng(8)
    objective = Logistic([(rng.standard_normal((6, 4)), np.sign(rng.standard_normal(6))) for _ in range(3)])
    noise = noises.get("minibatch", batch=6, replacement=False)
    points = rng.standard_normal((3, 2, 4))
    assert np.allclose(noise.oracle(objective, Streams(0, range(2)))(points, slice(None)), objective.local_gradients(points))
    assert noise.constant(objective).value == 0


@pytest.mark.parametrize("replacement", [True, False])
def test_blocks_and_tiles_do_not_matter(objective, replacement, monkeypatch):
    noise = noises.get("minibatch", batch=2, replacement=replacement)
    points = np.random.default_rng(0).standard_normal((3, 4, 4))

    def three_events(block):
        oracle = noise.oracle(objective, Streams(2, block))
        return np.stack([oracle(points[:, block], slice(None)) for _ in range(3)])

    together = three_events([0, 1, 2, 3])
    assert np.allclose(three_events([1, 2]), together[:, :, 1:3], rtol=1e-13)
    monkeypatch.setattr(base, "TILE_BYTES", points[0].nbytes)
    assert np.allclose(three_events([0, 1, 2, 3]), together, rtol=1e-13)


def test_a_mixed_claim_is_the_weaker_kind():
    """A worker whose bound needs the ball makes the common sigma a claim about the ball."""
    rng = np.random.default_rng(8)
    shards = [(rng.standard_normal((20, 4)) * scale, np.sign(rng.standard_normal(20))) for scale in (0.1, 30.0)]
    objective = Logistic(shards, radius=0.5)
    assert {bound.kind for bound in objective.sample_variance_bounds()} == {"certified on ball", "upper bound"}
    assert noises.get("minibatch").constant(objective).kind == "certified on ball"


def test_refusals(objective):
    with pytest.raises(InputError, match="batch"):
        noises.get("minibatch", batch=0)
    with pytest.raises(InputError, match="<= 3 without replacement"):
        noises.get("minibatch", batch=4, replacement=False).constant(objective)
    with pytest.raises(InputError, match="not a mean over samples"):
        noises.get("minibatch").oracle(Cosine(3, 4), Streams(0, range(2)))
    assert noises.get("minibatch", batch=4).provenance() == {"kind": "minibatch", "batch": 4, "replacement": True}
