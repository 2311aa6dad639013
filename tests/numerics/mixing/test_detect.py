"""Detection of structure never changes the matrix, and finds what is there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.mixing import Circulant, GroupMean, Identity, Pairwise, operator_from_matrix
from straggler import InputError


@st.composite
def stochastic_matrices(draw):
    """Row- or column-stochastic matrices of several kinds, n = 1..12."""
    n = draw(st.integers(1, 12))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["dense", "sparse", "circulant", "permutation", "matching", "groups"]))
    if kind in ("dense", "sparse"):
        matrix = generator.random((n, n)) * (generator.random((n, n)) < (1.0 if kind == "dense" else 0.2)) + np.eye(n)
        matrix /= matrix.sum(axis=1, keepdims=True)
    elif kind == "circulant":
        row = generator.dirichlet(np.ones(n)) * (generator.random(n) < 0.4) + np.eye(n)[0]
        matrix = np.stack([np.roll(row / row.sum(), i) for i in range(n)])
    elif kind == "permutation":
        matrix = 0.5 * (np.eye(n) + np.eye(n)[generator.permutation(n)])
    elif kind == "matching":
        matrix = np.eye(n)
        for a, b in generator.permutation(n)[: n // 2 * 2].reshape(-1, 2):
            matrix[np.ix_([a, b], [a, b])] = 0.5
    else:
        matrix = np.eye(n)
        for group in np.array_split(generator.permutation(n), generator.integers(1, n + 1)):
            matrix[np.ix_(group, group)] = 1 / len(group)
    return matrix.T if draw(st.booleans()) else matrix


@settings(max_examples=150, deadline=None)
@given(stochastic_matrices())
def test_the_operator_is_the_matrix_it_came_from(matrix):
    operator = operator_from_matrix(matrix)
    np.testing.assert_allclose(operator.matrix(), matrix, rtol=0, atol=1e-14)
    x = np.random.default_rng(0).standard_normal((len(matrix), 2, 3))
    np.testing.assert_allclose(operator.apply(x, np.full_like(x, np.nan)), np.tensordot(matrix, x, 1), rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("matrix", "kind"),
    [
        (np.eye(4), Identity),
        (np.full((6, 6), 1 / 6), GroupMean),
        (np.kron(np.eye(2), np.full((3, 3), 1 / 3)), GroupMean),
        (np.kron(np.eye(3), np.full((2, 2), 1 / 2)), Pairwise),
        (0.5 * (np.eye(8) + np.roll(np.eye(8), 4, axis=0)), Circulant),
        (sum(np.roll(np.eye(8), o, axis=0) for o in (-1, 0, 1)) / 3, Circulant),
    ],
)
def test_structure_is_found(matrix, kind):
    assert type(operator_from_matrix(matrix)) is kind


def test_sparse_where_few_entries_dense_otherwise():
    tree = np.eye(20)
    tree[1:, 0] = 0.5
    tree[np.arange(1, 20), np.arange(1, 20)] = 0.5
    assert operator_from_matrix(tree).structure == "sparse"
    generator = np.random.default_rng(0)
    assert operator_from_matrix(generator.dirichlet(np.ones(6), size=6)).structure == "dense"


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (np.ones((2, 3)) / 3, "square"),
        (np.array([[1.5, -0.5], [0.5, 0.5]]), ">= 0"),
        (np.array([[0.9, 0.0], [0.0, 1.0]]), "sum to one"),
        (np.array([[np.nan, 0.0], [0.0, 1.0]]), "finite"),
        (np.zeros((0, 0)), "square"),
    ],
)
def test_other_matrices_are_refused(matrix, says):
    with pytest.raises(InputError, match=says) as caught:
        operator_from_matrix(matrix, "weights of mine")
    assert "weights of mine" in str(caught.value)
