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
from theory.symbols import P_1, P_2, C, F, H, K, L, S, a, b, delta, gamma, n, q, sigma, x0_sq, zeta
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
Squares of sums and Young's inequality for convolutions in the lemma give, for any start,
avg $Q\le\frac{2\gamma^2C^2}{(1-q)^2}(\sigma^2+3\zeta^2+3L^2\,\mathrm{avg}\,Q+3\,\mathrm{avg}\,h)
+\frac{2C^2}{(1-q)^2K}\overline{\|x^{(0)}\|^2}$. With $a = 6L^2\gamma^2C^2/(1-q)^2$ solve for avg $Q$ and put it into (DL):
$b\,\mathrm{avg}\,h\le\frac{2\Delta}{\gamma K}+\frac{L\gamma\sigma^2}n+\frac{2L^2C^2}{(1-a)(1-q)^2K}S$ with $b = 1-\frac a{1-a}$
and $S = \gamma^2K(\sigma^2+3\zeta^2)+\overline{\|x^{(0)}\|^2}$. At $\gamma=\sqrt{n/K}\le1$ the first condition says
$\gamma\le\frac{(1-q)^2}{60L^2C^2}$, so $a\le\frac\gamma{10}\le\frac1{10}$; with $C\ge1$ also $\gamma L\le1$, which (DL) needs.
Hence $\frac1{1-a}\le\frac{10}9$ and $\frac1b\le\frac98$. Finally $S\le P_1$, and the second condition turns $P_1$ into
$F(1-q)^2\sqrt K/(L^2C^2\sqrt n)$: the chain of inequalities kept with the theorem."""
)


def _chain() -> Chain:
    """Bound the solved form of (DL) term by term, as the proof says; the end is 4.75 F / sqrt(nK)."""
    start = (2 * delta / (gamma * K) + L * gamma * sigma**2 / n + 2 * L**2 * C**2 * S / ((1 - a) * (1 - q) ** 2 * K)) / b
    reached = (
        Chain.of(start)
        .bound(1 / b, sp.Rational(9, 8), "a <= 1/10, for b")
        .bound(1 / (1 - a), sp.Rational(10, 9), "a <= 1/10")
        .bound(1 / gamma, 1 / _STEP, "the step, in the first term")
        .bound(gamma, _STEP, "the step, in the second term")
        .bound(S, P_1, "4 >= 1 in P_1, at the step")
        .bound(P_1, F * (1 - q) ** 2 * sp.sqrt(K) / (L**2 * C**2 * sp.sqrt(n)), "the second condition on K")
    )
    by_f = sp.simplify(reached.end.subs(delta, F - L * sigma**2 / 2))
    return reached.rewritten(by_f, dict([_F]))


CHAIN_DEFINITIONS = {
    b: 1 - a / (1 - a),
    a: 6 * L**2 * gamma**2 * C**2 / (1 - q) ** 2,
    S: gamma**2 * K * (sigma**2 + 3 * zeta**2) + x0_sq,
    gamma: _STEP,
    P_1: _P_1[1],
    F: _F[1],
}
"""What the abbreviations of the derivation stand for."""

_CHAIN = _chain()

theorem_1_rederived = Theorem(
    CARDS["sgp.theorem-1:rederived"],
    mean_grad_norm_sq,
    _CHAIN.end,
    _ASSUMED,
    requires=(_FEEDBACK, _START, _MANY, *_ENVELOPE),
    definitions=(_P_1, _F),
    step=_STEP,
    proof=_PROOF,
    derivation=_CHAIN,
)

_CONSENSUS = sp.Rational(20, 9) * C**2 * (n * (sigma**2 + 3 * zeta**2 + 3 * H) + x0_sq) / ((1 - q) ** 2 * K)
_H = (H, theorem_1_rederived.right_side)

theorem_2_consensus = Theorem(
    CARDS["sgp.theorem-2-consensus"],
    mean_consensus_sq,
    _CONSENSUS,
    _ASSUMED,
    requires=theorem_1_rederived.requires,
    definitions=(_H, _P_1, _F),
    step=_STEP,
    proof=_PROOF
    + r"""
For the consensus error: avg $Q\le\frac1{1-a}\left(\frac{2C^2}{(1-q)^2K}S+\frac{a}{L^2}\mathrm{avg}\,h\right)$ with
$\frac a{L^2}=\frac{6nC^2}{(1-q)^2K}$ and $\frac1{1-a}\le\frac{10}9$; put the bound $H$ of Theorem 1 in for avg $h$.""",
)

theorem_2 = Theorem(
    CARDS["sgp.theorem-2"],
    mean_view_grad_norm_sq,
    2 * H + 2 * L**2 * _CONSENSUS,
    _ASSUMED,
    requires=theorem_1_rederived.requires,
    definitions=(_H, _P_1, _F),
    step=_STEP,
    proof=theorem_2_consensus.proof + "\nBy smoothness the mean of |grad f(z_i)|^2 is at most 2 h + 2 L^2 Q.",
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
