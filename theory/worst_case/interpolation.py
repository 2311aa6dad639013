r"""When points, gradients and values belong to a smooth function.

For $\mu<L$ let $F_{\mu,L}$ be the functions with $f-\frac\mu2\|x\|^2$ and $\frac L2\|x\|^2-f$ convex. Data $(x_i,g_i,f_i)$ are
values and gradients of one function of $F_{\mu,L}$ on all of $R^d$ if and only if for all i, j

$f_i\ge f_j+\langle g_j,x_i-x_j\rangle+\frac1{2(1-\mu/L)}\left(\frac1L\|g_i-g_j\|^2+\mu\|x_i-x_j\|^2
-\frac{2\mu}L\langle g_j-g_i,x_j-x_i\rangle\right)$.

Sources: Taylor, Hendrickx, Glineur (Math. Program. 161, 2017), Theorem 4, for $\mu\ge0$; for $\mu<0$ the same after adding
$-\frac\mu2\|x\|^2$ (Rotaru, Glineur, Patrinos 2022). At $\mu=-L$ these are the L-smooth functions, convex or not, and the
inequality reads $f_i\ge f_j+\frac12\langle g_i+g_j,x_i-x_j\rangle+\frac1{4L}\|g_i-g_j\|^2-\frac L4\|x_i-x_j\|^2$.

Why it suffices for $\mu=-L$: the function of Drori and Shamir (2020, Theorem 7), which also has the infimum
$\min_i(f_i-\frac1{2L}\|g_i\|^2)$. No L-smooth function through the data has a larger one, since a step of $1/L$ descends by that
much. So "bounded below by $f^*$" is exactly $f_i-\frac1{2L}\|g_i\|^2\ge f^*$ for all i.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.worst_case.rows import Rows

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Data:
    """Points of functions, as combinations of the basis of a Gram matrix.

    Attributes
    ----------
    points
        Shape (p, D), over gamma.
    gradients
        Shape (p, D).
    values
        Number of the variable that stands for the value at each point, shape (p,), or -1 where the value is zero.
    names
        What the points are called.
    """

    points: Floats
    gradients: Floats
    values: Numbers
    names: tuple[str, ...]


def interpolate(data: Data, upper: Numbers, lower: Numbers, variables: int, curvature: float = -1.0) -> Rows:
    """Return the inequalities "f at ``upper`` is at least what ``lower`` says", for L = 1.

    Parameters
    ----------
    data
        Points, gradients, values.
    upper, lower
        Numbers i and j of the points of each inequality, shape (P,).
    variables
        Number of value variables.
    curvature
        The ratio mu/L in [-1, 1).

    Returns
    -------
    Rows
        ``right - left <= 0``, a polynomial of degree 2 in gamma.
    """
    dx = data.points[upper] - data.points[lower]
    dg = data.gradients[upper] - data.gradients[lower]
    scale = 0.5 / (1 - curvature)
    terms = (
        (0, scale, dg, dg),
        (1, 1.0, data.gradients[lower], dx),
        (1, -2 * curvature * scale, dg, dx),
        (2, curvature * scale, dx, dx),
    )
    values = value_rows(data.values[lower], variables) - value_rows(data.values[upper], variables)
    labels = tuple(f"f at {data.names[i]} from {data.names[j]}" for i, j in zip(upper, lower, strict=True))
    return Rows(terms, values, np.zeros(len(upper)), labels)


def bounded_below(data: Data, at: Numbers, variables: int) -> Rows:
    """Return ``||g||^2 / 2 - f <= 1`` at some points: f* = -1 for L = 1."""
    gradients = data.gradients[at]
    return Rows(
        ((0, 0.5, gradients, gradients),),
        -value_rows(data.values[at], variables),
        np.ones(len(at)),
        tuple(f"f - f* at {data.names[i]}" for i in at),
    )


def value_rows(numbers: Numbers, variables: int) -> Floats:
    """Return one-hot rows (P, variables), zero where a number is -1."""
    rows = np.zeros((len(numbers), variables))
    known = numbers >= 0
    rows[known.nonzero()[0], numbers[known]] = 1.0
    return rows


def pairs(points: Numbers) -> tuple[Numbers, Numbers]:
    """Return all ordered pairs of different points."""
    first, second = np.meshgrid(points, points, indexing="ij")
    apart = first != second
    return first[apart], second[apart]
