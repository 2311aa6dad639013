import numpy as np
import pytest

import theory
from paper_figs import worst_case, worst_case_quotients, worst_case_runs
from tests.paper_figs import tables

NAMES = {f"worst_case.{kind}" for kind in ("pdf", "png", "csv")} | {"worst_case_quotients.csv", "worst_case_spectrum.csv"}


@pytest.mark.slow
def test_figure_and_what_its_numbers_claim(tmp_path):
    tables.check_files(worst_case.main(tmp_path, quick=True), tmp_path, NAMES)
    steps = tables.read(tmp_path / "worst_case.csv")
    measured, within, exact = (
        steps[f"{name} [L Delta]"] for name in ("measured", "worst case, tilted functions", "exact worst case")
    )
    assert (measured <= within * (1 + 1e-4)).all()
    assert (within <= exact * (1 + 1e-4)).all()
    assert steps["its instance replayed [L Delta]"] == pytest.approx(exact, rel=1e-4)
    for number in (1, 2):
        applies = steps[f"bound {number} applies"]
        assert (exact[applies] <= steps[f"bound {number} [L Delta]"][applies]).all()
    for system in ("dpsgd", "local-sgd", "sgp"):  # steps beyond what theorems admit are shown too, and cost something
        mine = tables.where(steps, system=system)
        assert 0 < np.sum(mine["bound 1 applies"]) < len(mine["bound 1 applies"])
        assert mine["exact worst case [L Delta]"][-1] > 1.5 * mine["measured [L Delta]"][-1]
    quotients = tables.read(tmp_path / "worst_case_quotients.csv")
    found = quotients["bound [L Delta]"] / quotients["exact worst case [L Delta]"]
    assert (found >= 1 - 1e-5).all()
    assert found[quotients["theorem"] == "ours.p1"] == pytest.approx(1, rel=1e-5)
    p2 = (quotients["theorem"] == "ours.p2") & (quotients["K [rounds]"] == 4)
    assert ((found[p2] > 1.9) & (found[p2] < 4.1)).all()
    spectrum = tables.read(tmp_path / "worst_case_spectrum.csv")
    applies = spectrum["bound applies"]
    assert (spectrum["exact worst case [L Delta]"] <= spectrum["bound ours.p2 [L Delta]"])[applies].all()
    for workers in ("4", "8"):
        ring, free = tables.where(spectrum, n=workers), tables.where(spectrum, n="any")
        above = np.interp(ring["lambda [1]"], free["lambda [1]"], free["exact worst case [L Delta]"])
        assert (ring["exact worst case [L Delta]"] <= above * (1 + 1e-4)).all()


def test_problems_are_members_of_the_class():
    """Smoothness at most one, and heterogeneity zeta sqrt(Delta): scaled to Delta = 1 they are what the worst case is about."""
    for text, problem in worst_case_runs.problems(4, 0.7, dense=False):
        numbers = problem.numbers
        assert numbers["L"] <= 1, text
        assert numbers["zeta"] == pytest.approx(0.7 * numbers["delta"] ** 0.5), text
        assert numbers["sigma"] == 0


def test_the_best_step_is_admissible_and_not_the_largest_where_the_bound_has_a_pole():
    ring = worst_case_runs.systems()[0]
    best, largest = (getattr(ring, f"{which}_step")("dpsgd.theorem-1", 4, 1.0) for which in ("best", "largest"))
    assert best < 0.9 * largest
    assert ring.bound("dpsgd.theorem-1", best, 4, 1.0) <= ring.bound("dpsgd.theorem-1", 0.98 * best, 4, 1.0)
    assert ring.bound("dpsgd.theorem-1", best, 4, 1.0) <= ring.bound("dpsgd.theorem-1", 1.02 * best, 4, 1.0)
    prescribed = theory.get("koloskova.theorem-2").step_size(**ring.constants, K=4.0, zeta=1.0)
    assert ring.best_step("koloskova.theorem-2", 4, 1.0) == pytest.approx(prescribed)


@pytest.mark.parametrize("eigenvalue", [0.1, 1 / 3, 0.8])
def test_blended_rings(eigenvalue):
    for n in (4, 8):
        matrix = worst_case_quotients.blended_ring(n, eigenvalue)
        assert np.sort(np.abs(np.linalg.eigvalsh(matrix)))[-2] == pytest.approx(eigenvalue)
        assert matrix.sum(axis=0) == pytest.approx(np.ones(n))
