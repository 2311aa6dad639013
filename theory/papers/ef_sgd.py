"""SGD with error feedback (Karimireddy et al. 2019), detached error feedback (Xu and Huang 2022), and smaller constants."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import GRADIENTS, bounded_below, same_start, second_moment, smooth, unbiased
from theory.assumptions_views import contracts, convex, detached_feedback, error_feedback
from theory.catalogue import CARDS
from theory.derive import at_step
from theory.error_feedback import EF_SGD, TIGHT
from theory.papers.common import DESCENT, DESCENT_BOUND, SHORT_STEP
from theory.papers.elastic_systems import LOSES, MEMORY, MOMENT
from theory.quantities import mean_grad_norm_sq, mean_view_grad_norm_sq
from theory.quantities.compression import average_suboptimality
from theory.quantities.elastic import gauge_sq
from theory.quantities.group import smallest_view_grad_norm_sq
from theory.rates import Iteration
from theory.symbols import R_0, Expr, G, K, L, M, delta, detached, gamma, lost, n, sigma
from theory.theorem import Theorem

_FEEDBACK = (second_moment, same_start, contracts, error_feedback)
_SMOOTH = (bounded_below, smooth, unbiased, *_FEEDBACK)
_NONSMOOTH = (convex, unbiased, *_FEEDBACK)
_ROOT_MOMENT = sp.sqrt(M**2 + sigma**2)
_UPDATE = Iteration(sp.S.One, sp.sqrt(2 * delta / (L * K)) / _ROOT_MOMENT)
_CONVEX_UPDATE = Iteration(sp.S.One, R_0 / sp.sqrt(K) / _ROOT_MOMENT)

_NORM = r"""Write $|X|=\sqrt{\mathbb{E}\|X\|^2}$, a norm in which gradients are at most $G$. """
_YOUNG = r"""For one memory and $b>0$, $|e^+|^2\le\theta\left((1+b)|e|^2+(1+\frac1b)\gamma^2G^2\right)$. Let $\delta=1-\theta$ and
$b=\frac\delta{2\theta}$: the factor of $|e|^2$ is $\theta+\frac\delta2=1-\frac\delta2$, so by induction
$|e|^2\le\frac2\delta\theta\left(1+\frac{2\theta}\delta\right)\gamma^2G^2=\frac{2\theta(2-\delta)}{\delta^2}\gamma^2G^2
\le\frac{4\theta}{\delta^2}\gamma^2G^2$; for $\theta=0$ there is no memory. The mean of memories is no larger than the largest.
(2) """
_DESCENT = r"""
Descent. Let $\tilde x_k=v_k-\bar e_k$ be the center and $\bar e_k$ the mean memory: $\tilde x_{k+1}=\tilde x_k-\gamma\bar g_k$
with the mean gradient $\bar g_k$ at $v_k$, of conditional mean $\nabla f(v_k)$, and $|\bar g_k|\le G$. Smoothness gives
$\mathbb{E}f(\tilde x_{k+1})\le\mathbb{E}f(\tilde x_k)-\gamma\mathbb{E}\langle\nabla f(\tilde x_k),\nabla f(v_k)\rangle
+\frac{L\gamma^2}2G^2$. With $-\langle u,w\rangle\le\frac12\|u-w\|^2-\frac12\|w\|^2$ and smoothness again,
$\frac\gamma2|\nabla f(v_k)|^2\le\mathbb{E}f(\tilde x_k)-\mathbb{E}f(\tilde x_{k+1})+\frac\gamma2L^2|\bar
e_k|^2+\frac{L\gamma^2}2G^2$. Sum over $k<K$, with $f(\tilde x_K)\ge f^*$, and divide by $\frac{\gamma K}2$: the mean of
$|\nabla f(v_k)|^2$ is at most $\frac{2\Delta}{\gamma K}+\gamma LG^2+L^2\max_k|\bar e_k|^2$. (3) """
_CONVEX = r"""
Let $\tilde x_k=v_k-\bar e_k$ be the center: $\tilde x_{k+1}=\tilde x_k-\gamma\bar g_k$, and $s_k$, the conditional mean of
$\bar g_k$, is a subgradient at $v_k$, with $|s_k|\le G$. So
$|\tilde x_{k+1}-x^*|^2\le|\tilde x_k-x^*|^2-2\gamma\mathbb{E}\langle s_k,v_k-x^*\rangle+2\gamma\mathbb{E}\langle
s_k,\bar e_k\rangle+\gamma^2G^2$, where convexity gives $\langle s_k,v_k-x^*\rangle\ge f(v_k)-f^*$ and Cauchy's inequality
$\mathbb{E}\langle s_k,\bar e_k\rangle\le G|\bar e_k|$. Sum over $k<K$ and divide by $2\gamma K$; by Jensen's inequality
$\mathbb{E}f\left(\frac1K\sum_kv_k\right)-f^*\le\frac{R_0^2}{2\gamma K}+\frac{\gamma G^2}2+G\max_k|\bar e_k|$. (4) """


lemma_3 = Theorem(
    CARDS["ef-sgd.lemma-3"],
    gauge_sq,
    EF_SGD * G**2,
    _FEEDBACK,
    requires=(LOSES,),
    definitions=MOMENT,
    iteration=None,
    proof=_NORM + _YOUNG,
)


def _descent(memory: Expr) -> Expr:
    return 2 * delta / (gamma * K) + gamma * L * G**2 + gamma**2 * L**2 * G**2 * memory


theorem_2 = Theorem(
    CARDS["ef-sgd.theorem-2:printed"],
    smallest_view_grad_norm_sq,
    _descent(EF_SGD),
    _SMOOTH,
    requires=(LOSES,),
    definitions=MOMENT,
    iteration=_UPDATE,
    proof=_NORM + _YOUNG + _DESCENT,
)
theorem_2_rederived = Theorem(
    CARDS["ef-sgd.theorem-2:rederived"],
    mean_view_grad_norm_sq,
    _descent(TIGHT),
    _SMOOTH,
    requires=(LOSES,),
    definitions=MOMENT,
    iteration=_UPDATE,
    proof=_NORM + MEMORY + _DESCENT,
)
theorem_2_step = at_step(theorem_2, 1 / sp.sqrt(K), CARDS["ef-sgd.theorem-2-step"])


def _average(root: Expr) -> Expr:
    return R_0**2 / (2 * gamma * K) + gamma * G**2 * (sp.Rational(1, 2) + root)


theorem_3 = Theorem(
    CARDS["ef-sgd.theorem-3:printed"],
    average_suboptimality,
    _average(2 * sp.sqrt(lost) / (1 - lost)),
    _NONSMOOTH,
    requires=(LOSES,),
    definitions=MOMENT,
    iteration=_CONVEX_UPDATE,
    proof=_NORM + _YOUNG + _CONVEX,
)
theorem_3_rederived = Theorem(
    CARDS["ef-sgd.theorem-3:rederived"],
    average_suboptimality,
    _average(sp.sqrt(lost) / (1 - sp.sqrt(lost))),
    _NONSMOOTH,
    requires=(LOSES,),
    definitions=MOMENT,
    iteration=_CONVEX_UPDATE,
    proof=_NORM + MEMORY + _CONVEX,
)

detached_error_feedback = Theorem(
    CARDS["ours.detached-error-feedback"],
    mean_grad_norm_sq,
    DESCENT_BOUND + gamma**2 * L**2 * G**2 * TIGHT * sp.Max((1 - detached) ** 2, detached**2),
    (*GRADIENTS, second_moment, same_start, contracts, detached_feedback),
    requires=(SHORT_STEP, LOSES),
    step_limit=1 / L,
    definitions=MOMENT,
    proof=DESCENT
    + _NORM
    + MEMORY
    + r"""
The center is $\bar x_k=y_k-\bar e$, $\bar x_{k+1}=\bar x_k-\frac\gamma n\sum_ig_i$, and worker $i$ evaluates at
$y_k-\lambda_de_i$, which is $(1-\lambda_d)\bar e-\lambda_d(e_i-\bar e)$ from the center. So $Q_k=(1-\lambda_d)^2|\bar
e|^2+\lambda_d^2(E-|\bar e|^2)$ with $E$ the mean of $|e_i|^2$. As $0\le|\bar e|^2\le E$, $Q_k\le
E\max\{(1-\lambda_d)^2,\lambda_d^2\}$. Put (1) in (DL).""",
)
detached_gauge = Theorem(
    CARDS["ours.detached-gauge"],
    gauge_sq,
    TIGHT * G**2 * sp.Max(1 - detached, 1 + detached - 2 / n) ** 2,
    (second_moment, same_start, contracts, detached_feedback),
    requires=(LOSES,),
    definitions=MOMENT,
    iteration=None,
    proof=_NORM
    + MEMORY
    + r"""The view of worker $i$ is $\bar e-\lambda_de_i=\left(\frac1n-\lambda_d\right)e_i+\frac1n\sum_{j\ne i}e_j$ from the
center, $\max\{\frac1n-\lambda_d,\lambda_d-\frac1n\}+1-\frac1n$ times the largest memory at most.""",
)
