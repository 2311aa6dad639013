"""Leader SGD: Teng et al. 2019, with the constants its proofs give."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import (
    elected,
    elected_on_noise,
    elected_rarely,
    growing_variance,
    pulled,
    pulled_twice,
    same_data,
    same_start,
    smooth,
    strongly_convex,
    unbiased,
)
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.quantities.leader import (
    last_worker_suboptimality,
    leader_descent_ratio,
    limit_worker_suboptimality,
)
from theory.rates import Iteration
from theory.symbols import (
    Expr,
    K,
    L,
    delta,
    gamma,
    k_0,
    keep,
    lambda_,
    lambda_G,
    mu,
    n,
    nu,
    pull,
    sigma,
    sigma_f,
    tau,
    zeta,
)
from theory.theorem import Theorem

_GRADIENTS = (smooth, strongly_convex, same_data, unbiased, growing_variance)
_SAME = Condition("zeta = 0 (iid data)", zeta, 0)
_STEP = Condition("gamma <= 1/(2 L (nu + 1))", 2 * gamma * L * (nu + 1), 1)
_FLOOR = gamma * L * sigma**2 / (2 * mu)
_TRANSIENT = (1 - mu * gamma) ** K


def _weak(strength: Expr, name: str) -> Condition:
    return Condition(f"gamma {name} <= mu/(2 L)", 2 * gamma * strength * L, mu)


def _limit(strength: Expr) -> Expr:
    return sp.Min(1 / (2 * L * (nu + 1)), mu / (2 * L * strength))


_REQUIRED = (_STEP, _weak(lambda_, "lambda"), _SAME)

_DESCENT = r"""Write $d(x)=f(x)-f^*$, $a=\|\nabla f(x)\|$ and $b=\|x-z\|$. Smoothness gives $\mathbb{E}f(x_+)\le f(x)-\gamma
a^2-\gamma\lambda\langle\nabla f(x),x-z\rangle +\frac{L\gamma^2}2(\|\nabla f(x)+\lambda(x-z)\|^2+\sigma^2+\nu a^2)$, and strong
convexity $-\langle\nabla f(x),x-z\rangle\le-(f(x)-f(z))-\frac\mu2b^2$. With $\langle\nabla f(x),x-z\rangle\le ab$ in the
square, $\mathbb{E}f(x_+)\le f(x)-\gamma\lambda(f(x)-f(z))+\frac{L\gamma^2\sigma^2}2-\frac\gamma2a^2-Q(a,b)$,
$Q=\left(\frac\gamma2-\frac{L\gamma^2(1+\nu)}2\right)a^2-L\gamma^2\lambda ab+\frac{\gamma\lambda}2(\mu-L\gamma\lambda)b^2$. Put
$\gamma=\frac s{2L(1+\nu)}$ and $\gamma\lambda=\frac{q\mu}{2L}$; the first two conditions say $s,q\le1$. The diagonal of $Q$ is
nonnegative, and its determinant is $\frac{\mu^2qs(\nu(2-q)(2-s)+2(2-q-s))}{64L^2(1+\nu)^2}\ge0$, so $Q\ge0$. Strong convexity
also says $a^2\ge2\mu d(x)$. Together
$\mathbb{E}d(x_+)\le(1-\mu\gamma)d(x)-\gamma\lambda(f(x)-f(z))+\frac{L\gamma^2\sigma^2}2$. (D) The right side is nonnegative:
$f(x)-f(z)\le d(x)$ and $\mu\gamma+\gamma\lambda\le\frac\mu L\le1$.
"""

theorem_1 = Theorem(
    CARDS["lsgd.theorem-1"],
    leader_descent_ratio,
    sp.S.One,
    (*_GRADIENTS, pulled),
    requires=(
        *_REQUIRED,
        Condition("gamma sqrt(lambda) <= sqrt(mu)/(sqrt(2) L)", sp.sqrt(2 * lambda_) * gamma * L, sp.sqrt(mu)),
    ),
    step_limit=_limit(lambda_),
    iteration=None,
    proof=_DESCENT
    + r"""The last condition follows from the first two:
$\gamma^2\lambda\le\frac1{2L}\cdot\frac\mu{2L}=\frac\mu{4L^2}<\frac\mu{2L^2}$.""",
)

multi_leader = Theorem(
    CARDS["lsgd.multi-leader"],
    leader_descent_ratio,
    sp.S.One,
    (*_GRADIENTS, pulled_twice),
    requires=(_STEP, _weak(lambda_ + lambda_G, "(lambda + lambda_G)"), _SAME),
    step_limit=_limit(lambda_ + lambda_G),
    iteration=None,
    proof=_DESCENT
    + r"""Two pulls are one, of strength $\Lambda=\lambda+\lambda_G$ to $\bar z=(\lambda z+\lambda_Gz_G)/\Lambda$, and
convexity says $\Lambda f(\bar z)\le\lambda f(z)+\lambda_Gf(z_G)$. So (D) holds with $\Lambda$ for $\lambda$, and its drift is
at most $-\gamma(\lambda(f(x)-f(z))+\lambda_G(f(x)-f(z_G)))$.""",
)

_RUN = r"""Let $d_k=\frac1n\sum_i\mathbb{E}f(x_i^{(k)})-f^*$."""
_ELECTED = (*_GRADIENTS, pulled, elected)

limsup = Theorem(
    CARDS["lsgd.limsup:printed"],
    limit_worker_suboptimality,
    _FLOOR,
    _ELECTED,
    requires=_REQUIRED,
    step_limit=_limit(lambda_),
    iteration=None,
    proof="The limit of lsgd.limsup:rederived as K grows.",
)

limsup_rederived = Theorem(
    CARDS["lsgd.limsup:rederived"],
    last_worker_suboptimality,
    _TRANSIENT * delta + (1 - _TRANSIENT) * _FLOOR,
    (*_ELECTED, same_start),
    requires=_REQUIRED,
    step_limit=_limit(lambda_),
    iteration=None,
    proof=_DESCENT
    + _RUN
    + r"""The leader is no worse than any worker, so (D) gives $d_{k+1}\le(1-\mu\gamma)d_k+\frac{L\gamma^2\sigma^2}2$, a
recursion whose fixed point is $\frac{\gamma L\sigma^2}{2\mu}$.""",
)

_ROOT = sp.sqrt(n) * sigma_f

stochastic_leader = Theorem(
    CARDS["lsgd.stochastic-leader:printed"],
    limit_worker_suboptimality,
    _FLOOR + 4 * lambda_ / mu * _ROOT,
    (*_GRADIENTS, pulled, elected_on_noise),
    requires=_REQUIRED,
    step_limit=_limit(lambda_),
    iteration=None,
    proof="The limit of lsgd.stochastic-leader:rederived as K grows, with 4 for 1.",
)

stochastic_leader_rederived = Theorem(
    CARDS["lsgd.stochastic-leader:rederived"],
    last_worker_suboptimality,
    _TRANSIENT * delta + (1 - _TRANSIENT) * (_FLOOR + lambda_ / mu * _ROOT),
    (*_GRADIENTS, pulled, elected_on_noise, same_start),
    requires=_REQUIRED,
    step_limit=_limit(lambda_),
    iteration=None,
    proof=_DESCENT
    + _RUN
    + r"""Let $j$ be the best worker, and $e_i=\tilde f(x_i)-f(x_i)$. Then $f(z)-f(x_j)=-e_z+(\tilde f(z)-\tilde f(x_j))+e_j$,
where the middle term is not positive, and $e_j$ has mean zero, as $j$ does not depend on the estimates. So
$\mathbb{E}f(z)-f(x_j)\le\mathbb{E}\max_i|e_i|\le(\sum_i\mathbb{E}e_i^2)^{1/2}\le\sqrt n\sigma_f$, and (D) gives
$d_{k+1}\le(1-\mu\gamma)d_k+\gamma\lambda\sqrt n\sigma_f+\frac{L\gamma^2\sigma^2}2$.""",
)

one_over_k_rederived = Theorem(
    CARDS["lsgd.one-over-k:rederived"],
    last_worker_suboptimality,
    sp.Max(k_0 * delta, 2 * L * sigma**2 / mu**2) / (K + k_0),
    (*_ELECTED, same_start),
    requires=(
        Condition("k_0 >= 4 (L/mu) (nu + 1)", 4 * L * (nu + 1) / mu, k_0),
        Condition("gamma_k lambda_k = alpha <= mu/(2 L)", 2 * pull * L, mu),
        _SAME,
    ),
    iteration=Iteration(n, 1 / L),
    proof=_DESCENT
    + _RUN
    + r"""The step of iteration $k$ is $\gamma_k=\frac2{\mu(k+k_0)}\le\frac1{2L(\nu+1)}$. With $t=k+k_0$ and
$v=\max\{k_0\Delta,2L\sigma^2/\mu^2\}$, (D) and $d_k\le\frac vt$ give $d_{k+1}\le\left(1-\frac2t\right)\frac vt
+\frac{2L\sigma^2}{\mu^2t^2}\le v\frac{t-1}{t^2}\le\frac v{t+1}$, and $d_0\le\frac v{k_0}$.""",
)

_RHO = 1 - (mu + lambda_) * gamma
_KEEP = (keep, _RHO**tau + (1 - _RHO**tau) * lambda_ / (mu + lambda_))

infrequent_leader = Theorem(
    CARDS["lsgd.infrequent-leader"],
    last_worker_suboptimality,
    keep ** (K / tau) * delta + _FLOOR,
    (*_GRADIENTS, pulled, elected_rarely, same_start),
    requires=(*_REQUIRED, Condition("tau >= 1", 1, tau)),
    definitions=(_KEEP,),
    step_limit=_limit(lambda_),
    iteration=None,
    proof=_DESCENT
    + _RUN
    + r"""Between elections $z$ is fixed; let $D=\mathbb{E}f(z)-f^*$, $\varrho=1-(\mu+\lambda)\gamma\in[0,1)$ and
$c=\frac\mu{\mu+\lambda}$. (D) reads $d_{k+1}\le\varrho d_k+\gamma\lambda D+\frac{L\gamma^2\sigma^2}2$, and $D\le d_0$ if the
period starts at $0$: $d_j\le w_jd_0+(1-w_j)F$ with $w_j=1-c(1-\varrho^j)$ and $F=\frac{\gamma L\sigma^2}{2\mu}$, for
$j\le\tau$. Where the leader is not pulled back to $z$, let $e_j=d_j-F$ and $\epsilon=D-F\le e_0$: the others keep $\varrho^j$
of their excess over $F$ and gain at most $(w_j-\varrho^j)\epsilon$, the leader keeps at most $(1-\mu\gamma)^j\epsilon$, where
$\varrho^j\le(1-\mu\gamma)^j\le w_j$; so $e_j\le w_je_0$ if $\epsilon\ge0$, and $e_j\le\varrho^je_0$ if not: as before where
$e_0\ge0$, and never positive elsewhere. Over periods, with $K=r\tau+j$, $d_K\le\omega\Delta+F$ with $\omega=w_\tau^rw_j$. Now
$\ln w_j=\ln(1-c+ce^{j\ln\varrho})$ is convex in $j$ and zero at $j=0$, so $w_j\le w_\tau^{j/\tau}$ and $\omega\le
w_\tau^{K/\tau}$, where $w_\tau=w$.""",
)
