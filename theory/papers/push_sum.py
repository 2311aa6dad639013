"""Bounds of ours for stochastic gradient push, from computed norms of the push-sum error operators."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import column_stochastic, doubly_stochastic
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.derive import tuned
from theory.papers.common import ASSUMED, DESCENT, DESCENT_BOUND, SHORT_STEP
from theory.quantities import mean_consensus_sq, mean_grad_norm_sq, mean_view_grad_norm_sq
from theory.symbols import B_2, B_E, H, L, gamma, n, sigma, zeta
from theory.theorem import Theorem

LEMMA = (
    DESCENT
    + r"""
Push-sum, exactly. With $w_k = P_{k-1}\cdots P_0\mathbf 1$ and $E(k,s) = \mathrm{diag}(w_k)^{-1}P_{k-1}\cdots P_s-J$ for $k>s$,
$X_{k+1} = P_k(X_k-\gamma G_k)$ unrolls to $Z_k-\mathbf 1\bar x_k^\top = E(k,0)X_0-\gamma\sum_{s<k}E(k,s)G_s$: column-stochastic
$P$ keep the sum of their argument, so $J P_{k-1}\cdots P_s = J$. Also $E(k,0)\mathbf 1 = w_k/w_k-\mathbf 1 = 0$, so equal starts
contribute nothing. Where $\|E(k,s)\|_2\le Cq^{k-s}$, the triangle inequality gives the lemma in root mean square:
$\|Z_k-\mathbf 1\bar x_k^\top\|_F\le Cq^k\|X_0-\mathbf 1\bar x_0^\top\|_F+\gamma C\sum_{s<k}q^{k-s}\|G_s\|_F$.
"""
)

_SCHUR = r"""
Let $B_E = \sup_k\sum_{s<k}\|E(k,s)\|\cdot\sup_s\sum_{k>s}\|E(k,s)\|$. By the Schur test
$\sum_k\|\sum_{s<k}E(k,s)G_s\|_F^2\le B_E\sum_s\|G_s\|_F^2$."""

_P4_PROOF = (
    LEMMA
    + _SCHUR
    + r"""
Splitting $\nabla f_i(z_i)$ at $\bar x$ and at $\nabla f(\bar x)$,
$\frac1n\mathbb{E}\|G_s\|_F^2\le\sigma^2+3\zeta^2+3L^2Q_s+3h_s$. Hence
avg $Q\le\gamma^2B_E(\sigma^2+3\zeta^2+3L^2\,\mathrm{avg}\,Q+3\,\mathrm{avg}\,h)$, and $12L^2\gamma^2B_E\le1$ gives
avg $Q\le\frac43\gamma^2B_E(\sigma^2+3\zeta^2+3\,\mathrm{avg}\,h)$. In (DL) the share $4L^2\gamma^2B_E\le\frac13$ of avg $h$ moves
to the left; multiply by $\frac32$."""
)

_STEP = Condition("gamma <= 1/(L sqrt(12 B_E))", 12 * gamma**2 * L**2 * B_E, 1)
_LIMIT = 1 / (L * sp.Max(1, sp.sqrt(12 * B_E)))

p4 = Theorem(
    CARDS["ours.p4"],
    mean_grad_norm_sq,
    sp.expand_mul(sp.Rational(3, 2) * DESCENT_BOUND) + 2 * L**2 * gamma**2 * B_E * (sigma**2 + 3 * zeta**2),
    (*ASSUMED, column_stochastic),
    requires=(SHORT_STEP, _STEP),
    step_limit=_LIMIT,
    proof=_P4_PROOF,
)

p4_tuned = tuned(p4, CARDS["ours.p4-tuned"])

_CONSENSUS = sp.Rational(4, 3) * gamma**2 * B_E * (sigma**2 + 3 * zeta**2 + 3 * H)

p4_consensus = Theorem(
    CARDS["ours.p4-consensus"],
    mean_consensus_sq,
    _CONSENSUS,
    p4.assumptions,
    requires=p4.requires,
    definitions=((H, p4.right_side),),
    step_limit=_LIMIT,
    proof=_P4_PROOF + "\nIn the bound of avg Q put the bound H in for avg h.",
)

p4_view = Theorem(
    CARDS["ours.p4-view"],
    mean_view_grad_norm_sq,
    2 * H + 2 * L**2 * _CONSENSUS,
    p4.assumptions,
    requires=p4.requires,
    definitions=((H, p4.right_side),),
    step_limit=_LIMIT,
    proof=p4_consensus.proof + "\nBy smoothness the mean of |grad f(z_i)|^2 is at most 2 h + 2 L^2 Q.",
)

_DOUBLY_PROOF = (
    LEMMA
    + _SCHUR
    + r"""
Doubly stochastic $P$ have $w = \mathbf 1$ and $E(k,s)\mathbf 1 = 0$, so gradients may be centred:
$\|\nabla F(Z)(I-J)\|_F^2\le2L^2nQ+2n\zeta^2$. The noise is a martingale difference, of which $I-J$ leaves $(n-1)\sigma^2$: its
share of $\mathbb{E}\|Z_k-\mathbf 1\bar x_k^\top\|_F^2$ is at most $\gamma^2B_2(n-1)\sigma^2$ with
$B_2 = \sup_k\sum_{s<k}\|E(k,s)\|^2$. With $\|u+v\|^2\le2\|u\|^2+2\|v\|^2$,
avg $Q\le2\gamma^2B_2\sigma^2(1-\frac1n)+2\gamma^2B_E(2L^2\,\mathrm{avg}\,Q+2\zeta^2)$, and $8L^2\gamma^2B_E\le1$ moves half of
avg $Q$ to the left."""
)

_DOUBLY_STEP = Condition("gamma <= 1/(L sqrt(8 B_E))", 8 * gamma**2 * L**2 * B_E, 1)
_DOUBLY_LIMIT = 1 / (L * sp.Max(1, sp.sqrt(8 * B_E)))

p4_doubly_consensus = Theorem(
    CARDS["ours.p4-doubly-consensus"],
    mean_consensus_sq,
    4 * gamma**2 * B_2 * sigma**2 * (1 - 1 / n) + 8 * gamma**2 * B_E * zeta**2,
    (*ASSUMED, doubly_stochastic),
    requires=(SHORT_STEP, _DOUBLY_STEP),
    step_limit=_DOUBLY_LIMIT,
    proof=_DOUBLY_PROOF,
)

p4_doubly = Theorem(
    CARDS["ours.p4-doubly"],
    mean_grad_norm_sq,
    DESCENT_BOUND + 4 * L**2 * gamma**2 * B_2 * sigma**2 + 8 * L**2 * gamma**2 * B_E * zeta**2,
    (*ASSUMED, doubly_stochastic),
    requires=(SHORT_STEP, _DOUBLY_STEP),
    step_limit=_DOUBLY_LIMIT,
    proof=_DOUBLY_PROOF + "\nPut this into (DL).",
)

p4_doubly_tuned = tuned(p4_doubly, CARDS["ours.p4-doubly-tuned"])
