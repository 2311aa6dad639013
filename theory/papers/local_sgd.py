"""Local SGD: steps without communication, and an average every tau of them."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import GRADIENTS, periodic_average, periodic_mixing, same_data, same_start
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.derive import tuned
from theory.papers.common import ASSUMED, CONTRACTS, DESCENT, DESCENT_BOUND, SHORT_STEP
from theory.quantities import mean_consensus_sq, mean_grad_norm_sq
from theory.symbols import L, gamma, rho, sigma, tau, zeta
from theory.theorem import Theorem

_SAME = Condition("zeta = 0 (iid data)", zeta, 0)
_WHOLE_PERIOD = Condition("tau >= 1", 1, tau)

wang_joshi = Theorem(
    CARDS["local-sgd.wang-joshi"],
    mean_grad_norm_sq,
    DESCENT_BOUND + gamma**2 * L**2 * sigma**2 * (tau - 1),
    (*GRADIENTS, same_data, same_start, periodic_average),
    requires=(
        Condition("gamma L + gamma^2 L^2 tau (tau - 1) <= 1", gamma * L + gamma**2 * L**2 * tau * (tau - 1), 1),
        _SAME,
        _WHOLE_PERIOD,
    ),
    step_limit=2 / (L * (1 + sp.sqrt(1 + 4 * tau * (tau - 1)))),
    proof=r"""Let $G_k = \frac1n\sum_i\mathbb{E}\|\nabla f(x_i)\|^2$ at step $k$. Splitting the inner product node by node,
$-\langle\nabla f(\bar x),\nabla f(x_i)\rangle = \frac12(\|\nabla f(\bar x)-\nabla f(x_i)\|^2-\|\nabla f(\bar x)\|^2
-\|\nabla f(x_i)\|^2)$, the descent of (DL) keeps $-\frac\gamma2(1-\gamma L)G_k$:
avg $h+(1-\gamma L)\,$avg$\,G\le\frac{2\Delta}{\gamma K}+\frac{L\gamma\sigma^2}n+L^2\,$avg$\,Q$. At step $j<\tau$ of a period the
distance to the mean is $\gamma$ times a sum of $j$ gradients, centred. With $\|u+v\|^2\le2\|u\|^2+2\|v\|^2$ for means and
noises, $Q\le2\gamma^2j\sigma^2+2\gamma^2j\sum_sG_s$; summed over a period (or a part of one) $\sum_jj\le\frac{\tau(\tau-1)}2$, so
avg $Q\le\gamma^2(\tau-1)\sigma^2+\gamma^2\tau(\tau-1)\,$avg$\,G$. The condition makes the terms in $G$ nonpositive together.""",
)

_SPREAD = (1 + rho) / (1 - rho) * tau - 1

wang_joshi_mixing = Theorem(
    CARDS["local-sgd.wang-joshi-mixing"],
    mean_grad_norm_sq,
    DESCENT_BOUND + gamma**2 * L**2 * sigma**2 * _SPREAD,
    (*GRADIENTS, same_data, same_start, periodic_mixing),
    requires=(
        Condition(
            "gamma L + 5 gamma^2 L^2 tau^2 / (1 - sqrt(rho))^2 <= 1",
            gamma * L + 5 * gamma**2 * L**2 * tau**2 / (1 - sp.sqrt(rho)) ** 2,
            1,
        ),
        _SAME,
        _WHOLE_PERIOD,
        CONTRACTS,
    ),
    step_limit=2 / (L * (1 + sp.sqrt(1 + 20 * tau**2 / (1 - sp.sqrt(rho)) ** 2))),
)

_P3_PROOF = r"""Within a period let $A_j = X(I-J)$ at its step $j<\tau$, $A_0=0$. Young's inequality with factor
$1+\frac1{\tau-1}$ gives $\mathbb{E}\|A_{j+1}\|^2\le(1+\frac1{\tau-1})\mathbb{E}\|A_j\|^2
+\tau\gamma^2\mathbb{E}\|\nabla F(X)(I-J)\|^2+\gamma^2(n-1)\sigma^2$,
and $(1+\frac1{\tau-1})^{\tau-1}\le e$. With $\|\nabla F(X)(I-J)\|^2\le2L^2\|A\|^2+2n\zeta^2$ and $q_j=\mathbb{E}\|A_j\|^2/n$,
$q_j\le e\sum_{s<j}(2\tau\gamma^2(L^2q_s+\zeta^2)+\gamma^2\sigma^2)$. Sum over the $m\le\tau$ steps of a period, complete or not:
each $s$ is counted at most $\tau-1$ times and $\sum_{j<m}j\le\frac{m(\tau-1)}2$, so
$\sum q\le2e\tau(\tau-1)\gamma^2L^2\sum q+\frac{e m(\tau-1)}2\gamma^2(2\tau\zeta^2+\sigma^2)$. The step makes the first factor at
most $\frac12$. For $\tau=1$ both sides vanish."""

_P3_STEP = Condition("gamma <= 1/(2 L sqrt(e tau (tau - 1)))", 4 * sp.E * gamma**2 * L**2 * tau * (tau - 1), 1)
_P3_LIMIT = 1 / (L * sp.Max(1, 2 * sp.sqrt(sp.E * tau * (tau - 1))))

p3_consensus = Theorem(
    CARDS["ours.p3-consensus"],
    mean_consensus_sq,
    sp.E * (tau - 1) * gamma**2 * (sigma**2 + 2 * tau * zeta**2),
    (*ASSUMED, periodic_average),
    requires=(SHORT_STEP, _P3_STEP, _WHOLE_PERIOD),
    step_limit=_P3_LIMIT,
    proof=_P3_PROOF,
)

p3 = Theorem(
    CARDS["ours.p3"],
    mean_grad_norm_sq,
    DESCENT_BOUND + sp.E * L**2 * gamma**2 * (tau - 1) * (sigma**2 + 2 * tau * zeta**2),
    (*ASSUMED, periodic_average),
    requires=(SHORT_STEP, _P3_STEP, _WHOLE_PERIOD),
    step_limit=_P3_LIMIT,
    proof=DESCENT + _P3_PROOF + "\nPut this into (DL).",
)

p3_tuned = tuned(p3, CARDS["ours.p3-tuned"])
