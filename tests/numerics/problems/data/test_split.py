import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.problems.data import SPLITS, split
from straggler import InputError, UnknownName

LABELS = np.where(np.arange(101) % 3 == 0, 1.0, -1.0)


@given(kind=st.sampled_from(SPLITS), workers=st.integers(1, 101), alpha=st.floats(0.02, 100), seed=st.integers(0, 2**32))
def test_a_partition_without_empty_shares(kind, workers, alpha, seed):
    shares = split(LABELS, workers, kind, alpha=alpha, seed=seed)
    assert len(shares) == workers
    assert min(len(share) for share in shares) >= 1
    assert np.array_equal(np.sort(np.concatenate(shares)), np.arange(101))


@pytest.mark.parametrize("kind", SPLITS)
def test_the_seed_decides(kind):
    first, again, other = (split(LABELS, 7, kind, seed=seed) for seed in (4, 4, 5))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_equal_shares():
    for kind in ("iid", "label"):
        assert {len(share) for share in split(LABELS, 7, kind)} == {14, 15}


def purity(kind, **options):
    """Mean share of the more frequent label at a worker."""
    shares = split(LABELS, 8, kind, **options)
    return np.mean([max(np.mean(LABELS[share] == 1), np.mean(LABELS[share] == -1)) for share in shares])


def test_heterogeneity_is_ordered():
    assert sum(len(set(LABELS[share])) == 2 for share in split(LABELS, 8, "label")) <= 1
    sharp, mild = (np.mean([purity("dirichlet", alpha=alpha, seed=s) for s in range(20)]) for alpha in (0.05, 50.0))
    iid = np.mean([purity("iid", seed=s) for s in range(20)])
    assert purity("label") > 0.95
    assert sharp > mild + 0.1
    assert abs(mild - iid) < 0.06


def test_refusals():
    with pytest.raises(UnknownName, match="did you mean dirichlet"):
        split(LABELS, 4, "dirichelt")
    with pytest.raises(InputError, match="at most the number of samples, 101"):
        split(LABELS, 102)
    for alpha in (0.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="alpha"):
            split(LABELS, 4, "dirichlet", alpha=alpha)
