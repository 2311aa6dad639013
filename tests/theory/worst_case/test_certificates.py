"""What a solver says is checked, and what cannot be is refused."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from straggler import InputError, StragglerError, UnknownName
from theory import worst_case
from theory.worst_case import certificate, memory, solver
from theory.worst_case.local import smooth
from theory.worst_case.program import Program

PAIR = np.array([[0.7, 0.3], [0.3, 0.7]])
METHOD = worst_case.dpsgd([PAIR] * 2)
CONE = Program(smooth(METHOD)).cone(0.3, heterogeneity=0.5)


def lying(**changes):
    """A solver whose word is "Solved", whatever was done to its numbers."""

    def solve(cone, margin):
        answer = solver.clarabel(cone, margin)
        made = {name: change(getattr(answer, name)) for name, change in changes.items()}
        return dataclasses.replace(answer, status="Solved", **made)

    return solve


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"multipliers": lambda m: 0.99 * m}, "miss the cone"),
        ({"gram": lambda g: 1.01 * g}, "violates"),
        ({"values": lambda f: f + 0.01}, "violates"),
        ({"multipliers": lambda m: 1.01 * m}, "too far apart"),
        ({"gram": lambda g: np.full_like(g, np.nan)}, "not finite"),
    ],
)
def test_answers_that_are_off_are_refused(changes, complaint) -> None:
    with pytest.raises(StragglerError, match=complaint):
        certificate.certify(CONE, [(lying(**changes), 1e-7)])


def test_another_solver_is_asked_before_giving_up() -> None:
    found = certificate.certify(CONE, [(lying(gram=lambda g: 2 * g), 1e-7), (solver.clarabel, 1e-7)])
    assert found.upper == pytest.approx(certificate.certify(CONE).upper, rel=1e-5)


def test_one_more_solver_is_asked_where_the_sides_are_not_close() -> None:
    def loose(cone, margin):
        return solver.clarabel(cone, 1e-5)

    alone = certificate.certify(CONE, [(loose, 0.0)])
    assert alone.gap > certificate.SMALL_GAP * alone.upper
    two = certificate.certify(CONE, [(loose, 0.0), (solver.interior, 1e-8)])
    assert (two.solver, alone.solver) == ("interior point", "Clarabel")
    assert two.gap < 0.1 * alone.gap
    failing = certificate.certify(CONE, [(loose, 0.0), (lying(gram=lambda g: 2 * g), 1e-7), (solver.interior, 1e-8)])
    assert failing.gap == alone.gap


def test_the_second_solver_finds_the_same() -> None:
    first, second = (certificate.certify(CONE, [one]) for one in ((solver.clarabel, 1e-7), (solver.scs, 1e-5)))
    assert (first.solver, second.solver) == ("Clarabel", "SCS")
    assert second.lower <= first.upper
    assert first.lower <= second.upper
    assert second.upper - second.lower < 1e-3


def test_an_unbounded_program_is_an_error_not_a_value() -> None:
    free = dataclasses.replace(CONE, bounds=CONE.bounds.copy(), goal=CONE.goal.copy())
    free.matrix[:] = 0.0
    try:
        with pytest.raises(StragglerError, match="no solver"):
            certificate.certify(free, [(solver.clarabel, 1e-7), (solver.scs, 1e-5)])
    finally:
        CONE.matrix[:] = Program(smooth(METHOD)).cone(0.3, heterogeneity=0.5).matrix


def test_both_sides_are_checked_without_the_solver() -> None:
    """The multipliers prove the bound at any instance; the instance obeys every inequality, evaluated on its points."""
    found = worst_case.nonconvex(METHOD).at(gamma=0.3, zeta=0.7)
    instance = found.instance
    assert instance.violation() <= 0
    place = {name: np.array([names.index(name) for names in instance.names]) for name in ("xbar^0", "xbar^1", "xbar^2")}
    gradients = {k: np.array([instance.gradients[i][at[i]] for i in range(2)]) for k, at in place.items()}
    values = {k: np.mean([instance.values[i][at[i]] for i in range(2)]) for k, at in place.items()}
    mean = {k: g.mean(axis=0) for k, g in gradients.items()}
    assert np.mean([np.sum(mean[k] ** 2) for k in ("xbar^0", "xbar^1")]) == pytest.approx(found.lower, rel=1e-9)
    for k, local in gradients.items():
        assert np.sum((local - mean[k]) ** 2) / 2 <= 0.7**2
        assert values["xbar^0"] - values[k] + np.sum(mean[k] ** 2) / 2 <= 1
    assert min(float(m.min()) for m in found.multipliers.values()) >= 0
    # what bounds are multiplied by adds up to the value
    shares = {"infimum": 1.0, "heterogeneity": 0.7**2}
    assert sum(shares.get(name, 0.0) * m.sum() for name, m in found.multipliers.items()) == pytest.approx(found.upper, rel=1e-12)


def test_the_proof_names_what_is_added_up() -> None:
    lines = worst_case.nonconvex(METHOD).at(gamma=0.3, zeta=0.7).proof().splitlines()
    assert all(re.match(r"[\d.e+-]+ x \((interpolation|infimum|heterogeneity)\) \S", line) for line in lines)
    assert any("f_0 at xbar^0 from xbar^1" in line for line in lines)
    assert any("f - f* at xbar^1" in line for line in lines)


@pytest.mark.parametrize("step", [0.01, 0.3, 1.2])
def test_the_multipliers_recombine_to_the_bound_at_any_gradients_and_values(step) -> None:
    """Goal <= sum of multipliers times left sides, even for numbers that no function has; at the instance, with equality."""
    lopsided = np.array([[0.5, 0.5, 0.0], [0.5, 0.2, 0.3], [0.0, 0.3, 0.7]])
    rounds, n, zeta = 2, 3, 0.6
    found = worst_case.nonconvex(worst_case.dpsgd([lopsided] * rounds)).at(gamma=step, zeta=zeta)
    proof = [(name, found.labels[name][row], m) for name, part in found.multipliers.items() for row, m in enumerate(part)]

    def excess(gradients, values) -> float:
        """Goal less the sum, for data by worker and name of the point; points follow from the gradients by the algorithm."""
        x, points = np.zeros((n, gradients[0]["xbar^0"].shape[0])), [{} for _ in range(n)]
        for k in range(rounds + 1):
            for i in range(n):
                points[i][f"xbar^{k}"] = x.mean(axis=0)
                if k:
                    points[i][f"x_{i}^{k}"] = x[i]
            x = lopsided @ x - step * np.array([gradients[i].get(f"x_{i}^{k}", gradients[i][f"xbar^{k}"]) for i in range(n)])
        mean = {k: np.mean([gradients[i][f"xbar^{k}"] for i in range(n)], axis=0) for k in range(rounds + 1)}
        total = np.mean([mean[k] @ mean[k] for k in range(rounds)])
        for name, label, multiplier in proof:
            if name == "interpolation":
                i, above, below = re.fullmatch(r"f_(\d) at (\S+) from (\S+)", label).groups()
                g, v, p = gradients[int(i)], values[int(i)], points[int(i)]
                dx, dg = p[above] - p[below], g[above] - g[below]
                left = v[below] - v[above] + (g[above] + g[below]) @ dx / 2 + dg @ dg / 4 - dx @ dx / 4
            elif name == "infimum":
                at = label.rsplit(" ", 1)[1]
                left = np.mean([v["xbar^0"] - v[at] for v in values]) + mean[int(at[-1])] @ mean[int(at[-1])] / 2
            else:
                at = label.rsplit(" ", 1)[1]
                left = np.mean([np.sum((g[at] - mean[int(at[-1])]) ** 2) for g in gradients])
            total -= multiplier * left
        return float(total)

    names = found.instance.names
    rng = np.random.default_rng(1)
    for _ in range(20):
        gradients = [{name: rng.standard_normal(9) for name in known} for known in names]
        values = [{name: rng.standard_normal() for name in known} for known in names]
        assert excess(gradients, values) <= 1e-9
    there = found.instance
    gradients = [dict(zip(known, there.gradients[i], strict=True)) for i, known in enumerate(names)]
    values = [dict(zip(known, there.values[i], strict=True)) for i, known in enumerate(names)]
    assert excess(gradients, values) == pytest.approx(0, abs=2e-5)
    proof = [(name, label, 0.9 * m) for name, label, m in proof]
    assert excess(gradients, values) > 0.05


def test_bad_input() -> None:
    family = worst_case.nonconvex(METHOD)
    for step in (0.0, -1.0, 9e-5, 2.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="gamma"):
            family.at(gamma=step)
    for wrong in ({"L": 0.0}, {"delta": 0.0}, {"zeta": -1.0}, {"zeta": float("inf")}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            family.at(**({"gamma": 0.1} | wrong))
    with pytest.raises(InputError, match="zeta"):
        worst_case.nonconvex(worst_case.gradient_descent(2)).at(gamma=0.1, zeta=0.5)
    with pytest.raises(InputError, match="mu"):
        worst_case.last_iterate(METHOD).at(gamma=0.1, mu=1.0)
    with pytest.raises(InputError, match="rounds = 0"):
        worst_case.dpsgd([])
    for build in (worst_case.gradient_descent, lambda k: worst_case.local_sgd(k, 2, 2), lambda k: worst_case.delayed(k, 1)):
        with pytest.raises(InputError, match="rounds = 0"):
            build(0)
    with pytest.raises(InputError, match="connected"):
        worst_case.dpsgd([np.eye(2)])
    with pytest.raises(InputError, match="rows"):
        worst_case.dpsgd([np.array([[0.5, 0.3], [0.5, 0.7]])])
    with pytest.raises(InputError, match="columns"):
        worst_case.sgp([np.array([[0.5, 0.3], [0.4, 0.7]])])
    with pytest.raises(InputError, match="contraction"):
        worst_case.error_feedback(2, 0.0)
    with pytest.raises(UnknownName, match="tilted"):
        worst_case.nonconvex(METHOD, "titled")
    with pytest.raises(UnknownName, match="least"):
        worst_case.nonconvex(METHOD, goal="last").at(gamma=0.1)
    with pytest.raises(UnknownName, match="distance"):
        worst_case.last_iterate(METHOD, "distances").at(gamma=0.1)


def test_memory_is_estimated_before_anything_is_built(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(memory, "available", lambda: asked.append(1) or 10_000)
    with pytest.raises(InputError, match="GiB"):
        worst_case.nonconvex(METHOD).at(gamma=0.1)
    assert asked
    assert memory.estimate(rows=448, sizes=[64]) > 8 * 2080**2
    assert memory.estimate(rows=448, sizes=[64]) < 2e9
