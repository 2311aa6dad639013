"""What WAGMA-SGD and eager-SGD are proved to keep small: distances between models, the worst over iterations."""

from theory.quantities.base import GRADIENT_SQ, OVER_N, XBAR, Quantity, gradient, mean_square

_K = "<mrow><mo>(</mo><mi>k</mi><mo>)</mo></mrow>"
_R_K = "<mrow><mo>(</mo><msub><mi>r</mi><mi>k</mi></msub><mo>)</mo></mrow>"
_X_I = f"<msubsup><mi>x</mi><mi>i</mi>{_K}</msubsup>"
_X_I_READ = "<msubsup><mi>x</mi><mi>i</mi><mrow><mo>(</mo><msub><mi>q</mi><mi>i</mi></msub><mo>)</mo></mrow></msubsup>"
_Y_I = f"<msubsup><mi>y</mi><mi>i</mi>{_K}</msubsup>"
_XBAR_R = f"<msup><mover><mi>x</mi><mo>¯</mo></mover>{_R_K}</msup>"
_SUM_I = "<munder><mo>∑</mo><mi>i</mi></munder>"


def _over(extremum: str, *indices: str) -> str:
    inside = "<mo>,</mo>".join(f"<mi>{index}</mi>" for index in indices)
    return f"<munder><mi>{extremum}</mi><mrow>{inside}</mrow></munder>"


def _apart(first: str, second: str, sums: str) -> str:
    return mean_square(f"{first}<mo>-</mo>{second}", sums)


_SINCE = "where r_k <= k is the iteration of the last average of all models (0, the common start, before the first)"

largest_drift_sq = Quantity(
    "largest_drift_sq",
    f"largest, over k < K and workers, of E||x_i^(k) - center^(r_k)||^2, {_SINCE}",
    r"\max_{k,i}\mathbb{E}\|x_i^{(k)}-\bar x^{(r_k)}\|^2",
    _apart(_X_I, _XBAR_R, _over("max", "k", "i")),
    {"x": 2},
)
largest_center_drift_sq = Quantity(
    "largest_center_drift_sq",
    f"largest, over k < K, of E||center^(k) - center^(r_k)||^2, {_SINCE}",
    r"\max_k\mathbb{E}\|\bar x^{(k)}-\bar x^{(r_k)}\|^2",
    _apart(XBAR, _XBAR_R, _over("max", "k")),
    {"x": 2},
)
largest_stale_distance_sq = Quantity(
    "largest_stale_distance_sq",
    "largest, over k < K and workers, of E||x_i^(q) - center^(k)||^2, where q is the iteration before k in which worker i last "
    "took a gradient, and the last average of all models where it took none since",
    r"\max_{k,i}\mathbb{E}\|x_i^{(q_i)}-\bar x^{(k)}\|^2",
    _apart(_X_I_READ, XBAR, _over("max", "k", "i")),
    {"x": 2},
)
largest_total_consensus_sq = Quantity(
    "largest_total_consensus_sq",
    "largest, over k < K, of sum_i E||x_i^(k) - center^(k)||^2, a sum over workers and not a mean",
    r"\max_k\sum_i\mathbb{E}\|x_i^{(k)}-\bar x^{(k)}\|^2",
    _apart(_X_I, XBAR, _over("max", "k") + _SUM_I),
    {"x": 2},
)
largest_view_distance_sq = Quantity(
    "largest_view_distance_sq",
    "largest, over k < K and workers, of E||center^(k) - view_i^(k)||^2",
    r"\max_{k,i}\mathbb{E}\|\bar x^{(k)}-y_i^{(k)}\|^2",
    _apart(XBAR, _Y_I, _over("max", "k", "i")),
    {"x": 2},
)
smallest_grad_norm_sq = Quantity(
    "smallest_grad_norm_sq",
    "smallest, over k < K, of E||grad f(center^(k))||^2: the minimum of expectations, not the expectation of the minimum",
    r"\min_{k<K}\mathbb{E}\|\nabla f(\bar x^{(k)})\|^2",
    mean_square(gradient(XBAR), _over("min", "k")),
    GRADIENT_SQ,
)
smallest_view_grad_norm_sq = Quantity(
    "smallest_view_grad_norm_sq",
    "smallest, over k < K, of (1/n) sum_i E||grad f(view_i^(k))||^2: the minimum of expectations",
    r"\min_{k<K}\frac1n\sum_i\mathbb{E}\|\nabla f(y_i^{(k)})\|^2",
    mean_square(gradient(_Y_I), _over("min", "k") + OVER_N),
    GRADIENT_SQ,
)
