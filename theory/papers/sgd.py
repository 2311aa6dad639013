r"""SGD whose n workers average their gradients at every step.

P1 is (DL) with no consensus error. The bound of Ghadimi and Lan keeps the term that (DL) drops, hence admits every
step below 2/L; it is proved below.
"""

from __future__ import annotations

import sympy as sp

from theory.assumptions import GRADIENTS, every_step_average
from theory.catalogue import CARDS
from theory.chain import Chain
from theory.conditions import Condition
from theory.derive import tuned
from theory.papers.common import DESCENT, DESCENT_BOUND, SHORT_STEP
from theory.quantities import mean_grad_norm_sq
from theory.symbols import Expr, K, L, delta, gamma, n, sigma
from theory.theorem import Theorem

_ASSUMED = (*GRADIENTS, every_step_average)

ghadimi_lan = Theorem(
    CARDS["sgd.ghadimi-lan"],
    mean_grad_norm_sq,
    (2 * delta + L * K * gamma**2 * sigma**2 / n) / (K * gamma * (2 - L * gamma)),
    _ASSUMED,
    requires=(Condition("gamma < 2/L", gamma * L, 2, strict=True),),
    step_limit=2 / L,
    proof=r"""Smoothness gives $\mathbb{E}f(x_{k+1})\le\mathbb{E}f(x_k)-\gamma h_k+\frac{L\gamma^2}2(h_k+\frac{\sigma^2}n)$, the
mean of $n$ independent noises having variance at most $\sigma^2/n$. Sum over $k<K$, use $f(x_K)\ge f^*$, and divide by
$K(\gamma-\frac{L\gamma^2}2)>0$; multiply numerator and denominator by 2.""",
)

_D_F = sp.sqrt(2 * delta / L)
_TUNED_STEP = sp.Min(1 / L, _D_F * sp.sqrt(n / K) / sigma)


def _ghadimi_lan_chain() -> Chain:
    """Put the tuned step into the bound: 2 - L gamma >= 1, then the inverse of a minimum is at most the sum of inverses."""
    balanced = _D_F * sp.sqrt(n / K) / sigma
    return (
        Chain.of(ghadimi_lan.right_side)
        .bound(1 / (2 - L * gamma), sp.Integer(1), "gamma <= 1/L")
        .bound(1 / gamma, L + 1 / balanced, "1/min is at most the sum of the inverses")
        .bound(gamma, balanced, "gamma is at most the second entry of the minimum")
    )


def _collected(chain: Chain) -> Expr:
    end = sp.expand_mul(chain.end)
    return sp.Add(*[sp.powsimp(term) for term in sp.Add.make_args(end)])


_CHAIN = _ghadimi_lan_chain()

ghadimi_lan_tuned = Theorem(
    CARDS["sgd.ghadimi-lan-tuned"],
    mean_grad_norm_sq,
    _collected(_CHAIN),
    _ASSUMED,
    step=_TUNED_STEP,
    derivation=_CHAIN,
)

p1 = Theorem(
    CARDS["ours.p1"],
    mean_grad_norm_sq,
    DESCENT_BOUND,
    _ASSUMED,
    requires=(SHORT_STEP,),
    step_limit=1 / L,
    proof=DESCENT + "\nAll workers evaluate at the center: Q = 0.",
)

p1_tuned = tuned(p1, CARDS["ours.p1-tuned"])
