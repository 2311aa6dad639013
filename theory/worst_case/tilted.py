r"""Worst cases over functions that differ by a linear tilt: $f_i=f+\langle b_i,x\rangle$, $\sum_ib_i=0$.

The class, which is convex in the Gram matrix and therefore exact:

* one L-smooth f on $R^d$, d as large as it takes, with $f(\bar x_0)-\inf f\le\Delta$;
* tilts with $\frac1n\sum_i\|b_i\|^2\le\zeta^2$, which is the heterogeneity everywhere.

All assumptions of the theorems hold everywhere for these functions, so this worst case is attained within the class of the
theorems: a lower bound of theirs. Without heterogeneity the two classes are the same one, and this is the exact worst case.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from straggler import InputError
from theory.worst_case.interpolation import Data, bounded_below, near_start
from theory.worst_case.methods import Method
from theory.worst_case.rows import Rows, rows_of
from theory.worst_case.scene import Basis, Scene, gradient_goal, merged
from theory.worst_case.symmetry import Symmetry, detect

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]

SHARED = -1


@dataclass(eq=False)
class _Points:
    """Different points of one function, each with its owner (a worker, or `SHARED`) and its number among the owner's."""

    found: list[Floats] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    number: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def enter(self, point: Floats, owner: int, name: str) -> int:
        known = merged(point, np.array(self.found))
        if known < 0:
            self.number.append(self.owner.count(owner))
            self.owner.append(owner)
            self.found.append(point)
            self.names.append(name)
            return len(self.found) - 1
        return known


def tilted(method: Method, goal: str = "mean", *, heterogeneous: bool = True) -> Scene:
    """Return the worst case of ||grad f(center_k)||^2 (see `gradient_goal`) over one L-smooth f and its tilts.

    Without heterogeneity there are no tilts.

    Raises
    ------
    InputError
        If the method compresses: residuals belong to workers.
    """
    if method.extras:
        raise InputError("method", method.name, "one without compression where functions differ by a tilt only")
    n, tilts = method.n, heterogeneous and method.n > 1
    points, centers, views = _trace(method, tilts)
    symmetry = detect(n, method.mixing)
    owners = np.array(points.owner)
    counts = {i: int((owners == i).sum()) for i in range(n)}
    # a point that two workers share, and no center, belongs to the first: then workers are not alike
    alike = all(((owners[row] == SHARED) & (row == row[0])).all() or (owners[row] == range(n)).all() for row in views)
    if not (symmetry.transitive and alike) or len(set(counts.values())) > 1:
        symmetry = Symmetry.none(n)
        points.owner, points.number = [SHARED] * len(owners), list(range(len(owners)))
        owners, counts = np.array(points.owner), dict.fromkeys(range(n), 0)
    slots = counts[0] + tilts
    basis = Basis(symmetry, n, slots, common=int((owners == SHARED).sum()), centred=(slots - 1,) if tilts else ())
    slot = np.array([basis.shared(s) if i == SHARED else basis.vector(i, s) for i, s in zip(owners, points.number, strict=True)])
    tilt = np.array([basis.vector(i, slots - 1) for i in range(n)]) if tilts else np.zeros((n, basis.size))
    kept = np.where(owners == SHARED, 0, owners) == 0
    values, known = _values(owners, np.array(points.number), kept)
    found = np.array(points.found)
    taken, tilted_by = found[:, : len(slot)], found[:, -n:] @ tilt
    bends = np.where(np.arange(len(slot))[:, None] == 0, 0.0, slot)  # the first point is the start
    where = taken.sum(axis=1)[:, None] * slot[0] + tilted_by, taken @ bends
    data = Data(where, np.repeat(slot[:1], len(slot), axis=0), bends, values, tuple(points.names))
    upper, lower = _pairs(owners, kept, symmetry)
    aim, extra, variables = gradient_goal(rows_of(data.gradients, centers), known, goal)
    nothing = np.zeros((1, variables))
    families = {
        "interpolation": near_start(data, upper, lower, variables),
        "infimum": bounded_below(data, kept.nonzero()[0], variables),
    }
    if tilts:
        all_or_first = tilt[:1] if symmetry.transitive else tilt
        terms = tuple((0, 1 / len(all_or_first), b[None], b[None]) for b in all_or_first)
        families["heterogeneity"] = Rows(terms, nothing, np.ones(1))
    return Scene(
        "one L-smooth function, tilted for each worker; heterogeneity and the infimum of f hold everywhere",
        basis.blocks,
        variables,
        families | extra,
        aim,
        data,
        tuple(np.unique(np.concatenate([views[:, i], centers])) for i in range(n)),
        tilt=tilt,
    )


def _trace(method: Method, tilts: bool) -> tuple[_Points, Numbers, Numbers]:
    """Return the different points, and which of them centers (K + 1,) and views (K, n) are.

    Points are combinations of the gradients of f at the points before and, last, of the n tilts.
    """
    n, rounds = method.n, method.rounds
    most = rounds * (n + 1) + 1
    taken = np.zeros((rounds * n, most + n))
    points = _Points()
    centers, views = np.zeros(rounds + 1, dtype=np.intp), np.zeros((rounds, n), dtype=np.intp)
    # tilts sum to zero: combinations of them are told apart after centring
    settle = np.eye(most + n)
    settle[most:, most:] -= 1 / n
    for k in range(rounds + 1):
        centers[k] = points.enter(method.centers[k] @ taken @ settle, SHARED, f"xbar^{k}")
        for i in range(n if k < rounds else 0):
            views[k, i] = points.enter(method.views[k, i] @ taken @ settle, i, f"x_{i}^{k}")
            taken[k * n + i, views[k, i]] = 1.0
            taken[k * n + i, most + i] = float(tilts)
    return points, centers, views


def _values(owners: Numbers, number: Numbers, kept: NDArray[np.bool_]) -> tuple[Numbers, int]:
    """Return the variable of the value at each point, -1 at the start, and how many there are; worker 0 stands for all."""
    keys = [(int(owner == SHARED), int(s)) for owner, s in zip(owners, number, strict=True)]
    shown = {key: place for place, key in enumerate(key for key, one in zip(keys, kept, strict=True) if one)}
    return np.array([shown[key] - 1 for key in keys]), len(shown) - 1


def _pairs(owners: Numbers, kept: NDArray[np.bool_], symmetry: Symmetry) -> tuple[Numbers, Numbers]:
    """Return ordered pairs of points, of those that the symmetry moves to each other one at least."""
    near = np.isin(owners, [SHARED, *symmetry.partners])
    first, second = np.meshgrid(np.arange(len(owners)), np.arange(len(owners)), indexing="ij")
    wanted = (first != second) & (kept[:, None] & near[None, :])
    # a common point above one of a worker: that of worker 0 will do
    wanted &= ~((owners == SHARED)[:, None] & ~kept[None, :])
    return first[wanted], second[wanted]
