r"""Worst cases over all mixing matrices of a given spectrum, at a cost that does not depend on the number of workers.

D-PSGD mixes with an unknown symmetric W, the same in every round, with $W\mathbf 1=\mathbf 1$ and all other eigenvalues in
$[-\lambda,\lambda]$. With $X=(X_1,\dots)$ and $V=WX$, both less the mean of the workers, such a W can exist only if $X^\top V$ is
symmetric and $V^\top V\preceq\lambda^2X^\top X$ (Colla and Hendrickx 2023). Both are asked for here in the inner products summed
over workers and coordinates, which is necessary and not sufficient: the value is an upper bound of the worst case over all W, and
what the instance shows is that the program goes no lower. Every permutation of the workers leaves the program as it is, so its
Gram matrix has two blocks, whatever n is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from straggler import InputError, at_least
from theory.worst_case.local import assemble
from theory.worst_case.methods import Method
from theory.worst_case.rows import Polynomial, Rows, Term, Triangle, rows_of, times
from theory.worst_case.scene import Scene

Floats = NDArray[np.float64]


def unrolled(rounds: int, workers: int) -> tuple[Method, Floats]:
    """Return D-PSGD, mix then step, with unknown mixing, and what is mixed, less its mean, in rounds 1, ..., K - 2.

    Mixing in round 0 finds all workers at the start, and mixing in the last round moves no point that counts.

    The vectors besides gradients are what becomes of it: number t n + i is that of worker i in round t + 1.
    """
    at_least("rounds", rounds, 1), at_least("workers", workers, 2)
    n, unknown = workers, max(rounds - 2, 0)
    events = np.eye((rounds + unknown) * n)
    views, centers = np.zeros((rounds, n, len(events))), np.zeros((rounds + 1, len(events)))
    mixed = np.zeros((unknown, n, len(events)))
    for k in range(rounds):
        taken = events[k * n : (k + 1) * n]
        centers[k + 1] = centers[k] - taken.mean(axis=0)
        if k + 1 < rounds:
            views[k + 1] = centers[k] - taken
        if 0 < k <= unknown:
            mixed[k - 1] = views[k] - centers[k]
            views[k + 1] += events[(rounds + k - 1) * n : (rounds + k) * n]
    average = np.full((n, n), 1 / n)
    return Method("dpsgd", views, centers, (average,)), mixed


def spectral(rounds: int, workers: int, eigenvalue: float, goal: str = "mean") -> Scene:
    """Return the worst case of ||grad f(center_k)||^2 (see `gradient_goal`) over functions of `local.smooth` and mixing matrices.

    Parameters
    ----------
    rounds, workers
        K >= 1 and n >= 2.
    eigenvalue
        The largest modulus lambda of an eigenvalue besides that of the mean, in (0, 1).

    Raises
    ------
    InputError
        If one of them is outside its range.
    """
    if not 0 < eigenvalue < 1:
        raise InputError(
            "lambda", eigenvalue, "0 < lambda < 1: the second largest modulus of an eigenvalue, for a connected graph"
        )
    method, mixed = unrolled(rounds, workers)
    scene, points, basis = assemble(method, goal, centred=True)
    what = f"{scene.what}; any symmetric mixing with eigenvalues in [-{eigenvalue:g}, {eigenvalue:g}]"
    count = len(mixed)
    if not count:
        return replace(scene, what=what)
    inside = points.steps(mixed[:, 0], method, basis)
    outside = points.steps(np.eye(method.views.shape[2])[rounds * workers :: workers][:count], method, basis)[:1]
    first, second = np.triu_indices(count, 1)
    equal = (
        *times(1.0, rows_of(inside, first), rows_of(outside, second)),
        *times(-1.0, rows_of(inside, second), rows_of(outside, first)),
    )
    triangle = Triangle(count)
    scale = triangle.scale[:, None]

    def scaled(factor: float, vectors: Polynomial) -> tuple[Term, ...]:
        left = [scale * part for part in rows_of(vectors, triangle.rows)]
        return times(factor, left, rows_of(vectors, triangle.columns))

    below = (*scaled(1.0, outside), *scaled(-(eigenvalue**2), inside))

    def rows(terms: tuple[Term, ...], number: int) -> Rows:
        return Rows(terms, np.zeros((number, scene.variables)), np.zeros(number))

    return replace(
        scene,
        what=what,
        equalities={"symmetry of W": rows(equal, len(first))} if len(first) else {},
        matrix={"spectrum of W": rows(below, len(triangle))},
        order=count,
    )
