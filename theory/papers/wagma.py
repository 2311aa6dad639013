"""WAGMA-SGD, in the sequential model of its proof: Li et al. 2021, and a bound for any step."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import GRADIENTS, group_sequence, same_data, same_start, second_moment
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.quantities import Quantity, mean_grad_norm_sq
from theory.quantities.group import (
    largest_center_drift_sq,
    largest_drift_sq,
    largest_stale_distance_sq,
    largest_total_consensus_sq,
    smallest_grad_norm_sq,
)
from theory.rates import Iteration
from theory.symbols import Expr, G, K, L, M, delta, epsilon, gamma, group, n, sigma, tau, zeta
from theory.theorem import Theorem

_MODELLED = (*GRADIENTS, same_start, second_moment, group_sequence)
_ASSUMED = (*_MODELLED, same_data)
_MOMENT = ((G, sp.sqrt(M**2 + sigma**2)),)
_SAME = Condition("zeta = 0 (iid data)", zeta, 0)
_PERIOD = Condition("tau >= 1", 1, tau)
_GROUP = Condition("S_g <= n", group, n)
_SHAPE = (_SAME, _PERIOD, _GROUP)
_INTERACTION = Iteration(group, n * sp.sqrt(delta / (L * K * (M**2 + sigma**2))) / (2 * group))

_MODEL = r"""
Notation, here and below: $P=n$ models $W^i_t=x_i^{(t)}$, mean $\mu_t$, $S=S_g$, $a=\frac{S-1}S$, $c=1+a$, and
$|X|=\sqrt{\mathbb{E}\|X\|^2}$, which is a norm. In iteration $t$ the group $B_t$ acts: its members $i$ take gradients
$G^i_t$ at $W^i_t$, and $W^i_{t+1}=\frac1S(W^i_t+\sum_{j\in B_t,j\ne i}(W^j_t+\gamma g^j_t))-\gamma G^i_t$, where
$g^j_t$ is the pending gradient of $j$: the one it took in its last iteration $q=q^j_t<t$, or 0 if it took none since the last
average, at $r=r_t\le t$, $t-r<\tau$. Groups do not depend on samples. Take them as given, until their distribution is used:
then $q$ and $r$ are numbers, and $|G^i_t|,|g^i_t|\le G$.
The factors $\frac1S$ add up: $\mu_{t+1}-\mu_t=\frac\gamma P\sum_{i\in B_t}(ag^i_t-G^i_t)$, while averages leave the mean
where it is. (1)
"""
_PROOF_4_2 = (
    _MODEL
    + r"""
Drift. Let $d_t=\max_i|W^i_t-\mu_r|$. For a member of $B_t$ the triangle inequality gives
$|W^i_{t+1}-\mu_r|\le\frac1Sd_t+\frac{S-1}S(d_t+\gamma G)+\gamma G=d_t+c\gamma G$; other models stay. As $d_r=0$,
$d_t\le c\gamma G(t-r)$. (2)
"""
)
_PROOF_4_3 = (
    _PROOF_4_2
    + r"""
Drift of the mean. By (1) one iteration moves the mean by at most $\frac SPc\gamma G$, so $|\mu_t-\mu_s|\le\frac SPc\gamma G(t-s)$
for $s\le t$. (3)
"""
)


def _lemma(key: str, quantity: Quantity, factor: Expr, proof: str) -> Theorem:
    bound = factor * gamma**2 * G**2 * tau**2
    return Theorem(
        CARDS[key], quantity, bound, _MODELLED, requires=(_PERIOD, _GROUP), definitions=_MOMENT, iteration=None, proof=proof
    )


lemma_4_2 = _lemma("wagma.lemma-4.2", largest_drift_sq, sp.Integer(4), _PROOF_4_2 + r"Now $c\le2$ and $t-r\le\tau$.")
lemma_4_3 = _lemma("wagma.lemma-4.3", largest_center_drift_sq, sp.Integer(4), _PROOF_4_3 + r"Now $Sc\le2P$ and $t-r\le\tau$.")
lemma_4_4 = _lemma(
    "wagma.lemma-4.4",
    largest_stale_distance_sq,
    sp.Integer(16),
    _PROOF_4_3 + r"As $q\ge r$, $|W^i_q-\mu_t|\le|W^i_q-\mu_r|+|\mu_r-\mu_t|\le2\gamma G\tau+2\gamma G\tau$ by (2) and (3).",
)
lemma_4_5 = _lemma(
    "wagma.lemma-4.5",
    largest_total_consensus_sq,
    16 * n,
    _PROOF_4_2
    + r"""The mean is the point of the least sum of squared distances: the left side is at most
$\sum_i|W^i_t-\mu_r|^2\le4P\gamma^2G^2\tau^2$.""",
)

_DESCENT = (
    _PROOF_4_3
    + r"""
Descent. Write $h_t=|\nabla f(\mu_t)|^2$. Given the past, $B_t$ is uniform: a worker is in it with probability $\frac
SP$, and $\mathbb{E}G^i_t=\nabla f(W^i_t)$. With (1) and smoothness
$\mathbb{E}f(\mu_{t+1})\le\mathbb{E}f(\mu_t)+\frac{\gamma S}{P^2}\sum_i\mathbb{E}\langle\nabla f(\mu_t),ag^i_t-\nabla f(W^i_t)
\rangle+\frac L2|\mu_{t+1}-\mu_t|^2$. Write $g^i_t=\nabla f(W^i_q)+\nu^i_t$ where there is a pending gradient. Then
$ag^i_t-\nabla f(W^i_t)=-\frac1S\nabla f(\mu_t)+(\nabla f(\mu_t)-\nabla f(W^i_t))+a(\nabla f(W^i_q)-\nabla f(\mu_t))+a\nu^i_t$,
and where there is none, $-\nabla f(\mu_t)+(\nabla f(\mu_t)-\nabla f(W^i_t))$, which is better. With
$X_t^2=\frac1P\sum_i|W^i_t-\mu_t|^2$ and $Y_t=\max_i|W^i_q-\mu_t|$, Cauchy's inequality gives
$\mathbb{E}f(\mu_{t+1})\le\mathbb{E}f(\mu_t)+\frac{\gamma S}P\left(-\frac{h_t}S+\sqrt{h_t}L(X_t+aY_t)+aN_t\right)
+\frac L2|\mu_{t+1}-\mu_t|^2$, (4)
where $N_t$ bounds $\mathbb{E}\langle\nabla f(\mu_t),\nu^i_t\rangle$, which need not vanish: $\mu_t$ depends on $\nu^i_t$.
"""
)

any_step = Theorem(
    CARDS["ours.wagma-any-step"],
    mean_grad_norm_sq,
    2 * n * delta / (gamma * K)
    + gamma * L / n * ((2 * group - 1) ** 2 * G**2 + 2 * (group - 1) * sigma**2)
    + gamma**2
    * L**2
    * G**2
    * (2 * group - 1) ** 2
    * ((2 * group - 1) / group + (group - 1) / n) ** 2
    * (tau - 1)
    * (2 * tau - 1)
    / 6,
    _ASSUMED,
    requires=_SHAPE,
    definitions=_MOMENT,
    iteration=_INTERACTION,
    proof=_DESCENT
    + r"""
The pending gradient. Since $q$, worker $i$ was in no group, and there was no average: nobody has seen its gradient, and other
models do not depend on the sample behind it. So $\mu_t=m-\frac\gamma P\nu^i_t$ with $m$ a function of the past of $q$ and of
other samples, given which $\nu^i_t$ has mean zero: $\mathbb{E}\langle\nabla f(m),\nu^i_t\rangle=0$, and
$\mathbb{E}\langle\nabla f(\mu_t),\nu^i_t\rangle\le L\frac\gamma P\sigma^2=N_t$.

Distances. Let $u=t-r$. The mean is the point of the least sum of squared distances, so $X_t\le c\gamma Gu$ by (2);
$Y_t\le c\gamma Gu(1+\frac SP)$ by (2) and (3). As $a\frac SP=\frac{S-1}P$, $X_t+aY_t\le c\gamma Gu(c+\frac{S-1}P)$. By Young's
inequality $\sqrt{h_t}L(X_t+aY_t)\le\frac{h_t}{2S}+\frac S2L^2(X_t+aY_t)^2$, and by (3) the last term of (4) is at most
$\frac L2(\frac SPc\gamma G)^2$. Since $Sc=2S-1$,
$\frac\gamma{2P}h_t\le\mathbb{E}f(\mu_t)-\mathbb{E}f(\mu_{t+1})+\frac\gamma{2P}L^2\gamma^2G^2(2S-1)^2(c+\tfrac{S-1}P)^2u^2
+\frac{\gamma^2L}{P^2}(S-1)\sigma^2+\frac{L\gamma^2}{2P^2}(2S-1)^2G^2$.

Sum over $t<K$, with $f(\mu_K)\ge f^*$, and divide by $\frac{\gamma K}{2P}$. In a period, complete or not, of $m\le\tau$
iterations $u=0,\dots,m-1$, so the mean of $u^2$ is at most $\frac{(\tau-1)(2\tau-1)}6$.""",
)

_STEP = n / sp.sqrt(K)
_LONG = Condition("K >= n^4 tau^4", n**4 * tau**4, K)
_PRINTED = 8 * group**2 * G**2 + 64 * group**2 * L**2 * G**2
_CORRECTED = (4 * L * group**2 + 4 * L * group * (group - 1) * tau + 64 * L**2 * group**2) * G**2


def _theorem_4_6(key: str, noise: Expr, proof: str) -> Theorem:
    return Theorem(
        CARDS[key],
        mean_grad_norm_sq,
        sp.Add(2 * delta / sp.sqrt(K), *[term / sp.sqrt(K) for term in sp.Add.make_args(noise)]),
        _ASSUMED,
        requires=(_LONG, *_SHAPE),
        definitions=_MOMENT,
        step=_STEP,
        iteration=_INTERACTION,
        proof=proof,
    )


_SHORT = r"$\gamma=\frac P{\sqrt K}$ and $K\ge P^4\tau^4$ give $\gamma^2\tau^2=\frac{P^2\tau^2}K\le\frac1{\sqrt K}$"

theorem_4_6 = _theorem_4_6(
    "wagma.theorem-4.6:printed",
    _PRINTED,
    r"""From ours.wagma-any-step: """
    + _SHORT
    + r""". Its second term is at most
$\frac{L G^2}{\sqrt K}((2S-1)^2+2(S-1))\le\frac{4LS^2G^2}{\sqrt K}$. In its third, $\frac{2S-1}S+\frac{S-1}n\le3$ and
$\frac{(\tau-1)(2\tau-1)}6\le\frac{\tau^2}3$: it is at most $\frac{12S^2L^2G^2}{\sqrt K}$. And $4L\le8+52L^2$ for every $L$,
because $4^2<4\cdot8\cdot52$.""",
)
theorem_4_6_corrected = _theorem_4_6(
    "wagma.theorem-4.6:corrected",
    _CORRECTED,
    _DESCENT
    + r"""
The pending gradient. Given the past of $q$, $\nu^i_t$ has mean zero, and $\mu_q$ is known:
$\mathbb{E}\langle\nabla f(\mu_t),\nu^i_t\rangle=\mathbb{E}\langle\nabla f(\mu_t)-\nabla f(\mu_q),\nu^i_t\rangle
\le L|\mu_t-\mu_q||\nu^i_t|\le L\frac{2S\gamma G\tau}PG=N_t$, by (3) with $c\le2$ and $t-q\le\tau$.

Distances. $X_t$ and $Y_t$ are at most $4\gamma G\tau$ (Lemmas 4.5 and 4.4). By Young's inequality, twice,
$\sqrt{h_t}LX_t\le\frac{h_t}{4S}+SL^2X_t^2$ and $\sqrt{h_t}LaY_t\le\frac{h_t}{4S}+SL^2Y_t^2$, together at most
$\frac{h_t}{2S}+32SL^2\gamma^2G^2\tau^2$; and $\frac L2|\mu_{t+1}-\mu_t|^2\le\frac{2LS^2\gamma^2G^2}{P^2}$ by (3). So (4) becomes
$\frac\gamma{2P}h_t\le\mathbb{E}f(\mu_t)-\mathbb{E}f(\mu_{t+1})+\frac{32\gamma^3S^2L^2G^2\tau^2}P+\frac{2\gamma^2LS(S-1)\tau
G^2}{P^2} +\frac{2\gamma^2LS^2G^2}{P^2}$. Sum over $t<K$ and divide by $\frac{\gamma K}{2P}$:
avg $h\le\frac{2P\Delta}{\gamma K}+\frac\gamma P(4LS^2+4LS(S-1)\tau)G^2+64\gamma^2\tau^2S^2L^2G^2$. Here """
    + _SHORT
    + ".",
)


def _theorem_4_1(key: str, noise: Expr, text: str, bound: Theorem) -> Theorem:
    return Theorem(
        CARDS[key],
        smallest_grad_norm_sq,
        epsilon,
        _ASSUMED,
        requires=(
            Condition("K >= 16 Delta^2 / epsilon^2", 16 * delta**2 / epsilon**2, K),
            Condition(f"K >= (2 {text} G^2 / epsilon)^2", 4 * noise**2 / epsilon**2, K),
            _LONG,
            *_SHAPE,
        ),
        definitions=_MOMENT,
        step=_STEP,
        iteration=None,
        proof=f"The smallest is at most the mean, which {bound.key} bounds. "
        r"The first two conditions make its first term, and the sum of the others, at most $\frac\epsilon2$ each.",
    )


theorem_4_1 = _theorem_4_1("wagma.theorem-4.1:printed", _PRINTED, "8 S_g^2 (1 + 8 L^2)", theorem_4_6)
theorem_4_1_corrected = _theorem_4_1(
    "wagma.theorem-4.1:corrected",
    _CORRECTED,
    "4 L S_g (S_g + (S_g - 1) tau + 16 L S_g)",
    theorem_4_6_corrected,
)
