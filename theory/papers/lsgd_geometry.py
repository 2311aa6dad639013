"""Leader SGD away from strong convexity, and the direction of its steps: Teng et al. 2019."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import bounded_below, communicated, quadratic, same_data, same_start, smooth, unique_leader
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.quantities.leader import (
    frozen_leader_grad_norm,
    limit_unimproved_leaders,
    mean_leader_grad_norm_sq,
    stationary_leader_grad_norm,
    unimproved_leaders,
)
from theory.rates import Iteration
from theory.symbols import K, L, cosine, delta, gamma, mu, n, sigma, zeta
from theory.theorem import Theorem

stationary_points = Theorem(
    CARDS["lsgd.stationary-points:printed"],
    stationary_leader_grad_norm,
    sp.S.Zero,
    (smooth, same_data, unique_leader),
    iteration=None,
)

stationary_points_corrected = Theorem(
    CARDS["lsgd.stationary-points:corrected"],
    frozen_leader_grad_norm,
    sp.S.Zero,
    (smooth, same_data, unique_leader),
    iteration=None,
    proof=r"""$z=w^i$ does not pull the leader: its update is $w^i-\gamma\nabla f(w^i)$, and that is $w^i$ only where $\nabla
f(w^i)=0$. (The others rest where $\nabla f(w^j)=-\lambda(w^j-w^i)$.)

Differentiated, $z=w^i$ adds $-\lambda\sum_{j\ne i}(w^j-w^i)$ to the derivative with respect to $w^i$, so that stationary
points have $\nabla f(w^i)=\lambda\sum_{j\ne i}(w^j-w^i)$. Two workers at $(0,1)$ and $f(x)=\lambda(x-x^2)+c(3x^2-2x^3)$,
$c>0$: $f(0)=0<c=f(1)$, $f'(1)=-\lambda$ and $f'(0)=\lambda=\lambda(1-0)$, so both derivatives of the objective vanish, and
$f'(0)$ does not.""",
)

limit_points = Theorem(
    CARDS["lsgd.limit-points"],
    mean_leader_grad_norm_sq,
    delta / (gamma * (1 - gamma * L / 2) * K),
    (bounded_below, smooth, same_data, same_start, communicated),
    requires=(
        Condition("gamma < 2/L", gamma * L, sp.Integer(2), strict=True),
        Condition("sigma = 0 (exact gradients)", sigma, 0),
        Condition("zeta = 0 (iid data)", zeta, 0),
    ),
    step_limit=2 / L,
    iteration=Iteration(n, 1 / L),
    proof=r"""A leader does not move when workers communicate, and else takes plain gradient steps, of which each takes
$\gamma(1-\frac{\gamma L}2)\|\nabla f\|^2$ off its value. The next leader is no worse at its election. So the values of the
leaders never rise, and the sum of $\gamma(1-\frac{\gamma L}2)\|\nabla f(z^{(k)})\|^2$ over all $k$ is at most $\Delta$. In
particular $\liminf_k\|\nabla f(x_i^{(k)})\|=0$ for every worker $i$ that leads infinitely often, whatever the periods.""",
)

_HALF = sp.Rational(1, 2)

angle_small_lambda = Theorem(
    CARDS["lsgd.angle-small-lambda"],
    limit_unimproved_leaders,
    _HALF,
    (quadratic,),
    requires=(Condition("cos(theta) < 1", cosine, sp.S.One, strict=True),),
    iteration=None,
    proof=r"""Write $d_N=-x$ for the Newton step and $d_G=-Ax$ for the gradient step. The directions whose angle to $d_N$ is at
most that of $d_G$ form a convex cone that holds $d_G$; as $d_z=d_G+\lambda(z-x)$ lies between $d_G$ and the $d_z$ of a larger
$\lambda$, $I(x,\lambda)$ grows as $\lambda$ falls, and the limit exists. The cosine of the angle of $d_G+\lambda u$ to $d_N$
has at $\lambda=0$ a derivative of the sign of $\langle u,v\rangle$, where $v\ne0$ is $d_N$ minus its projection on $d_G$. So
in the limit all $z\in E$ with $\langle z-x,v\rangle>0$ are in $I$. The center $z=0$ of the ellipsoid $E$ is one of them,
$\langle-x,v\rangle=\langle d_N,v\rangle=\|v\|^2>0$, and a half-space that holds the center of a symmetric body holds at least
half of it.""",
)

angle_large = Theorem(
    CARDS["lsgd.angle-large"],
    unimproved_leaders,
    _HALF,
    (quadratic,),
    requires=(
        Condition(
            "cos(theta) + cos(theta)^(3/2) sqrt(L/mu) <= 1", cosine + cosine ** sp.Rational(3, 2) * sp.sqrt(L / mu), sp.S.One
        ),
    ),
    iteration=None,
)
