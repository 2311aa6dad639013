"""Every operator is its matrix: on numpy and torch, for every shape, at every node."""

import numpy as np
import pytest

from numerics import graphs
from numerics.mixing import Circulant, Dense, GroupMean, Identity, Pairwise, Sparse
from straggler import InputError

SHAPES = ((), (3,), (2, 5), (40, 104))


def random_stochastic(n, seed, density=1.0):
    generator = np.random.default_rng(seed)
    matrix = generator.random((n, n)) * (generator.random((n, n)) < density) + 0.1 * np.eye(n)
    return matrix / matrix.sum(axis=1, keepdims=True)


OPERATORS = [
    Identity(5),
    Circulant(7, {-1: 1 / 3, 0: 1 / 3, 1: 1 / 3}),
    Circulant(8, {0: 0.5, 3: 0.5}),
    Circulant(8, {2: 1.0}),
    Circulant(9, {2: 0.4, 5: 0.4, 7: 0.2}),
    Circulant(9, {0: 0.5, 1: 0.25, -1: 0.25}),
    Circulant(16, {0: 0.2, 1: 0.2, 2: 0.2, 4: 0.2, 8: 0.2}),
    Circulant(64, {0: 2 / 3, 1: 1 / 6, -1: 1 / 6}),
    Circulant(2, {0: 0.5, 1: 0.5}),
    Pairwise([1, 0, 3, 2]),
    Pairwise([3, 4, 2, 0, 1]),
    Pairwise([2, 0, 1, 3]),
    GroupMean(12, 3),
    GroupMean(6, 6),
    GroupMean(6, [[0, 3], [1, 4, 5]]),
    GroupMean(8, [[0, 1, 2, 3], [4, 5, 6, 7]]),
    GroupMean(5, [[4, 1]]),
    Dense(random_stochastic(6, 0)),
    Sparse(random_stochastic(48, 1, 0.1)),
    Sparse(random_stochastic(5, 2, 0.3)),
]


def by_loops(matrix, x):
    """W x, entry by entry."""
    result = np.zeros_like(x)
    for i in range(len(matrix)):
        for j in range(len(matrix)):
            result[i] += matrix[i, j] * x[j]
    return result


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_apply_is_the_matrix(operator, shape):
    x = np.random.default_rng(3).standard_normal((operator.n, *shape))
    before, out = x.copy(), np.full_like(x, np.nan)
    assert operator.apply(x, out) is out
    np.testing.assert_allclose(out, by_loops(operator.matrix(), x), rtol=0, atol=1e-13)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_torch_agrees_with_numpy(operator, shape):
    torch = pytest.importorskip("torch")
    x = torch.from_numpy(np.random.default_rng(4).standard_normal((operator.n, *shape)))
    out = torch.full_like(x, float("nan"))
    assert operator.apply(x, out) is out
    np.testing.assert_allclose(out.numpy(), by_loops(operator.matrix(), x.numpy()), rtol=0, atol=1e-13)


def test_torch_keeps_single_precision():
    torch = pytest.importorskip("torch")
    x = torch.randn(6, 1, 4, dtype=torch.float32)
    for operator in (Dense(random_stochastic(6, 5)), Circulant(6, {0: 0.5, 1: 0.5}), GroupMean(6, 2)):
        out = operator.apply(x, torch.empty_like(x))
        assert out.dtype == torch.float32
        np.testing.assert_allclose(out.numpy(), by_loops(operator.matrix(), x.numpy().astype(float)), atol=1e-6)


@pytest.mark.parametrize("operator", OPERATORS, ids=repr)
def test_strided_memory_is_written_too(operator):
    x = np.random.default_rng(5).standard_normal((operator.n, 4, 6))[:, ::2, 1::2]
    out = np.full((operator.n, 3, 4), np.nan).transpose(0, 2, 1)[:, ::2, :]
    operator.apply(x, out)
    np.testing.assert_allclose(out, by_loops(operator.matrix(), x), rtol=0, atol=1e-13)


def test_circulant_sends_forward():
    x = np.eye(5)
    out = Circulant(5, {0: 0.5, 2: 0.5}).apply(x, np.empty_like(x))
    for sender in range(5):
        expected = np.zeros(5)
        expected[sender] = expected[(sender + 2) % 5] = 0.5
        np.testing.assert_array_equal(out[:, sender], expected)


def test_equal_weights_keep_a_constant_exactly():
    # 1/3 + 1/3 + 1/3 of equal numbers: summed first and scaled once, the result is the same float again.
    operator, ones = graphs.ring(64).schedule().at(0), np.full((64, 2, 3), 1.0)
    np.testing.assert_array_equal(operator.apply(ones, np.empty_like(ones)), ones)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pairwise([0, 0, 1]),
        lambda: GroupMean(6, 4),
        lambda: GroupMean(6, 0),
        lambda: GroupMean(4, [[0, 1], [1, 2]]),
        lambda: GroupMean(4, [[0, 4]]),
        lambda: Circulant(4, {}),
        lambda: Circulant(4, {1: float("nan")}),
        lambda: Dense(np.ones((2, 3))),
    ],
)
def test_impossible_operators_are_refused(make):
    with pytest.raises(InputError) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_the_matrix_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        Circulant(4, {0: 0.5, 1: 0.5}).matrix()[0, 0] = 2.0


def test_stochasticity_is_known():
    column = random_stochastic(5, 6).T
    assert not Dense(column).row_stochastic
    assert Dense(column).column_stochastic
    assert not Dense(column).doubly_stochastic
    assert GroupMean(6, 3).doubly_stochastic
    assert not Circulant(4, {0: 1.5, 1: -0.5}).row_stochastic
