"""Stochastic gradient push: Assran et al. 2019, as printed and as proved here."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import GRADIENTS, column_stochastic, connected, envelope, heterogeneity
from theory.catalogue import CARDS
from theory.chain import Chain
from theory.conditions import Condition
from theory.papers import push_sum
from theory.quantities import (
    lemma3_per_node_ratio,
    lemma3_rms_ratio,
    mean_consensus_sq,
    mean_grad_norm_sq,
    mean_view_grad_norm_sq,
)
from theory.symbols import P_1, P_2, C, F, K, L, S, a, delta, gamma, n, q, sigma, x0_sq, zeta
from theory.theorem import Theorem

_ASSUMED = (*GRADIENTS, heterogeneity, column_stochastic, connected, envelope)
_STEP = sp.sqrt(n / K)
_F = (F, delta + L * sigma**2 / 2)
_P_1 = (P_1, 4 * (sigma**2 + 3 * zeta**2) * n + x0_sq)
_P_2 = (P_2, sigma**2 + 3 * zeta**2 + 2 * x0_sq)

_ENVELOPE = (
    Condition("C >= 1", sp.Integer(1), C),
    Condition("q < 1", q, 1, strict=True),
)
_FEEDBACK = Condition("K >= 60^2 n L^4 C^4 / (1-q)^4", n * L**4 * C**4 * 60**2 / (1 - q) ** 4, K)
_START = Condition("K >= L^4 C^4 P_1^2 n / ((1-q)^4 F^2)", L**4 * C**4 * P_1**2 * n / ((1 - q) ** 4 * F**2), K)
_THIRD = Condition("K >= L^2 C^2 n P_2 / ((1-q)^2 F)", L**2 * C**2 * n * P_2 / ((1 - q) ** 2 * F), K)
_MANY = Condition("K >= n", n, K)

theorem_1 = Theorem(
    CARDS["sgp.theorem-1:printed"],
    mean_grad_norm_sq,
    12 * F / sp.sqrt(n * K),
    _ASSUMED,
    requires=(_FEEDBACK, _START, _THIRD, _MANY, *_ENVELOPE),
    definitions=(_P_1, _P_2, _F),
    step=_STEP,
)

_PROOF = (
    push_sum.LEMMA
    + r"""
In squares, for any start. By $(u+v)^2\le\frac{u^2}{1-q}+\frac{v^2}q$ the start is set apart from the gradients, without which
there is no $v$, as for $q = 0$; the start then has $\sum_kq^{2k}\le\frac1{1-q^2}$, and the gradients, by Young's inequality for
convolutions, the square of $\sum_{j\ge1}q^j = \frac q{1-q}$. Splitting $\nabla f_i(z_i)$ at $\bar x$ and at $\nabla f(\bar x)$,
$\frac1n\mathbb{E}\|G_s\|_F^2\le\sigma^2+3\zeta^2+3L^2Q_s+3h_s$. Hence avg $Q\le\frac{C^2}{(1-q)^2}
\left(\frac{\overline{\|x^{(0)}\|^2}}{(1+q)K}+q\gamma^2(\sigma^2+3\zeta^2+3L^2\,\mathrm{avg}\,Q+3\,\mathrm{avg}\,h)\right)$. (1)

The step. Let $a = 3L^2\gamma^2C^2/(1-q)^2$. At $\gamma=\sqrt{n/K}\le1$ the first condition says
$\gamma\le\frac{(1-q)^2}{60L^2C^2}$, so $a\le\frac\gamma{20}\le\frac1{20}$; with $C\ge1$ also $L^2\gamma^2\le\frac a3$ and
$\gamma L\le1$, which (DL) needs. With $F = \Delta+\frac{L\sigma^2}2$, $\Phi = F/\sqrt{nK}$ and $S = L^2\,\mathrm{avg}\,Q$, (DL)
reads avg $h\le2\Phi+S$. (2)
"""
)

_SETTLED = r"""
The bound. $\gamma^2K = n$ and the second condition on $K$, which is $\frac{L^2C^2P_1}{(1-q)^2K}\le\Phi$, bound what (1) has of
start, $\sigma$ and $\zeta$ by $\frac\Phi{1+q}$, because $q(1+q)\le4$. With (2), $S\le\frac\Phi{1+q}+2qa(S+\Phi)$. As
$\frac1{1+q}+4qa\le\frac1{1+q}+\frac q5\le1$, this says $S\le\Phi$, and avg $h\le3\Phi$."""

_RATE = F / sp.sqrt(n * K)


def _chain() -> Chain:
    """Bound (DL) term by term, as the proof says; the end is 3 F / sqrt(nK)."""
    reached = (
        Chain.of(2 * delta / (gamma * K) + L * gamma * sigma**2 / n + S)
        .bound(1 / gamma, 1 / _STEP, "the step, in the first term")
        .bound(gamma, _STEP, "the step, in the second term")
        .bound(S, _RATE, "the first two conditions on K, for the consensus error")
    )
    return reached.rewritten(3 * _RATE, dict([_F]))


CHAIN_DEFINITIONS = {
    S: (L**2 * C**2 * P_1 / ((1 + q) * (1 - q) ** 2 * K) + 2 * q * a * _RATE) / (1 - 2 * q * a),
    a: 3 * L**2 * gamma**2 * C**2 / (1 - q) ** 2,
    gamma: _STEP,
    P_1: _P_1[1],
    F: _F[1],
}
"""What the abbreviations of the derivation stand for; S is at most this."""

_CHAIN = _chain()

theorem_1_rederived = Theorem(
    CARDS["sgp.theorem-1:rederived"],
    mean_grad_norm_sq,
    _CHAIN.end,
    _ASSUMED,
    requires=(_FEEDBACK, _START, _MANY, *_ENVELOPE),
    definitions=(_P_1, _F),
    step=_STEP,
    proof=_PROOF + _SETTLED,
    derivation=_CHAIN,
)

theorem_2_consensus = Theorem(
    CARDS["sgp.theorem-2-consensus"],
    mean_consensus_sq,
    sp.Rational(10, 9)
    * C**2
    * (n * (sp.Rational(7, 5) * sigma**2 + 3 * zeta**2) + 6 * delta * _STEP + x0_sq)
    / ((1 - q) ** 2 * K),
    _ASSUMED,
    requires=(_FEEDBACK, _MANY, *_ENVELOPE),
    step=_STEP,
    proof=_PROOF
    + r"""
The bound. In (1) put $1$ for $q$ and for $\frac1{1+q}$, $\frac nK$ for $\gamma^2$, and (2) for avg $h$; two terms
$a\,\mathrm{avg}\,Q$ move to the left:
$(1-2a)\,\mathrm{avg}\,Q\le\frac{C^2}{(1-q)^2K}\left(\overline{\|x^{(0)}\|^2}+n(\sigma^2+3\zeta^2)+6F\sqrt{n/K}\right)$.
Here $6F\sqrt{n/K} = 6\Delta\sqrt{n/K}+3L\gamma\sigma^2$ and $3L\gamma\le\sqrt{3a}\le\frac25\le\frac25n$. Finally
$\frac1{1-2a}\le\frac{10}9$.""",
)

theorem_2 = Theorem(
    CARDS["sgp.theorem-2"],
    mean_view_grad_norm_sq,
    sp.Rational(15, 2) * _RATE,
    _ASSUMED,
    requires=theorem_1_rederived.requires,
    definitions=(_P_1, _F),
    step=_STEP,
    proof=theorem_1_rederived.proof
    + r"""
At all nodes. $\|\nabla f(z_i)\|^2\le\frac32\|\nabla f(\bar x)\|^2+3\|\nabla f(z_i)-\nabla f(\bar x)\|^2$, and by
smoothness the average is at most $\frac32\,\mathrm{avg}\,h+3S\le\frac{15}2\Phi$.""",
)

lemma_3 = Theorem(
    CARDS["sgp.lemma-3:printed"],
    lemma3_per_node_ratio,
    sp.Integer(1),
    (column_stochastic, connected),
    requires=(Condition("q < 1", q, 1, strict=True), Condition("C > 0", sp.Integer(0), C, strict=True)),
)

lemma_3_corrected = Theorem(
    CARDS["sgp.lemma-3:corrected"],
    lemma3_rms_ratio,
    sp.Integer(1),
    (column_stochastic, envelope),
    requires=lemma_3.requires,
    proof=push_sum.LEMMA,
)

p4, p4_tuned, p4_consensus, p4_view = push_sum.p4, push_sum.p4_tuned, push_sum.p4_consensus, push_sum.p4_view
p4_doubly, p4_doubly_tuned = push_sum.p4_doubly, push_sum.p4_doubly_tuned
p4_doubly_consensus = push_sum.p4_doubly_consensus
