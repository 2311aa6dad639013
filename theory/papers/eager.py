"""eager-SGD: Li et al. 2020, as printed and with the products of late gradients kept."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import GRADIENTS, late_gradients, same_data, same_start, second_moment
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.quantities import mean_grad_norm_sq
from theory.quantities.group import largest_view_distance_sq, smallest_grad_norm_sq, smallest_view_grad_norm_sq
from theory.rates import Iteration
from theory.symbols import Expr, G, K, L, M, delta, epsilon, gamma, n, quorum, sigma, tau, zeta
from theory.theorem import Theorem

_ASSUMED = (*GRADIENTS, same_start, second_moment, late_gradients)
_IID = (*_ASSUMED, same_data)
_MOMENT = ((G, sp.sqrt(M**2 + sigma**2)),)
_SAME = Condition("zeta = 0 (iid data)", zeta, 0)
_QUORUM = Condition("Q <= n", quorum, n)
_ROUND = Iteration(n, sp.sqrt(2 * delta / (L * K * (M**2 + sigma**2))))

_LATE = tau * (n - quorum)
"""Gradients that a model may miss at once."""

_PRINTED = gamma**2 * _LATE * G**2 / n**2
_CORRECTED = gamma**2 * _LATE**2 * G**2 / n**2
_START = 2 * delta / (gamma * K) + gamma * L * G**2

_PROOF_6_2 = r"""Write $\Lambda_k=\bar x^{(k)}=x_0-\frac\gamma n\sum_{s<k}\sum_ig_{i,s}$ for the center, with $g_{i,s}$ the
gradient worker $i$ took in round $s$, and $w$ for the model of any worker at the start of round $k$: the same without the
gradients it misses. These are of the rounds $k-\tau,\dots,k-1$, because those of round $s$ have arrived by the end of round
$s+\tau$, and at most $n-Q$ of each: together at most $m=\tau(n-Q)$. Which they are depends on no sample: take them as given. By
the triangle inequality for the norm $\sqrt{\mathbb{E}\|\cdot\|^2}$, $\mathbb{E}\|\Lambda_k-w\|^2\le\frac{\gamma^2}{n^2}m^2G^2$.
(1) """

lemma_6_2 = Theorem(
    CARDS["eager.lemma-6.2:printed"],
    largest_view_distance_sq,
    _PRINTED,
    _ASSUMED,
    requires=(_QUORUM,),
    definitions=_MOMENT,
    iteration=None,
)
lemma_6_2_corrected = Theorem(
    CARDS["eager.lemma-6.2:corrected"],
    largest_view_distance_sq,
    _CORRECTED,
    _ASSUMED,
    requires=(_QUORUM,),
    definitions=_MOMENT,
    iteration=None,
    proof=_PROOF_6_2,
)

_PROOF_BOUND = (
    _PROOF_6_2
    + r"""
Write $w_i$ for the model of worker $i$ in round $k$, $D$ for the right side of (1), and $h_k=\mathbb{E}\|\nabla
f(\Lambda_k)\|^2$. $\Lambda_{k+1}=\Lambda_k-\frac\gamma n\sum_ig_{i,k}$, where $\Lambda_k$ and the $w_i$ are known before round
$k$: given these, $\frac1n\sum_ig_{i,k}$ has the mean $b=\frac1n\sum_i\nabla f_i(w_i)$, and
$\mathbb{E}\|\frac1n\sum_ig_{i,k}\|^2\le G^2$ by Jensen's inequality. Smoothness gives
$\mathbb{E}f(\Lambda_{k+1})\le\mathbb{E}f(\Lambda_k)-\gamma\mathbb{E}\langle\nabla f(\Lambda_k),b\rangle
+\frac{L\gamma^2}2G^2$. With $-\langle u,b\rangle\le\frac12\|u-b\|^2-\frac12\|u\|^2$ and
$\mathbb{E}\|\nabla f(\Lambda_k)-b\|^2\le L^2D$ (Jensen's inequality, smoothness of every $f_i$, (1)) this is at most
$\mathbb{E}f(\Lambda_k)-\frac\gamma2h_k+\frac\gamma2L^2D+\frac{L\gamma^2}2G^2$. Sum over $k<K$, with $f(\Lambda_K)\ge f^*$, and
divide by $\frac{\gamma K}2$: avg $h\le\frac{2\Delta}{\gamma K}+\gamma LG^2+L^2D$. (2)
"""
)

theorem_6_3_bound = Theorem(
    CARDS["eager.theorem-6.3-bound:printed"],
    smallest_grad_norm_sq,
    _START + L**2 * _PRINTED,
    _IID,
    requires=(_SAME, _QUORUM),
    definitions=_MOMENT,
    iteration=_ROUND,
)
theorem_6_3_bound_corrected = Theorem(
    CARDS["eager.theorem-6.3-bound:corrected"],
    mean_grad_norm_sq,
    _START + L**2 * _CORRECTED,
    _ASSUMED,
    requires=(_QUORUM,),
    definitions=_MOMENT,
    iteration=_ROUND,
    proof=_PROOF_BOUND,
)


def _staleness(text: str, factor: int, power: int, distance: Expr) -> Condition:
    return Condition(f"gamma^2 <= epsilon n^2 / ({text})", factor * L**power * distance, epsilon)


_SHORT = Condition("gamma <= epsilon / (12 G^2 L)", 12 * gamma * L * G**2, epsilon)
_LONG = Condition("K >= 24 Delta / (gamma epsilon)", 24 * delta / (gamma * epsilon), K)
_DESCENT_LIMIT = epsilon / (12 * L * G**2)

theorem_6_3 = Theorem(
    CARDS["eager.theorem-6.3:printed"],
    smallest_view_grad_norm_sq,
    epsilon,
    _IID,
    requires=(
        _staleness("12 L^2 tau G^2 (n - Q)", 12, 2, _PRINTED),
        _staleness("4 L tau G^2 (n - Q)", 4, 1, _PRINTED),
        _SHORT,
        _LONG,
        _SAME,
        _QUORUM,
    ),
    definitions=_MOMENT,
    step_limit=sp.Min(
        sp.sqrt(epsilon) * n / (sp.sqrt(12 * _LATE) * L * G),
        sp.sqrt(epsilon) * n / (sp.sqrt(4 * L * _LATE) * G),
        _DESCENT_LIMIT,
    ),
    iteration=None,
)
theorem_6_3_corrected = Theorem(
    CARDS["eager.theorem-6.3:corrected"],
    smallest_view_grad_norm_sq,
    epsilon,
    _ASSUMED,
    requires=(_staleness("12 L^2 tau^2 G^2 (n - Q)^2", 12, 2, _CORRECTED), _SHORT, _LONG, _QUORUM),
    definitions=_MOMENT,
    step_limit=sp.Min(sp.sqrt(epsilon) * n / (sp.sqrt(12) * L * G * _LATE), _DESCENT_LIMIT),
    iteration=None,
    proof=_PROOF_BOUND
    + r"""
By smoothness and (1), $\frac1n\sum_i\mathbb{E}\|\nabla f(w_i)\|^2\le2h_k+2L^2D$ in every round. Take the round of least $h_k$: by
(2) this is at most $\frac{4\Delta}{\gamma K}+2\gamma LG^2+4L^2D$. The conditions make the terms at most $\frac\epsilon6$,
$\frac\epsilon6$ and $\frac\epsilon3$.""",
)
