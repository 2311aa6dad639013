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

Points that an algorithm visits lie within a few $\gamma$ of its start, so gradients differ little and values less. What is known
of them is therefore said of $F(X)=\gamma^{-2}\left(f(x_0+\gamma X)-f(x_0)-\gamma\langle\nabla f(x_0),X\rangle\right)$, which has
the same L and $\mu$, and whose gradients $\gamma^{-1}(\nabla f(x_0+\gamma X)-\nabla f(x_0))$ and values are of order one
whatever the step size is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.worst_case.rows import Polynomial, Rows, Term, rows_of, square, times

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Data:
    """Points of functions near the start, as combinations of the basis of a Gram matrix.

    Attributes
    ----------
    points
        X = (x - x_0) / gamma, two parts of shape (p, D): X = points[0] + gamma points[1].
    base
        Gradients at the start of the function that each point belongs to, shape (p, D).
    bends
        Gradients less those, over gamma, shape (p, D).
    values
        Number of the variable that stands for F(X) at each point, shape (p,), or -1 where it is zero.
    names
        What the points are called.
    functions
        What the function that each point belongs to is called; f by default.
    """

    points: Polynomial
    base: Floats
    bends: Floats
    values: Numbers
    names: tuple[str, ...]
    functions: tuple[str, ...] = ()

    @property
    def gradients(self) -> Polynomial:
        """Gradients of the functions themselves."""
        return self.base, self.bends

    def descent(self, at: Numbers, factor: float = 1.0) -> tuple[Term, ...]:
        """Return ``gamma <base, X>`` at some points as terms: f - f(x_0) less gamma^2 F."""
        return times(factor, (self.base[at],), rows_of(self.points, at), power=1)


def interpolate(
    points: Polynomial, gradients: Polynomial, values: Floats, upper: Numbers, lower: Numbers, curvature: float = -1.0
) -> tuple[tuple[Term, ...], Floats]:
    """Return the inequalities "f at ``upper`` is at least what ``lower`` says", right less left, for L = 1.

    Parameters
    ----------
    points, gradients
        Parts of shape (p, D).
    values
        Values in terms of the variables, shape (p, variables).
    upper, lower
        Numbers i and j of the points of each inequality, shape (P,).
    curvature
        The ratio mu/L in [-1, 1).

    Returns
    -------
    Terms, and what multiplies the variables, shape (P, variables).
    """
    dx = [part[upper] - part[lower] for part in points]
    dg = [part[upper] - part[lower] for part in gradients]
    scale = 0.5 / (1 - curvature)
    slope = [part[lower] - 2 * curvature * scale * rise for part, rise in zip(gradients, dg, strict=True)]
    terms = (*square(scale, dg), *times(1.0, slope, dx), *square(curvature * scale, dx))
    return terms, values[lower] - values[upper]


def near_start(data: Data, upper: Numbers, lower: Numbers, variables: int, curvature: float = -1.0) -> Rows:
    """Return interpolation inequalities between points near the start, over gamma^2."""
    values = value_rows(data.values, variables)
    terms, known = interpolate(data.points, (data.bends,), values, upper, lower, curvature)
    functions = data.functions or ("f",) * len(data.names)
    labels = tuple(f"{functions[i]} at {data.names[i]} from {data.names[j]}" for i, j in zip(upper, lower, strict=True))
    return Rows(terms, known, np.zeros(len(upper)), labels, order=2)


def bounded_below(data: Data, at: Numbers, variables: int) -> Rows:
    """Return ``||g||^2 / 2 - f <= 1`` at some points: f* = -1 for L = 1 and f(x_0) = 0."""
    return Rows(
        (*square(0.5, rows_of(data.gradients, at)), *data.descent(at, -1.0)),
        np.zeros((len(at), variables)),
        np.ones(len(at)),
        tuple(f"f - f* at {data.names[i]}" for i in at),
        bent=-value_rows(data.values[at], variables),
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
