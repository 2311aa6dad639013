"""Push-sum under perturbations: how far its lemma is from failing."""

from theory.quantities.base import XBAR, Quantity, largest_ratio

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
    largest_ratio(
        "<mi>i</mi><mo>,</mo><mi>k</mi>",
        f"<mo>‖</mo>{XBAR}<mo>-</mo>{_Z_I}<mo>‖</mo>",
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
    largest_ratio(
        "<mi>k</mi>",
        f"<mo>‖</mo><msub><mi>Z</mi><mi>k</mi></msub><mo>-</mo><mn>𝟏</mn><msubsup><mover><mi>x</mi><mo>¯</mo></mover>"
        f"<mi>k</mi><mo>⊤</mo></msubsup>{_FROBENIUS}",
        f"<mi>C</mi>{_Q_K}<mo>‖</mo><msub><mi>X</mi><mn>0</mn></msub><mo>-</mo><mn>𝟏</mn><msubsup><mover><mi>x</mi>"
        f"<mo>¯</mo></mover><mn>0</mn><mo>⊤</mo></msubsup>{_FROBENIUS}<mo>+</mo>"
        f"<mi>γ</mi><mi>C</mi>{_SUM_BELOW}{_Q_KS}<mo>‖</mo><msub><mi>G</mi><mi>s</mi></msub>{_FROBENIUS}",
    ),
    {},
)
