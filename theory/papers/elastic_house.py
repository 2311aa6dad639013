"""The gauge B of systems that Nadiradze et al. 2021 do not tabulate: gossip, local steps, leaders, late collectives."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import (
    Assumption,
    contracting,
    envelope,
    group_sequence,
    late_gradients,
    one_worker,
    periodic_average,
    same_start,
    second_moment,
    stale,
)
from theory.assumptions_views import common_pull
from theory.catalogue import CARDS
from theory.conditions import Condition
from theory.papers.elastic_systems import MOMENT
from theory.quantities.elastic import gauge_sq
from theory.symbols import C, Expr, G, T, group, n, pull, q, quorum, rho, tau
from theory.theorem import Theorem

_MIXES = Condition("rho < 1", rho, 1, strict=True)
_PERIOD = Condition("tau >= 1", 1, tau)
_SHARE = (n - 1) / n
_NORM = r"""Write $|X|=\sqrt{\mathbb{E}\|X\|_F^2}$, a norm in which every gradient is at most $G$, and $D_k=X_k(I-J)$ for the
distances of the models $X_k$ to their mean, which start at zero. """
_DEVIATION = r"""With the mean $\bar g$ of all gradients,
$|g_i-\bar g|\le\left(1-\frac1n\right)|g_i|+\frac1n\sum_{j\ne i}|g_j|\le\frac{2(n-1)}nG$. (1) """


def _gauge(key: str, root: Expr, systems: tuple[Assumption, ...], requires: tuple[Condition, ...], proof: str) -> Theorem:
    assumed = (second_moment, same_start, *systems)
    return Theorem(CARDS[key], gauge_sq, (root * G) ** 2, assumed, requires, MOMENT, iteration=None, proof=_NORM + proof)


dpsgd = _gauge(
    "ours.gauge-dpsgd",
    sp.sqrt(n) / (1 - sp.sqrt(rho)),
    (contracting,),
    (_MIXES,),
    r"""All gradients of an iteration together are at most $\sqrt nG$. Whether mixing comes before the step or after it,
$|D_{k+1}|\le\sqrt\rho|D_k|+\gamma\sqrt nG$, so $|D_k|\le\frac{\gamma\sqrt nG}{1-\sqrt\rho}$, and no worker is further from the
mean than all of them together.""",
)
adpsgd = _gauge(
    "ours.gauge-adpsgd",
    sp.sqrt(_SHARE) / (1 - sp.sqrt(rho)) + T / n,
    (contracting, one_worker, stale),
    (_MIXES,),
    r"""One gradient of one worker is $\sqrt{1-\frac1n}$ times its length from its mean over workers:
$|D_{k+1}|\le\sqrt\rho|D_k|+\gamma\sqrt{1-\frac1n}G$, so $|D_k|\le\frac{\gamma G}{1-\sqrt\rho}\sqrt{1-\frac1n}$. A view is a
column of $X_{k-\tau_k}$, and the mean has moved since by at most $T$ steps of $\frac\gamma nG$.""",
)
sgp = _gauge(
    "ours.gauge-sgp",
    sp.sqrt(n) * C * q / (1 - q),
    (envelope,),
    (Condition("q < 1", q, 1, strict=True),),
    r"""Let $Z_k$ be the de-biased models, at which gradients are taken, and $G_s$ all gradients of iteration $s$,
$|G_s|\le\sqrt nG$. By sgp.lemma-3:corrected, from a common start, $\|Z_k-\mathbf 1\bar x_k^\top\|_F\le\gamma
C\sum_{s<k}q^{k-s}\|G_s\|_F$, and $\sum_{s<k}q^{k-s}\le\frac q{1-q}$.""",
)
local_sgd = _gauge(
    "ours.gauge-local-sgd",
    2 * (tau - 1) * _SHARE,
    (periodic_average,),
    (_PERIOD,),
    _DEVIATION
    + r"""Since the last average, at most $\tau-1$ steps ago, $x_i-\bar x$ is $-\gamma$ times the sum of the $g_i-\bar g$.""",
)
lsgd = _gauge(
    "ours.gauge-lsgd",
    2 * _SHARE / pull,
    (common_pull,),
    (Condition("alpha <= 1", pull, 1),),
    _DEVIATION
    + r"""The point cancels: $x_i^+-\bar x^+=(1-\alpha)(x_i-\bar x)-\gamma(g_i-\bar g)$. By induction
$|x_i-\bar x|\le\frac\gamma\alpha\cdot\frac{2(n-1)}nG$, whatever the point is.""",
)
wagma = _gauge(
    "ours.gauge-wagma",
    4 * (tau - 1),
    (group_sequence,),
    (_PERIOD, Condition("S_g <= n", group, n)),
    r"""The proofs of wagma.lemma-4.2 and wagma.lemma-4.3 bound the distance of a model to the mean $\mu_r$ at the last
average, and the distance of the mean to it, each by $2\gamma G$ per iteration since; there are at most $\tau-1$ of these.""",
)
eager = _gauge(
    "ours.gauge-eager",
    tau * (n - quorum) / n,
    (late_gradients,),
    (Condition("Q <= n", quorum, n),),
    r"""This is eager.lemma-6.2:corrected, divided by $\gamma^2$: a model lacks at most $n-Q$ gradients of each of the last $\tau$
rounds.""",
)
