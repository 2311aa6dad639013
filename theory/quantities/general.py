"""What most theorems bound: gradients and consensus, averaged over iterations."""

from theory.quantities.base import GRADIENT_SQ, OVER_K, OVER_N, XBAR, Quantity, gradient, mean_square

_Y_I = "<msubsup><mi>y</mi><mi>i</mi><mrow><mo>(</mo><mi>k</mi><mo>)</mo></mrow></msubsup>"

mean_grad_norm_sq = Quantity(
    "mean_grad_norm_sq",
    "mean over k < K of E||grad f(center_k)||^2",
    r"\frac1K\sum_{k<K}\mathbb{E}\|\nabla f(\bar x^{(k)})\|^2",
    mean_square(gradient(XBAR), OVER_K),
    GRADIENT_SQ,
)
mean_consensus_sq = Quantity(
    "mean_consensus_sq",
    "mean over k < K of (1/n) sum_i E||view_i - center||^2",
    r"\frac1K\sum_{k<K}\frac1n\sum_i\mathbb{E}\|y_i^{(k)}-\bar x^{(k)}\|^2",
    mean_square(f"{_Y_I}<mo>-</mo>{XBAR}", OVER_K + OVER_N),
    {"x": 2},
)
mean_view_grad_norm_sq = Quantity(
    "mean_view_grad_norm_sq",
    "mean over k < K of (1/n) sum_i E||grad f(view_i)||^2",
    r"\frac1K\sum_{k<K}\frac1n\sum_i\mathbb{E}\|\nabla f(y_i^{(k)})\|^2",
    mean_square(gradient(_Y_I), OVER_K + OVER_N),
    GRADIENT_SQ,
)
