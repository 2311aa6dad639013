"""Worst cases that are known in closed form, and relations between them."""

from __future__ import annotations

import numpy as np
import pytest

import theory
from straggler import InputError
from theory import worst_case
from theory.worst_case import local, program, symmetry, tilted
from theory.worst_case.instance import misfit

RING = np.array([[0.5, 0.25, 0.0, 0.25], [0.25, 0.5, 0.25, 0.0], [0.0, 0.25, 0.5, 0.25], [0.25, 0.0, 0.25, 0.5]])


def near(found: worst_case.WorstCase, value: float) -> None:
    assert found.lower <= value * (1 + 1e-9)
    assert value * (1 - 1e-9) <= found.upper
    assert found.gap < 1e-5 * value
    assert found.instance.violation() <= 1e-9


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_the_least_gradient_of_gradient_descent(rounds) -> None:
    """4 L Delta / (3 K + 2) at the step 1/L: Abbaszadehpeivasti, de Klerk and Zamani 2022."""
    found = worst_case.nonconvex(worst_case.gradient_descent(rounds), goal="least").at(gamma=0.25, L=4.0, delta=0.5)
    near(found, 4 * 4.0 * 0.5 / (3 * rounds + 2))


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_the_mean_gradient_at_the_step_one_over_l(rounds) -> None:
    """At 1/L the bound of Ghadimi and Lan, 2 L Delta / K, is attained: it keeps every term of the descent lemma."""
    found = worst_case.nonconvex(worst_case.gradient_descent(rounds)).at(gamma=0.5, L=2.0, delta=3.0)
    near(found, 2 * 2.0 * 3.0 / rounds)
    printed = theory.get("sgd.ghadimi-lan").bound(gamma=0.5, L=2.0, delta=3.0, K=rounds, n=1, sigma=0.0)
    assert found.upper == pytest.approx(printed, rel=1e-5)


@pytest.mark.parametrize("goal", ["value", "distance"])
@pytest.mark.parametrize("step", [0.5, 1.5, 1.9])
def test_gradient_descent_on_strongly_convex_functions(goal, step) -> None:
    """max(1 - gamma mu, gamma L - 1)^(2 K), for both: Taylor, Hendrickx and Glineur 2018."""
    family = worst_case.last_iterate(worst_case.gradient_descent(2), goal, goal)
    near(family.at(gamma=step / 2, L=2.0, mu=0.3), max(1 - 0.15 * step, step - 1) ** 4)


def test_gradient_descent_on_convex_functions() -> None:
    """L R^2 / (4 K + 2) at the step 1/L: Drori and Teboulle 2014."""
    family = worst_case.last_iterate(worst_case.gradient_descent(3), "value", "distance")
    near(family.at(gamma=0.5, L=2.0, radius=1.5), 2.0 * 1.5**2 / 14)


def test_scale_covariance() -> None:
    family = worst_case.nonconvex(worst_case.dpsgd([RING] * 2))
    one, other = family.at(gamma=0.2, zeta=0.5), family.at(gamma=0.05, L=4.0, delta=9.0, zeta=0.5 * 6)
    assert other.value == pytest.approx(36 * one.value, rel=1e-9)


@pytest.mark.parametrize("build", [local.smooth, tilted.tilted], ids=["local", "tilted"])
@pytest.mark.parametrize("name", ["ring", "directed", "hypercube", "average", "feedback", "path", "star"])
def test_symmetry_changes_nothing(monkeypatch, build, name) -> None:
    directed = np.eye(3) * 0.6 + np.roll(np.eye(3), 1, axis=0) * 0.4
    cube = 0.5 * np.eye(4) + 0.3 * np.eye(4)[[1, 0, 3, 2]] + 0.2 * np.eye(4)[[2, 3, 0, 1]]
    star = np.eye(4) - 0.25 * np.array([[3, -1, -1, -1], [-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 0, 1]])
    path = np.array([[2, 1, 0], [1, 1, 1], [0, 1, 2]]) / 3
    method = {
        "path": worst_case.dpsgd([path] * 3),
        "star": worst_case.dpsgd([star] * 2, "step-then-mix"),
        "ring": worst_case.dpsgd([RING] * 2),
        "directed": worst_case.sgp([directed] * 2),
        "hypercube": worst_case.dpsgd([cube] * 2),
        "average": worst_case.local_sgd(3, 3, 2),
        "feedback": worst_case.error_feedback(2, 0.5, 2),
    }[name]
    if name == "feedback" and build is tilted.tilted:
        pytest.skip("residuals belong to workers")
    with_it = program.Program(build(method))
    if build is local.smooth or name not in ("path", "star"):  # one function is not taken apart by an exchange
        assert max(with_it.scene.blocks.sizes) < with_it.scene.data.bends.shape[1]
    found = with_it.solve(0.3, heterogeneity=0.4)
    for module in ("points", "tilted"):
        monkeypatch.setattr(f"theory.worst_case.{module}.detect", lambda n, _: symmetry.Symmetry.none(n))
    plainly = program.Program(build(method)).solve(0.3, heterogeneity=0.4)
    assert found.lower <= plainly.upper
    assert plainly.lower <= found.upper
    assert found.upper == pytest.approx(plainly.upper, rel=1e-4)


def test_the_last_iterate_on_a_path_with_and_without_its_reflection(monkeypatch) -> None:
    method = worst_case.dpsgd([np.array([[2, 1, 0], [1, 1, 1], [0, 1, 2]]) / 3] * 2)
    settings = {"gamma": 0.2, "mu": 0.2, "zeta": 0.3}
    found = worst_case.last_iterate(method).at(**settings)
    monkeypatch.setattr("theory.worst_case.points.detect", lambda n, _: symmetry.Symmetry.none(n))
    plainly = worst_case.last_iterate(method).at(**settings)
    assert found.upper == pytest.approx(plainly.upper, rel=1e-4)


def test_an_exchange_is_found_where_there_is_one() -> None:
    lopsided = np.array([[0.5, 0.5, 0, 0], [0.5, 0.2, 0.3, 0], [0, 0.3, 0.3, 0.4], [0, 0, 0.4, 0.6]])
    assert symmetry.detect(4, [lopsided]).kind == "none"
    path = np.array([[2, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 2]]) / 3
    assert symmetry.detect(4, [path]).kind == "exchange"
    assert symmetry.detect(4, [path]).likes == (0, 1, 1, 0)
    assert symmetry.detect(4, [path, lopsided]).kind == "none"
    assert symmetry.exchange([path]).tolist() == [3, 2, 1, 0]
    assert symmetry.exchange([path], tries=1) is None


@pytest.mark.parametrize("nodes", [2, 4, 8])
def test_p2_stands_between_two_and_four_times_above_the_worst_case(nodes) -> None:
    """At the largest step it admits; the two classes of functions, which enclose the one of the theorem, agree to 2 %."""
    ring = sum(np.roll(np.eye(nodes), shift, axis=0) for shift in (-1, 0, 1)) / 3
    rho = float(np.sort(np.abs(np.linalg.eigvalsh(ring)))[-2] ** 2)
    p2, constants = theory.get("ours.p2"), {"L": 1.0, "delta": 1.0, "zeta": 0.5}
    gamma = p2.largest_step(rho=rho, **constants)
    method = worst_case.dpsgd([ring] * 4)
    around, within = (worst_case.nonconvex(method, kind).at(gamma=gamma, **constants) for kind in ("local", "tilted"))
    assert 0.98 * around.upper <= within.lower <= around.upper
    assert 1.9 <= p2.bound(gamma=gamma, K=4, n=nodes, rho=rho, sigma=0.0, **constants) / around.upper <= 3.6


def test_the_descent_of_a_leader_step_is_not_larger_than_proved() -> None:
    gamma, pull, mu, lead = 0.4, 0.04, 0.2, 0.3
    found = worst_case.led_step(pull, lead).at(gamma=gamma, mu=mu)
    assert found.upper <= 1 - mu * gamma - pull * (1 - lead)


@pytest.mark.parametrize(("gamma", "pull"), [(0.5, 0.1), (0.5, 0.0), (0.2, 0.05), (0.1, 0.1)])
def test_the_descent_inequality_of_leaders_has_room_for_a_factor(gamma, pull) -> None:
    """At steps and pulls that Theorem 1 admits the largest ratio is 1 - mu gamma, as for gradient descent, where it proves 1."""
    L, mu = 2.0, 0.4
    found = worst_case.led_descent(pull / 2, gamma=gamma / L, L=L, mu=mu)
    assert found.upper == pytest.approx(1 - mu * gamma / L, rel=1e-5)
    names, instance = found.instance.names[0], found.instance
    at = {name: number for number, name in enumerate(names)}
    points, value, g = instance.points[0], instance.values[0], instance.gradients[0]
    x, z = at["x"], at.get("z", at["x"])
    moved = points[x] - gamma * g[x] - pull / 2 * (points[x] - points[z])  # the instance is for L = 1
    np.testing.assert_allclose(points[at["x+"]], moved, atol=1e-9)
    right = (1 - mu / L * gamma) * value[x] - pull / 2 * (value[x] - value[z])
    assert found.lower * (1 - 1e-9) <= value[at["x+"]] / right <= found.upper
    assert instance.violation() < 1e-9


def test_no_quadratic_descends_less_than_the_worst_step_towards_a_leader() -> None:
    """Outside of what Theorem 1 admits too; leaders are anywhere, also where f is larger."""
    rng, gamma, mu, pull = np.random.default_rng(1), 1.4, 0.2, 0.3
    found = worst_case.led_descent(pull, gamma=gamma, L=1.0, mu=mu)
    eigenvalues = np.stack([np.full(200_000, mu), np.ones(200_000)], axis=-1)
    x, z = rng.normal(size=(2, *eigenvalues.shape)) * 10 ** rng.uniform(-2, 2, size=(2, 200_000, 1))
    after = x - gamma * eigenvalues * x - pull * (x - z)
    f = [np.sum(eigenvalues * point**2, axis=-1) / 2 for point in (x, z, after)]
    largest = float((f[2] / ((1 - mu * gamma) * f[0] - pull * (f[0] - f[1]))).max())
    assert 0.7 * found.upper < largest <= found.upper
    assert found.upper > 1


def test_no_step_towards_a_leader_without_a_right_side() -> None:
    for wrong, what in (({"mu": 0.0}, "mu"), ({"pull": 0.9}, "pull"), ({"gamma": 2.5}, "gamma"), ({"pull": -0.1}, "pull")):
        with pytest.raises(InputError, match=what):
            worst_case.led_descent(**({"pull": 0.1, "gamma": 0.5, "L": 1.0, "mu": 0.3} | wrong))


def test_a_better_compressor_is_no_worse_and_a_perfect_one_is_gradient_descent() -> None:
    values = [worst_case.nonconvex(worst_case.error_feedback(3, c)).at(gamma=0.3).upper for c in (0.2, 0.6, 1.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 1.01 * values[2]
    assert values[2] == pytest.approx(worst_case.nonconvex(worst_case.gradient_descent(3)).at(gamma=0.3).upper, rel=1e-3)


def test_misfit_tells_smooth_functions_from_others() -> None:
    x = np.array([[0.0], [1.0], [2.5]])
    assert misfit(x, 2 * x, x[:, 0] ** 2, 2.0 * (1 + 1e-9), -2.0) <= 1e-9
    assert misfit(x, 2 * x, x[:, 0] ** 2, 1.9, -1.9) > 0.01
    assert misfit(x, 2 * x, x[:, 0] ** 2, 3.0, 2.1) > 0.01
    assert misfit(x, 2 * x, x[:, 0] ** 2 + np.array([0.0, 0.5, 0.0]), 2.1, -2.1) > 0.1
