"""Spectra of undirected graphs with Metropolis weights: ring, path, torus, hypercube, complete graph, star.

Where two linked workers have degree at most D, and one of every linked pair has degree D, Metropolis weights are
W = I - L/(D + 1) with the Laplacian L. Such a W is symmetric, so ||W - J||_2 is the largest modulus of an eigenvalue besides
one 1, rho = lambda2^2, and 1 - rho = (1 - lambda2)(1 + lambda2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import sympy as sp

from straggler import InputError
from straggler import at_least as number_at_least
from theory.spectra.base import Spectrum, at_least, digits, dims, family, n, power_of_two, whole

pi, sin, cos = sp.pi, sp.sin, sp.cos


@family
def ring() -> Spectrum:
    """Ring with weights 1/3 (D-PSGD, Lian et al. 2017).

    W is circulant, W = (I + S + S^-1)/3 with the cyclic shift S, so the Fourier vectors are its eigenvectors with eigenvalues
    (1 + 2 cos(2 pi m/n))/3, m = 0 .. n-1. m = 0 belongs to the consensus. The largest of the others is m = 1; the least one is
    at least -1/3. For n >= 4, cos(2 pi/n) >= 0 makes m = 1 at least 1/3; for n = 3 all others are zero. Hence
    lambda2 = (1 + 2 cos(2 pi/n))/3 = 1 - (4/3) sin(pi/n)^2 and 1 - rho = (8/3) sin^2 (1 - (2/3) sin^2) ~ 8 pi^2/(3 n^2).
    """
    s = sin(pi / n) ** 2
    second = (1 + 2 * cos(2 * pi / n)) / 3
    return Spectrum(
        key="ring",
        title="ring, weights 1/3",
        lambda2=second,
        rho=second**2,
        gap=sp.Rational(8, 3) * s * (1 - sp.Rational(2, 3) * s),
        leading=8 * pi**2 / (3 * n**2),
        messages=2 * n,
        admissible="whole n >= 3",
        admits=at_least(3),
        symmetric=True,
        note="Second-hand summaries of D-PSGD give 1 - rho ~ 16 pi^2/(3 n^2), twice the true 8 pi^2/(3 n^2); exponents of n that "
        "follow from it are not affected.",
    )


@family
def path() -> Spectrum:
    """Path with Metropolis weights.

    Every link has an end of degree 2 for n >= 3, so W = I - L/3. The Laplacian of the path has the eigenvectors
    cos(pi m (i + 1/2)/n) with eigenvalues 2 - 2 cos(pi m/n), m = 0 .. n-1: away from the ends this is
    2 cos(b) - cos(b - a) - cos(b + a) = (2 - 2 cos a) cos(b), and at the ends the half step reflects the vector. Hence W has
    (1 + 2 cos(pi m/n))/3. The largest besides m = 0 is m = 1, at least 2/3; the least one is above -1/3. So
    lambda2 = 1 - (4/3) sin(pi/(2n))^2, which is that of the ring of 2n, and 1 - rho ~ 2 pi^2/(3 n^2).
    """
    s = sin(pi / (2 * n)) ** 2
    second = (1 + 2 * cos(pi / n)) / 3
    return Spectrum(
        key="path",
        title="path, Metropolis",
        lambda2=second,
        rho=second**2,
        gap=sp.Rational(8, 3) * s * (1 - sp.Rational(2, 3) * s),
        leading=2 * pi**2 / (3 * n**2),
        messages=2 * (n - 1),
        admissible="whole n >= 3",
        admits=at_least(3),
        symmetric=True,
    )


@family
def torus() -> Spectrum:
    """Torus in ``dims`` = k dimensions with equal sides m = n^(1/k) >= 3, every weight 1/(2k + 1).

    W = (I + sum over axes of S_a + S_a^-1)/(2k + 1) with commuting cyclic shifts: products of Fourier vectors are eigenvectors,
    with eigenvalues (1 + sum_a 2 cos(2 pi m_a/m))/(2k + 1). The largest besides m_a = 0 has one m_a = 1, which gives
    lambda2 = 1 - 4 sin(pi/m)^2/(2k + 1). The least is at least (1 - 2k)/(2k + 1), of modulus at most lambda2 for m >= 4 where
    cos(2 pi/m) >= 0; for m = 3 it is (1 - k)/(2k + 1), against lambda2 = (2k - 2)/(2k + 1). So lambda2 is the modulus, and
    1 - rho ~ 8 pi^2/((2k + 1) n^(2/k)). k = 1 is the ring.
    """
    away = 4 * sin(pi / n ** (1 / dims)) ** 2 / (2 * dims + 1)
    return Spectrum(
        key="torus",
        title="torus with equal sides",
        lambda2=1 - away,
        rho=(1 - away) ** 2,
        gap=away * (2 - away),
        leading=8 * pi**2 / ((2 * dims + 1) * n ** (2 / dims)),
        messages=2 * dims * n,
        admissible="whole dims >= 1 and n the dims-th power of a whole number >= 3",
        admits=lambda n, dims: whole(n, dims) & (dims >= 1) & (n >= 3**dims) & (np.round(n ** (1 / dims)) ** dims == n),
        symmetric=True,
    )


def torus_of(sides: Sequence[int]) -> Spectrum:
    """Return the spectrum of the torus with these sides, each at least 2, as numbers that do not depend on n.

    A side of 3 or more gives a worker two neighbours, a side of 2 one; with D neighbours in all every weight is 1/(D + 1), and
    eigenvalues are (1 + sum of c_a)/(D + 1) with c_a = 2 cos(2 pi m_a/side), or 1 and -1 for a side of 2. Leaving m = 0 on one
    axis costs 4 sin(pi/side)^2, on a side of 2 it costs 2; the least cost g is that of the longest side unless that is 3 and a
    side of 2 is there too. lambda2 = 1 - g/(D + 1). It is the modulus: the least eigenvalue is at least -(D - 1)/(D + 1), and
    g <= 2 unless all sides are 3, where it is (2 - D)/(2D + 2) against lambda2 = (D - 2)/(D + 1). ``leading`` is that of a
    long longest side.

    Raises
    ------
    InputError
        If a side is below 2.
    """
    if not sides:
        raise InputError("sides of torus", list(sides), "at least one side")
    checked = [number_at_least("side of torus", side, 2) for side in sides]
    neighbours = sum(2 if side > 2 else 1 for side in checked)
    cost = min((4 * sin(pi / side) ** 2 if side > 2 else sp.Integer(2) for side in checked), key=float)
    second = sp.simplify(1 - cost / (neighbours + 1))
    total = math.prod(checked)
    return Spectrum(
        key="torus of " + " x ".join(map(str, checked)),
        title="torus of " + " x ".join(map(str, checked)),
        lambda2=second,
        rho=second**2,
        gap=cost / (neighbours + 1) * (2 - cost / (neighbours + 1)),
        leading=8 * pi**2 / ((neighbours + 1) * sp.Integer(max(checked)) ** 2),
        messages=sp.Integer(neighbours * total),
        admissible=f"n = {total}",
        admits=lambda n: n == total,
        proof=torus_of.__doc__ or "",
        symmetric=True,
    )


@family
def hypercube() -> Spectrum:
    """Hypercube of n = 2^k workers, every weight 1/(k + 1).

    W = (I + sum over bits of X_b)/(k + 1), where X_b swaps workers that differ in bit b. The Walsh functions
    (-1)^(a . i), a in {0,1}^k, are eigenvectors; with |a| ones in a the eigenvalue is (1 + k - 2|a|)/(k + 1). |a| = 1 gives
    (k - 1)/(k + 1), |a| = k the negative of it. So lambda2 = (k - 1)/(k + 1) and 1 - rho = 4k/(k + 1)^2 ~ 4/log2 n.
    """
    second = (digits - 1) / (digits + 1)
    return Spectrum(
        key="hypercube",
        title="hypercube",
        lambda2=second,
        rho=second**2,
        gap=4 * digits / (digits + 1) ** 2,
        leading=4 / digits,
        messages=n * digits,
        admissible="n a power of two >= 2",
        admits=lambda n: power_of_two(n) & (n >= 2),
        symmetric=True,
    )


@family
def complete() -> Spectrum:
    """Complete graph with weights 1/n: W = J, so that all eigenvalues but one vanish, and one round averages exactly."""
    zero = sp.Integer(0)
    return Spectrum(
        key="complete",
        title="complete graph",
        lambda2=zero,
        rho=zero,
        gap=sp.Integer(1),
        leading=sp.Integer(1),
        messages=n * (n - 1),
        admissible="whole n >= 2",
        admits=at_least(2),
        symmetric=True,
    )


@family
def star() -> Spectrum:
    """Star with Metropolis weights.

    Every link ends in the middle, which has degree n - 1, so W = I - L/n. Vectors on the leaves that sum to zero are
    eigenvectors of L with eigenvalue 1 (n - 2 of them), the vector (n - 1, -1, ..., -1) has eigenvalue n: W has 1 - 1/n and 0.
    So lambda2 = 1 - 1/n and 1 - rho = (2 - 1/n)/n ~ 2/n. For n = 2 there is no vector of the first kind.
    """
    second = 1 - 1 / n
    return Spectrum(
        key="star",
        title="star, Metropolis",
        lambda2=second,
        rho=second**2,
        gap=(2 - 1 / n) / n,
        leading=2 / n,
        messages=2 * (n - 1),
        admissible="whole n >= 3",
        admits=at_least(3),
        symmetric=True,
    )
