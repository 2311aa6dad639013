import math

import numpy as np
import pytest

from paper_figs import dpsgd
from tests.paper_figs import tables

NAMES = {
    *(f"dpsgd_{figure}.{kind}" for figure in ("convergence", "consensus", "contraction") for kind in ("pdf", "png", "csv")),
    "dpsgd_convergence_constant.csv",
    "dpsgd_consensus_noise.csv",
    "dpsgd_contraction_gap.csv",
}


@pytest.mark.slow
def test_quick_figures_and_what_their_numbers_claim(tmp_path):
    tables.check_files(dpsgd.main(tmp_path, quick=True, seed=4), tmp_path, NAMES)
    found = {path.stem: tables.read(path) for path in tmp_path.glob("*.csv")}

    convergence = found["dpsgd_convergence"]
    bound = next(name for name in convergence if name.startswith("bound dpsgd.corollary-2"))
    tables.check_convergence(convergence, bound)
    tables.check_collapse(found["dpsgd_convergence_constant"])
    n, k = convergence["n [workers]"], convergence["K [iterations]"]
    delta, smooth = 10 * 0.05 * (1 - math.cos(2)), 0.05
    by_hand = 8 * delta * smooth / k + (8 * delta + 4 * smooth) / np.sqrt(n * k)
    assert convergence[bound] == pytest.approx(by_hand, rel=1e-12)
    assert convergence["step size [x^2/f]"] == pytest.approx(1 / (2 * smooth + np.sqrt(k / n)))

    tables.check_noise(found["dpsgd_consensus_noise"])
    disagreement = found["dpsgd_consensus"]
    assert tables.where(disagreement, schedule="complete", rounds=1)["consensus error [x^2]"][0] < 1e-25
    ends = [
        tables.where(disagreement, schedule=label, rounds=25)["consensus error [x^2]"][0]
        for label in ("hypercube", "torus", "ring")
    ]
    assert ends == sorted(ends)

    ring = tables.where(found["dpsgd_contraction_gap"], graph="ring")
    exact = 1 - (1 + 2 * np.cos(2 * np.pi / ring["n [workers]"])) / 3
    assert ring["1 - sqrt(rho) [1]"] == pytest.approx(exact, rel=1e-9)
    norms = tables.where(found["dpsgd_contraction"], schedule="ring")
    assert norms["norm mean [1]"] == pytest.approx((1 - exact[3]) ** norms["rounds"], rel=1e-9)
