"""WAGMA-SGD: implications between its bounds, the steps of the proofs by symbols, and a plain simulation of their model."""

import numpy as np
import pytest
import sympy as sp

from theory.conditions import Condition
from theory.derive import at_step, compare
from theory.papers import wagma
from theory.symbols import G, K, L, M, gamma, group, n, sigma, tau

DRIFTS = (wagma.lemma_4_2, wagma.lemma_4_3, wagma.lemma_4_4, wagma.lemma_4_5)
LONG = [c for c in wagma.theorem_4_6.requires if not c.text.startswith("zeta")]


def test_induction_of_lemma_4_2():
    """Young's inequality with 1/u, as in the paper, and the triangle inequality, as here, close the same induction."""
    u = sp.Symbol("u", positive=True)
    young = (1 + 1 / u) * 4 * (gamma * G * u) ** 2 + (1 + u) * (2 * gamma * G) ** 2
    assert sp.simplify(young - 4 * gamma**2 * G**2 * (u + 1) ** 2) == 0
    share = (group - 1) / group
    assert sp.simplify((1 + share) * group - (2 * group - 1)) == 0
    assert sp.simplify(2 - (1 + share) - 1 / group) == 0  # so the drift of one step is below 2 gamma G


def test_sum_of_squares_over_a_period():
    for period in range(1, 12):
        for length in range(1, period + 1):
            assert 6 * np.mean(np.arange(length) ** 2.0) <= (period - 1) * (2 * period - 1) + 1e-12
        assert 6 * np.mean(np.arange(period) ** 2.0) == pytest.approx((period - 1) * (2 * period - 1))


def test_any_step_implies_both_forms_of_theorem_4_6():
    ours = at_step(wagma.any_step, wagma.theorem_4_6.step)
    for theorem in (wagma.theorem_4_6, wagma.theorem_4_6_corrected):
        outcome = compare(
            ours.expanded(), theorem.expanded(), LONG, fixed={"K": n**4 * tau**4 * sp.Symbol("x0_sq", positive=True)}
        )
        assert outcome
        assert outcome.draws > 50


def test_the_print_has_slack_for_every_smoothness():
    assert sp.discriminant(8 + 52 * L**2 - 4 * L, L) < 0


def test_when_the_printed_constants_are_smaller():
    here = {"n": 8.0, "K": 8.0**4 * 3**4, "M": 1.0, "sigma": 0.5, "delta": 1.0, "tau": 3.0}
    for size in (1.0, 2.0, 8.0):
        edge = 2 * size / (size + (size - 1) * 3)
        for smoothness, printed_smaller in ((0.99 * edge, False), (1.01 * edge, True)):
            case = {**here, "group": size, "L": smoothness}
            assert (wagma.theorem_4_6.bound(**case) < wagma.theorem_4_6_corrected.bound(**case)) is printed_smaller


def test_theorem_4_1_reaches_what_it_promises():
    here = {"n": 4.0, "L": 1.5, "M": 1.0, "sigma": 0.5, "zeta": 0.0, "delta": 2.0, "tau": 3.0, "group": 2.0, "epsilon": 0.01}
    for theorem, bound in ((wagma.theorem_4_1, wagma.theorem_4_6), (wagma.theorem_4_1_corrected, wagma.theorem_4_6_corrected)):
        least = max(check.lhs for check in theorem.conditions(**here, K=1.0) if check.text.startswith("K"))
        assert theorem.applies(**here, K=least)
        assert not theorem.applies(**here, K=0.99 * least)
        assert bound.bound(**here, K=least) <= here["epsilon"]
    spelled_out = 256 * 2**4 * 1.25**2 * (1 + 8 * 1.5**2) ** 2 / 0.01**2
    assert wagma.theorem_4_1.conditions(**here, K=1.0)[1].lhs == pytest.approx(spelled_out)


def test_groups_of_one_that_average_every_time_leave_two_terms():
    left = wagma.any_step.right_side.subs({group: 1, tau: 1})
    assert sp.simplify(left - (2 * n * sp.Symbol("delta", positive=True) / (gamma * K) + gamma * L * G**2 / n)) == 0
    assert G.name not in wagma.any_step.constants
    assert {M.name, sigma.name} <= set(wagma.any_step.constants)


def test_groups_larger_than_the_cluster_are_outside():
    here = {"n": 4, "group": 8, "tau": 2, "zeta": 0, "gamma": 0.1}
    assert not wagma.lemma_4_2.applies(**here)
    assert wagma.lemma_4_2.applies(**{**here, "group": 4})
    assert Condition("S_g <= n", group, n) in wagma.any_step.requires


def play(step, size, period, iterations, replicas, seed=0, workers=4, noise=0.5, nudge=None):
    """The model of the proof on f(x) = 1 - cos x (L = M = 1), one plain loop; returns models, seen models and means."""
    rng = np.random.default_rng(seed)
    models = np.full((workers, replicas), 2.0)
    pending = np.zeros_like(models)
    took = np.zeros((workers, replicas), dtype=int)
    columns = np.arange(replicas)
    for t in range(iterations):
        if t % period == 0:
            models[:] = models.mean(0)
            pending[:] = 0
            took[:] = t
        yield models.copy(), pending.copy(), took.copy()
        members = rng.permuted(np.tile(np.arange(workers)[:, None], replicas), axis=0)[:size]
        gradients = np.sin(models) + noise * rng.choice([-1.0, 1.0], models.shape)
        if nudge is not None and nudge[0] == t:
            gradients[:, 0] += np.where(np.isin(np.arange(workers), members[:1, 0]), nudge[1], 0)
        seen = models + step * pending
        total = seen[members, columns].sum(0)
        for i in members:
            models[i, columns] = (total - step * pending[i, columns]) / size - step * gradients[i, columns]
            pending[i, columns] = gradients[i, columns]
            took[i, columns] = t


@pytest.mark.parametrize(("size", "period"), [(1, 4), (2, 3), (2, 8), (4, 6)])
def test_bounds_hold_in_the_model_of_the_proof(size, period):
    step, iterations = 0.1, 240
    history = list(play(step, size, period, iterations, replicas=400))
    models = np.array([entry[0] for entry in history])
    means = models.mean(1)
    since = np.arange(iterations) // period * period
    took = np.array([entry[2] for entry in history])
    read = np.take_along_axis(models, took, axis=0)
    measured = (
        ((models - means[since][:, None]) ** 2).mean(2).max(),
        ((means - means[since]) ** 2).mean(1).max(),
        ((read - means[:, None]) ** 2).mean(2).max(),
        ((models - means[:, None]) ** 2).sum(1).mean(1).max(),
    )
    here = {"n": 4.0, "group": size, "tau": period, "gamma": step, "L": 1.0, "M": 1.0, "sigma": 0.5, "zeta": 0.0}
    here |= {"K": iterations, "delta": 1 - np.cos(2.0)}
    for lemma, value in zip(DRIFTS, measured, strict=True):
        assert lemma.applies(**here)
        assert 0 < value <= lemma.bound(**here)
    assert wagma.any_step.applies(**here)
    assert (np.sin(means) ** 2).mean() <= wagma.any_step.bound(**here)


def test_an_unseen_gradient_moves_the_mean_by_itself_alone():
    """Why its correlation with the mean does not grow with tau: until somebody sees it, nothing else depends on it."""
    at, change, step = 4, 0.3, 0.1
    plain = list(play(step, 2, 30, 30, replicas=1, workers=16))
    moved = list(play(step, 2, 30, 30, replicas=1, workers=16, nudge=(at, change)))
    for later in range(at + 1, 30):
        differs = ~np.isclose(plain[later][0][:, 0], moved[later][0][:, 0], rtol=0, atol=1e-12)
        if (plain[later][2] == at).sum() < 2:
            break  # one of the two who acted then has acted again
        assert differs.sum() == 1
        gap = moved[later][0].mean() - plain[later][0].mean()
        assert gap == pytest.approx(-step * change / 16)
    assert later > at + 2
