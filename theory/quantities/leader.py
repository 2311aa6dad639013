"""What the theorems about leaders bound."""

from theory.quantities.base import GRADIENT_SQ, OVER_K, OVER_N, Quantity, gradient, largest_ratio

_X_I = "<msubsup><mi>x</mi><mi>i</mi><mrow><mo>(</mo>{}<mo>)</mo></mrow></msubsup>"
_EXCESS = "<mi>f</mi><mo>(</mo>{}<mo>)</mo><mo>-</mo><msup><mi>f</mi><mo>*</mo></msup>"
_X, _Z = "<mi>x</mi>", "<mi>z</mi>"
_LEADER = "<msup><mi>z</mi><mrow><mo>(</mo><mi>k</mi><mo>)</mo></mrow></msup>"
_MEAN_EXCESS = f"{OVER_N}<mrow><mi>𝔼</mi>{_EXCESS}</mrow>"

leader_descent_ratio = Quantity(
    "leader_descent_ratio",
    "largest ratio, over workers and iterations, of the expected suboptimality after a step (over the noise of that step, from "
    "the model x, pulled to points z_l with strengths lambda_l, one for every leader) to the right side of the descent "
    "inequality, (1 - mu gamma)(f(x) - f*) - gamma sum_l lambda_l (f(x) - f(z_l)) + gamma^2 L sigma^2 / 2, which is never "
    "negative; 0/0 counts as 1",
    r"\max_{i,k}\frac{\mathbb{E}f(x_+)-f^*}{(1-\mu\gamma)(f(x)-f^*)-\gamma\sum_l\lambda_l(f(x)-f(z_l))+\frac12\gamma^2L\sigma^2}",
    largest_ratio(
        "<mi>i</mi><mo>,</mo><mi>k</mi>",
        f"<mi>𝔼</mi>{_EXCESS.format('<msub><mi>x</mi><mo>+</mo></msub>')}",
        f"<mo>(</mo><mn>1</mn><mo>-</mo><mi>μ</mi><mi>γ</mi><mo>)</mo><mo>(</mo>{_EXCESS.format(_X)}<mo>)</mo><mo>-</mo><mi>γ</mi>"
        "<munder><mo>∑</mo><mi>l</mi></munder><msub><mi>λ</mi><mi>l</mi></msub><mo>(</mo><mi>f</mi><mo>(</mo><mi>x</mi><mo>)</mo>"
        "<mo>-</mo><mi>f</mi><mo>(</mo><msub><mi>z</mi><mi>l</mi></msub><mo>)</mo><mo>)</mo><mo>+</mo><mfrac><mn>1</mn><mn>2</mn>"
        "</mfrac><msup><mi>γ</mi><mn>2</mn></msup><mi>L</mi><msup><mi>σ</mi><mn>2</mn></msup>",
    ),
    {},
)
last_worker_suboptimality = Quantity(
    "last_worker_suboptimality",
    "(1/n) sum_i E f(x_i) - f* over the models x_i of the workers after K iterations",
    r"\frac1n\sum_i\mathbb{E}f(x_i^{(K)})-f^*",
    f"<mrow>{_MEAN_EXCESS.format(_X_I.format('<mi>K</mi>'))}</mrow>",
    {"f": 1},
)
limit_worker_suboptimality = Quantity(
    "limit_worker_suboptimality",
    "limit superior over k of (1/n) sum_i E f(x_i) - f* over the models x_i of the workers after k iterations; at a finite k it "
    "is what is left once the start is forgotten",
    r"\limsup_{k\to\infty}\frac1n\sum_i\mathbb{E}f(x_i^{(k)})-f^*",
    "<mrow><munder><mi>lim sup</mi><mrow><mi>k</mi><mo>→</mo><mo>∞</mo></mrow></munder>"
    f"{_MEAN_EXCESS.format(_X_I.format('<mi>k</mi>'))}</mrow>",
    {"f": 1},
)
mean_leader_grad_norm_sq = Quantity(
    "mean_leader_grad_norm_sq",
    "mean over k < K of ||grad f(leader_k)||^2, where leader_k is the current model of the worker that was elected last",
    r"\frac1K\sum_{k<K}\|\nabla f(z^{(k)})\|^2",
    f"<mrow>{OVER_K}<msup><mrow><mo>‖</mo>{gradient(_LEADER)}<mo>‖</mo></mrow><mn>2</mn></msup></mrow>",
    GRADIENT_SQ,
)


def _at_leader(name: str, meaning: str, of: str) -> Quantity:
    norm = f"<mo>‖</mo>{gradient('<msup><mi>w</mi><mi>i</mi></msup>')}<mo>‖</mo>"
    return Quantity(
        name,
        meaning,
        rf"\max_{{w\in {of}}}\|\nabla f(w^i)\|",
        f"<mrow><munder><mi>max</mi><mrow><mi>w</mi><mo>∈</mo><mi>{of}</mi></mrow></munder>{norm}</mrow>",
        {"f": 1, "x": -1},
    )


stationary_leader_grad_norm = _at_leader(
    "stationary_leader_grad_norm",
    "largest ||grad f(w^i)|| over the stationary points w = (w^1, ..., w^n) in S of sum_j f(x^j) + (lambda/2) ||x^j - z||^2 at "
    "which w^i is the only best worker; z = argmin f(x^j) is a function of the models and is differentiated",
    "S",
)
frozen_leader_grad_norm = _at_leader(
    "frozen_leader_grad_norm",
    "largest ||grad f(w^i)|| over the fixed points w = (w^1, ..., w^n) in T, at which w^i is the only best worker, of the update "
    "x^j - gamma (grad f(x^j) + lambda (x^j - z)) of all workers; z is w^i, taken as a constant",
    "T",
)


def _share(name: str, meaning: str, latex: str, before: str) -> Quantity:
    inside = f"<mi>I</mi><mo>(</mo>{_X}<mo>,</mo><mi>λ</mi><mo>)</mo>"
    fraction = f"<mfrac><mrow><mi>vol</mi>{inside}</mrow><mrow><mi>vol</mi><mi>E</mi></mrow></mfrac>"
    return Quantity(name, meaning, latex, f"<mrow>{before}<mo>(</mo><mn>1</mn><mo>-</mo>{fraction}<mo>)</mo></mrow>", {})


_UNIMPROVED = (
    "share by volume of the candidate leaders, E = {z: f(z) <= f(x)}, whose pull turns the step -(grad f(x) + lambda (x - z)) "
    "further from the Newton step than the step without it (for those in I(x, lambda) the angle is as large or smaller)"
)
unimproved_leaders = _share("unimproved_leaders", _UNIMPROVED, r"1-\frac{\mathrm{vol}\,I(x,\lambda)}{\mathrm{vol}\,E}", before="")
limit_unimproved_leaders = _share(
    "limit_unimproved_leaders",
    f"limit, as lambda falls to zero, of the {_UNIMPROVED}",
    r"\lim_{\lambda\to0}\left(1-\frac{\mathrm{vol}\,I(x,\lambda)}{\mathrm{vol}\,E}\right)",
    before="<munder><mi>lim</mi><mrow><mi>λ</mi><mo>→</mo><mn>0</mn></mrow></munder>",
)
