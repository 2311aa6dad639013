"""Asynchronous SGD with a parameter server, consistent reads: Lian et al. 2015."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import GRADIENTS, same_data, server
from theory.catalogue import CARDS
from theory.chain import Chain
from theory.conditions import Condition
from theory.quantities import mean_grad_norm_sq
from theory.rates import Iteration
from theory.symbols import K, L, T, batch, delta, gamma, sigma, zeta
from theory.theorem import Theorem

_SAME = Condition("zeta = 0 (iid data)", zeta, 0)
_ASSUMED = (*GRADIENTS, same_data, server)
_UPDATE = Iteration(sp.S.One, sp.sqrt(2 * delta / (batch * L * K)) / sigma)

_PROOF = r"""Write $h_k = \mathbb{E}\|\nabla f(x_k)\|^2$, $b_k = \frac1{M_b}\sum_m\nabla f(x_{k-\tau_{k,m}})$, and $\nu_k$ for the
sum of the $M_b$ noises of update $k$, so that $x_{k+1} = x_k-\gamma(M_bb_k+\nu_k)$. Delays do not depend on the samples: take
them as given. Noises are independent with mean zero, so $\mathbb{E}\|\nu_k\|^2\le M_b\sigma^2$, and
$\mathbb{E}\|M_bb_k+\nu_k\|^2\le M_b^2\mathbb{E}\|b_k\|^2+M_b\sigma^2$. Smoothness gives
$\mathbb{E}f(x_{k+1})\le\mathbb{E}f(x_k)-\gamma M_b\mathbb{E}\langle\nabla f(x_k),b_k\rangle
+\frac{L\gamma^2}2(M_b^2\mathbb{E}\|b_k\|^2+M_b\sigma^2)$, and
$-\langle\nabla f(x_k),b_k\rangle=\frac12(\|\nabla f(x_k)-b_k\|^2-\|\nabla f(x_k)\|^2-\|b_k\|^2)$. By Jensen's inequality and
smoothness $\mathbb{E}\|\nabla f(x_k)-b_k\|^2\le L^2D_k$ with $D_k=\max_{\tau\le T}\mathbb{E}\|x_k-x_{k-\tau}\|^2$. Hence
$\frac{\gamma M_b}2h_k\le\mathbb{E}f(x_k)-\mathbb{E}f(x_{k+1})-\left(\frac{\gamma M_b}2-\frac{\gamma^2LM_b^2}2\right)
\mathbb{E}\|b_k\|^2+\frac{\gamma M_bL^2}2D_k+\frac{\gamma^2LM_b\sigma^2}2$.

Staleness. $x_k-x_{k-\tau}=-\gamma\sum_{j=k-\tau}^{k-1}(M_bb_j+\nu_j)$ (from $j=0$ on). With $\|u+v\|^2\le2\|u\|^2+2\|v\|^2$, the
noises being martingale differences, and Cauchy's inequality for the $b_j$,
$D_k\le2\gamma^2TM_b\sigma^2+2\gamma^2TM_b^2\sum_{j=k-T}^{k-1}\mathbb{E}\|b_j\|^2$. In the sum over $k<K$ every $j$ occurs at
most $T$ times: $\sum_kD_k\le2\gamma^2TM_b\sigma^2K+2\gamma^2T^2M_b^2\sum_j\mathbb{E}\|b_j\|^2$.

Sum the descent over $k<K$, with $f(x_K)\ge f^*$. The factor of $\sum\mathbb{E}\|b_k\|^2$ is
$-\frac{\gamma M_b}2(1-LM_b\gamma-2L^2M_b^2T^2\gamma^2)$, which the condition makes nonpositive. What is left,
$\frac{\gamma M_b}2\sum h_k\le\Delta+\frac{\gamma^2LM_b\sigma^2}2K+\gamma^3L^2M_b^2T\sigma^2K$, divided by
$\frac{\gamma M_bK}2$, is the claim."""

theorem_1 = Theorem(
    CARDS["apsgd.theorem-1"],
    mean_grad_norm_sq,
    2 * delta / (batch * K * gamma) + gamma * L * sigma**2 + 2 * L**2 * batch * T * gamma**2 * sigma**2,
    _ASSUMED,
    requires=(
        Condition(
            "L M_b gamma + 2 L^2 M_b^2 T^2 gamma^2 <= 1", L * batch * gamma + 2 * L**2 * batch**2 * T**2 * gamma**2, sp.S.One
        ),
        _SAME,
    ),
    step_limit=2 / (L * batch * (1 + sp.sqrt(1 + 8 * T**2))),
    iteration=_UPDATE,
    proof=_PROOF,
)

_STEP = sp.sqrt(delta / (batch * L * K * sigma**2))


def _chain() -> Chain:
    """Put the step of Corollary 2 into Theorem 1; the terms become 2, 1 and at most 1 times the same root."""
    return (
        Chain.of(theorem_1.right_side)
        .bound(T * gamma**2, gamma / (2 * batch * L), "the condition on K makes gamma at most 1/(2 M_b L (T + 1))")
        .bound(1 / gamma, 1 / _STEP, "the step, in the first term")
        .bound(gamma, _STEP, "the step, in the other terms")
        .rewritten(4 * sp.sqrt(delta * L / (batch * K)) * sigma)
    )


_CHAIN = _chain()

corollary_2 = Theorem(
    CARDS["apsgd.corollary-2"],
    mean_grad_norm_sq,
    _CHAIN.end,
    _ASSUMED,
    requires=(
        Condition("K >= 4 M_b L Delta (T + 1)^2 / sigma^2", 4 * batch * L * delta * (T + 1) ** 2 / sigma**2, K),
        _SAME,
    ),
    step=_STEP,
    iteration=_UPDATE,
    proof=r"""The condition on $K$ says $LM_b\gamma\le\frac1{2(T+1)}$, so that
$LM_b\gamma+2L^2M_b^2T^2\gamma^2\le\frac1{2(T+1)}+\frac{T^2}{2(T+1)^2}\le1$, and Theorem 1 applies.""",
    derivation=_CHAIN,
)
