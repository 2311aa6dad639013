"""Elastic consistency: what SGD keeps of its rate when gradients are taken at views within gamma B of the center.

Nadiradze et al. 2021, and sharper forms for any step, in which bias and noise are kept apart.
"""

from __future__ import annotations

import sympy as sp

from theory.assumptions import GRADIENTS, same_data, same_start
from theory.assumptions_views import elastic_views, half_steps, parallel_steps, partial_steps, single_steps
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.quantities import mean_grad_norm_sq
from theory.quantities.group import smallest_grad_norm_sq
from theory.rates import Iteration
from theory.symbols import B, Expr, K, L, delta, gamma, n, quorum, sigma, zeta
from theory.theorem import Theorem

SAME = Condition("zeta = 0 (iid data)", zeta, 0)
QUORUM = Condition("Q <= n", quorum, n)
_SHORT = Condition("gamma <= 1/L", gamma * L, 1)
_NONCONVEX = (*GRADIENTS, same_start, elastic_views)
_SINGLE = Iteration(sp.S.One, sp.sqrt(2 * delta / (L * K)) / sigma)
_PARTIAL = Iteration(quorum, n * sp.sqrt(2 * delta / (L * K * quorum)) / sigma)

SETTING = r"""Write $I_k$ for the workers whose gradients iteration $k$ applies, $m_k=|I_k|/n$ (for single steps $n=m_k=1$), $b_k$
for the mean of $\nabla f_i(v_k^i)$ over $I_k$, and $|X|=\sqrt{\mathbb{E}\|X\|^2}$, which is a norm. $I_k$ depends on no sample:
take it as given. Views are known before the samples of iteration $k$ are drawn, so that $x_{k+1}=x_k-\gamma(m_kb_k+\nu_k)$ where
$\nu_k$ has conditional mean zero and $|\nu_k|^2\le m_k\frac{\sigma^2}n$. By smoothness and Jensen's inequality
$|\nabla f(x_k)-b_k|\le L\gamma B$; where workers are missing this uses $f_i=f$. (1)
"""
_DESCENT = (
    SETTING
    + r"""
Descent. Let $h_k=|\nabla f(x_k)|^2$. By smoothness
$\mathbb{E}f(x_{k+1})\le\mathbb{E}f(x_k)-\gamma m_k\mathbb{E}\langle\nabla f(x_k),b_k\rangle
+\frac{L\gamma^2}2(m_k^2|b_k|^2+m_k\frac{\sigma^2}n)$, and
$-\langle u,b\rangle=\frac12(\|u-b\|^2-\|u\|^2-\|b\|^2)$. As $\gamma Lm_k\le1$ the terms in $|b_k|^2$ may be dropped:
$\frac{\gamma m_k}2(h_k-c)\le\mathbb{E}f(x_k)-\mathbb{E}f(x_{k+1})$ with $c=L^2\gamma^2B^2+L\gamma\frac{\sigma^2}n$. (2)
"""
)
_MEAN = _DESCENT + r"""Here $m_k=1$: sum (2) over $k<K$, with $f(x_K)\ge f^*$, and divide by $\frac{\gamma K}2$."""
_LEAST = (
    _DESCENT
    + r"""Let $h$ be the least of the $h_k$. Where $h\le c$ nothing is left to prove. Else sum (2) over $k<K$, with
$f(x_K)\ge f^*$ and $m_k\ge m$, the least share of workers: $\frac{\gamma mK}2(h-c)\le\Delta$, so $h\le\frac{2\Delta}{\gamma
mK}+c$. (3)
"""
)


def _start(steps: Expr) -> Expr:
    return 2 * delta / (gamma * steps)


_DRIFT = L**2 * gamma**2 * B**2

any_single = Theorem(
    CARDS["ours.elastic-nc"],
    mean_grad_norm_sq,
    _start(K) + L * gamma * sigma**2 + _DRIFT,
    (*_NONCONVEX, same_data, single_steps),
    requires=(_SHORT, SAME),
    step_limit=1 / L,
    iteration=_SINGLE,
    proof=_MEAN,
)
any_parallel = Theorem(
    CARDS["ours.elastic-nc-parallel"],
    mean_grad_norm_sq,
    _start(K) + L * gamma * sigma**2 / n + _DRIFT,
    (*_NONCONVEX, parallel_steps),
    requires=(_SHORT,),
    step_limit=1 / L,
    proof=_MEAN,
)
any_quorum = Theorem(
    CARDS["ours.elastic-nc-quorum"],
    smallest_grad_norm_sq,
    n * _start(quorum * K) + L * gamma * sigma**2 / n + _DRIFT,
    (*_NONCONVEX, same_data, partial_steps),
    requires=(_SHORT, SAME, QUORUM),
    step_limit=1 / L,
    iteration=_PARTIAL,
    proof=_LEAST + r"Here $m=\frac Qn$.",
)

_ROOT, _ROOT_N = 1 / sp.sqrt(K), sp.sqrt(n / K)

nc_1 = Theorem(
    CARDS["elastic.nc-1:printed"],
    smallest_grad_norm_sq,
    (4 * delta + 6 * L * sigma**2) / sp.sqrt(K) + B**2 * L**2 / K * (2 + 6 * L / sp.sqrt(K)),
    (*_NONCONVEX, same_data, single_steps),
    requires=(Condition("K >= 36 L^2", 36 * L**2, K), SAME),
    step=_ROOT,
    iteration=_SINGLE,
    proof=_MEAN
    + r"""With this step $\gamma L\le\frac16$, and the mean is at most
$\frac{2\Delta+L\sigma^2}{\sqrt K}+\frac{L^2B^2}K$, which is less than what is claimed.""",
)
nc_1_rederived = Theorem(
    CARDS["elastic.nc-1:rederived"],
    mean_grad_norm_sq,
    (2 * delta + L * sigma**2) / sp.sqrt(K) + B**2 * L**2 / K,
    (*_NONCONVEX, same_data, single_steps),
    requires=(Condition("K >= L^2", L**2, K), SAME),
    step=_ROOT,
    iteration=_SINGLE,
    proof=_MEAN + r"Put $\gamma=1/\sqrt K$, which is at most $1/L$.",
)
nc_p = Theorem(
    CARDS["elastic.nc-p:printed"],
    smallest_grad_norm_sq,
    8 * (delta + L * sigma**2) / sp.sqrt(n * K) + B**2 * L**2 * n / K * (4 + 16 * L * sp.sqrt(n / K)),
    (*_NONCONVEX, same_data, half_steps),
    requires=(Condition("K >= 64 L^2 n", 64 * L**2 * n, K), SAME),
    step=_ROOT_N,
    proof=_LEAST
    + r"""Here $m=\frac12$ and $\gamma L\le\frac18$; (3) says
$h\le\frac{4\Delta+L\sigma^2}{\sqrt{nK}}+\frac{L^2B^2n}K$, which is less than what is claimed.""",
)
nc_p_rederived = Theorem(
    CARDS["elastic.nc-p:rederived"],
    smallest_grad_norm_sq,
    (4 * delta + L * sigma**2) / sp.sqrt(n * K) + B**2 * L**2 * n / K,
    (*_NONCONVEX, same_data, half_steps),
    requires=(Condition("K >= L^2 n", L**2 * n, K), SAME),
    step=_ROOT_N,
    proof=_LEAST + r"Here $m=\frac12$. Put $\gamma=\sqrt{n/K}$, which is at most $1/L$.",
)
