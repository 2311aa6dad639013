"""What the theorems bound: named quantities, in symbols.

`numerics` measures quantities of the same names on a run; the name is all the two share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from straggler import UnknownName


@dataclass(frozen=True)
class Quantity:
    """A quantity: name, meaning, LaTeX, presentation MathML, and units in powers of ``x`` and ``f``."""

    name: str
    meaning: str
    latex: str
    mathml: str
    units: Mapping[str, int]


_GRADIENT_SQ = {"f": 2, "x": -2}
_XBAR = "<msup><mover><mi>x</mi><mo>¯</mo></mover><mrow><mo>(</mo><mi>k</mi><mo>)</mo></mrow></msup>"
_Y_I = "<msubsup><mi>y</mi><mi>i</mi><mrow><mo>(</mo><mi>k</mi><mo>)</mo></mrow></msubsup>"
_OVER_K = "<mfrac><mn>1</mn><mi>K</mi></mfrac><munder><mo>∑</mo><mrow><mi>k</mi><mo>&lt;</mo><mi>K</mi></mrow></munder>"
_OVER_N = "<mfrac><mn>1</mn><mi>n</mi></mfrac><munder><mo>∑</mo><mi>i</mi></munder>"


def _mean_square(inside: str, sums: str) -> str:
    return f"<mrow>{sums}<mi>𝔼</mi><msup><mrow><mo>‖</mo>{inside}<mo>‖</mo></mrow><mn>2</mn></msup></mrow>"


_GRADIENT = "<mo>∇</mo><mi>f</mi><mo>(</mo>{}<mo>)</mo>"

mean_grad_norm_sq = Quantity(
    "mean_grad_norm_sq",
    "mean over k < K of E||grad f(center_k)||^2",
    r"\frac1K\sum_{k<K}\mathbb{E}\|\nabla f(\bar x^{(k)})\|^2",
    _mean_square(_GRADIENT.format(_XBAR), _OVER_K),
    _GRADIENT_SQ,
)
mean_consensus_sq = Quantity(
    "mean_consensus_sq",
    "mean over k < K of (1/n) sum_i E||view_i - center||^2",
    r"\frac1K\sum_{k<K}\frac1n\sum_i\mathbb{E}\|y_i^{(k)}-\bar x^{(k)}\|^2",
    _mean_square(f"{_Y_I}<mo>-</mo>{_XBAR}", _OVER_K + _OVER_N),
    {"x": 2},
)
mean_view_grad_norm_sq = Quantity(
    "mean_view_grad_norm_sq",
    "mean over k < K of (1/n) sum_i E||grad f(view_i)||^2",
    r"\frac1K\sum_{k<K}\frac1n\sum_i\mathbb{E}\|\nabla f(y_i^{(k)})\|^2",
    _mean_square(_GRADIENT.format(_Y_I), _OVER_K + _OVER_N),
    _GRADIENT_SQ,
)


def _ratio(over: str, upper: str, lower: str) -> str:
    return f"<mrow><munder><mi>max</mi><mrow>{over}</mrow></munder><mfrac><mrow>{upper}</mrow><mrow>{lower}</mrow></mfrac></mrow>"


_Q_K = "<msup><mi>q</mi><mi>k</mi></msup>"
_Q_KS = "<msup><mi>q</mi><mrow><mi>k</mi><mo>-</mo><mi>s</mi></mrow></msup>"
_SUM_S = "<munderover><mo>∑</mo><mrow><mi>s</mi><mo>=</mo><mn>0</mn></mrow><mi>k</mi></munderover>"
_SUM_BELOW = "<munder><mo>∑</mo><mrow><mi>s</mi><mo>&lt;</mo><mi>k</mi></mrow></munder>"
_Z_I = "<msubsup><mi>z</mi><mi>i</mi><mrow><mo>(</mo><mi>k</mi><mo>)</mo></mrow></msubsup>"
_FROBENIUS = "<msub><mo>‖</mo><mi>F</mi></msub>"

lemma3_per_node_ratio = Quantity(
    "lemma3_per_node_ratio",
    "largest ratio, over nodes and iterations, of the distance of z_i to the mean to the right side of the push-sum "
    "perturbation lemma taken node by node",
    r"\max_{i,k}\frac{\|\bar x^{(k)}-z_i^{(k)}\|}"
    r"{C q^k\|x_i^{(0)}\|+\gamma C\sum_{s=0}^{k}q^{k-s}\|\nabla F_i(z_i^{(s)};\xi_i^{(s)})\|}",
    _ratio(
        "<mi>i</mi><mo>,</mo><mi>k</mi>",
        f"<mo>‖</mo>{_XBAR}<mo>-</mo>{_Z_I}<mo>‖</mo>",
        f"<mi>C</mi>{_Q_K}<mo>‖</mo><msubsup><mi>x</mi><mi>i</mi><mn>0</mn></msubsup><mo>‖</mo><mo>+</mo>"
        f"<mi>γ</mi><mi>C</mi>{_SUM_S}{_Q_KS}<mo>‖</mo><mo>∇</mo><msubsup><mi>F</mi><mi>i</mi><mi>s</mi></msubsup><mo>‖</mo>",
    ),
    {},
)
lemma3_rms_ratio = Quantity(
    "lemma3_rms_ratio",
    "largest ratio, over iterations, of the root sum of squares of the distances to the mean to the right side of the "
    "push-sum perturbation lemma taken over all nodes at once",
    r"\max_{k}\frac{\|Z_k-\mathbf 1\bar x_k^\top\|_F}"
    r"{C q^k\|X_0-\mathbf 1\bar x_0^\top\|_F+\gamma C\sum_{s<k}q^{k-s}\|G_s\|_F}",
    _ratio(
        "<mi>k</mi>",
        f"<mo>‖</mo><msub><mi>Z</mi><mi>k</mi></msub><mo>-</mo><mn>𝟏</mn><msubsup><mover><mi>x</mi><mo>¯</mo></mover>"
        f"<mi>k</mi><mo>⊤</mo></msubsup>{_FROBENIUS}",
        f"<mi>C</mi>{_Q_K}<mo>‖</mo><msub><mi>X</mi><mn>0</mn></msub><mo>-</mo><mn>𝟏</mn><msubsup><mover><mi>x</mi>"
        f"<mo>¯</mo></mover><mn>0</mn><mo>⊤</mo></msubsup>{_FROBENIUS}<mo>+</mo>"
        f"<mi>γ</mi><mi>C</mi>{_SUM_BELOW}{_Q_KS}<mo>‖</mo><msub><mi>G</mi><mi>s</mi></msub>{_FROBENIUS}",
    ),
    {},
)

QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (mean_grad_norm_sq, mean_consensus_sq, mean_view_grad_norm_sq, lemma3_per_node_ratio, lemma3_rms_ratio)
}


def get(name: str) -> Quantity:
    """Return the quantity of this name; raise `UnknownName` otherwise."""
    try:
        return QUANTITIES[name]
    except KeyError:
        raise UnknownName("quantity", name, QUANTITIES) from None
