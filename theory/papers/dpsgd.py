"""Decentralised SGD with doubly stochastic mixing: Lian et al. 2017, and sharper bounds with explicit constants."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from theory.assumptions import GRADIENTS, contracting, heterogeneity, same_start, symmetric
from theory.catalogue import CARDS
from theory.chain import Chain
from theory.conditions import Condition
from theory.derive import tuned
from theory.papers.common import ASSUMED, CONTRACTS, DESCENT, DESCENT_BOUND, SHORT_STEP
from theory.quantities import mean_consensus_sq, mean_grad_norm_sq
from theory.symbols import D_1, D_2, A, Expr, K, L, S, delta, gamma, n, rho, sigma, zeta
from theory.theorem import Theorem

_GAP = 1 - sp.sqrt(rho)
_ASSUMED = (*GRADIENTS, heterogeneity, same_start, symmetric)

_D = (
    (D_1, sp.Rational(1, 2) - 9 * gamma**2 * L**2 * n / (_GAP**2 * D_2)),
    (D_2, 1 - 18 * gamma**2 * n * L**2 / _GAP**2),
)
_S = (S, sigma**2 / (1 - rho) + 9 * zeta**2 / _GAP**2)
# D_2 is positive where D_1 is defined and positive; both are stated, as in the paper
_POSITIVE = (
    SHORT_STEP,
    Condition("D_2 > 0", 18 * gamma**2 * n * L**2 / _GAP**2, 1, strict=True),
    Condition("D_1 > 0 (where D_2 > 0)", 36 * gamma**2 * n * L**2 / _GAP**2, 1, strict=True),
    CONTRACTS,
)

theorem_1 = Theorem(
    CARDS["dpsgd.theorem-1"],
    mean_grad_norm_sq,
    (delta / (gamma * K) + gamma * L * sigma**2 / (2 * n) + gamma**2 * L**2 * n * S / D_2) / D_1,
    _ASSUMED,
    requires=_POSITIVE,
    definitions=(*_D, _S),
    step_limit=_GAP / (6 * L * sp.sqrt(n)),
    proof=r"""From ours.p2. With $u = 18\gamma^2nL^2/(1-\sqrt\rho)^2$, $D_2 = 1-u$ and $D_1 = \frac12-\frac u{2(1-u)}>0$ says
$u<\frac12$, so $\gamma<(1-\sqrt\rho)/(6L\sqrt n)$ and ours.p2 applies. Its terms are at most twice the terms of the right side
before division by $D_1\le\frac12$: $\frac{2\Delta}{\gamma K}$ and $\frac{L\gamma\sigma^2}n$ are equal to twice theirs;
$\frac{2}{1-\sqrt\rho}\le\frac{4}{1-\rho}\le\frac{2n}{1-\rho}$ for $n\ge2$, and $4\le18n$. For $n=1$ there is no consensus
error, and (DL) alone is enough.""",
)

_STEP = 1 / (2 * L + sigma * sp.sqrt(K / n))


def _k_conditions(extra: Expr) -> tuple[Condition, ...]:
    heterogeneous = 4 * L**4 * n**5 / (sigma**6 * (delta + extra) ** 2) * S**2
    return (
        Condition(f"K >= 4 L^4 n^5 S^2 / (sigma^6 (Delta + {extra})^2)", heterogeneous, K),
        Condition("K >= 72 L^2 n^2 / (sigma^2 (1 - sqrt(rho))^2)", 72 * L**2 * n**2 / (sigma**2 * _GAP**2), K),
        CONTRACTS,
    )


def _small(extra: Expr) -> Expr:
    """Return what the first condition on K makes an upper bound of S."""
    return (delta + extra) * sigma**3 * sp.sqrt(K) / (2 * L**2 * n ** sp.Rational(5, 2))


def _printed_chain() -> Chain:
    """Put the step of Corollary 2 into Theorem 1; the rough 1/D_1 <= 4 and 1/D_2 <= 2 give the constants of the paper."""
    return (
        Chain.of(theorem_1.right_side)
        .bound(1 / D_1, sp.Integer(4), "the second condition on K, for D_1")
        .bound(1 / D_2, sp.Integer(2), "the second condition on K, for D_2")
        .bound(1 / gamma, 1 / _STEP, "the step")
        .bound(gamma, sp.sqrt(n / K) / sigma, "2 L >= 0 in the step")
        .bound(S, _small(L / 2), "the first condition on K")
    )


def _two_terms(chain: Chain) -> Chain:
    """Write the end of a chain as ``c L Delta/K + (...) sigma/sqrt(nK)``."""
    end = sp.expand(chain.end)
    slow = sum(term for term in sp.Add.make_args(end) if term.as_powers_dict()[K] == -1)
    fast = sp.factor_terms(sp.expand((end - slow) * sp.sqrt(n * K) / sigma))
    return chain.rewritten(slow + fast * sigma / sp.sqrt(n * K))


def _corollary(key: str, chain: Chain, extra: Expr, proof: str = "") -> Theorem:
    return Theorem(
        CARDS[key],
        mean_grad_norm_sq,
        chain.end,
        _ASSUMED,
        requires=_k_conditions(extra),
        definitions=(_S,),
        step=_STEP,
        proof=proof,
        derivation=chain,
    )


corollary_2 = _corollary("dpsgd.corollary-2", _two_terms(_printed_chain()), L / 2)

_FIRST = 2 * sigma**2 / (1 - rho) + 18 * zeta**2 / _GAP**2
_DESCENT_LEFT = gamma * L * sigma**2 / (2 * n)

theorem_3 = Theorem(
    CARDS["dpsgd.theorem-3:printed"],
    mean_consensus_sq,
    n * gamma**2 * A / D_2,
    _ASSUMED,
    requires=_POSITIVE,
    definitions=(
        (A, _FIRST + L**2 * S / D_1 + 18 / _GAP**2 * (delta / (gamma * K) + _DESCENT_LEFT / D_1)),
        *_D,
        _S,
    ),
    step_limit=theorem_1.step_limit,
)

theorem_3_corrected = replace(
    theorem_3,
    card=CARDS["dpsgd.theorem-3:corrected"],
    definitions=(
        (A, _FIRST + (1 - D_2) * S / (D_1 * D_2) + 18 / (_GAP**2 * D_1) * (delta / (gamma * K) + _DESCENT_LEFT)),
        *_D,
        _S,
    ),
    proof=r"""The paper's lemma bounds the consensus error, node by node, by
$\frac{n\gamma^2}{D_2}\left(\frac{2\sigma^2}{1-\rho}+\frac{18\zeta^2}{(1-\sqrt\rho)^2}+\frac{18}{(1-\sqrt\rho)^2}\,\mathrm{avg}\,h
\right)$. Put Theorem 1 in for avg $h$: the term with $S$ has the factor $18\gamma^2L^2n/(1-\sqrt\rho)^2 = 1-D_2$, and everything
carries $1/D_1$. Independently of that lemma the claim follows from ours.p2-consensus, which is smaller than the first two
terms: $\frac{2}{1-\sqrt\rho}\le\frac{2n}{1-\rho}$ and $4\le18n$ for $n\ge2$.""",
)

_P2_STEP = Condition("gamma <= (1 - sqrt(rho))/(2L)", 2 * gamma * L / _GAP, 1)
_P2_PROOF = r"""Let $S_k = \mathbb{E}\|X_k(I-J)\|_F^2$ and $X_{k+1} = X_kW_k-\gamma G_k$. The noise is a martingale difference and
$I-J$ leaves $(n-1)\sigma^2$ of it. By Young's inequality with factor $\rho^{-1/2}$, the contraction of $W_k$, and
$\|\nabla F(X)(I-J)\|_F^2\le2L^2S+2n\zeta^2$ (add and subtract the local gradients at the mean),
$S_{k+1}\le\sqrt\rho S_k+\frac{\gamma^2}{1-\sqrt\rho}(2L^2S_k+2n\zeta^2)+\gamma^2(n-1)\sigma^2$.
For $2\gamma L\le1-\sqrt\rho$ the factor of $S_k$ is at most $\frac{1+\sqrt\rho}2$; since $S_0=0$,
avg $S\le\frac2{1-\sqrt\rho}\left(\frac{2\gamma^2n\zeta^2}{1-\sqrt\rho}+\gamma^2(n-1)\sigma^2\right)$, and $Q=S/n$.
Stepping before mixing only makes the terms of the step smaller, by the contraction."""

p2_consensus = Theorem(
    CARDS["ours.p2-consensus"],
    mean_consensus_sq,
    4 * gamma**2 * zeta**2 / _GAP**2 + 2 * gamma**2 * sigma**2 * (1 - 1 / n) / _GAP,
    (*ASSUMED, contracting),
    requires=(_P2_STEP, CONTRACTS),
    step_limit=_GAP / (2 * L),
    proof=_P2_PROOF,
)

p2 = Theorem(
    CARDS["ours.p2"],
    mean_grad_norm_sq,
    DESCENT_BOUND + 2 * gamma**2 * L**2 * sigma**2 / _GAP + 4 * gamma**2 * L**2 * zeta**2 / _GAP**2,
    (*ASSUMED, contracting),
    requires=(_P2_STEP, CONTRACTS),
    step_limit=_GAP / (2 * L),
    proof=DESCENT + _P2_PROOF + "\nPut this into (DL), which applies because the step is below 1/L.",
)

p2_tuned = tuned(p2, CARDS["ours.p2-tuned"])


def _rederived_chain() -> Chain:
    """Put the step of Corollary 2 into (DL) and the consensus error."""
    return (
        Chain.of(DESCENT_BOUND + gamma**2 * L**2 * n * S)
        .bound(1 / gamma, sp.Rational(5, 4) * sigma * sp.sqrt(K / n), "the second condition on K, for 2 L in the step")
        .bound(gamma, sp.sqrt(n / K) / sigma, "2 L >= 0 in the step")
        .bound(S, _small(L), "the first condition on K")
        .rewritten(3 * (delta + L / 2) * sigma / sp.sqrt(n * K))
    )


corollary_2_rederived = _corollary(
    "dpsgd.corollary-2:rederived",
    _rederived_chain(),
    L,
    DESCENT
    + _P2_PROOF
    + r"""
By the second condition on $K$ the step is at most $\frac1\sigma\sqrt{n/K}\le\frac{1-\sqrt\rho}{L\sqrt{72n}}$, so all this
applies. In the bound of avg $Q$, which is that of ours.p2-consensus, $\frac1{1-\sqrt\rho}\le\frac2{1-\rho}$,
$4(1-\frac1n)\le n$, because $(n-2)^2\ge0$, and $4\le9n$: avg $Q\le\gamma^2nS$. Put this into (DL). Finally $2L$ is at most
a quarter of $\sigma\sqrt{K/n}$, because the second condition says $K\ge72L^2n/\sigma^2$: the chain of inequalities kept with
the theorem.""",
)
