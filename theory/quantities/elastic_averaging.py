"""What the theorems about elastic averaging bound, and about the multiplier method it is compared with."""

from theory.quantities.base import Quantity, largest_ratio

_CENTER = "<msup><mover><mi>x</mi><mo>~</mo></mover><mrow><mo>(</mo><mi>{}</mi><mo>)</mo></mrow></msup>"
_DISTANCE = (
    "<mi>𝔼</mi><msup><mrow><mo>‖</mo>" + _CENTER + "<mo>-</mo><msup><mi>x</mi><mo>*</mo></msup><mo>‖</mo></mrow><mn>2</mn></msup>"
)
_LIM_K = "<munder><mi>lim</mi><mrow><mi>K</mi><mo>→</mo><mo>∞</mo></mrow></munder>"
_LIM_N = "<munder><mi>lim</mi><mrow><mi>n</mi><mo>→</mo><mo>∞</mo></mrow></munder>"
_RADIUS = "<mi>ϱ</mi><mo>(</mo><msub><mi>{0}</mi><mi>n</mi></msub><mo>⋯</mo><msub><mi>{0}</mi><mn>1</mn></msub><mo>)</mo>"
_X2 = {"x": 2}

round_robin_spectral_radius = Quantity(
    "round_robin_spectral_radius",
    "spectral radius of one round-robin pass F_n ... F_1 of EASGD over the n workers on L x^2 / 2 in one dimension: F_i "
    "replaces (x_i, center) by (x_i - gamma L x_i - alpha (x_i - center), center + alpha (x_i - center))",
    r"\varrho(F_n\cdots F_1)",
    f"<mrow>{_RADIUS.format('F')}</mrow>",
    {},
)
admm_inverse_spectral_radius = Quantity(
    "admm_inverse_spectral_radius",
    "1 / spectral radius of one round-robin pass A_n ... A_1 of linearised ADMM over the n workers on L x^2 / 2 in one dimension "
    "without noise; with r = gamma lambda, A_i replaces in turn the multiplier y_i by y_i - (x_i - center), the model x_i by "
    "(x_i - gamma L x_i + r (y_i + center)) / (1 + r), and the center by the mean of x_j - y_j over all j",
    r"1/\varrho(A_n\cdots A_1)",
    f"<mrow><mn>1</mn><mo>/</mo>{_RADIUS.format('A')}</mrow>",
    {},
)
last_center_distance_sq = Quantity(
    "last_center_distance_sq",
    "E||center - x*||^2 after K iterations, with x* the minimiser",
    r"\mathbb{E}\|\tilde x^{(K)}-x^*\|^2",
    f"<mrow>{_DISTANCE.format('K')}</mrow>",
    _X2,
)
limit_center_distance_sq = Quantity(
    "limit_center_distance_sq",
    "limit superior of E||center - x*||^2 as the number of iterations grows, with x* the minimiser",
    r"\limsup_{K\to\infty}\mathbb{E}\|\tilde x^{(K)}-x^*\|^2",
    f"<mrow>{_LIM_K.replace('lim', 'lim sup')}{_DISTANCE.format('K')}</mrow>",
    _X2,
)
limit_workers_center_distance_sq = Quantity(
    "limit_workers_center_distance_sq",
    "limit of n E||center - x*||^2 as first the number of iterations grows and then, with n alpha fixed, the number n of workers",
    r"\lim_{n\to\infty}\lim_{K\to\infty}n\,\mathbb{E}\|\tilde x^{(K)}-x^*\|^2",
    f"<mrow>{_LIM_N}{_LIM_K}<mi>n</mi>{_DISTANCE.format('K')}</mrow>",
    _X2,
)
elastic_recursion_ratio = Quantity(
    "elastic_recursion_ratio",
    "largest ratio, over iterations k < K and rows, of s_(k+1) to U s_k + v, where s = (a, b, c) holds the mean squares of the "
    "distances to x* of the mean of the workers (a), of the workers (b, averaged over them) and of the center (c), "
    "v = (gamma^2 sigma^2 / n, gamma^2 sigma^2, 0), and U has the rows (1 - c_1 - c_2 - alpha, c_2, alpha), "
    "(0, 1 - c_1 - alpha, alpha), (n alpha, 0, 1 - n alpha) with c_1 = 2 gamma mu L / (mu + L) and "
    "c_2 = 2 gamma L (1 - 2 sqrt(mu L) / (mu + L)); 0/0 counts as 1",
    r"\max_{k<K,\,j\le3}\frac{s_{k+1,j}}{(Us_k+v)_j}",
    largest_ratio(
        "<mi>k</mi><mo>,</mo><mi>j</mi>",
        "<msub><mi>s</mi><mrow><mi>k</mi><mo>+</mo><mn>1</mn><mo>,</mo><mi>j</mi></mrow></msub>",
        "<msub><mrow><mo>(</mo><mi>U</mi><msub><mi>s</mi><mi>k</mi></msub><mo>+</mo><mi>v</mi><mo>)</mo></mrow><mi>j</mi></msub>",
    ),
    {},
)
moved_inverse_slope = Quantity(
    "moved_inverse_slope",
    "1 / the smallest of |f'(y)|, |f'(-y)| and |f'(0)|, where (y, -y, 0) is the stationary point of the elastic objective "
    "f(x^1) + f(x^2) + (lambda/2) sum_i (x^i - center)^2 with y >= 1 and lambda y = exp(1 - y), for f(x) = exp(1 - |x|) where "
    "|x| > 1 and f(x) = (3 - x^2)/2 + c x (1 - x^2)^2 elsewhere (lengths and values in units of one)",
    r"1/\min\{|f'(y)|,|f'(-y)|,|f'(0)|\}",
    "<mrow><mn>1</mn><mo>/</mo><mi>min</mi><mo>{</mo>"
    + "<mo>,</mo>".join(
        f"<mo>|</mo><msup><mi>f</mi><mo>′</mo></msup><mo>(</mo>{point}<mo>)</mo><mo>|</mo>"
        for point in ("<mi>y</mi>", "<mo>-</mo><mi>y</mi>", "<mn>0</mn>")
    )
    + "<mo>}</mo></mrow>",
    {"x": 2, "f": -1},
)
