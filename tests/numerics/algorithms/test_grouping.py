"""Groups of WAGMA-SGD: the paper's example, the table of rounds to a global average, the printed mask, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics.algorithms.grouping import GROUPINGS, Grouping, Subcubes
from straggler import InputError, StragglerError, UnknownName
from tests.numerics.algorithms.group_reference import group_of

SIZES = [(1, 1), (2, 1), (2, 2), (4, 2), (8, 2), (8, 4), (8, 8), (16, 4), (16, 8), (32, 4), (64, 8)]


def groups_of_reference(n: int, size: int, t: int, kind: str) -> list[list[int]]:
    found = group_of(n, size, t, kind)
    return [sorted(found[p]) for p in range(n) if p == min(found[p])]


@pytest.mark.parametrize("kind", GROUPINGS)
@pytest.mark.parametrize(("n", "size"), SIZES)
def test_groups_are_those_of_the_merging_loop(n, size, kind):
    grouping = Grouping(n, size, kind)
    for t in range(8):
        expected = groups_of_reference(n, size, t, kind)
        assert grouping.groups(t) == expected
        assert {len(group) for group in expected} == {grouping.size_at(t)}
        assert grouping.groups(t) == grouping.groups(t + grouping.period)


def test_the_example_of_the_paper():
    dynamic = Grouping(8, 4)
    assert dynamic.groups(0) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert dynamic.groups(1) == [[0, 1, 4, 5], [2, 3, 6, 7]]


def test_the_printed_mask_contradicts_the_example():
    printed = Grouping(8, 4, "printed")
    assert printed.groups(0) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert printed.groups(1) == [[0, 4], [1, 5], [2, 6], [3, 7]]


@pytest.mark.parametrize(
    ("n", "size", "rounds"), [(8, 4, 2), (16, 4, 2), (64, 8, 2), (64, 4, 3), (64, 2, 6), (32, 4, 3), (1024, 32, 2), (16, 16, 1)]
)
def test_rounds_to_an_exact_global_average(n, size, rounds):
    """ceil(log P / log S) of them, from any iteration on, and not earlier."""
    assert rounds == math.ceil(math.log2(n) / math.log2(size))
    grouping = Grouping(n, size)
    for start in range(grouping.period if n < 100 else 1):
        x = np.random.default_rng(3).standard_normal((n, 2))
        for t in range(start, start + rounds):
            assert np.abs(x - x.mean(0)).max() > 1e-3
            x = grouping.at(t).apply(x, np.empty_like(x))
        np.testing.assert_allclose(x, np.broadcast_to(x.mean(0), x.shape), rtol=0, atol=1e-14)


@pytest.mark.parametrize(("n", "size"), SIZES)
def test_operators_apply_their_matrix(n, size):
    rng = np.random.default_rng(1)
    for kind in GROUPINGS:
        for t in range(4):
            operator = Grouping(n, size, kind).at(t)
            assert operator.doubly_stochastic
            for shape in ((n,), (n, 3), (n, 2, 5)):
                x = rng.standard_normal(shape)
                kept = x.copy()
                result = operator.apply(x, np.empty_like(x))
                np.testing.assert_allclose(result, np.tensordot(operator.matrix(), x, axes=1), rtol=0, atol=1e-14)
                np.testing.assert_array_equal(x, kept)


def test_operators_apply_to_torch_tensors():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(2).standard_normal((8, 1, 3))
    for t in range(3):
        operator = Grouping(8, 4).at(t)
        result = operator.apply(torch.tensor(x), torch.empty((8, 1, 3), dtype=torch.float64))
        np.testing.assert_allclose(result.numpy(), operator.apply(x, np.empty_like(x)), rtol=1e-14)


@pytest.mark.parametrize(("n", "size"), [(2, 2), (4, 2), (8, 4), (16, 4), (32, 8), (64, 8), (1024, 32)])
def test_the_size_that_is_recommended(n, size):
    assert Grouping(n).size == size


@pytest.mark.parametrize(("n", "size"), [(8, 3), (12, 4), (8, 16), (6, 0), (12, 6), (8, -2), (8, 2.5)])
def test_sizes_that_do_not_fit(n, size):
    with pytest.raises(InputError):
        Grouping(n, size)


def test_what_any_number_of_workers_can_do():
    assert Grouping(6, 1).groups(3) == [[worker] for worker in range(6)]
    assert Grouping(6, 2, "fixed").groups(1) == [[0, 1], [2, 3], [4, 5]]


def test_unknown_kind_and_digits():
    with pytest.raises(UnknownName):
        Grouping(8, 4, "dynamical")
    with pytest.raises(StragglerError):
        Subcubes(8, {3})
