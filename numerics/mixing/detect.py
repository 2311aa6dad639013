"""Find the structure of a given mixing matrix."""

from __future__ import annotations

import numpy as np

from numerics.mixing.base import MixingOperator
from numerics.mixing.circulant import Circulant
from numerics.mixing.general import Dense, Sparse
from numerics.mixing.local import GroupMean, Identity, Pairwise
from numerics.typing import Floats
from straggler import InputError

_SAME = 1e-14
_STOCHASTIC = 1e-9


def operator_from_matrix(matrix: Floats, source: str = "mixing matrix") -> MixingOperator:
    """Return the cheapest operator whose matrix is ``matrix``: identity, group mean, pairwise, circulant, sparse or dense.

    Parameters
    ----------
    matrix
        W, shape (n, n), non-negative, with rows or columns (or both) that sum to one, to 1e-9.
    source
        Where the matrix came from, for the error message.

    Raises
    ------
    InputError
        If W is not square, not finite, has a negative entry, or neither its rows nor its columns sum to one.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    _check(matrix, source)
    n = len(matrix)
    for find in (_identity, _pairwise, _group_mean, _circulant):
        found = find(matrix)
        if found is not None and np.abs(found.matrix() - matrix).max() <= _SAME:
            return found
    return Sparse(matrix) if np.count_nonzero(matrix) <= n * n / 4 else Dense(matrix)


def _check(matrix: Floats, source: str) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InputError(f"shape of {source}", matrix.shape, "a square matrix")
    if not np.isfinite(matrix).all() or matrix.min() < 0:
        raise InputError(f"smallest entry of {source}", float(matrix.min()), "finite entries >= 0")
    worst = [float(sums[np.abs(sums - 1).argmax()]) for sums in (matrix.sum(axis=1), matrix.sum(axis=0))]
    if min(abs(total - 1) for total in worst) > _STOCHASTIC:
        raise InputError(f"(row sum, column sum) of {source}", tuple(worst), "rows or columns that sum to one")


def _identity(matrix: Floats) -> MixingOperator | None:
    return Identity(len(matrix)) if np.array_equal(matrix, np.eye(len(matrix))) else None


def _group_mean(matrix: Floats) -> MixingOperator | None:
    groups = {tuple(np.flatnonzero(row).tolist()) for row in matrix}
    # Pairs are left to Pairwise and Circulant, which need fewer calls.
    if sum(map(len, groups)) != len(matrix) or max(map(len, groups)) < 3 or not all(groups):
        return None
    return GroupMean(len(matrix), sorted(groups))


def _pairwise(matrix: Floats) -> MixingOperator | None:
    off = matrix - np.diag(np.diag(matrix))
    if np.count_nonzero(off, axis=1).max() > 1 or np.count_nonzero(off, axis=0).max() > 1:
        return None
    partner = np.where(off.any(axis=1), off.argmax(axis=1), np.arange(len(matrix)))
    if not np.array_equal(np.sort(partner), np.arange(len(matrix))):
        return None
    shift = (np.arange(len(matrix)) - partner) % len(matrix)
    # A common shift is better served by slabs than by a gather.
    return None if (shift == shift[0]).all() else Pairwise(partner.tolist())


def _circulant(matrix: Floats) -> MixingOperator | None:
    column = matrix[:, 0]
    offsets = np.flatnonzero(column)
    # Every offset is one pass over the state; beyond this a matrix product is faster.
    if len(offsets) > max(4, len(matrix) // 4):
        return None
    return Circulant(len(matrix), {int(offset): float(column[offset]) for offset in offsets})
