"""Mem-SGD: sparsified SGD with memory (Stich, Cordonnier and Jaggi 2018), and a smaller constant for the memory."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import second_moment, smooth, strongly_convex, unbiased
from theory.assumptions_views import contracts, error_feedback, falling_steps
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.papers.elastic_systems import LOSES, MOMENT
from theory.quantities.compression import memory_recursion_ratio, weighted_average_suboptimality, weighted_recursion_mean
from theory.quantities.elastic import gauge_sq
from theory.rates import Iteration
from theory.symbols import R_0, Expr, G, K, L, k_0, lost, mu, n, per_cube, per_square, slack, weights
from theory.theorem import Theorem

_CONVEX = (smooth, strongly_convex, unbiased, second_moment, contracts, error_feedback)
_KEPT = 1 - lost
_SUM = (weights, K * (2 * K**2 + 6 * k_0 * K - 3 * K + 6 * k_0**2 - 6 * k_0 + 1) / 6)
_RHO = 4 * slack / ((slack - 4) * (slack + 1) ** 2)
_LATE_START = Condition("(alpha + 1)/(1 - theta) + rho/(rho + 1) <= k_0", (slack + 1) / _KEPT + _RHO / (_RHO + 1), k_0)
_MEMORY = 4 * slack / (slack - 4) / _KEPT**2
_SHARP_MEMORY = lost * (k_0 + 1) ** 2 / (k_0 - (k_0 + 1) * sp.sqrt(lost)) ** 2
_SHARP_START = Condition("sqrt(theta) < k_0/(k_0 + 1)", sp.sqrt(lost) * (k_0 + 1), k_0, strict=True)

_DESCENT = r"""Notation: $m_k$ is the memory before iteration $k$, $\tilde x_k=x_k-m_k$ the model without it, $g_k$ the
stochastic gradient at $x_k$, $e_k=\mathbb{E}f(x_k)-f^*$, $a_k=\mathbb{E}\|\tilde x_k-x^*\|^2$.

Descent. From the rules for $x$ and $m$, $\tilde x_{k+1}=\tilde x_k-\gamma_kg_k$, and
$a_{k+1}\le a_k-2\gamma_k\mathbb{E}\langle\nabla f(x_k),x_k-x^*\rangle+2\gamma_k\mathbb{E}\langle\nabla f(x_k),m_k\rangle
+\gamma_k^2G^2$. Strong convexity: $\langle\nabla f(x),x-x^*\rangle\ge f(x)-f^*+\frac\mu2\|x-x^*\|^2$, and
$\|x_k-x^*\|^2\ge\frac12\|\tilde x_k-x^*\|^2-\|m_k\|^2$. Smoothness: $\|\nabla f(x)\|^2\le2L(f(x)-f^*)$, so that
$2\langle\nabla f(x_k),m_k\rangle\le\frac1{2L}\|\nabla f(x_k)\|^2+2L\|m_k\|^2\le f(x_k)-f^*+2L\|m_k\|^2$. Together
$a_{k+1}\le(1-\frac{\mu\gamma_k}2)a_k+\gamma_k^2G^2-\gamma_ke_k+\gamma_k(\mu+2L)\mathbb{E}\|m_k\|^2$. (1)
"""
_MEMORIES = r"""Memory. Let $|X|=\sqrt{\mathbb{E}\|X\|^2}$, a norm, and $r=\frac{k_0}{k_0+1}\le\frac{\gamma_{k+1}}{\gamma_k}$. If
$r>\sqrt\theta$, then $|m_k|\le c\gamma_kG$ with $c=\frac{\sqrt\theta}{r-\sqrt\theta}$, by induction: $m_0=0$, and
$|m_{k+1}|\le\sqrt\theta|m_k+\gamma_kg_k|\le\sqrt\theta(c+1)\gamma_kG=rc\gamma_kG\le c\gamma_{k+1}G$. (2)
"""
_PRINTED_MEMORY = r"""Let $\delta=1-\theta$ and $\alpha=\alpha_m$. The condition gives $k_0+1\ge\frac{\alpha+1}\delta$, so
$r\ge1-\frac\delta{\alpha+1}$, while $\sqrt\theta\le1-\frac\delta2$: $r-\sqrt\theta\ge\frac{\delta(\alpha-1)}{2(\alpha+1)}$, and
$c^2\le\frac{4(\alpha+1)^2}{(\alpha-1)^2\delta^2}\le\frac{4\alpha}{(\alpha-4)\delta^2}$, because
$(\alpha+1)^2(\alpha-4)=\alpha^3-2\alpha^2-7\alpha-4<\alpha(\alpha-1)^2$. (3)
"""
_WEIGHTED = r"""Weights. With $w_k=(k+k_0)^2$ and $y=k+k_0$,
$\frac{w_k}{\gamma_k}(1-\frac{\mu\gamma_k}2)=\frac\mu8y^2(y-4)\le\frac\mu8(y-1)^3 =\frac{w_{k-1}}{\gamma_{k-1}}$. So
$w_k/\gamma_k$ times the recursion $a_{k+1}\le(1-\frac{\mu\gamma_k}2)a_k+\gamma_k^2A_2+\gamma_k^3A_3-\gamma_ke_k$, summed over
$k<K$, leaves $\sum_kw_ke_k\le\frac{\mu k_0^3}8a_0+A_2\sum_kw_k\gamma_k+A_3\sum_kw_k\gamma_k^2$, where
$\sum_kw_k\gamma_k=\frac4\mu K(K+2k_0-1)$ and $\sum_kw_k\gamma_k^2=\frac{64K}{\mu^2}$. Divide by $S_K=\sum_kw_k$. (4)
"""
_JENSEN = r"""By (1) the recursion holds with $A_2=G^2$ and $A_3=(\mu+2L)\max_k\mathbb{E}\|m_k\|^2/\gamma_k^2$, and by Jensen's
inequality the claim is about less than $\frac1{S_K}\sum_kw_ke_k$."""


def _total(square: Expr, cube: Expr) -> Expr:
    return (
        mu * k_0**3 * R_0**2 / (8 * weights) + 4 * K * (K + 2 * k_0) * square / (mu * weights) + 64 * K * cube / (mu**2 * weights)
    )


lemma_3_1 = Theorem(CARDS["mem-sgd.lemma-3.1"], memory_recursion_ratio, sp.S.One, _CONVEX, iteration=None, proof=_DESCENT)
lemma_3_2 = Theorem(
    CARDS["mem-sgd.lemma-3.2:printed"],
    gauge_sq,
    _MEMORY * G**2,
    (second_moment, contracts, error_feedback, falling_steps),
    requires=(LOSES, _LATE_START),
    definitions=MOMENT,
    iteration=None,
    proof=_MEMORIES + _PRINTED_MEMORY,
)
lemma_3_2_rederived = Theorem(
    CARDS["mem-sgd.lemma-3.2:rederived"],
    gauge_sq,
    _SHARP_MEMORY * G**2,
    (second_moment, contracts, error_feedback, falling_steps),
    requires=(LOSES, _SHARP_START),
    definitions=MOMENT,
    iteration=None,
    proof=_MEMORIES,
)
lemma_3_3 = Theorem(
    CARDS["mem-sgd.lemma-3.3"],
    weighted_recursion_mean,
    _total(per_square, per_cube),
    definitions=(_SUM,),
    iteration=None,
    proof=_WEIGHTED,
)
theorem_2_4 = Theorem(
    CARDS["mem-sgd.theorem-2.4:printed"],
    weighted_average_suboptimality,
    _total(G**2, (mu + 2 * L) * _MEMORY * G**2),
    (*_CONVEX, falling_steps),
    requires=(LOSES, _LATE_START),
    definitions=(_SUM, *MOMENT),
    iteration=Iteration(n, 1 / L),
    proof=_DESCENT + _MEMORIES + _PRINTED_MEMORY + _WEIGHTED + _JENSEN,
)
theorem_2_4_rederived = Theorem(
    CARDS["mem-sgd.theorem-2.4:rederived"],
    weighted_average_suboptimality,
    _total(G**2, (mu + 2 * L) * _SHARP_MEMORY * G**2),
    (*_CONVEX, falling_steps),
    requires=(LOSES, _SHARP_START),
    definitions=(_SUM, *MOMENT),
    iteration=Iteration(n, 1 / L),
    proof=_DESCENT + _MEMORIES + _WEIGHTED + _JENSEN,
)
