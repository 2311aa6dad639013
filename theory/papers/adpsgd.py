"""Asynchronous decentralised SGD: Lian et al. 2018, and the same bound under weaker conditions."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import contracting, one_worker, stale
from theory.catalogue import CARDS
from theory.chain import Chain
from theory.conditions import Condition
from theory.papers.common import ASSUMED, CONTRACTS
from theory.quantities import mean_grad_norm_sq
from theory.rates import Iteration
from theory.symbols import C_1, C_2, C_3, Expr, K, L, T, batch, delta, gamma, kappa, n, rho, rhobar, rhotilde, sigma, zeta
from theory.theorem import Theorem

_GAP = 1 - sp.sqrt(rho)
_ASSUMED = (*ASSUMED, contracting, one_worker, stale)
_NOISE = sigma**2 * batch + 6 * zeta**2 * batch**2
_BOUND = 2 * delta * n / (gamma * K * batch) + 2 * gamma * L / (n * batch) * _NOISE
_UPDATE = Iteration(sp.S.One, n * sp.sqrt(delta / (L * K * _NOISE)))
_HALF = gamma * batch / (2 * n)

_RHOBAR = (rhobar, (n - 1) / n * (1 / (1 - rho) + 2 * sp.sqrt(rho) / _GAP**2))
_KAPPA = (kappa, (n - 1) / n**2 * (T / _GAP + 1 / _GAP**2))
_RHOTILDE = (rhotilde, (n - 1) / (n**2 * _GAP**2))


def _weights(times: int, stale_error: Expr, error: Expr) -> tuple[tuple[sp.Symbol, Expr], ...]:
    """Return C_2, C_3 and C_1 for ``times`` these accumulated consensus errors, at stale models and at current ones."""
    # C_1 > 0 is a condition of its own: where it fails, no other may hold by a change of sign
    positive = sp.Max(0, C_1, evaluate=False)
    drift = 6 * gamma**2 * L**3 * batch**2 / n**2 + gamma * batch * L**2 / n + 12 * batch**3 * L**4 * T**2 * gamma**3 / n**3
    c_2 = (
        _HALF
        - gamma**2 * L * batch**2 / n**2
        - 2 * batch**3 * L**2 * T**2 * gamma**3 / n**3
        - drift * (2 * times * batch**2 * gamma**2 * stale_error) / positive
    )
    drift = 6 * gamma**2 * L**2 * batch**2 + gamma * n * batch * L + 12 * batch**3 * L**3 * T**2 * gamma**3 / n
    c_3 = sp.Rational(1, 2) + times * drift * error / positive + L * T**2 * gamma * batch / n
    return (C_2, c_2), (C_3, c_3), (C_1, 1 - 12 * times * batch**2 * L**2 * gamma**2 * stale_error)


def _required(definitions: tuple[tuple[sp.Symbol, Expr], ...]) -> tuple[Condition, ...]:
    return (
        Condition("C_1 > 0", 1 - dict(definitions)[C_1], sp.S.One, strict=True),
        Condition("C_2 >= 0", _HALF - C_2, _HALF),
        Condition("C_3 <= 1", C_3, sp.S.One),
        CONTRACTS,
    )


# C_2 >= 0 makes the second term of C_2 at most the first
_CAP = n / (2 * batch * L)

_P6_PROOF = r"""Write $\bar x_k$ for the mean of the models $X_k$, $f_k=\mathbb{E}f(\bar x_k)$, $h_k=\mathbb{E}\|\nabla f(\bar
x_k)\|^2$, $\hat x_k^i$ for the stale models $\hat X_k=X_{k-\tau_k}$ ($X_0$ before the start) and $\hat\mu_k$ for their mean,
$b_k=\frac1n\sum_i\nabla f_i(\hat x_k^i)$, $g_k$ for the sum of the batch of update $k$,
$Q_k=\frac1n\sum_i\mathbb{E}\|\hat x_k^i-\hat\mu_k\|^2$, and $V=M_b\sigma^2+6M_b^2\zeta^2$. Delays depend neither on samples nor
on workers: take them as given. Sums without limits are over $k<K$.

Size of an update. Given the past, $i_k$ is uniform and the $M_b$ noises are independent, so $\mathbb{E}g_k=M_bb_k$ and
$A_k=\mathbb{E}\|g_k\|^2\le M_b\sigma^2+M_b^2\frac1n\sum_i\mathbb{E}\|\nabla f_i(\hat x_k^i)\|^2$. The mean of squares is the
square of the mean plus the mean square distance to it, and that is at most the one to any other point:
$\frac1n\sum_i\|\nabla f_i(\hat x^i)\|^2\le\|b\|^2+\frac1n\sum_i\|\nabla f_i(\hat x^i)-\nabla f(\hat\mu)\|^2$, where
$\frac1n\sum_i\mathbb{E}\|\nabla f_i(\hat x^i)-\nabla f(\hat\mu)\|^2\le2L^2Q+2\zeta^2$ (add and subtract $\nabla f_i(\hat\mu)$).
With more room, and with the constants of the paper, $A_k\le V+12M_b^2L^2Q_k+2M_b^2\mathbb{E}\|b_k\|^2$. (1)

Descent. Doubly stochastic $W_k$ keep the mean, so $\bar x_{k+1}=\bar x_k-\frac\gamma ng_k$, and smoothness gives
$f_{k+1}\le f_k-\frac{\gamma M_b}n\mathbb{E}\langle\nabla f(\bar x_k),b_k\rangle+\frac{\gamma^2L}{2n^2}A_k$. Here
$-\langle\nabla f(\bar x_k),b_k\rangle=\frac12(\|\nabla f(\bar x_k)-b_k\|^2-\|\nabla f(\bar x_k)\|^2-\|b_k\|^2)$, and by way of
$\nabla f(\hat\mu_k)$, $\mathbb{E}\|\nabla f(\bar x_k)-b_k\|^2\le2L^2D_k+2L^2Q_k$ with $D_k=\mathbb{E}\|\bar x_k-\hat\mu_k\|^2$.
With (1), $\frac{\gamma M_b}{2n}h_k\le f_k-f_{k+1}-\left(\frac{\gamma
M_b}{2n}-\frac{\gamma^2LM_b^2}{n^2}\right)\mathbb{E}\|b_k\|^2 +\frac{\gamma
M_bL^2}n(Q_k+D_k)+\frac{6\gamma^2L^3M_b^2}{n^2}Q_k+\frac{\gamma^2L}{2n^2}V$. (2)

Staleness. $\bar x_k-\hat\mu_k=-\frac\gamma n\sum_{j=k-\tau_k}^{k-1}g_j$, so by Cauchy's inequality
$D_k\le\frac{\gamma^2T}{n^2}\sum_{j=k-T}^{k-1}A_j$, and every $j$ occurs at most $T$ times in the sum:
$\sum D_k\le\frac{\gamma^2T^2}{n^2}\sum A_k$. (3)

Consensus. Let $S_k=\mathbb{E}\|X_k(I-J)\|_F^2$ and $r=\sqrt\rho$. Only one column of the update is not zero, and
$\|e_i^\top(I-J)\|^2=\frac{n-1}n$. By Young's inequality with factor $\frac1r$ and the contraction of $W_k$ (which is independent
of $X_k$; it may depend on $i_k$), $S_{k+1}\le rS_k+\frac{\gamma^2}{1-r}\frac{n-1}nA_k$. As $S_0=0$,
$S_k\le\frac{\gamma^2}{1-r}\frac{n-1}n\sum_{s<k}r^{k-1-s}A_s$. Now $nQ_k=S_{k-\tau_k}$. In $\sum Q_k$, a constant part of $A_s$
is counted with $\sum_{s<k-\tau_k}r^{k-\tau_k-1-s}\le\frac1{1-r}$ for each $k$. Any other part of $A_s$ is counted for the $k$
with $k-\tau_k>s$: at most once for each of $k=s+1,\dots,s+T$ and, because $k-\tau_k-1-s\ge k-T-1-s$, at most $r^j$ times for
$k=s+T+1+j$; together at most $T+\frac1{1-r}$ times. With the constant part $V$ of (1),
$\sum Q_k\le\gamma^2\tilde\rho KV+\gamma^2\kappa\sum(12M_b^2L^2Q_k+2M_b^2\mathbb{E}\|b_k\|^2)$, that is
$C_1\sum Q_k\le\gamma^2\tilde\rho KV+2M_b^2\gamma^2\kappa\sum\mathbb{E}\|b_k\|^2$. (4)

Together. Sum (2) over $k<K$, with $f_K\ge f^*$, and put (3) with (1) in. The factor of $\sum Q_k$ becomes
$c=\frac{6\gamma^2L^3M_b^2}{n^2}+\frac{\gamma M_bL^2}n+\frac{12M_b^3L^4T^2\gamma^3}{n^3}$, the factor of $\sum\mathbb{E}\|b_k\|^2$
becomes $-\left(\frac{\gamma M_b}{2n}-\frac{\gamma^2LM_b^2}{n^2}-\frac{2M_b^3L^2T^2\gamma^3}{n^3}\right)$, and the factor of $KV$
becomes $\frac{\gamma^2L}{2n^2}+\frac{\gamma^3M_bL^2T^2}{n^3}$. Since $C_1>0$, (4) bounds $\sum Q_k$, and
$\frac{\gamma M_b}{2n}\sum h_k\le\Delta-C_2\sum\mathbb{E}\|b_k\|^2+\frac{\gamma^2L}{n^2}C_3KV$, because
$\frac{n^2c}L=6\gamma^2L^2M_b^2+\gamma nM_bL+\frac{12M_b^3L^3T^2\gamma^3}n$. Drop $C_2\ge0$, put $C_3\le1$, and divide by
$\frac{\gamma M_bK}{2n}$."""

_OURS = (*_weights(1, kappa, rhotilde), _KAPPA, _RHOTILDE)

p6 = Theorem(
    CARDS["ours.p6"],
    mean_grad_norm_sq,
    _BOUND,
    _ASSUMED,
    requires=_required(_OURS),
    definitions=_OURS,
    step_cap=_CAP,
    iteration=_UPDATE,
    proof=_P6_PROOF,
)

_PRINTED = (*_weights(2, T * (n - 1) / n + rhobar, rhobar), _RHOBAR)

theorem_1 = Theorem(
    CARDS["adpsgd.theorem-1:printed"],
    mean_grad_norm_sq,
    _BOUND,
    _ASSUMED,
    requires=_required(_PRINTED),
    definitions=_PRINTED,
    step_cap=_CAP,
    iteration=_UPDATE,
    proof=r"""From ours.p6, whose conditions are implied; marks ' tell its constants from those here. Let
$u=\gamma M_bL/n$, $\beta=1+6u+12u^2T^2$, $\theta=\frac{T(n-1)}n+\bar\rho$ and $a=\frac1{1-\sqrt\rho}$. The conditions of ours.p6
read $C_1'=1-12n^2u^2\kappa>0$, $\frac{n}{\gamma M_b}C_2'=\frac12-u-2u^2T^2-2\beta n^2u^2\frac\kappa{C_1'}\ge0$ and
$C_3'=\frac12+\beta n^2u\frac{\tilde\rho}{C_1'}+uT^2\le1$; those here have $2\theta$ for $\kappa$ and $2\bar\rho$ for
$\tilde\rho$. All are harder to meet for larger $\kappa$ and $\tilde\rho$. First, $\bar\rho\ge\frac{n-1}na^2$, since
$\frac1{1-\rho}+2\sqrt\rho a^2=a^2\frac{1+\sqrt\rho+2\rho}{1+\sqrt\rho}$; so $\tilde\rho\le\frac{\bar\rho}n$.

If $\kappa\le2\theta$, everything is said. This holds where $(Ta+a^2)/n\le2T+2a^2$, that is $T(a-2n)\le(2n-1)a^2$: for $a\le2n$,
and for $T\le16n^2-8n$, because $a^2/(a-2n)\ge8n$. It also holds for $n=1$, where both sides are zero.

Else $n\ge2$ and $T>16n^2-8n\ge48$. Let $y=2\beta n^2u\frac{\bar\rho}{C_1}$, so that $C_3\le1$ says $uT^2+y\le\frac12$; as
$C_1\le1\le\beta$, $y\ge2n(n-1)ua^2$. Then $n^2u^2\kappa=(n-1)u^2(Ta+a^2)$, where $(n-1)u^2Ta=(n-1)u\sqrt{uT^2\cdot ua^2}
\le(n-1)u\sqrt{\frac{(1/2-y)y}{2n(n-1)}}\le\frac u{4\sqrt2}$, and $(n-1)u^2a^2\le\frac{uy}{2n}\le\frac u8$: together
$n^2u^2\kappa\le\frac u3$. But $u\le\frac1{2T^2}<\frac1{4000}$, so $C_1'\ge1-4u>\frac12$; $u^2T^2\le\frac u2$ and
$\beta\le1+12u<2$, so $\frac n{\gamma M_b}C_2'\ge\frac12-2u-\frac83u>0$; and
$C_3'\le\frac12+uT^2+\frac{C_1}{2nC_1'}y\le\frac12+uT^2+y=C_3\le1$.""",
)

_SCALE = sigma**2 + 6 * batch * zeta**2
_STEP = n / (10 * batch * L + sp.sqrt(_SCALE) * sp.sqrt(K * batch))


def _least(text: str, factor: Expr) -> Condition:
    """Return ``K >= factor M L^2 / (sigma^2 + 6 M zeta^2)``, multiplied out: without noise nothing is divided by zero."""
    return Condition(f"K >= {text} M_b L^2 / (sigma^2 + 6 M_b zeta^2)", factor * batch * L**2, K * _SCALE)


_STALE = _least("64 T^4", 64 * T**4)


def _chain() -> Chain:
    """Put the step into the bound of Theorem 1."""
    root = sp.sqrt(sigma**2 / batch + 6 * zeta**2)
    return (
        Chain.of(_BOUND)
        .bound(1 / gamma, 1 / _STEP, "the step, in the first term")
        .bound(gamma, n / (sp.sqrt(_SCALE) * sp.sqrt(K * batch)), "10 M_b L >= 0 in the step")
        .rewritten(20 * delta * L / K + 2 * (delta + L) * root / sp.sqrt(K))
    )


_CHAIN = _chain()


_REDERIVED_PROOF = (
    _P6_PROOF
    + r"""

The corollary goes back to (1), (2), (3) and (4), of which (1) is used without the room: with $v=\frac{\sigma^2}{M_b}+6\zeta^2$,
$A_k\le M_b^2(v+2L^2Q_k+\mathbb{E}\|b_k\|^2)$. (1') Let $s=\frac{\gamma M_b}n$, $u=sL$, $m=\sqrt{Kv}/L$ and $t=um$. The step says
$u=\frac1{10+m}$, so $t<1$. The conditions on $K$ say $96n^2\kappa\le m^2$, $8T^2\le m$ and $16n^2\tilde\rho\le m$, so that
$u^2n^2\kappa\le\frac{t^2}{96}$, $uT^2\le\frac t8$ and $un^2\tilde\rho\le\frac t{16}$; for $n\ge2$ the last has
$16\le16(n-1)\le m$. Hence $u\le\frac1{26}$, and $ut=\frac m{(10+m)^2}$, which falls for $m\ge10$, is at most $\frac4{169}$.

Errors. Let $H=\sum h_k$, $B=\sum\mathbb{E}\|b_k\|^2$, $w=L^2\sum Q_k$, $d=L^2\sum D_k$ and
$E=\sum\mathbb{E}\|\nabla f(\bar x_k)-b_k\|^2\le2(w+d)$. With (1'), (4) reads
$w\le u^2n^2\tilde\rho Kv+u^2n^2\kappa(2w+B)\le\frac u{16}Kv+\frac1{96}(2w+B)$, so $w\le\frac u{15}Kv+\frac1{94}B$; and (3) reads
$d\le u^2T^2(Kv+2w+B)\le\frac{ut}8\left(\left(1+\frac{2u}{15}\right)Kv+\frac{48}{47}B\right)\le\frac{2u}{15}Kv+\frac1{330}B$.
Together $w+d\le\frac u5Kv+\frac1{73}B$.

Descent. The first line of it, with the inner product and (1') put in, summed over $k<K$ and divided by $\frac s2$:
$H+B-E\le\frac{2\Delta}s+u(Kv+2w+B)$. By Young's inequality $H\le\frac54B+5E$; add $\frac{16}{25}$ of it:
$\frac{41}{25}H\le\frac{2\Delta}s+u(Kv+2w+B)-\frac15B+\frac{21}5E$. The factor of $B$ is at most
$\frac1{26}\cdot\frac{48}{47}-\frac15+\frac{21}5\cdot\frac2{73}<0$, and that of $Kv$ at most
$u\left(1+\frac{2u}{15}+\frac{21}5\cdot\frac25\right)\le\frac{27}{10}u$. With $\frac1s=(10+m)L\le\frac{13}8mL$ and
$uKv=tmL^2\le mL^2$, $H\le\frac{25}{41}\left(\frac{13}4\Delta+\frac{27}{10}L\right)mL\le2(\Delta+L)mL$. Divide by $K$."""
)

corollary_2_rederived = Theorem(
    CARDS["adpsgd.corollary-2:rederived"],
    mean_grad_norm_sq,
    2 * (delta + L) * sp.sqrt(sigma**2 / batch + 6 * zeta**2) / sp.sqrt(K),
    _ASSUMED,
    requires=(
        _least("96 n^2 kappa", 96 * n**2 * kappa),
        _STALE,
        _least("256 n^4 rhotilde^2", 256 * n**4 * rhotilde**2),
        Condition("n >= 2", sp.Integer(2), n),
        CONTRACTS,
    ),
    definitions=(_KAPPA, _RHOTILDE),
    step=_STEP,
    iteration=_UPDATE,
    proof=_REDERIVED_PROOF,
)

_FOURTH = (
    (8 * sp.sqrt(6) * T ** sp.Rational(2, 3) + 8) ** 2
    * (T + rhobar * n / (n - 1)) ** sp.Rational(2, 3)
    * sp.sqrt(n - 1)
    * n ** sp.Rational(11, 6)
)

corollary_2 = Theorem(
    CARDS["adpsgd.corollary-2:printed"],
    mean_grad_norm_sq,
    _CHAIN.end,
    _ASSUMED,
    requires=(
        _least("192 n^2 (T (n-1)/n + rhobar)", 192 * n**2 * (T * (n - 1) / n + rhobar)),
        _STALE,
        _least("1024 n^4 rhobar^2", 1024 * n**4 * rhobar**2),
        _least("(8 sqrt(6) T^(2/3) + 8)^2 (T + rhobar n/(n-1))^(2/3) (n-1)^(1/2) n^(11/6)", _FOURTH),
        CONTRACTS,
    ),
    definitions=(_RHOBAR,),
    step=_STEP,
    iteration=_UPDATE,
    proof=r"""With $u$, $\beta$ and $\theta$ as in the proof of Theorem 1, the step makes $u\le\frac1{10}$ and
$u^2\le\frac{M_bL^2}{K(\sigma^2+6M_b\zeta^2)}$. With $\kappa=2\theta$ and $\tilde\rho=2\bar\rho$, the first three conditions on
$K$ then say, in order, $12n^2u^2\kappa\le\frac18$, $uT^2\le\frac18$ and $n^2u\tilde\rho\le\frac1{16}$. So $C_1\ge\frac78$ and
$\beta\le1+\frac6{10}+\frac{12}{80}=\frac74$;
$\frac n{\gamma M_b}C_2\ge\frac12-\frac1{10}-\frac1{40}-\frac74\cdot\frac2{96}\cdot\frac87=\frac13$; and
$C_3\le\frac12+\frac74\cdot\frac1{16}\cdot\frac87+\frac18=\frac34$. The conditions of Theorem 1 hold.""",
    derivation=_CHAIN,
)
