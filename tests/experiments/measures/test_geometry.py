"""Where leader SGD rests, against finite differences and solutions by hand; directions against volumes in closed form."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import betainc

from experiments.claims import Claim
from experiments.measures import geometry
from experiments.settings import prepare
from experiments.verify import examine
from theory import registry

ALPHA = 1e-4
QUIET = {"sigma": 0.0, "noise": "none"}


def resting(wording: str, **more: object) -> Claim:
    defaults = {"problem_options": QUIET | {"dim": 1}, "options": {"attraction": 0.2}, "nodes": 2, "budget": 16}
    return Claim(theorem=f"lsgd.stationary-points:{wording}", system="lgd", problem="cosine", iterations=1, **(defaults | more))


def turning(theorem: str, **more: object) -> Claim:
    stretched = QUIET | {"dim": 4, "mu": 1e-3, "levels": 2, "rotate": True}
    defaults = {"problem_options": stretched, "options": {"attraction": 0.3}, "iterations": 5, "nodes": 2, "budget": 256}
    return Claim(theorem=f"lsgd.{theorem}", system="lgd", problem="quadratic", **(defaults | more))


def penalised(objective, strength, w):
    """The objective of leader SGD as the words say it, the leader a function of the models."""
    values = [float(objective.value(model)) for model in w]
    z = w[int(np.argmin(values))]
    return sum(values) + strength / 2 * sum(float((model - z) @ (model - z)) for model in w)


def test_the_leader_is_differentiated():
    setting = prepare(resting("printed", nodes=3, problem_options=QUIET | {"dim": 2}))
    objective, w = setting.problem.objective, np.random.default_rng(1).uniform(-3, 3, (3, 2))
    expected = np.empty_like(w)
    for place in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[place] = 1e-6
        expected[place] = (penalised(objective, 0.2, w + step) - penalised(objective, 0.2, w - step)) / 2e-6
    np.testing.assert_allclose(geometry.differentiated(setting, w), expected, atol=1e-8)


def test_the_leader_is_frozen_in_the_update():
    setting = prepare(resting("corrected", nodes=3, problem_options=QUIET | {"dim": 2}))
    objective, w = setting.problem.objective, np.random.default_rng(2).uniform(-3, 3, (3, 2))
    z = min(w, key=lambda model: float(objective.value(model)))
    np.testing.assert_allclose(geometry.frozen_map(setting, w), objective.gradient(w) + 0.2 * (w - z), atol=1e-12)


def test_the_counterexample_of_the_card_is_one():
    strength, c = 0.7, 0.4
    cubic = SimpleNamespace(
        value=lambda x: (strength * (x - x**2) + c * (3 * x**2 - 2 * x**3))[..., 0],
        gradient=lambda x: strength * (1 - 2 * x) + 6 * c * (x - x**2),
    )
    setting = SimpleNamespace(problem=SimpleNamespace(objective=cubic), constants={"lambda_": strength})
    w = np.array([[0.0], [1.0]])
    np.testing.assert_allclose(geometry.differentiated(setting, w), 0.0, atol=1e-15)
    assert cubic.value(w)[0] < cubic.value(w)[1]
    assert cubic.gradient(w)[0, 0] == strength


def test_all_stationary_points_of_two_workers_on_a_cosine():
    """L sin(a) = lambda D = - L sin(a + D): where one worker leads, D is an odd multiple of pi, and lambda admits pi alone."""
    found = geometry.leader_slopes(prepare(resting("printed")), range(64), geometry.differentiated)
    assert set(np.round(found, 9)) == {round(0.2 * np.pi, 9)}


@pytest.mark.parametrize(("nodes", "dim"), [(2, 1), (3, 2)])
def test_the_printed_statement_is_refuted_and_the_corrected_one_holds_on_the_same_setting(nodes, dim):
    setting = {"nodes": nodes, "problem_options": QUIET | {"dim": dim}}
    printed, corrected = (examine(resting(wording, **setting), ALPHA).finding for wording in ("printed", "corrected"))
    assert (printed.verdict, corrected.verdict) == ("violated", "holds")
    assert printed.known_false
    assert not printed.fails
    assert printed.measured > 0.1
    assert corrected.measured == 0


def test_a_leader_that_is_pulled_is_noticed(monkeypatch):
    from numerics.algorithms.election import Leadership

    def towards_the_mean(self, x, out):
        np.subtract(x, x.mean(0), out=out)
        return out

    monkeypatch.setattr(Leadership, "distances", towards_the_mean)
    assert examine(resting("corrected", nodes=3), ALPHA).finding.verdict == "violated"


def test_the_model_is_that_of_gradient_descent():
    setting = prepare(turning("angle-large"))
    a, x0 = setting.problem.objective.hessian(), setting.problem.start()
    x = np.linalg.matrix_power(np.eye(4) - setting.gamma * a, 5) @ x0
    np.testing.assert_allclose(geometry.model(setting), x, rtol=1e-12)
    expected = (a @ x) @ x / np.linalg.norm(a @ x) / np.linalg.norm(x)
    assert setting.constants["cosine"] == pytest.approx(expected)


def test_a_model_that_is_not_stretched_enough_is_none_the_theorem_speaks_about():
    finding = examine(turning("angle-large", iterations=1), ALPHA).finding
    assert finding.verdict == "inapplicable"
    assert finding.factor > 1
    assert examine(turning("angle-large"), ALPHA).finding.verdict == "holds"


def test_the_share_of_leaders_is_a_volume():
    """In the plane, against the midpoints of a fine grid over the ellipse and angles by arccos."""
    made = turning("angle-large", problem_options=QUIET | {"dim": 2, "mu": 0.05, "rotate": True}, iterations=2)
    setting = prepare(made)
    objective, x = setting.problem.objective, geometry.model(setting)
    a, b = objective.hessian(), np.linalg.inv(np.linalg.cholesky(objective.hessian())).T
    side = np.linspace(-1, 1, 801)
    disc = np.array([(u, v) for u in side for v in side if u * u + v * v <= 1])
    z = np.sqrt(x @ a @ x) * disc @ b.T
    assert np.all(objective.value(z) <= objective.value(x) * (1 + 1e-12))

    def angle(direction):
        return np.arccos(direction @ -x / np.linalg.norm(direction, axis=-1) / np.linalg.norm(x))

    expected = np.mean(angle(-a @ x + 0.3 * (z - x)) > angle(-a @ x))
    shares = geometry.unimproved(setting, range(200), limit=False)
    assert 0.02 < expected < 0.98
    assert abs(shares.mean() - expected) < 5 * shares.std() / np.sqrt(200) + 2e-3


@pytest.mark.parametrize(("dim", "iterations"), [(2, 1), (4, 5), (7, 3)])
def test_the_limit_of_small_pulls_is_a_cap(dim, iterations):
    """For lambda to zero, those with <z - x, v> < 0 do not improve, v the Newton step minus its share along the gradient step."""
    options = QUIET | {"dim": dim, "mu": 0.02, "levels": 2, "rotate": True}
    setting = prepare(turning("angle-small-lambda", problem_options=options, iterations=iterations))
    a, x = setting.problem.objective.hessian(), geometry.model(setting)
    down = a @ x
    v = -x + (x @ down) / (down @ down) * down
    scaled = np.linalg.solve(np.linalg.cholesky(a), v)  # the ellipsoid becomes a ball of radius sqrt(x'Ax)
    height = (x @ v) / np.linalg.norm(scaled) / np.sqrt(x @ a @ x)
    assert -1 < height < 0
    expected = betainc((dim + 1) / 2, 0.5, 1 - height**2) / 2
    shares = geometry.unimproved(setting, range(100), limit=True)
    assert abs(shares.mean() - expected) < 5 * max(shares.std(), 1e-3) / 10


@pytest.mark.parametrize("theorem", ["angle-small-lambda", "angle-large"])
def test_a_share_that_is_too_small_is_noticed(monkeypatch, theorem):
    made = turning(theorem)
    finding = examine(made, ALPHA).finding
    assert finding.verdict == "holds"
    assert 0.001 < finding.measured < 0.5
    original = registry.get(made.theorem)
    monkeypatch.setattr(registry, "get", lambda _: replace(original, right_side=original.right_side / 500))
    assert examine(made, ALPHA).finding.verdict == "violated"
