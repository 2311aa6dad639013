"""What the theorems about compressed gradients bound."""

from theory.quantities.base import Quantity, largest_ratio

_X, _Q = "<mi>x</mi>", "<mi>Q</mi><mo>(</mo><mi>x</mi><mo>)</mo>"
_SUP = "<munder><mi>sup</mi><mrow><mi>x</mi><mo>≠</mo><mn>0</mn></mrow></munder>"
_EXCESS = "<mi>𝔼</mi><mi>f</mi><mo>(</mo>{}<mo>)</mo><mo>-</mo><msup><mi>f</mi><mo>*</mo></msup>"
_SQUARE = "<msup><mrow><mo>‖</mo>{}<mo>‖</mo></mrow><mn>2</mn></msup>"
_NEXT = "<mrow><mi>k</mi><mo>+</mo><mn>1</mn></mrow>"
_VIRTUAL = "<msub><mover><mi>x</mi><mo>~</mo></mover>{}</msub><mo>-</mo><msup><mi>x</mi><mo>*</mo></msup>"
_STEP = "<msub><mi>γ</mi><mi>k</mi></msub>"
_STEP_SQ = "<msubsup><mi>γ</mi><mi>k</mi><mn>2</mn></msubsup>"
_E_K = "<msub><mi>e</mi><mi>k</mi></msub>"
_WEIGHT = "<msup><mrow><mo>(</mo><mi>k</mi><mo>+</mo><msub><mi>k</mi><mn>0</mn></msub><mo>)</mo></mrow><mn>2</mn></msup>"
_SUM_K = "<munder><mo>∑</mo><mrow><mi>k</mi><mo>&lt;</mo><mi>K</mi></mrow></munder>"
_S_K = "<mfrac><mn>1</mn><msub><mi>S</mi><mi>K</mi></msub></mfrac>"
_X_K = "<msub><mi>x</mi><mi>k</mi></msub>"

compression_bias = Quantity(
    "compression_bias",
    "largest ||E Q(x) - x|| / ||x|| over x != 0, Q(x) being what the compressor makes of x",
    r"\sup_{x\ne0}\frac{\|\mathbb{E}Q(x)-x\|}{\|x\|}",
    f"<mrow>{_SUP}<mfrac><mrow><mo>‖</mo><mi>𝔼</mi>{_Q}<mo>-</mo>{_X}<mo>‖</mo></mrow>"
    f"<mrow><mo>‖</mo>{_X}<mo>‖</mo></mrow></mfrac></mrow>",
    {},
)
compression_variance_ratio = Quantity(
    "compression_variance_ratio",
    "largest E||Q(x) - x||^2 / ||x||^2 over x != 0, Q(x) being what the compressor makes of x",
    r"\sup_{x\ne0}\frac{\mathbb{E}\|Q(x)-x\|^2}{\|x\|^2}",
    f"<mrow>{_SUP}<mfrac><mrow><mi>𝔼</mi>{_SQUARE.format(f'{_Q}<mo>-</mo>{_X}')}</mrow>"
    f"<mrow>{_SQUARE.format(_X)}</mrow></mfrac></mrow>",
    {},
)
nonzero_entries = Quantity(
    "nonzero_entries",
    "largest expected number of nonzero coordinates of Q(x), over all x, Q(x) being what the compressor makes of x",
    r"\sup_x\mathbb{E}\|Q(x)\|_0",
    f"<mrow><munder><mi>sup</mi><mi>x</mi></munder><mi>𝔼</mi><msub><mrow><mo>‖</mo>{_Q}<mo>‖</mo></mrow><mn>0</mn></msub></mrow>",
    {},
)
memory_recursion_ratio = Quantity(
    "memory_recursion_ratio",
    "largest ratio, over k < K, of E||y_(k+1) - x*||^2 + gamma_k e_k to (1 - mu gamma_k/2) E||y_k - x*||^2 + gamma_k^2 G^2 + "
    "gamma_k (mu + 2 L) E||m_k||^2, where m_k is the memory before iteration k, y_k = x_k - m_k the model without it (the "
    "center), e_k = E f(x_k) - f* at the model x_k itself, gamma_k the step of iteration k and x* the minimiser; 0/0 counts as 1",
    r"\max_{k<K}\frac{\mathbb{E}\|\tilde x_{k+1}-x^*\|^2+\gamma_ke_k}"
    r"{(1-\frac{\mu\gamma_k}2)\mathbb{E}\|\tilde x_k-x^*\|^2+\gamma_k^2G^2+\gamma_k(\mu+2L)\mathbb{E}\|m_k\|^2}",
    largest_ratio(
        "<mi>k</mi><mo>&lt;</mo><mi>K</mi>",
        f"<mi>𝔼</mi>{_SQUARE.format(_VIRTUAL.format(_NEXT))}<mo>+</mo>{_STEP}{_E_K}",
        f"<mo>(</mo><mn>1</mn><mo>-</mo><mfrac><mrow><mi>μ</mi>{_STEP}</mrow><mn>2</mn></mfrac><mo>)</mo><mi>𝔼</mi>"
        f"{_SQUARE.format(_VIRTUAL.format('<mi>k</mi>'))}<mo>+</mo>{_STEP_SQ}<msup><mi>G</mi><mn>2</mn></msup><mo>+</mo>{_STEP}"
        "<mo>(</mo><mi>μ</mi><mo>+</mo><mn>2</mn><mi>L</mi><mo>)</mo><mi>𝔼</mi>"
        f"{_SQUARE.format('<msub><mi>m</mi><mi>k</mi></msub>')}",
    ),
    {},
)
weighted_recursion_mean = Quantity(
    "weighted_recursion_mean",
    "largest (1/S_K) sum over k < K of (k + k_0)^2 e_k, over all sequences e_k >= 0 and a_k >= 0 with a_0 = R_0^2 and "
    "a_(k+1) <= (1 - mu gamma_k/2) a_k + gamma_k^2 A_2 + gamma_k^3 A_3 - gamma_k e_k, gamma_k = 8/(mu (k + k_0)), where S_K is "
    "the sum of the weights (k + k_0)^2",
    r"\max\frac1{S_K}\sum_{k<K}(k+k_0)^2e_k",
    f"<mrow><mi>max</mi>{_S_K}{_SUM_K}{_WEIGHT}{_E_K}</mrow>",
    {"f": 1},
)
weighted_average_suboptimality = Quantity(
    "weighted_average_suboptimality",
    "E f(y) - f*, where y is the mean of the models x_k, k < K, with weights proportional to (k + k_0)^2",
    r"\mathbb{E}f\left(\frac1{S_K}\sum_{k<K}(k+k_0)^2x_k\right)-f^*",
    f"<mrow>{_EXCESS.format(f'{_S_K}{_SUM_K}{_WEIGHT}{_X_K}')}</mrow>",
    {"f": 1},
)
average_suboptimality = Quantity(
    "average_suboptimality",
    "E f(y) - f*, where y is the mean of the models x_k, k < K",
    r"\mathbb{E}f\left(\frac1K\sum_{k<K}x_k\right)-f^*",
    f"<mrow>{_EXCESS.format(f'<mfrac><mn>1</mn><mi>K</mi></mfrac>{_SUM_K}{_X_K}')}</mrow>",
    {"f": 1},
)
