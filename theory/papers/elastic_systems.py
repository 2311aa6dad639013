"""The gauge B of relaxed systems: the table of Nadiradze et al. 2021, row by row, and what two relaxations make together."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import Assumption, same_data, same_start, second_moment, smooth, unbiased, variance
from theory.assumptions_views import (
    contracts,
    crashes,
    error_feedback,
    keeps_norm,
    late_compressed,
    late_messages,
    late_streams,
    next_round,
    omissions,
    scattered,
    shared_compressed,
    substituted,
    window,
)
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.error_feedback import ELASTIC, TIGHT
from theory.papers.elastic import SAME
from theory.quantities.elastic import gauge_sq
from theory.symbols import Expr, G, L, M, T, d, faults, gamma, lost, n, sigma, tau
from theory.theorem import Theorem

LOSES = Condition("theta < 1", lost, 1, strict=True)
MOMENT = ((G, sp.sqrt(M**2 + sigma**2)),)
_FEW = Condition("n_f < n", faults, n, strict=True)
_NORM = r"""Write $|X|=\sqrt{\mathbb{E}\|X\|^2}$, a norm, in which every gradient is at most $G$; nothing is asked of how
samples and delays depend on each other. """
MEMORY = r"""Memories. For one worker, with a constant step, $|e^+|\le\sqrt\theta|\gamma g+e|\le\sqrt\theta(\gamma G+|e|)$, and
$e$ starts at zero: by induction $|e|\le\frac{\sqrt\theta}{1-\sqrt\theta}\gamma G$. (1) """


def _gauge(key: str, bound: Expr, systems: tuple[Assumption, ...], proof: str, requires: tuple[Condition, ...] = ()) -> Theorem:
    assumed = (second_moment, same_start, *systems)
    return Theorem(CARDS[key], gauge_sq, bound, assumed, requires, MOMENT, iteration=None, proof=_NORM + proof)


shared_memory = _gauge(
    "elastic.b-shared-memory:printed",
    d * T**2 * G**2,
    (scattered,),
    r"""A coordinate of $x_k-v_k$ is $\gamma$ times a sum of at most $T$ coordinates of gradients, so $|(x_k-v_k)_j|\le\gamma TG$;
sum the squares over $j\le d$.""",
)
shared_memory_rederived = _gauge(
    "elastic.b-shared-memory:rederived",
    T**2 * G**2,
    (window,),
    r"""Whatever coordinates are missing, $\|x_k-v_k\|\le\gamma\|\sum_s|g_s|\|\le\gamma\sum_{s=k-T}^{k-1}\|g_s\|$, where
$|g_s|$ here has the absolute values of the coordinates of the gradient $g_s$ of update $s$. Every $\|g_s\|$ is at most $G$ in
mean square.""",
)
crash = _gauge(
    "elastic.b-crash",
    faults**2 * G**2 / n**2,
    (crashes,),
    r"""A gradient that some workers have and others lack was sent by a worker while it crashed. There is one such gradient per
crash: $x_k-v_k^i$ is $\frac\gamma n$ times a sum of at most $n_f$ gradients.""",
    (_FEW,),
)
omission = _gauge(
    "elastic.b-omission",
    faults**2 * G**2 / n**2,
    (omissions,),
    r"""$x_k-v_k^i$ is $\frac\gamma n$ times a sum of at most $n_f$ gradients.""",
)
async_messages = _gauge(
    "elastic.b-async-messages",
    ((n - 1) * tau * G / n) ** 2,
    (late_messages,),
    r"""$x_k-v_k^i$ is $\frac\gamma n$ times a sum of at most $\tau$ gradients of each of the $n-1$ others.""",
)
norm_bounded = _gauge(
    "elastic.b-norm-bounded",
    ((n - 1) * G / n) ** 2,
    (next_round,),
    r"""$x_k-v_k^i$ is $\frac\gamma n$ times a sum of at most $n-1$ gradients, those of the others in the last round.""",
)
feedback = _gauge(
    "elastic.b-error-feedback:printed",
    ELASTIC * G**2,
    (contracts, error_feedback),
    r"""For one memory and $b>0$, $|e^+|^2\le\theta\left((1+b)|e|^2+(1+\frac1b)\gamma^2G^2\right)$. With $b=1-\theta$ the
factor of $|e|^2$ is $\theta(2-\theta)=1-(1-\theta)^2$, so that
$|e|^2\le\theta\frac{2-\theta}{1-\theta}\cdot\frac{\gamma^2G^2}{(1-\theta)^2}$ by induction. The mean of the memories is no larger
than the largest of them.""",
    (LOSES,),
)
feedback_rederived = _gauge(
    "elastic.b-error-feedback:rederived",
    TIGHT * G**2,
    (contracts, error_feedback),
    MEMORY
    + r"""The mean of the memories is no larger than the largest of them. The compressor $C(w)=(1-\sqrt\theta)w$, with
gradients that are all the same, attains this in the limit.""",
    (LOSES,),
)

_SHARE = (n - 1) / n
_SUBSTITUTED = r"""Write $|X|=\sqrt{\mathbb{E}\|X\|^2}$, $\nu_i$ for the noise of $g_i$ in round $k$, $J$ for the workers that
are late for worker $i$, $m=|J|\le n-1$, and $\beta_k$ for the largest $|x_k-v_k^i|/\gamma$. Then
$x_{k+1}-v_{k+1}^i=\frac\gamma n(N+D)$ with $N=m\nu_i-\sum_{j\in J}\nu_j$ and $D=\sum_{j\in J}(\nabla f(v_k^i)-\nabla
f(v_k^j))$. Noises are independent and have mean zero, given the views: $|N+D|^2=|N|^2+|D|^2$, $|N|^2\le m(m+1)\sigma^2\le
n(n-1)\sigma^2$, and $|D|\le mL\cdot2\gamma\beta_k$, as two views are within $2\gamma\beta_k$ of each other. So
$\beta_{k+1}^2\le c\sigma^2+4c^2\gamma^2L^2\beta_k^2$ with $c=\frac{n-1}n$, and $\beta_0=0$:
$\beta_k^2\le\frac{c\sigma^2}{1-4c^2\gamma^2L^2}$ by induction."""
_OWN = (smooth, unbiased, variance, same_data, same_start, substituted)
variance_bounded = Theorem(
    CARDS["elastic.b-variance-bounded:printed"],
    gauge_sq,
    9 * sigma**2,
    _OWN,
    requires=(Condition("gamma <= 1/(6 L)", 6 * gamma * L, 1), SAME),
    step_limit=1 / (6 * L),
    iteration=None,
    proof=_SUBSTITUTED + r" As $2\gamma L\le\frac13$ and $c<1$, this is at most $\frac98\sigma^2$.",
)
variance_bounded_rederived = Theorem(
    CARDS["elastic.b-variance-bounded:rederived"],
    gauge_sq,
    _SHARE * sigma**2 / (1 - (2 * _SHARE * gamma * L) ** 2),
    _OWN,
    requires=(Condition("gamma < 1/(2 L)", 2 * gamma * L, 1, strict=True), SAME),
    step_limit=1 / (2 * L),
    iteration=None,
    proof=_SUBSTITUTED,
)

_LEFT = sp.sqrt(lost) / (1 - sp.sqrt(lost))
_SENT = (
    r"""A message is no longer than what it stands for: $|C(\gamma g+e)|\le|\gamma g+e|\le\frac{\gamma G}{1-\sqrt\theta}$. (2) """
)
composition = _gauge(
    "ours.elastic-composition",
    (_SHARE * tau + _LEFT) ** 2 * G**2,
    (contracts, late_streams),
    MEMORY
    + r"""What is sent of the gradients up to some round is their sum times $\gamma$ less the memory after that round. So
$x_k-v_k^i=-\frac\gamma n\sum_{j\ne i}\sum_{s=k-\tau_{ij}}^{k-1}g_j^{(s)}-\frac1n\sum_je_j^{(k-\tau_{ij})}$: at most $\tau$
gradients of each of the $n-1$ others, and a mean of memories, which (1) bounds.""",
    (LOSES,),
)
composition_messages = _gauge(
    "ours.elastic-composition-messages",
    ((_SHARE * tau + sp.sqrt(lost)) / (1 - sp.sqrt(lost))) ** 2 * G**2,
    (contracts, keeps_norm, late_compressed),
    MEMORY
    + _SENT
    + r"""Without delays the view would be $x_k+\frac1n\sum_je_j^{(k)}$; it lacks at most $\tau$ messages of each of the $n-1$
others, each divided by $n$. Add (1) and (2).""",
    (LOSES,),
)
composition_shared = _gauge(
    "ours.elastic-composition-shared",
    ((T + n * sp.sqrt(lost)) / (1 - sp.sqrt(lost))) ** 2 * G**2,
    (contracts, keeps_norm, shared_compressed),
    MEMORY
    + _SENT
    + r"""With all writes the view would be $x_k+\sum_ie_i^{(k)}$, a sum of $n$ memories: single writes are not divided by $n$.
Missing coordinates of at most $T$ writes are no longer together than the sum of the lengths of these writes. Add (1), $n$
times, and (2), $T$ times.""",
    (LOSES,),
)
