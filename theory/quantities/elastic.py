"""The gauge of elastic consistency: how far views are from the center, in steps."""

from theory.quantities.base import GRADIENT_SQ, Quantity

_CENTER = "<msub><mi>x</mi><mi>k</mi></msub>"
_VIEW = "<msubsup><mi>v</mi><mi>k</mi><mi>i</mi></msubsup>"
_SQUARE = f"<mi>𝔼</mi><msup><mrow><mo>‖</mo>{_CENTER}<mo>-</mo>{_VIEW}<mo>‖</mo></mrow><mn>2</mn></msup>"

gauge_sq = Quantity(
    "gauge_sq",
    "largest, over k < K and the workers that take a gradient in iteration k, of E||center_k - view_k^i||^2 / gamma_k^2, where "
    "view_k^i is the point of that gradient and gamma_k the step of iteration k",
    r"\max_{k<K,\,i}\frac{\mathbb{E}\|x_k-v_k^i\|^2}{\gamma_k^2}",
    "<mrow><munder><mi>max</mi><mrow><mi>k</mi><mo>&lt;</mo><mi>K</mi><mo>,</mo><mi>i</mi></mrow></munder>"
    f"<mfrac><mrow>{_SQUARE}</mrow><msubsup><mi>γ</mi><mi>k</mi><mn>2</mn></msubsup></mfrac></mrow>",
    GRADIENT_SQ,
)
