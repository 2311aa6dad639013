"""Spectra of group averaging: a random group, a random partition, and butterfly groups at a random phase.

Averaging within groups is an orthogonal projection, W = W' = W^2, so that E[W'W] = E[W] and lambda2 = rho.
Messages are those of recursive doubling within a group of S: S log2 S.
"""

from __future__ import annotations

import sympy as sp
from sympy.codegen.cfunctions import log2

from theory.spectra.base import Spectrum, digits, family, group, n, power_of_two, whole


@family
def random_group() -> Spectrum:
    """One uniformly random group of S workers averages per round, the others wait (the sequential model of WAGMA-SGD).

    W = I - D + 1_G 1_G'/S with D the identity on the group. A worker is in the group with probability S/n, a pair with
    S(S - 1)/(n(n - 1)). On vectors orthogonal to 1, E[1_G 1_G'] acts as S/n - S(S - 1)/(n(n - 1)) = S(n - S)/(n(n - 1)), so
    E[W] acts as 1 - S/n + (n - S)/(n(n - 1)) = (n - S)/(n - 1). All of them shrink alike: rho = (n - S)/(n - 1),
    1 - rho = (S - 1)/(n - 1) ~ (S - 1)/n. S = 2 is pairwise gossip on the complete graph.
    Model: Li et al. (TPDS 2021), proof of Theorem 4.6.
    """
    second = (n - group) / (n - 1)
    return Spectrum(
        key="random-group",
        title="one random group",
        lambda2=second,
        rho=second,
        gap=(group - 1) / (n - 1),
        leading=(group - 1) / n,
        messages=group * log2(group),
        admissible="whole 2 <= group <= n",
        admits=lambda n, group: whole(n, group) & (group >= 2) & (group <= n),
        random=True,
    )


@family
def random_partition() -> Spectrum:
    """All workers average in n/S uniformly random groups of S.

    The diagonal of W is 1/S, and a pair shares a group with probability (S - 1)/(n - 1), which makes (S - 1)/(S(n - 1)) the
    expected entry off it. Orthogonal to 1, E[W] acts as the difference of the two, (n - S)/(S(n - 1)) = rho.
    1 - rho = n(S - 1)/(S(n - 1)) ~ 1 - 1/S: groups of a fixed size mix at a rate that does not depend on n.
    """
    second = (n - group) / (group * (n - 1))
    return Spectrum(
        key="random-partition",
        title="random groups of all workers",
        lambda2=second,
        rho=second,
        gap=n * (group - 1) / (group * (n - 1)),
        leading=1 - 1 / group,
        messages=n * log2(group),
        admissible="whole group >= 2 that divides n",
        admits=lambda n, group: whole(n, group, n / group) & (group >= 2),
        random=True,
    )


@family
def butterfly() -> Spectrum:
    """Butterfly groups of S = 2^s among n = 2^t workers at a uniformly random phase.

    In iteration k workers average that agree in all binary digits but k s, ..., k s + s - 1 (mod t). Walsh functions
    (-1)^(a . i) are eigenvectors: one is kept where a has no digit among these, and annihilated otherwise. A given digit is
    among them with probability s/t, whether the first digit is uniform over all t or the phase over a period, in which every
    digit is visited equally often. So E[W] keeps a != 0 with probability at most 1 - s/t, attained by a single digit:
    rho = 1 - s/t, 1 - rho = log2 S/log2 n. In the order of the algorithm the projections commute and the product is J as soon as
    all digits have been visited, after ceil(t/s) iterations; a single iteration has norm 1 unless S = n.
    Groups: Li et al. (TPDS 2021), Algorithm 1.
    """
    share = log2(group) / digits
    return Spectrum(
        key="butterfly",
        title="butterfly groups, random phase",
        lambda2=1 - share,
        rho=1 - share,
        gap=share,
        leading=share,
        messages=n * log2(group),
        admissible="powers of two 2 <= group <= n",
        admits=lambda n, group: power_of_two(n) & power_of_two(group) & (group >= 2) & (group <= n),
        random=True,
    )


rounds_to_average = sp.ceiling(digits / log2(group))
"""Iterations after which butterfly groups in their own order have averaged exactly."""
