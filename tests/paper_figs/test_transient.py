import re

import numpy as np
import pytest

from experiments.comparison import drawing
from numerics import graphs
from paper_figs import style, transient
from paper_figs import transient_moments as moments
from tests.paper_figs import tables


@pytest.fixture(scope="module")
def captions():
    """What the figures of this module say above their panels."""
    return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory, captions):
    out = tmp_path_factory.mktemp("transient")
    parts = ("", "_ratio", "_onsets", "_rho-zeta")
    names = {"transient.pdf", "transient.png", *(f"transient{part}.csv" for part in parts)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "headline", lambda figure, text: captions.append(text))
        tables.check_files(transient.main(out, quick=True), out, names)
    return out


@pytest.mark.usefixtures("folder")
def test_the_caption_speaks_of_what_is_drawn(captions):
    assert set(re.findall(r"\((\w)\)", captions[0])) == set("abcd")
    assert "(d): AD-PSGD" in captions[0]
    assert "staleness" not in captions[0]


def test_theorems_promise_no_more_than_is_seen(folder):
    table = tables.read(folder / "transient.csv")
    promised, fact = table["K_linear, theorem [rounds]"], table["K_linear, in fact [rounds]"]
    seen = ~np.isnan(fact)
    assert seen.sum() >= 3
    assert (fact[seen] < promised[seen]).all()
    measured = {n: tables.where(table, graph="ring", n=n)["K_linear, in fact [rounds]"][0] for n in (8, 16)}
    # n^3 over the fourth power of a gap that falls like n^-2
    assert np.log2(measured[16] / measured[8]) == pytest.approx(11, abs=0.6)
    assert not seen[table["graph"] == "complete"].any()


def test_onsets_are_in_order(folder):
    table = tables.read(folder / "transient_onsets.csv")
    assert (table["K_non_vacuous [rounds]"] >= table["K_conditions [rounds]"]).all()
    assert (np.diff(tables.where(table, theorem="ours.p2")["K_linear [rounds]"]) > 0).all()


@pytest.mark.parametrize(("name", "n", "doublings"), [("ring", 5, 4), ("one-peer-exponential", 8, 3), ("complete", 3, 0)])
def test_moments_are_those_of_simulated_covariances(name, n, doublings):
    schedule, gamma = graphs.get(name, n).schedule(), 0.07
    problem = moments.along_slowest_mode(schedule, 0.7)
    x, covariance, total = np.full(n, problem.start), np.zeros((n, n)), 0.0
    rounds = schedule.period * 2**doublings
    for k in range(rounds):
        total += problem.curvature.mean() ** 2 * (x.mean() ** 2 + covariance.mean())
        step = schedule.at(k).matrix() - gamma * np.diag(problem.curvature)
        x, covariance = step @ x - gamma * problem.tilt, step @ covariance @ step.T + gamma**2 * np.eye(n)
    assert moments.decentralised(problem, schedule, gamma, doublings) == pytest.approx(total / rounds, rel=1e-12)


def test_parallel_sgd_by_hand():
    problem = moments.Quadratics(np.array([1.0, 3.0]), np.zeros(2), 0.5)
    x, variance, total = problem.start, 0.0, 0.0
    for _ in range(9):
        total += 4 * (x**2 + variance)
        x, variance = (1 - 0.2) * x, (1 - 0.2) ** 2 * variance + 0.01 * 0.25 / 2
    assert problem.start**2 * 2 / 2 == pytest.approx(1)
    assert moments.parallel(problem, 0.1, 9) == pytest.approx(total / 9, rel=1e-12)


def test_joining_is_where_the_last_crossing_is():
    rounds = np.array([4.0, 8.0, 16.0, 32.0, 64.0])
    assert moments.joined(rounds, np.array([1.0, 3.0, 4.0, 1.0, 1.0])) == pytest.approx(16 * np.sqrt(2))
    assert moments.joined(rounds, np.ones(5)) == 4
    assert moments.joined(rounds, np.array([1.0, 1.0, 1.0, 1.0, 3.0])) == np.inf


def test_systems_have_the_colours_of_the_house():
    assert set(style.PALETTE) <= set(drawing.COLOURS.values()) | {style.INK}
