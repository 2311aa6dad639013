"""QSGD: stochastic quantisation (Alistarh et al. 2017, Lemma 3.1), and SGD with unbiased compressors at any step."""

from __future__ import annotations

import sympy as sp

from theory.assumptions import GRADIENTS, same_start, second_moment
from theory.assumptions_views import stochastic_levels, unbiased_compressor
from theory.catalogue import CARDS
from theory.papers.common import DESCENT, SHORT_STEP
from theory.quantities import Quantity, mean_grad_norm_sq
from theory.quantities.compression import compression_bias, compression_variance_ratio, nonzero_entries
from theory.rates import Iteration
from theory.symbols import Expr, K, L, M, blow_up, d, delta, gamma, levels, n, sigma
from theory.theorem import Theorem

_LEVELS = r"""Let $r_i=|v_i|/\|v\|$, so that $\sum_ir_i^2=1$ and $\sum_ir_i\le\sqrt d$. With $\ell_i$ the integer part of
$sr_i$ and $p_i=sr_i-\ell_i$, $\xi_i$ is $(\ell_i+1)/s$ with probability $p_i$ and $\ell_i/s$ otherwise. """
_VARIANCE = (
    _LEVELS
    + r"""Its variance is $p_i(1-p_i)/s^2$, which is at most $\frac1{4s^2}$ and at most $\frac{p_i}{s^2}\le\frac{r_i}s$; add up
over $i\le d$, times $\|v\|^2$."""
)


def _lemma(key: str, quantity: Quantity, bound: Expr, proof: str) -> Theorem:
    return Theorem(CARDS[key], quantity, bound, (stochastic_levels,), iteration=None, proof=proof)


mean = _lemma(
    "qsgd.lemma-3.1-mean",
    compression_bias,
    sp.S.Zero,
    _LEVELS + r"So $\mathbb{E}\xi_i=\frac{\ell_i+p_i}s=r_i$.",
)
variance = _lemma("qsgd.lemma-3.1:printed", compression_variance_ratio, sp.Min(d / levels**2, sp.sqrt(d) / levels), _VARIANCE)
variance_rederived = _lemma(
    "qsgd.lemma-3.1:rederived", compression_variance_ratio, sp.Min(d / (4 * levels**2), sp.sqrt(d) / levels), _VARIANCE
)
sparsity = _lemma(
    "qsgd.lemma-3.1-sparsity",
    nonzero_entries,
    levels * (levels + sp.sqrt(d)),
    _LEVELS
    + r"""At most $s^2$ coordinates have $r_i\ge\frac1s$, as $\sum_ir_i^2=1$. Each of the others is not rounded to zero with
probability $p_i=sr_i$, and $\sum_isr_i\le s\sqrt d$.""",
)

_NOISE = sigma**2 + blow_up * (M**2 + sigma**2)
compressed = Theorem(
    CARDS["ours.unbiased-compression"],
    mean_grad_norm_sq,
    2 * delta / (gamma * K) + L * gamma * _NOISE / n,
    (*GRADIENTS, second_moment, same_start, unbiased_compressor),
    requires=(SHORT_STEP,),
    step_limit=1 / L,
    iteration=Iteration(n, sp.sqrt(2 * delta * n / (L * K)) / sp.sqrt(_NOISE)),
    proof=DESCENT
    + r"""
All workers evaluate at the center, and apply $\frac1n\sum_iQ(g_i)$. Given the models, $Q(g_i)$ is unbiased, with the variance
$\mathbb{E}\|g_i-\nabla f_i\|^2+\mathbb{E}\|Q(g_i)-g_i\|^2\le\sigma^2+\omega G^2$, and independent over workers. Put this for
$\sigma^2$ in (DL), where $Q_k=0$.""",
)
