"""Values against plain Python, in every shape, place and library."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics import compressors
from numerics.streams import Streams
from tests.numerics.compressors import reference
from tests.numerics.compressors.vectors import vectors

ALL = [
    ("identity", {}),
    ("top-k", {"k": 3}),
    ("random-k", {"k": 2}),
    ("random-k", {"k": 2, "scaled": True}),
    ("random-block", {"blocks": 3}),
    ("random-block", {"blocks": 3, "shared": False, "scaled": True}),
    ("one-bit", {}),
    ("scaled-sign", {}),
    ("qsgd", {"levels": 3}),
    ("max-min", {"precision": 2, "bucket": 4}),
    ("max-min", {"precision": 2, "bucket": 4, "stochastic": True}),
]
EVERY = pytest.mark.parametrize(("name", "options"), ALL, ids=[f"{name}{list(options.values())}" for name, options in ALL])


def draws(replicas=1, seed=0):
    return compressors.StreamDraws(Streams(seed, range(replicas)))


def close(found, wanted, x):
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14 * np.max(np.abs(x), initial=0.0))


@given(vectors(), st.data())
def test_top_k(x, data):
    k = data.draw(st.integers(1, len(x)))
    assert np.array_equal(compressors.TopK(k).compress(x), reference.top_k(x.tolist(), k))


@given(vectors())
def test_one_bit_and_scaled_sign(x):
    close(compressors.OneBit().compress(x), reference.one_bit(x.tolist()), x)
    close(compressors.ScaledSign().compress(x), reference.scaled_sign(x.tolist()), x)


@given(vectors(), st.integers(1, 40), st.randoms(use_true_random=False))
def test_qsgd(x, levels, random):
    uniforms = [(random.getrandbits(30) + 0.5) / 2**30 for _ in x]
    found = compressors.QSGD(levels).compress(x, reference.Given([[uniforms]]))
    wanted = np.array(reference.qsgd(x.tolist(), levels, uniforms))
    unit = reference.norm(x.tolist()) / levels
    # On the edge of two levels rounding decides; only where no edge is near must both agree.
    y = np.abs(x) / unit if unit else x
    fraction = (np.where(x >= 0, y, -y) + uniforms) % 1
    sure = (fraction > 1e-9) & (fraction < 1 - 1e-9)
    np.testing.assert_allclose(found[sure], wanted[sure], rtol=1e-12)
    assert np.all(np.abs(found - wanted) <= unit * (1 + 1e-9))


@given(vectors(), st.integers(1, 12), st.integers(1, 9), st.booleans(), st.randoms(use_true_random=False))
def test_max_min(x, precision, bucket, stochastic, random):
    uniforms = [(random.getrandbits(20) + 0.5) / 2**20 for _ in x]
    compressor = compressors.MaxMin(precision, bucket, stochastic)
    found = compressor.compress(x, reference.Given([[uniforms]]))
    wanted = reference.max_min(x.tolist(), precision, bucket, uniforms if stochastic else None)
    for start in range(0, len(x), bucket):
        part = slice(start, start + bucket)
        largest = np.max(np.abs(x[part]))
        unit = (np.max(x[part]) / 2 - np.min(x[part]) / 2) / (2**precision - 1) * 2
        off = np.abs(found[part] - wanted[part])
        # The neighbouring level is as good where x lies on an edge, up to rounding.
        assert np.all((off <= 1e-13 * largest) | (np.abs(off - unit) <= 1e-12 * largest))
        exact = [np.argmin(x[part]), np.argmax(x[part])]
        assert np.all(np.abs(found[part] - x[part])[exact] <= 1e-15 * 4 * largest)


@EVERY
def test_shapes_and_memory(name, options):
    compressor = compressors.get(name, **options)
    x = np.random.default_rng(0).standard_normal((5, 4, 7))
    before, out = x.copy(), np.full_like(x, np.nan)
    found = compressor.compress(x, draws(4), out)
    assert found is out
    assert np.array_equal(x, before)
    np.testing.assert_allclose(compressor.compress(np.asfortranarray(x), draws(4)), found, rtol=1e-14)
    wide = np.zeros((5, 4, 9))
    compressor.compress(x, draws(4), wide[..., 1:8])
    assert np.array_equal(wide[..., 1:8], found)
    assert not wide[..., [0, 8]].any()
    if not compressor.random:
        assert np.array_equal(found[2], compressor.compress(x[2]))
        assert np.array_equal(found[2, 1], compressor.compress(x[2, 1]))
    assert np.array_equal(compressor.compress(x[:1], draws(4))[0], compressor.compress(x[0], draws(4)))
    assert np.array_equal(compressor.compress(x[0, :1], draws())[0], compressor.compress(x[0, 0], draws()))
    assert compressor.provenance() == {"name": name, **vars(compressor)}


@EVERY
@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_torch(name, options, kind):
    torch = pytest.importorskip("torch")
    compressor = compressors.get(name, **options)
    x = np.round(np.random.default_rng(1).standard_normal((3, 1, 7)) * 64) / 64
    x[0, 0, :3], x[1] = 0.5, 0.0
    found = compressor.compress(torch.tensor(x, dtype=getattr(torch, kind)), draws())
    assert found.dtype == getattr(torch, kind)
    np.testing.assert_allclose(found.numpy(), compressor.compress(x, draws()), rtol=1e-5 if kind == "float32" else 1e-13)


@EVERY
def test_vectors_that_are_not_finite_do_not_pass_for_finite_ones(name, options):
    """Nor do they touch others, or warn."""
    compressor = compressors.get(name, **options)
    x = np.random.default_rng(0).standard_normal((3, 1, 7))
    clean = compressor.compress(x, draws())
    for bad in (np.nan, np.inf):
        y = x.copy()
        y[1, 0, :] = bad
        found = compressor.compress(y, draws())
        assert np.array_equal(found[::2], clean[::2])
        assert not np.all(np.isfinite(found[1]))


def test_numpy_is_left_as_it_was():
    before = np.getbufsize(), np.geterr()
    compressors.OneBit().compress(np.ones(3))
    assert (np.getbufsize(), np.geterr()) == before
