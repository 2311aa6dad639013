r"""Worst cases over workers with functions of their own: any L-smooth $f_i$, or any in $F_{\mu,L}$.

The smooth class, which is convex in the Gram matrix and therefore exact:

* every $f_i$ is L-smooth on $R^d$, d as large as it takes;
* $\frac1n\sum_i\|\nabla f_i-\nabla f\|^2\le\zeta^2$ at the centers $\bar x_0,\dots,\bar x_K$;
* $f(\bar x_0)-\left(f(\bar x_k)-\frac1{2L}\|\nabla f(\bar x_k)\|^2\right)\le\Delta$ at the same points: what
  $f(\bar x_0)-f^*\le\Delta$ says about them.

The class of the theorems asks for the last two everywhere. It is contained in this one, so the value here is at least the worst
case of the theorems, and at most what their proofs give: these use heterogeneity and f* at centers only. The worst case of the
tilted class (`theory.worst_case.tilted`) is a lower bound; the exact worst case of the theorem's class lies between the two.
"""

from __future__ import annotations

import numpy as np

from theory.worst_case.interpolation import near_start, pairs, value_rows
from theory.worst_case.methods import Method
from theory.worst_case.points import Points
from theory.worst_case.rows import Rows, rows_of, square, times
from theory.worst_case.scene import Basis, Scene, gradient_goal


def smooth(method: Method, goal: str = "mean") -> Scene:
    """Return the worst case of ||grad f(center_k)||^2 (see `gradient_goal`) over L-smooth functions of each worker's own."""
    return assemble(method, goal)[0]


def assemble(method: Method, goal: str, *, centred: bool = False) -> tuple[Scene, Points, Basis]:
    """Return what `smooth` does, with the points and the basis; vectors besides gradients sum to zero where ``centred``."""
    n, rounds = method.n, method.rounds
    points = Points(method, range(rounds + 1))
    slots = points.width + points.extras
    unused = [worker * slots + s for worker in range(n) for s in range(points.used[worker], points.width)]
    zero_sum = tuple(range(points.width, slots)) if centred else ()
    basis = Basis(points.symmetry, n, slots, centred=zero_sum, unused=tuple(unused))
    workers, shares = points.symmetry.representatives, points.symmetry.shares
    data, known = points.data(basis, workers)
    at = points.first[:n] + points.center
    gradient = tuple(part[at].mean(axis=1) for part in data.gradients)
    aim, extra, variables = gradient_goal(gradient, known, goal)
    numbers = [np.arange(points.first[i], points.first[i + 1]) for i in range(n)]
    chosen = [pairs(numbers[i]) for i in workers]
    upper, lower = (np.concatenate(side) for side in zip(*chosen, strict=True))
    value = np.mean([value_rows(data.values[at[:, i]], variables) for i in range(n)], axis=0)
    apart = {i: [part[at[:, i]] - mean for part, mean in zip(data.gradients, gradient, strict=True)] for i in workers}
    spread = tuple(term for i in workers for term in square(shares[i], apart[i]))
    nothing = np.zeros((rounds + 1, variables))
    descent = times(-1.0, gradient[:1], rows_of(data.points, at[:, 0]), power=1)
    families = {
        "interpolation": near_start(data, upper, lower, variables),
        "infimum": Rows(
            (*square(0.5, gradient), *descent), nothing, np.ones(rounds + 1), _at_centers("f - f*", rounds), bent=-value
        ),
    }
    if n > 1:
        families["heterogeneity"] = Rows(spread, nothing, np.ones(rounds + 1), _at_centers("spread", rounds))
    if method.shrunk is not None:
        families["compression"] = points.compression(method, basis, workers, variables)
    scene = Scene(
        "L-smooth functions of each worker's own; heterogeneity and the infimum of f enter at the centers",
        basis.blocks,
        variables,
        families | extra,
        aim,
        data,
        tuple(numbers),
        messages=None if method.shrunk is None else points.messages(method, basis),
        share=method.share,
    )
    return scene, points, basis


def _at_centers(what: str, rounds: int) -> tuple[str, ...]:
    return tuple(f"{what} at xbar^{k}" for k in range(rounds + 1))
