"""Spectra of exponential graphs: static, products of one-peer rounds, and a common random hop.

All matrices are polynomials in the cyclic shift S, hence normal: the spectral norm of W - J is the largest eigenvalue modulus
besides the one of the consensus. w = exp(2 pi i m/n), m = 0 .. n-1, stands for an eigenvalue of S.
"""

from __future__ import annotations

import math

import numpy as np
import sympy as sp

from theory.spectra.base import Floats, Spectrum, digits, family, hops, n, power_of_two, rounds, whole


def static_modes(n: int) -> Floats:
    """Return the eigenvalue moduli |1 + sum_j w^(2^j)|/(t + 1) of the static exponential graph, m = 1 .. n-1, shape (n - 1,)."""
    count = (n - 1).bit_length()
    shifts = 1 << np.arange(count)
    angle = 2 * np.pi * ((np.arange(1, n)[:, None] * shifts) % n) / n
    return np.asarray(np.abs(1 + np.exp(1j * angle).sum(axis=1)) / (count + 1))


def one_peer_modes(n: int, rounds: int) -> Floats:
    """Return the eigenvalue moduli prod_j |cos(2^j pi m/n)| of the first rounds of the one-peer graph, m = 1 .. n-1.

    After ceil(log2 n) rounds the distances start again at 1.
    """
    count, mode = (n - 1).bit_length(), np.arange(1, n)
    moduli = np.ones(n - 1)
    for k in range(rounds):
        turned = mode * 2 ** (k % count) % n
        moduli *= np.where(2 * turned == n, 0.0, np.abs(np.cos(np.pi * turned / n)))
    return moduli


def _one_peer(n: int, rounds: int) -> float:
    if rounds >= math.log2(n) and bool(power_of_two(np.asarray(float(n)))):
        return 0.0
    return float(one_peer_modes(n, rounds).max())


@family
def exponential() -> Spectrum:
    """Static exponential graph: i sends to i + 2^j for the t = ceil(log2 n) distances 2^j < n, every weight 1/(t + 1).

    Eigenvalues are (1 + sum_{j<t} w^(2^j))/(t + 1). For even n, w = -1 is an eigenvalue of S and gives (t - 1)/(t + 1). No other
    w != 1 gives more: let phi = |arg w|, at least 2 pi/n >= 2 pi/2^t and at most pi. Doubling phi cannot jump over [pi/2, pi] and
    2^(t-1) phi >= pi, so psi = 2^j phi lies in [pi/2, pi] for some j <= t - 1. If psi = pi, 1 + w^(2^j) = 0 and t - 1 terms of
    modulus one are left. If psi < pi, then j < t - 1, and |1 + e^{i psi} + e^{2 i psi}| = |1 + 2 cos psi| <= 1 while t - 2 terms
    are left. In both cases the sum is at most t - 1. So lambda2 = (t - 1)/(t + 1) for every even n, and no more for odd n, for
    which the maximum is taken over m. 1 - rho = 4t/(t + 1)^2 ~ 4/log2 n.
    Ying et al. (2021), Proposition 1, state the same spectrum.
    """
    second = (hops - 1) / (hops + 1)
    return Spectrum(
        key="exponential",
        title="static exponential",
        lambda2=second,
        rho=second**2,
        gap=4 * hops / (hops + 1) ** 2,
        leading=4 / digits,
        messages=n * hops,
        admissible="even n (for odd n the expression is an upper bound, and the number a maximum over n - 1 eigenvalues)",
        admits=lambda n: whole(n / 2) & (n >= 2),
        otherwise=lambda n: float(static_modes(n).max()),
    )


@family
def one_peer_exponential() -> Spectrum:
    """Product of the first ``rounds`` = r rounds of the one-peer exponential graph: (I + S^(2^j))/2 for j = 0 .. r-1.

    With N = 2^r the product is (I + S + ... + S^(N-1))/N: eigenvalues have the modulus
    prod_{j<r} |cos(2^j x)| = |sin(N x)/(N sin x)| at x = pi m/n. **Exact averaging**: for n = 2^t and r = t, sin(N x) = 0 for
    every m != 0, so that the product is J. For N <= n/2 the largest is m = 1: up to x = pi/N all cosines are non-negative and
    fall, so that their product does; pi/n <= pi/(2N), where it is 1/(N sin(pi/(2N))) >= 2/pi; and from pi/N to pi/2 it is at
    most 1/(N sin x) <= pi/(2 N x) <= 1/2; the rest follows by x -> pi - x. So lambda2 = sin(N pi/n)/(N sin(pi/n)) for N <= n/2
    and zero from N = n = 2^t on; otherwise it is a maximum over m. 1 - rho ~ (4^r - 1) pi^2/(3 n^2) with r fixed. After
    log2(n) - 1 rounds lambda2 tends to 2/pi: all the rest is done by the last round.

    A window of rounds that starts with another distance 2^s, s >= 1, and does not reach distance 1 has norm 1, attained by
    m = n/2^s for n divisible by 2^s: single rounds have rho = 1.
    Source: SGP (Assran et al. 2019), appendix on topologies, says that log2 n rounds average exactly.
    """
    many = sp.Integer(2) ** rounds
    second = sp.sin(many * sp.pi / n) / (many * sp.sin(sp.pi / n))
    return Spectrum(
        key="one-peer-exponential",
        title="one-peer exponential, first rounds",
        lambda2=second,
        rho=second**2,
        gap=1 - second**2,
        leading=(4**rounds - 1) * sp.pi**2 / (3 * n**2),
        messages=n,
        admissible="2^rounds <= n/2 (beyond, zero from rounds = log2 n on, or a maximum over n - 1 eigenvalues)",
        admits=lambda n, rounds: whole(n, rounds) & (rounds >= 1) & (np.exp2(rounds + 1) <= n),
        otherwise=_one_peer,
    )


@family
def random_hop() -> Spectrum:
    """One-peer exponential graph whose common distance is drawn uniformly from the t = ceil(log2 n) distances, anew per round.

    W = (I + S^(2^j))/2 is normal, and E[W'W] has the eigenvalues (1/t) sum_j (1 + cos(2^j phi))/2, phi = 2 pi m/n: they are
    1/2 + Re(sum_j w^(2^j))/(2t). By the bound that the static exponential graph has, Re(1 + sum_j w^(2^j)) <= t - 1 for w != 1
    with equality at w = -1, so that rho = 1/2 + (t - 2)/(2t) = 1 - 1/t for even n. The same bound on |(t - 1) + (1 + sum)| gives
    lambda2 = 1 - 1/t for E[W] = I/2 + (sum_j S^(2^j))/(2t). 1 - rho = 1/ceil(log2 n) ~ 1/log2 n: a fixed order of distances
    averages exactly in log2 n rounds, a random one only shrinks disagreement by a factor of about e in as many.
    """
    second = 1 - 1 / hops
    return Spectrum(
        key="random-hop",
        title="one-peer exponential, common random hop",
        lambda2=second,
        rho=second,
        gap=1 / hops,
        leading=1 / digits,
        messages=n,
        admissible="even n",
        admits=lambda n: whole(n / 2) & (n >= 2),
        random=True,
    )
