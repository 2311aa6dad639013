"""Elastic consistency under strong convexity: the step is a contraction that views disturb (Nadiradze et al. 2021)."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import Assumption, same_data, same_start, smooth, strongly_convex, unbiased, variance
from theory.assumptions_views import elastic_views, half_steps, parallel_steps, partial_steps, single_steps
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.papers.elastic import QUORUM, SAME, SETTING
from theory.quantities.elastic_averaging import last_center_distance_sq
from theory.symbols import R_0, B, Expr, K, L, gamma, mu, n, quorum, sigma
from theory.theorem import Theorem

_ASSUMED = (smooth, strongly_convex, unbiased, variance, same_start, elastic_views)
_CONTRACTING = Condition("gamma <= 2/(mu + L)", gamma * (mu + L), 2)

_CONTRACTION = (
    SETTING
    + r"""
Contraction. Strong convexity and smoothness give
$\langle\nabla f(x),x-x^*\rangle\ge\frac{\mu L}{\mu+L}\|x-x^*\|^2+\frac1{\mu+L}\|\nabla f(x)\|^2$. For a step $s\le\frac2{\mu+L}$
therefore $\|x-s\nabla f(x)-x^*\|^2\le\left(1-\frac{2s\mu L}{\mu+L}\right)\|x-x^*\|^2-s\left(\frac2{\mu+L}-s\right)\|\nabla
f(x)\|^2\le(1-s\mu)^2\|x-x^*\|^2$, as $\|\nabla f(x)\|\ge\mu\|x-x^*\|$, where $s\mu\le1$. Put $s=\gamma m_k$,
$u=x_k-s\nabla f(x_k)-x^*$ and $w=s(\nabla f(x_k)-b_k)$: $x_{k+1}-x^*=u+w-\gamma\nu_k$, $|u|\le(1-s\mu)|x_k-x^*|$, and by (1)
$|w|\le sL\gamma B$. With $\|u+w\|^2\le\frac{\|u\|^2}{1-s\mu}+\frac{\|w\|^2}{s\mu}$ (for $s\mu=1$, where $u=0$, without its first
term) $a_k=|x_k-x^*|^2$ obeys
$a_{k+1}\le(1-s\mu)a_k+\frac{sL^2\gamma^2B^2}\mu+\frac{s\gamma\sigma^2}n$, that is $a_{k+1}-c\le(1-s\mu)(a_k-c)$ with
$c=\frac{\gamma^2L^2B^2}{\mu^2}+\frac{\gamma\sigma^2}{\mu n}$. So
$a_K\le(1-\gamma m\mu)^KR_0^2+c$ with the least share $m$ of workers. (4)
"""
)


def _any_step(
    name: str, workers: Expr, share: Expr, steps: tuple[Assumption, ...], more: tuple[Condition, ...], remark: str
) -> Theorem:
    return Theorem(
        CARDS[f"ours.{name}"],
        last_center_distance_sq,
        (1 - gamma * mu * share) ** K * R_0**2 + gamma**2 * L**2 * B**2 / mu**2 + gamma * sigma**2 / (mu * workers),
        (*_ASSUMED, *steps),
        requires=(_CONTRACTING, *more),
        step_limit=2 / (mu + L),
        iteration=None,
        proof=_CONTRACTION + remark,
    )


any_single = _any_step("elastic-sc", sp.S.One, sp.S.One, (same_data, single_steps), (SAME,), r"Here $n=m=1$.")
any_parallel = _any_step("elastic-sc-parallel", n, sp.S.One, (parallel_steps,), (), r"Here $m=1$.")
any_quorum = _any_step("elastic-sc-quorum", n, quorum / n, (same_data, partial_steps), (SAME, QUORUM), r"Here $m=\frac Qn$.")

_LOG, _LOG_N = sp.log(K), sp.log(K * n)
_STEP, _STEP_N = 2 * _LOG / (mu * K), 2 * _LOG_N / (mu * K)


def _terms(log: Expr, workers: Expr, start: Expr, views: int, noise: int, cubic: int) -> Expr:
    drift = L**2 * B**2 / mu**4
    return (
        R_0**2 / start
        + views * log**2 * drift / K**2
        + noise * sigma**2 * log / (mu**2 * K * workers)
        + cubic * log**3 * drift / K**3
    )


_SINGLE_LOG = r"""Here $n=m=1$. As $\log K\le\sqrt K$, the step is at most $\frac2{\mu\sqrt K}$, and by the condition at most
$\frac1L\le\frac2{\mu+L}$. In (4) $(1-\gamma\mu)^K\le e^{-\gamma\mu K}=K^{-2}$,
$\frac{\gamma^2L^2B^2}{\mu^2}=\frac{4L^2B^2\log^2K}{\mu^4K^2}$ and $\frac{\gamma\sigma^2}\mu=\frac{2\sigma^2\log
K}{\mu^2K}$."""
_HALF_LOG = r"""Here $m=\frac12$. Let $l=\log(nK)$. As $l\le\sqrt{nK}$, the step is at most $\frac2\mu\sqrt{n/K}$, and by the
condition at most $\frac1L\le\frac2{\mu+L}$. In (4) $(1-\frac{\gamma\mu}2)^K\le e^{-\gamma\mu K/2}=\frac1{nK}$,
$\frac{\gamma^2L^2B^2}{\mu^2}=\frac{4L^2B^2l^2}{\mu^4K^2}$ and $\frac{\gamma\sigma^2}{\mu n}=\frac{2\sigma^2l}{\mu^2nK}$."""
_LESS = " This is less than what is claimed."


def _logarithmic(
    key: str, quantity: Expr, step: Expr, conditions: tuple[Condition, ...], steps: Assumption, proof: str
) -> Theorem:
    return Theorem(
        CARDS[key],
        last_center_distance_sq,
        quantity,
        (*_ASSUMED, same_data, steps),
        requires=(*conditions, SAME),
        step=step,
        iteration=None,
        proof=_CONTRACTION + proof,
    )


sc_1 = _logarithmic(
    "elastic.sc-1:printed",
    _terms(_LOG, sp.S.One, K, 16, 12, 48),
    _STEP,
    (Condition("K >= 144 L^2/mu^2", 144 * L**2 / mu**2, K),),
    single_steps,
    _SINGLE_LOG + _LESS,
)
sc_1_rederived = _logarithmic(
    "elastic.sc-1:rederived",
    _terms(_LOG, sp.S.One, K**2, 4, 2, 0),
    _STEP,
    (Condition("K >= 4 L^2/mu^2", 4 * L**2 / mu**2, K),),
    single_steps,
    _SINGLE_LOG,
)
sc_p = _logarithmic(
    "elastic.sc-p:printed",
    _terms(_LOG_N, n, n * K, 16, 12, 48),
    _STEP_N,
    (Condition("K >= 256 L^2 n/mu^2", 256 * L**2 * n / mu**2, K),),
    half_steps,
    _HALF_LOG + _LESS,
)
sc_p_rederived = _logarithmic(
    "elastic.sc-p:rederived",
    _terms(_LOG_N, n, n * K, 4, 2, 0),
    _STEP_N,
    (Condition("K >= 4 L^2 n/mu^2", 4 * L**2 * n / mu**2, K),),
    half_steps,
    _HALF_LOG,
)
