r"""Worst cases over strongly convex functions: the last iterate of a method, and one step of a method with a leader.

The class of `convex` is exact and contains nothing but what its words say: every $f_i$ is in $F_{\mu,L}$, $0\le\mu<L$; $f$ has a
minimiser $x^*$ with $\frac1n\sum_i\|\nabla f_i(x^*)\|^2\le\zeta^2$ (heterogeneity at the minimiser); and either
$f(x_0)-f^*\le\Delta$ or $\|x_0-x^*\|\le R$. The minimiser is one more point of every function.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from straggler import InputError, UnknownName, positive
from theory.worst_case.interpolation import Data, interpolate, near_start, pairs, value_rows
from theory.worst_case.methods import Method
from theory.worst_case.points import Points
from theory.worst_case.rows import Polynomial, Rows, rows_of, square, times
from theory.worst_case.scene import Basis, Scene
from theory.worst_case.symmetry import Symmetry

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]

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
    data, near = points.data(basis, workers)
    variables = near + len(workers)  # and the values at the start
    heights = tuple(near + workers.index(like) for like in points.symmetry.likes)
    start_at = basis.shared(0)
    best = np.array([basis.vector(i, slots - 1) for i in range(n)]) if tilts else np.zeros((n, basis.size))
    numbers = tuple(np.arange(points.first[i], points.first[i + 1]) for i in range(n))
    upper, lower = (np.concatenate(side) for side in zip(*(pairs(numbers[i]) for i in workers), strict=True))
    above_start = np.mean([np.eye(variables)[height] for height in heights], axis=0)[None]
    nothing = np.zeros((1, variables))
    families = {"interpolation": near_start(data, upper, lower, variables, curvature)}
    for i in workers:
        families |= _to_minimiser(data, numbers[i], start_at, best[i], heights[i], variables, curvature, f" of worker {i}")
    if start == "distance":
        families["start"] = Rows(square(1.0, (start_at[None],)), nothing, np.ones(1), ("||x_0 - x*||^2",))
    else:
        families["start"] = Rows((), above_start, np.ones(1), ("f(x_0) - f*",))
    if tilts:
        terms = tuple(term for i in workers for term in square(shares[i], (best[[i]],)))
        families["heterogeneity"] = Rows(terms, nothing, np.ones(1))
    if method.shrunk is not None:
        families["compression"] = points.compression(method, basis, workers, variables)
    if goal == "value":
        last = points.first[:n] + points.center[-1]
        base, where = data.base[last].mean(axis=0)[None], rows_of(data.points, last[:1])
        value = value_rows(data.values[last], variables).mean(axis=0)[None]
        aim = Rows(times(1.0, (base,), where, power=1), above_start, np.zeros(1), bent=value)
    else:
        aim = Rows(square(1.0, _away(start_at, points.steps(method.centers[-1:], method, basis))), nothing, np.zeros(1))
    return Scene(
        f"strongly convex functions of each worker's own, mu/L = {curvature:g}; heterogeneity at the minimiser",
        basis.blocks,
        variables,
        families,
        aim,
        data,
        numbers,
        start=start_at,
        heights=heights,
        best=best,
        curvature=curvature,
        messages=None if method.shrunk is None else points.messages(method, basis),
        share=method.share,
    )


def _away(start: Floats, points: Polynomial) -> Polynomial:
    """Return x - x* for points near the start."""
    return (np.broadcast_to(start, points[0].shape), *points)


def _to_minimiser(
    data: Data, at: Numbers, start: Floats, best: Floats, height: int, variables: int, curvature: float, whose: str
) -> dict[str, Rows]:
    """Return the inequalities between each of these points and the minimiser, both ways."""
    count = len(at)
    away = [np.append(part, np.zeros((1, part.shape[1])), axis=0) for part in _away(start, rows_of(data.points, at))]
    base, bends = (np.append(part[at], row[None], axis=0) for part, row in ((data.base, best), (data.bends, 0 * best)))
    points, origin = np.arange(count), np.full(count, count)
    families = {}
    for name, upper, lower, sign in (("above f*", points, origin, -1.0), ("below f*", origin, points, 1.0)):
        terms, _ = interpolate(away, (base, bends), np.zeros((count + 1, 0)), upper, lower, curvature)
        families[name + whose] = Rows(
            (*terms, *data.descent(at, sign)),
            np.tile(sign * np.eye(variables)[height], (count, 1)),
            np.zeros(count),
            tuple(f"f at {data.names[k]} and at x*" for k in at),
            bent=sign * value_rows(data.values[at], variables),
        )
    return families


def leader_step(curvature: float, pull: float, lead: float, step: float | None = None) -> Scene:
    """Return the worst case of f(x_+) - f*, x_+ = x - gamma grad f(x) - pull (x - z), over one strongly convex function.

    Parameters
    ----------
    curvature
        The ratio mu/L in [0, 1).
    pull
        The share gamma lambda in [0, 1] of the distance to the leader.
    lead
        f(z) - f* is at most this share of what f(x) - f* may be, in [0, 1]; at 0, z is the minimiser.
    step
        Where it is given, the step size times L, what is at most one at the start is the right side of the descent inequality
        instead, (1 - mu gamma)(f(x) - f*) - pull (f(x) - f(z)), wherever z is.

    Raises
    ------
    InputError
        If a number is outside its range, or this right side may be negative.
    """
    _curvature(curvature)
    for name, value in (("pull", pull), ("lead", lead)):
        if positive(name, value, zero_ok=True) > 1:
            raise InputError(name, value, f"0 <= {name} <= 1")
    others = ("z", "x+") if lead else ("x+",)
    size = len(others) + 1
    # basis: gradients at x, x_+ (and z), then x - x* (and z - x*)
    basis = Basis(Symmetry.none(1), 1, size, size - 1)
    unit = np.eye(basis.size)
    x, z, origin = unit[size], unit[-1] if lead else 0 * unit[0], 0 * unit[0]
    places = {"x": (x, origin), "z": (z, origin), "x+": (x - pull * (x - z), -unit[0]), "x*": (origin, origin)}
    shown = ("x", *others, "x*")
    points = tuple(np.array([places[name][power] for name in shown]) for power in (0, 1))
    gradients, values = np.append(unit[:size], origin[None], axis=0), np.append(np.eye(size), np.zeros((1, size)), axis=0)
    upper, lower = pairs(np.arange(len(shown)))
    terms, known = interpolate(points, (gradients,), values, upper, lower, curvature)
    labels = tuple(f"f at {shown[i]} from {shown[j]}" for i, j in zip(upper, lower, strict=True))
    bounds = {"f(x) - f*": 1.0, "f(z) - f*": lead}
    begin = Rows((), np.eye(size)[: size - 1], np.array(list(bounds.values())[: size - 1]), tuple(bounds)[: size - 1])
    if step is not None:
        kept = 1 - curvature * step - pull
        if kept <= 0:
            raise InputError("mu gamma + pull", curvature * step + pull, "mu gamma + pull < 1")
        begin = Rows((), np.array([[kept, *[pull] * (lead > 0), 0.0]]), np.ones(1), ("right side of the descent",))
    families = {"interpolation": Rows(terms, known, np.zeros(len(upper)), labels), "start": begin}
    who = "a leader" if lead else "the minimiser for a leader"
    return Scene(
        f"one strongly convex function, mu/L = {curvature:g}, and {who}",
        basis.blocks,
        size,
        families,
        Rows((), np.eye(size)[-1:], np.zeros(1)),
        Data((origin[None], origin[None]), unit[:1], origin[None], np.array([-1]), ("x",)),
        (np.arange(1),),
        start=x,
        heights=(0,),
        best=origin[None],
        far={name: (places[name], unit[number + 1], number + 1) for number, name in enumerate(others)},
        curvature=curvature,
    )


def _curvature(value: float) -> None:
    if not 0 <= value < 1:
        raise InputError("mu/L", value, "0 <= mu < L")
