"""Operators that touch few workers or average within groups: identity, pairwise averages, group means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.mixing.base import MixingOperator
from numerics.typing import Array, Floats
from straggler import InputError


class Identity(MixingOperator):
    """No communication: ``x_new = x``."""

    structure = "identity"

    def apply(self, x: Array, out: Array) -> Array:
        """Copy ``x`` into ``out``; see `MixingOperator.apply`."""
        out[...] = x
        return out

    def _dense(self) -> Floats:
        return np.eye(self.n)


class Pairwise(MixingOperator):
    """Pairwise averaging ``x_new[i] = (x[i] + x[partner[i]]) / 2``; a worker that is its own partner stays as it is.

    Parameters
    ----------
    partner
        Partner of each worker, length n. A matching (``partner[partner[i]] == i``) makes W symmetric; any other
        permutation (a directed exchange) keeps it doubly stochastic.

    Raises
    ------
    InputError
        If ``partner`` is not a permutation of 0..n-1.
    """

    structure = "permutation"

    def __init__(self, partner: Sequence[int]) -> None:
        super().__init__(len(partner))
        self.partner = np.asarray(partner, dtype=np.intp)
        if not np.array_equal(np.sort(self.partner), np.arange(self.n)):
            raise InputError("partner", [int(p) for p in partner], f"a permutation of 0..{self.n - 1}")
        self.partner.flags.writeable = False

    def apply(self, x: Array, out: Array) -> Array:
        """Write W x into ``out``; see `MixingOperator.apply`."""
        if isinstance(x, np.ndarray):
            # mode="clip" writes straight into out; the default mode goes through a buffer of state size.
            np.take(x, self.partner, axis=0, out=out, mode="clip")
        else:
            for worker, partner in enumerate(self.partner.tolist()):
                out[worker] = x[partner]
        out += x
        out *= 0.5
        return out

    def _dense(self) -> Floats:
        return 0.5 * (np.eye(self.n) + np.eye(self.n)[self.partner])


class GroupMean(MixingOperator):
    """Exact averaging within each group of workers; a worker in no group stays as it is.

    Parameters
    ----------
    n
        Number of workers.
    groups
        Either the common size of contiguous groups (it must divide n), or the groups themselves as disjoint lists of workers.

    Raises
    ------
    InputError
        If the size does not divide n, or the groups overlap or leave 0..n-1.
    """

    structure = "group mean"

    def __init__(self, n: int, groups: int | Sequence[Sequence[int]]) -> None:
        super().__init__(n)
        if isinstance(groups, int):
            if groups < 1 or n % groups:
                raise InputError("group size", groups, f"a divisor of the number of workers {n}")
            groups = np.arange(n).reshape(-1, groups).tolist()
        self.groups = [[int(worker) for worker in group] for group in groups]
        members = [worker for group in self.groups for worker in group]
        if len(set(members)) != len(members) or not set(members) <= set(range(n)) or not all(self.groups):
            raise InputError("groups", self.groups, f"disjoint non-empty groups of workers 0..{n - 1}")
        self._idle = sorted(set(range(n)) - set(members))
        sizes = {len(group) for group in self.groups}
        # The common size of contiguous groups in order, which one reduction over a reshaped axis can average.
        self._size = sizes.pop() if members == list(range(n)) and len(sizes) == 1 else None

    def apply(self, x: Array, out: Array) -> Array:
        """Write W x into ``out``; see `MixingOperator.apply`."""
        size = self._size
        if size is not None and isinstance(x, np.ndarray) and x.flags.c_contiguous and out.flags.c_contiguous:
            shape = (-1, size, x.size // self.n)
            stacked, result = x.reshape(shape), out.reshape(shape)
            np.add.reduce(stacked, axis=1, out=result[:, 0])
            result[:, 0] *= 1 / size
            result[:, 1:] = result[:, :1]
            return out
        return self._one_by_one(x, out)

    def _one_by_one(self, x: Array, out: Array) -> Array:
        for group in self.groups:
            first = group[0]
            out[first] = x[first]
            for worker in group[1:]:
                out[first] += x[worker]
            out[first] *= 1 / len(group)
            for worker in group[1:]:
                out[worker] = out[first]
        for worker in self._idle:
            out[worker] = x[worker]
        return out

    def _dense(self) -> Floats:
        matrix = np.eye(self.n)
        for group in self.groups:
            matrix[np.ix_(group, group)] = 1 / len(group)
        return matrix
