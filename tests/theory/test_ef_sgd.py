"""Error feedback: the size of its memory, the bounds that rest on it, and where signs mislead."""

import numpy as np
import pytest
import sympy as sp

import theory
from straggler import UnknownName
from theory import error_feedback
from theory.papers import ef_sgd
from theory.symbols import lost

SHARES = [0.0, 0.1, 0.5, 2 / 3, 0.9, 0.999]


def limit(theta, steps=40_000):
    """Memory over gamma G of the compressor that shrinks, with gradients that are all the same."""
    memory = 0.0
    for _ in range(steps):
        memory = np.sqrt(theta) * (memory + 1)
    return memory**2


@pytest.mark.parametrize("theta", SHARES)
def test_the_tight_factor_is_attained_and_the_printed_ones_are_larger(theta):
    tight, elastic, printed = (float(error_feedback.factor(name, theta)) for name in ("tight", "elastic", "ef-sgd"))
    assert limit(theta) == pytest.approx(tight, rel=1e-6)
    assert tight <= elastic * (1 + 1e-12)
    assert tight <= printed * (1 + 1e-12)


def test_which_printed_bound_is_the_smaller():
    ratio = sp.simplify(error_feedback.ELASTIC / error_feedback.EF_SGD)
    assert sp.simplify(ratio - (2 - lost) / (4 * (1 - lost))) == 0
    assert sp.solve(sp.Eq((2 - lost) / (4 * (1 - lost)), 1), lost) == [error_feedback.EQUAL]
    theta = np.linspace(0.01, 0.99, 197)
    smaller = error_feedback.factor("elastic", theta) <= error_feedback.factor("ef-sgd", theta)
    assert (smaller == (theta <= 2 / 3)).all()
    assert error_feedback.smaller_printed(0.5) == "elastic"
    assert error_feedback.smaller_printed(0.9) == "ef-sgd"


def test_a_sparse_compressor_in_numbers():
    """One coordinate in a thousand: within 0.1 % of the attained value one bound, 250 times above it the other."""
    tight, elastic, printed = (float(error_feedback.factor(name, 0.999)) for name in ("tight", "elastic", "ef-sgd"))
    assert (tight, printed, elastic) == (
        pytest.approx(3.994e6, rel=1e-3),
        pytest.approx(3.996e6, rel=1e-3),
        pytest.approx(1.0e9, rel=1e-2),
    )


def test_a_factor_nobody_knows_is_refused():
    with pytest.raises(UnknownName, match="memory"):
        error_feedback.factor("nobody", 0.5)


def test_theorems_use_these_factors():
    here = {"M": 2.0, "sigma": 0.0, "lost": 0.3}
    for name, key in (("tight", "elastic.b-error-feedback:rederived"), ("elastic", "elastic.b-error-feedback:printed")):
        assert theory.get(key).bound(**here) == pytest.approx(4 * error_feedback.factor(name, 0.3))
    assert theory.get("ef-sgd.lemma-3").bound(**here) == pytest.approx(4 * error_feedback.factor("ef-sgd", 0.3))


def test_youngs_inequality_closes_the_induction_of_lemma_3():
    kept = 1 - lost
    b = kept / (2 * lost)
    assert sp.simplify(lost * (1 + b) - (1 - kept / 2)) == 0
    fixed = sp.simplify(lost * (1 + 1 / b) / (kept / 2))
    assert sp.simplify(fixed - 2 * lost * (1 + lost) / kept**2) == 0


def top(x, keep):
    """Largest entries in magnitude, row by row."""
    order = np.argsort(-np.abs(x), axis=-1)[..., :keep]
    out = np.zeros_like(x)
    np.put_along_axis(out, order, np.take_along_axis(x, order, -1), -1)
    return out


def feedback(x0, slope, gamma, steps, noise, rng, keep, detached=0.0, workers=1, replicas=200):
    """Views, centers and gradients of error feedback with the largest coordinates, detached or not."""
    d = len(x0)
    x, memory = np.tile(x0, (replicas, 1)), np.zeros((workers, replicas, d))
    views, centers, second = [], [], 0.0
    for _ in range(steps):
        view = x - detached * memory
        gradient = slope(view) + noise / np.sqrt(d) * rng.normal(size=view.shape)
        second = max(second, float((gradient**2).sum(-1).mean(-1).max()))
        views.append(view)
        centers.append(x - memory.mean(0))
        whole = gamma * gradient + memory
        sent = top(whole, keep)
        x, memory = x - sent.mean(0), whole - sent
    return np.array(views), np.array(centers), np.sqrt(second)


@pytest.mark.parametrize("keep", [1, 4, 8])
@pytest.mark.parametrize("gamma", [0.2, 0.02])
def test_theorem_2_and_lemma_3_on_a_rugged_landscape(keep, gamma):
    d, steps, smooth = 8, 200, 1.25

    def slope(x):
        return -np.sin(x) + x / 4

    start = np.linspace(-3, 5, d)
    grid = np.linspace(-12, 12, 100_001)
    delta = (np.cos(start) + start**2 / 8).sum() - d * (np.cos(grid) + grid**2 / 8).min()
    views, centers, moment = feedback(start, slope, gamma, steps, 0.5, np.random.default_rng(4), keep)
    here = {"M": moment, "sigma": 0.0, "lost": 1 - keep / d, "gamma": gamma, "K": steps, "L": smooth, "delta": delta}
    memory = ((views[:, 0] - centers) ** 2).sum(-1).mean(1).max() / gamma**2
    for key in ("elastic.b-error-feedback:rederived", "elastic.b-error-feedback:printed", "ef-sgd.lemma-3"):
        assert memory <= theory.get(key).bound(**here)
    gradients = (slope(views[:, 0]) ** 2).sum(-1).mean(1)
    assert gradients.mean() <= ef_sgd.theorem_2_rederived.bound(**here)
    assert gradients.min() <= ef_sgd.theorem_2.bound(**here)
    assert ef_sgd.theorem_2_rederived.bound(**here) <= ef_sgd.theorem_2.bound(**here)


@pytest.mark.parametrize("keep", [1, 3])
def test_theorem_3_on_a_sum_of_absolute_values(keep):
    d, gamma, steps = 6, 0.05, 300
    start = np.linspace(-1, 1, d)
    views, _, moment = feedback(start, np.sign, gamma, steps, 0.3, np.random.default_rng(5), keep)
    here = {"M": moment, "sigma": 0.0, "lost": 1 - keep / d, "gamma": gamma, "K": steps, "R_0": np.linalg.norm(start)}
    excess = np.abs(views[:, 0].mean(0)).sum(-1).mean()
    assert excess <= ef_sgd.theorem_3_rederived.bound(**here) <= ef_sgd.theorem_3.bound(**here)


def test_the_step_form_is_theorem_2_at_that_step():
    here = {"K": 1e4, "L": 2.0, "delta": 1.0, "M": 1.0, "sigma": 0.5, "lost": 0.7}
    assert ef_sgd.theorem_2_step.bound(**here) == pytest.approx(ef_sgd.theorem_2.bound(**here, gamma=0.01))
    leading = (2 * 1.0 + 2.0 * 1.25) / 100
    assert ef_sgd.theorem_2_step.bound(**here) == pytest.approx(leading + 4 * 4 * 1.25 * 0.7 / (0.3**2 * 1e4))


@pytest.mark.parametrize("detached", [0.0, 0.3, 0.5, 1.0])
def test_detached_error_feedback_obeys_its_bounds(detached):
    d, gamma, steps, smooth, workers = 8, 0.2, 150, 1.25, 3
    start = np.linspace(-3, 5, d)
    offsets = np.linspace(-1, 1, workers)[:, None, None]

    def slope(x):
        return -np.sin(x) + x / 4 + 0.3 * offsets

    grid = np.linspace(-12, 12, 100_001)
    delta = (np.cos(start) + start**2 / 8).sum() - d * (np.cos(grid) + grid**2 / 8).min()
    rng = np.random.default_rng(6)
    views, centers, moment = feedback(start, slope, gamma, steps, 0.5, rng, 2, detached, workers)
    here = {"M": moment, "sigma": 0.0, "lost": 0.75, "gamma": gamma, "K": steps, "L": smooth, "delta": delta, "n": workers}
    here["detached"] = detached
    distance = ((views - centers[:, None]) ** 2).sum(-1).mean(2).max() / gamma**2
    assert distance <= ef_sgd.detached_gauge.bound(**here)
    measured = ((-np.sin(centers) + centers / 4) ** 2).sum(-1).mean()
    assert measured <= ef_sgd.detached_error_feedback.bound(**here | {"sigma": 0.5, "M": np.sqrt(moment**2 - 0.25)})


def test_half_detached_leaves_a_quarter():
    here = {"K": 1e12, "L": 1.0, "delta": 1e-9, "M": 1.0, "sigma": 0.0, "lost": 0.7, "gamma": 0.1, "n": 2}
    values = [ef_sgd.detached_error_feedback.bound(**here, detached=share) for share in (0.0, 0.5, 1.0)]
    assert values[0] == pytest.approx(4 * values[1], rel=1e-6)
    assert values[0] == pytest.approx(values[2])


def test_the_mean_of_signs_may_point_uphill():
    gradient, sign = error_feedback.sign_of_a_skewed_gradient()
    assert gradient == sp.Rational(1, 4)
    assert sign == -sp.Rational(1, 2)


def test_signs_never_leave_the_line():
    for epsilon in (0.1, 0.9):
        for steps in ([0.3] * 50, [1 / (k + 1) for k in range(50)]):
            path = np.array(error_feedback.sign_descent_on_a_valley(steps, epsilon))
            assert np.allclose(path.sum(1), 2.0)
            values = epsilon * np.abs(path.sum(1)) + np.abs(path[:, 0] - path[:, 1])
            assert (values >= 2 * epsilon - 1e-12).all()
