import numpy as np

from numerics.problems import data


def test_breast_cancer():
    samples, labels = data.breast_cancer()
    assert samples.shape == (569, 30)
    assert (np.sum(labels == 1), np.sum(labels == -1)) == (357, 212)


def test_digits_even_against_odd():
    samples, labels = data.digits()
    assert samples.shape == (1797, 64)
    assert (np.sum(labels == 1), np.sum(labels == -1)) == (891, 906)
    # The first digits of the set are 0, 1, 2, ...: even and odd take turns.
    assert np.array_equal(labels[:10], [1, -1] * 5)


def test_standardised():
    samples = np.random.default_rng(0).standard_normal((50, 3)) * [1e-3, 1, 1e4] + [0.1, 5, -1e5]
    samples[:, 1] = 0.1
    scaled = data.standardised(samples)
    assert np.allclose(scaled.mean(axis=0), 0, atol=1e-9)
    assert np.allclose(scaled.std(axis=0), [1, 0, 1])
    assert not scaled[:, 1].any()
