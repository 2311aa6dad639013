import numpy as np
import pytest

import theory
from paper_figs import necessity, necessity_terms
from tests.paper_figs import tables
from theory.mutants import TERM, mutants


@pytest.mark.slow
def test_figure_and_what_its_numbers_claim(tmp_path):
    expected = {"necessity.pdf", "necessity.png", "necessity.csv", "necessity_terms.csv"}
    tables.check_files(necessity.main(tmp_path, quick=True), tmp_path, expected)
    counts = tables.read(tmp_path / "necessity.csv")
    assert set(counts["theorem"]) == set(necessity.FEW)
    assert (counts["refuted [1]"] <= counts["there are [1]"]).all()
    terms = counts["mutants"] == "terms"
    assert (counts["refuted [1]"][terms] == counts["there are [1]"][terms]).all()
    assert (counts["left side / bound as stated, at most [1]"] <= 1 + 1e-9).all()
    curves = tables.read(tmp_path / "necessity_terms.csv")
    for key in {sweep.theorem for sweep in necessity_terms.sweeps(quick=True)}:
        for mutant in mutants(theory.get(key)):
            drawn = curves["left side / bound [1]"][(curves["theorem"] == key) & (curves["statement"] == mutant.text)]
            if mutant.kind == TERM:
                assert drawn.max() > 1, mutant.text
            elif mutant.expression is None:
                assert drawn.max() <= 1


def test_ratios_are_those_of_known_runs():
    """SGD with step 1/L on one quadratic ends in one step but for its noise: mean of the squared gradients by hand."""
    sweep = necessity_terms.sweeps(quick=True)[0]
    step, n, k = 0.9, 2, 300
    claim = sweep.claim(step)
    assert (claim.nodes, claim.iterations) == (n, k)
    second = np.empty(k)
    second[0] = 1.0
    for i in range(1, k):
        second[i] = (1 - step) ** 2 * second[i - 1] + step**2 / n
    shown, ratios = necessity_terms.Sweep(sweep.theorem, "", np.array([step]), sweep.claim, "").ratios()
    gap = 2 * 0.5 / (step * k)
    noise = step / n
    by_text = dict(zip((mutant.text for mutant in shown), ratios[:, 0], strict=True))
    assert by_text["as stated"] == pytest.approx(second.mean() / (gap + noise))
    assert by_text["without 2 Delta/(K gamma)"] == pytest.approx(second.mean() / noise)
    assert by_text["without L gamma sigma^2/n"] == pytest.approx(second.mean() / gap)
