"""Which workers average with each other in which iteration: the butterfly groups of WAGMA-SGD, and fixed ones."""

from __future__ import annotations

from functools import cached_property
from itertools import groupby
from math import prod

import numpy as np
from array_api_compat import array_namespace

from numerics.mixing import GroupMean, Identity, MixingOperator
from numerics.typing import Array, Floats
from straggler import InputError, UnknownName, at_least

GROUPINGS = ("dynamic", "fixed", "printed")


class Subcubes(MixingOperator):
    """Exact averaging of workers whose numbers differ in nothing but these binary digits.

    A group is a face of the hypercube, and its members lie at regular strides: one reduction over a reshaped worker axis
    averages all groups, contiguous or not.

    Parameters
    ----------
    n
        Number of workers, a power of two.
    digits
        Binary digits, each in 0 .. log2(n) - 1; the least significant one is 0.
    """

    structure = "group mean"

    def __init__(self, n: int, digits: set[int]) -> None:
        super().__init__(n)
        total = logarithm("workers", n)
        if not digits <= set(range(total)):
            raise InputError("digits", sorted(digits), f"binary digits 0..{total - 1} of a worker's number")
        self.digits = frozenset(digits)
        runs = [(1 << len(list(run)), inside) for inside, run in groupby(reversed(range(total)), digits.__contains__)]
        self._shape = tuple(length for length, _ in runs)
        self._axes = tuple(axis for axis, (_, inside) in enumerate(runs) if inside)
        self.size = prod(self._shape[axis] for axis in self._axes)

    def apply(self, x: Array, out: Array) -> Array:
        """Write W x into ``out``; see `MixingOperator.apply`."""
        if not self._axes:
            out[...] = x
            return out
        shape = (*self._shape, -1)
        mean = array_namespace(x).sum(x.reshape(shape), axis=self._axes, keepdims=True)
        mean *= 1 / self.size
        out.reshape(shape)[...] = mean
        return out

    def _dense(self) -> Floats:
        mask = (self.n - 1) ^ sum(1 << digit for digit in self.digits)
        outside = np.arange(self.n) & mask
        matrix: Floats = (outside[:, None] == outside[None, :]) / self.size
        return matrix


class Grouping:
    """The groups of every iteration.

    With P workers in groups of S, iteration t of the dynamic grouping joins every worker p with p XOR 2^b for the log2 S
    binary digits b = t log2 S, t log2 S + 1, ... modulo log2 P, so that what one worker knows has reached all after
    ceil(log2 P / log2 S) iterations. Fixed groups are blocks of S consecutive workers.

    The pseudo-code of the paper shifts one mask by the accumulated number of digits (``mask <<= shift``) where its own example
    needs ``mask = 1 << shift``. Taken literally it forms other groups, as a rule smaller ones, and joins nobody where the
    mask exceeds P. That is kept as ``printed``; its averages are over the groups that it does form.

    Parameters
    ----------
    n
        Number P of workers; a power of two for ``dynamic`` and ``printed`` groups of more than one.
    size
        Number S of workers in a group, a power of two that divides P; 1 stands for no groups, and 0 for the power of two
        closest to the root of P (the larger one of two).
    kind
        ``dynamic``, ``fixed`` or ``printed``.

    Raises
    ------
    UnknownName
        If there is no such kind.
    InputError
        If P or S is not a power of two, or S does not divide P.

    References
    ----------
    Li et al. (TPDS 2021), Algorithm 1.
    """

    def __init__(self, n: int, size: int = 0, kind: str = "dynamic") -> None:
        if kind not in GROUPINGS:
            raise UnknownName("grouping", str(kind), GROUPINGS)
        self.n, self.kind = at_least("workers", n, 1), kind
        size = at_least("group_size", size, 0)
        if not size:
            size = 1 << -(-logarithm("workers", n) // 2)
        self.phases = logarithm("group_size", size)
        if n % size:
            raise InputError("group_size", size, f"a divisor of the number of workers {n}")
        self.size = size
        self.total = logarithm("workers", n) if kind != "fixed" and size > 1 else 0
        self._known: dict[int, MixingOperator] = {}

    @cached_property
    def period(self) -> int:
        """Number of iterations after which the groups repeat."""
        return self.total // int(np.gcd(self.total, self.phases)) if self.total else 1

    def digits(self, t: int) -> set[int]:
        """Return the binary digits in which members of a group of iteration t differ."""
        if self.kind == "fixed":
            return set(range(self.phases))
        shifts = [(t * self.phases + r) % self.total for r in range(self.phases)]
        reached = np.cumsum(shifts).tolist() if self.kind == "printed" else shifts
        return {int(digit) for digit in reached if digit < self.total}

    def at(self, t: int) -> MixingOperator:
        """Return the operator that averages within every group of iteration t."""
        phase = t % self.period
        if phase not in self._known:
            self._known[phase] = self._operator(phase)
        return self._known[phase]

    def _operator(self, t: int) -> MixingOperator:
        if self.size == 1:
            return Identity(self.n)
        return GroupMean(self.n, self.size) if self.kind == "fixed" else Subcubes(self.n, self.digits(t))

    def size_at(self, t: int) -> int:
        """Return the number of workers in a group of iteration t: S, except for the printed pseudo-code."""
        return 1 << len(self.digits(t)) if self.kind == "printed" and self.size > 1 else self.size

    def groups(self, t: int) -> list[list[int]]:
        """Return the groups of iteration t, each in ascending order, in the order of their first members."""
        members = [tuple(np.flatnonzero(row).tolist()) for row in self.at(t).matrix()]
        return [list(group) for group in dict.fromkeys(members)]


def logarithm(source: str, value: int) -> int:
    """Return log2 of a power of two; `InputError` for any other number."""
    number = at_least(source, value, 1)
    if number & (number - 1):
        raise InputError(source, value, "a power of two")
    return number.bit_length() - 1
