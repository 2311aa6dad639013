r"""Worst cases over strongly convex functions: the last iterate of a method, and one step of a method with a leader.

The class of `convex` is exact and contains nothing but what its words say: every $f_i$ is in $F_{\mu,L}$, $0\le\mu<L$; $f$ has a
minimiser $x^*$ with $\frac1n\sum_i\|\nabla f_i(x^*)\|^2\le\zeta^2$ (heterogeneity at the minimiser); and either
$f(x_0)-f^*\le\Delta$ or $\|x_0-x^*\|\le R$. The minimiser is one more point of every function.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from straggler import InputError, UnknownName, positive
from theory.worst_case.interpolation import Data, interpolate, pairs, value_rows
from theory.worst_case.methods import Method
from theory.worst_case.points import Points
from theory.worst_case.rows import Rows
from theory.worst_case.scene import Basis, Scene
from theory.worst_case.symmetry import Symmetry

Floats = NDArray[np.float64]

MEASURES = ("value", "distance")


def convex(method: Method, curvature: float, *, goal: str = "value", start: str = "value", heterogeneous: bool = False) -> Scene:
    """Return the worst case of the last center.

    Parameters
    ----------
    method
        K rounds of an algorithm.
    curvature
        The ratio mu/L in [0, 1).
    goal
        ``value``: f(center_K) - f*; ``distance``: ||center_K - x*||^2.
    start
        What is at most one at the start: ``value`` f(x_0) - f*, or ``distance`` ||x_0 - x*||.
    heterogeneous
        Whether local gradients may differ from zero at x*.

    Raises
    ------
    InputError, UnknownName
        For a curvature, goal or start that is none of these.
    """
    _curvature(curvature)
    for name, value in (("goal", goal), ("start", start)):
        if value not in MEASURES:
            raise UnknownName(name, value, MEASURES)
    n, rounds = method.n, method.rounds
    tilts = heterogeneous and n > 1
    points = Points(method, (0, rounds) if goal == "value" else (0,))
    slots = points.width + points.extras + tilts
    unused = [worker * slots + s for worker in range(n) for s in range(points.used[worker], points.width)]
    basis = Basis(points.symmetry, n, slots, 1, centred=(slots - 1,) if tilts else (), unused=tuple(unused))
    workers, shares = points.symmetry.representatives, points.symmetry.shares
    data, variables, numbers, best = _with_minimiser(points, basis, workers, tilts)
    chosen = [pairs(numbers[i]) for i in workers]
    upper, lower = (np.concatenate(side) for side in zip(*chosen, strict=True))
    at = points.first[:n] + points.center
    value = np.mean([value_rows(data.values[at[:, i]], variables) for i in range(n)], axis=0)
    apart, nothing = basis.shared(0)[None], np.zeros((1, variables))
    families = {"interpolation": interpolate(data, upper, lower, variables, curvature)}
    if start == "distance":
        families["start"] = Rows(((2, 1.0, apart, apart),), nothing, np.ones(1), ("||x_0 - x*||^2",))
    else:
        families["start"] = Rows((), value[:1], np.ones(1), ("f(x_0) - f*",))
    if tilts:
        terms = tuple((0, shares[i], best[[i]], best[[i]]) for i in workers)
        families["heterogeneity"] = Rows(terms, nothing, np.ones(1))
    if method.shrunk is not None:
        families["compression"] = points.compression(method, basis, workers, variables)
    last = (method.centers[-1] @ points.vectors(method, basis))[None] + apart
    terms = () if goal == "value" else ((2, 1.0, last, last),)
    return Scene(
        f"strongly convex functions of each worker's own, mu/L = {curvature:g}; heterogeneity at the minimiser",
        basis.blocks,
        variables,
        families,
        Rows(terms, value[-1:] if goal == "value" else nothing, np.zeros(1)),
        data,
        numbers,
        start=basis.shared(0),
        curvature=curvature,
    )


def _with_minimiser(
    points: Points, basis: Basis, workers: Sequence[int], tilts: bool
) -> tuple[Data, int, tuple[NDArray[np.intp], ...], Floats]:
    """Return all points with the minimiser, number of values, the points of each worker, and its gradients there (n, D)."""
    n = len(points.used)
    bare, variables = points.data(basis, workers, anchored=False)
    where = np.zeros((len(bare.values), basis.size))
    width = points.width + points.extras
    for worker in range(n):  # the gradient at the minimiser is one more slot
        where[:, worker * basis.slots :][:, :width] = bare.points[:, worker * width : (worker + 1) * width]
    best = np.array([basis.vector(i, basis.slots - 1) for i in range(n)]) if tilts else np.zeros((n, basis.size))
    data = Data(
        np.concatenate([where + basis.shared(0), np.zeros_like(best)]),
        np.concatenate([bare.gradients, best]),
        np.concatenate([bare.values, np.full(n, -1)]),
        (*bare.names, *["x*"] * n),
    )
    edges = points.first
    return data, variables, tuple(np.array([*range(edges[i], edges[i + 1]), edges[-1] + i]) for i in range(n)), best


def leader_step(curvature: float, pull: float, lead: float) -> Scene:
    """Return the worst case of f(x_+) - f*, x_+ = x - gamma grad f(x) - pull (x - z), over one strongly convex function.

    Parameters
    ----------
    curvature
        The ratio mu/L in [0, 1).
    pull
        The share gamma lambda in [0, 1] of the distance to the leader.
    lead
        f(z) - f* is at most this share of what f(x) - f* may be, in [0, 1].
    """
    _curvature(curvature)
    for name, value in (("pull", pull), ("lead", lead)):
        if positive(name, value, zero_ok=True) > 1:
            raise InputError(name, value, f"0 <= {name} <= 1")
    # basis: gradients at x, z, x_+; then x - x* and z - x* over gamma
    basis = Basis(Symmetry.none(1), 1, 3, 2)
    gradients, (x, z) = np.eye(5)[:3], np.eye(5)[3:]
    where = np.array([x, z, x - gradients[0] - pull * (x - z), np.zeros(5)])
    data = Data(where, np.concatenate([gradients, np.zeros((1, 5))]), np.array([0, 1, 2, -1]), ("x", "z", "x+", "x*"))
    numbers = np.arange(4)
    families = {
        "interpolation": interpolate(data, *pairs(numbers), 3, curvature),
        "start": Rows((), np.eye(3)[:2], np.array([1.0, lead]), ("f(x) - f*", "f(z) - f*")),
    }
    if lead == 0:
        # then z is the minimiser, and no point of its own
        return _led_by_the_best(curvature, pull)
    goal = Rows((), np.eye(3)[2:], np.zeros(1))
    what = f"one strongly convex function, mu/L = {curvature:g}, and a leader"
    return Scene(what, basis.blocks, 3, families, goal, data, (numbers,), start=x, curvature=curvature)


def _led_by_the_best(curvature: float, pull: float) -> Scene:
    basis = Basis(Symmetry.none(1), 1, 2, 1)
    gradients, x = np.eye(3)[:2], np.eye(3)[2]
    where = np.array([x, x - gradients[0] - pull * x, np.zeros(3)])
    data = Data(where, np.concatenate([gradients, np.zeros((1, 3))]), np.array([0, 1, -1]), ("x", "x+", "x*"))
    numbers = np.arange(3)
    families = {
        "interpolation": interpolate(data, *pairs(numbers), 2, curvature),
        "start": Rows((), np.eye(2)[:1], np.ones(1), ("f(x) - f*",)),
    }
    goal = Rows((), np.eye(2)[1:], np.zeros(1))
    what = f"one strongly convex function, mu/L = {curvature:g}, led by the minimiser"
    return Scene(what, basis.blocks, 2, families, goal, data, (numbers,), start=x, curvature=curvature)


def _curvature(value: float) -> None:
    if not 0 <= value < 1:
        raise InputError("mu/L", value, "0 <= mu < L")
