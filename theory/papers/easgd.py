"""Elastic averaging SGD: Zhang et al. 2015, and what Teng et al. 2019 say about it."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import (
    elastic,
    isotropic,
    same_data,
    same_start,
    smooth,
    strongly_convex,
    unbiased,
    variance,
)
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.quantities.elastic_averaging import (
    admm_inverse_spectral_radius,
    elastic_recursion_ratio,
    last_center_distance_sq,
    limit_center_distance_sq,
    limit_workers_center_distance_sq,
    moved_inverse_slope,
    round_robin_spectral_radius,
)
from theory.symbols import (
    R_0,
    Expr,
    K,
    L,
    c_1,
    contraction,
    fast,
    gamma,
    lambda_,
    mu,
    n,
    pull,
    sigma,
    slow,
    tilt,
    u_0,
    x0_center,
    x0_workers,
    zeta,
)
from theory.theorem import Theorem

_SAME = Condition("zeta = 0 (iid data)", zeta, 0)
_X = gamma * L

round_robin_stability = Theorem(
    CARDS["easgd.round-robin-stability"],
    round_robin_spectral_radius,
    sp.S.One,
    requires=(
        Condition("gamma L <= 2", _X, sp.Integer(2)),
        Condition("alpha (4 - gamma L) <= 4 - 2 gamma L", pull * (4 - _X), 4 - 2 * _X),
    ),
    step_limit=4 * (1 - pull) / (2 - pull) / L,
    iteration=None,
    proof=r"""Let $x=\gamma L$. $F_i$ leaves all models but $x_i$ and $\tilde x$ alone, and acts on these two by the symmetric
matrix $M$ with rows $(1-x-\alpha,\alpha)$ and $(\alpha,1-\alpha)$. Its eigenvalues $m$ are real. As
$\det(M-I)=x\alpha\ge0$ and the trace of $M-I$ is not positive, $m\le1$; as $\det(M+I)=4-4\alpha-2x+x\alpha\ge0$, which is the
second condition, and the trace of $M+I$, $4-x-2\alpha$, is not negative under both, $m\ge-1$. So every $F_i$ is symmetric with
norm at most one, and so is the norm of their product at most one, and its spectral radius.""",
)

_STEP, _PENALTY, _THREE = sp.Rational(1, 1000), sp.Rational(1, 400), sp.Integer(3)

admm_instability = Theorem(
    CARDS["easgd.admm-instability"],
    admm_inverse_spectral_radius,
    sp.Rational(10000, 10009),
    requires=(
        Condition("n = 3", n, _THREE, exact=True),
        Condition("gamma L = 0.001", _X, _STEP, exact=True),
        Condition("gamma lambda = 0.0025", gamma * lambda_, _PENALTY, exact=True),
    ),
    iteration=None,
)

_ROOT = sp.sqrt((_X - (n - 1) * pull) ** 2 + 4 * n * pull**2)
_FAST = (_X + (n + 1) * pull + _ROOT) / 2
_SLOW, _FORGET = 1 - slow, 1 - fast
_MODES = (
    (u_0, n * (x0_workers - pull / (fast - n * pull) * x0_center)),
    (slow, _X * n * pull / fast),
    (fast, _FAST),
)
_STABLE = (
    Condition("alpha > 0", sp.S.Zero, pull, strict=True),
    Condition("n alpha < 2", n * pull, sp.Integer(2), strict=True),
    Condition("2 alpha < (2 - gamma L)(2 - n alpha)", 2 * pull, (2 - _X) * (2 - n * pull), strict=True),
)
_STABLE_LIMIT = (2 - 2 * pull / (2 - n * pull)) / L
_QUADRATIC = (isotropic, same_data, unbiased, elastic)


def _sum(first: Expr, second: Expr) -> Expr:
    """Return the sum over 1 <= j < K of the j-th power of (1 - first)(1 - second), without a difference that cancels."""
    start = (1 - first) * (1 - second)
    return (start - (1 - first) ** K * (1 - second) ** K) / (first + second - first * second)


_BIAS = _SLOW**K * x0_center + (_SLOW**K - _FORGET**K) / (fast - slow) * pull * u_0
_GAIN = n * pull**2 * gamma**2 * sigma**2 / (fast - slow) ** 2
_SECOND = _BIAS**2 + _GAIN * (_sum(slow, slow) + _sum(fast, fast) - 2 * _sum(slow, fast))

_MODES_PROOF = r"""Let $x=\gamma L$, and measure everything from $x^*$. The sum $S$ of the workers and the center follow
$S^+=(1-x-\alpha)S+n\alpha\tilde x-\gamma N$, $\tilde x^+=(1-n\alpha)\tilde x+\alpha S$, where the sum $N$ of the noises has
mean zero and variance $n\sigma^2$, independent over rounds. The eigenvalues $1-s$ and $1-r$ of this map have
$s+r=x+(n+1)\alpha$ and $sr=xn\alpha$: $r=\frac12(x+(n+1)\alpha+\sqrt{(x-(n-1)\alpha)^2+4n\alpha^2})$, $s=xn\alpha/r$. They are
real, and $r-s\ge2\sqrt n\alpha>0$: never equal."""

lemma_6_1 = Theorem(
    CARDS["easgd.lemma-6.1"],
    last_center_distance_sq,
    _SECOND,
    _QUADRATIC,
    requires=(*_STABLE, _SAME),
    definitions=_MODES,
    step_limit=_STABLE_LIMIT,
    iteration=None,
    proof=_MODES_PROOF
    + r"""Let $v=S-\frac{n\alpha}{r-n\alpha}\tilde x$ (here $r>n\alpha$). Then $\tilde x^+=(1-s)\tilde x+\alpha v$ and
$v^+=(1-r)v-\gamma N$: check both with $sr=xn\alpha$ and $s+r=x+(n+1)\alpha$. So $\tilde x_K=(1-s)^K\tilde
x_0+\frac{(1-s)^K-(1-r)^K}{r-s}\alpha v_0 -\alpha\gamma\sum_{j=1}^{K-1}\frac{(1-s)^j-(1-r)^j}{r-s}N_{K-1-j}$, where $v_0=u_0$.
The noise terms are independent, and $\sum_j((1-s)^j-(1-r)^j)^2$ is three geometric sums. The conditions are those for
$|1-s|,|1-r|<1$; the equality needs none.""",
)

_B = n * pull

corollary = Theorem(
    CARDS["easgd.lemma-6.1-corollary:printed"],
    limit_workers_center_distance_sq,
    _B * _X / ((2 - _B) * (2 - _X)) * (2 - _B - _X + _B * _X) / (_B + _X - _B * _X) * sigma**2 / L**2,
    _QUADRATIC,
    requires=(
        Condition("n alpha < 2", _B, sp.Integer(2), strict=True),
        Condition("gamma L < 2", _X, sp.Integer(2), strict=True),
        _SAME,
    ),
    step_limit=2 / L,
    iteration=None,
    proof=r"""$n$ times the bound of easgd.lemma-6.1-corollary:rederived, as $\alpha=\frac\beta n\to0$.""",
)

corollary_rederived = Theorem(
    CARDS["easgd.lemma-6.1-corollary:rederived"],
    limit_center_distance_sq,
    pull
    * _X
    * (2 - _B - _X + _B * _X - pull)
    / ((_B + _X + pull - _B * _X) * ((2 - _X) * (2 - _B) - 2 * pull))
    * sigma**2
    / L**2,
    _QUADRATIC,
    requires=(*_STABLE, _SAME),
    step_limit=_STABLE_LIMIT,
    iteration=None,
    proof=_MODES_PROOF
    + r"""The covariance of $(S/n,\tilde x)$ that this map and the noise leave as it is solves three linear equations; its last
entry is the claim. It is also what easgd.lemma-6.1 tends to.""",
)

_C_1 = 2 * gamma * mu * L / (mu + L)
_CONVEX = (smooth, strongly_convex, same_data, unbiased, variance, elastic)
_SHORT = Condition("gamma <= 2 (1 - alpha)/(mu + L)", gamma * (mu + L), 2 * (1 - pull))
_SHARES = (Condition("alpha < 1", pull, sp.S.One, strict=True), Condition("n alpha <= 1", n * pull, sp.S.One))
_SHORT_LIMIT = 2 * (1 - pull) / (mu + L)

_ROWS = r"""Measure from $x^*$; let $y_i$ be the workers, $\bar y$ their mean, $g_i=\nabla f(y_i)$ with mean $\bar g$, $a$,
$b$, $c$ the mean squares of $\bar y$, of the $y_i$ and of the center $\tilde y$, and $V=b-a$ the spread of the $y_i$. $\tilde
y^+=(1-n\alpha)\tilde y+n\alpha\bar y$ and convexity give the last row. For the second,
$y_i^+=(1-\alpha)(y_i-\frac\gamma{1-\alpha}g_i)+\alpha\tilde y-\gamma\xi_i$, and convexity leaves
$(1-\alpha)\|y_i\|^2-2\gamma\langle y_i,g_i\rangle+\frac{\gamma^2}{1-\alpha}\|g_i\|^2+\alpha\|\tilde y\|^2+\gamma^2\sigma^2$.
With $\langle y_i,g_i\rangle\ge\frac{\mu L}{\mu+L}\|y_i\|^2+\frac1{\mu+L}\|g_i\|^2$ (E) and
$\frac\gamma{1-\alpha}\le\frac2{\mu+L}$ this is at most $(1-c_1-\alpha)\|y_i\|^2+\alpha\|\tilde y\|^2+\gamma^2\sigma^2$. For
the first, likewise, $(1-\alpha)a-2\gamma\langle\bar y,\bar g\rangle+\frac{2\gamma}{\mu+L}\|\bar g\|^2+\alpha
c+\frac{\gamma^2\sigma^2}n$. Let $W$ be the spread of the $g_i$ around $\bar g$. As $\langle\bar y,\bar g\rangle$ is the mean
of $\langle y_i,g_i\rangle-\langle y_i-\bar y,g_i-\bar g\rangle$, (E) bounds the two middle terms by
$-c_1b-\frac{2\gamma}{\mu+L}W+2\gamma\sqrt{VW}\le-c_1b+\frac{\gamma(\mu+L)}2V=-c_1a+\frac{\gamma(L-\mu)^2}{2(\mu+L)}V$: the
first row with $c_2'=\frac{\gamma(L-\mu)^2}{2(\mu+L)}$ for $c_2$."""

strongly_convex_rows = Theorem(
    CARDS["easgd.strongly-convex:printed"],
    elastic_recursion_ratio,
    sp.S.One,
    _CONVEX,
    requires=(_SHORT, *_SHARES, _SAME),
    step_limit=_SHORT_LIMIT,
    iteration=None,
    proof=_ROWS
    + r"""Because $(L-\mu)^2=(\sqrt L-\sqrt\mu)^2(\sqrt L+\sqrt\mu)^2\le4L(\sqrt L-\sqrt\mu)^2$, $c_2'\le c_2$, and $b\ge a$.""",
)

_HALF_SUM = gamma * (mu + L) / 2
_LEFT = gamma**2 * sigma**2 * (_HALF_SUM - c_1 + (c_1 + pull) / n) / (c_1 * (_HALF_SUM + pull))

strongly_convex_rederived = Theorem(
    CARDS["easgd.strongly-convex:rederived"],
    last_center_distance_sq,
    (1 + c_1 / (2 * pull)) * (1 - contraction) ** K * R_0**2 + _LEFT,
    (*_CONVEX, same_start),
    requires=(_SHORT, *_SHARES, Condition("alpha > 0", sp.S.Zero, pull, strict=True), _SAME),
    definitions=((contraction, sp.Min(c_1 / 2, n * pull * c_1 / (2 * pull + c_1))), (c_1, _C_1)),
    step_limit=_SHORT_LIMIT,
    iteration=None,
    proof=_ROWS
    + r"""As $c_1+c_2'=\frac{\gamma(\mu+L)}2\le1-\alpha$, no entry of the matrix $U$ of the three rows is negative. Let $s^*$
be the fixed point of the recursion; its last two equations say $a^*=c^*$ and $b^*=\frac{\alpha
c^*+\gamma^2\sigma^2}{c_1+\alpha}$, and the first gives $c^*=\gamma^2\sigma^2\frac{c_2'+(c_1+\alpha)/n}{c_1(c_1+c_2'+\alpha)}$.
With $w=1+\frac{c_1}{2\alpha}$ the rows of $U(1,1,w)^\top$ are $1-\frac{c_1}2$ twice and $w-n\alpha(w-1)=w(1-\frac{n\alpha
c_1}{2\alpha+c_1})$, so that $U(1,1,w)^\top\le(1-r_*)(1,1,w)^\top$. The excess over $s^*$ is at first at most
$R_0^2(1,1,w)^\top$, hence after $K$ rounds at most $(1-r_*)^KR_0^2(1,1,w)^\top$.""",
)

moved_stationary_point = Theorem(
    CARDS["easgd.moved-stationary-point"],
    moved_inverse_slope,
    sp.Max(1 / lambda_, 1 / tilt),
    requires=(Condition("lambda <= 1 (in the units of the example)", lambda_, sp.S.One),),
    iteration=None,
    proof=r"""$f$ and $f'$ are continuous at $\pm1$ ($f=1$, $f'=\mp1$), so $f'$ is Lipschitz, and $f'(0)=c$. $\lambda y$ rises
from $\lambda\le1$ at $y=1$ while $e^{1-y}$ falls from $1$: there is one $y\ge1$ with $\lambda y=e^{1-y}$. At $(y,-y,0)$,
$f'(\pm y)+\lambda(\pm y-0)=\mp e^{1-y}\pm\lambda y=0$ and $\sum_i(x^i-\tilde x)=y-y=0$: the point is stationary for the
elastic objective. But $|f'(\pm y)|=\lambda y\ge\lambda$ and $|f'(0)|=c$.""",
)
