import math

import numpy as np
import pytest

from paper_figs import spectra, spectral_curves
from tests.paper_figs import tables

CURVES = [*spectral_curves.graph_curves(), *spectral_curves.random_curves()]


def test_figure_and_what_its_numbers_claim(tmp_path):
    tables.check_files(spectra.main(tmp_path, quick=True), tmp_path, {f"spectra.{kind}" for kind in ("pdf", "png", "csv")})
    table = tables.read(tmp_path / "spectra.csv")
    closed, eigen = table["1 - rho, closed form [1]"], table["1 - rho, eigenvalues [1]"]
    seen = ~np.isnan(eigen)
    assert eigen[seen] == pytest.approx(closed[seen], abs=1e-12)
    for curve in CURVES:
        markers = table["n [workers]"][seen & (table["family"] == curve.key)]
        assert markers.tolist() == [n for n in curve.marks if n <= 64]
        assert len(markers) >= 4
    ring = tables.where(table, family="ring", n=1024)
    assert 1024**2 * ring["1 - rho, closed form [1]"][0] / math.pi**2 == pytest.approx(8 / 3, rel=1e-5)
    assert ring["leading order [1]"][0] == pytest.approx(ring["1 - rho, closed form [1]"][0], rel=1e-5)
    one_peer = tables.where(table, family="one-peer-exponential", n=1024)
    assert one_peer["rounds to 1% [1]"][0] == one_peer["messages per worker to 1% [1]"][0] == 10
    assert tables.where(table, family="complete", n=1024)["messages per worker to 1% [1]"][0] == 1023


def test_rounds_to_one_per_cent():
    """After the rounds given, rho to that power is a hundredth; exact averages need one."""
    found = spectral_curves.rounds_to_one_per_cent(np.array([0.5, 1e-9, 1.0]))
    assert 0.5 ** found[0] == pytest.approx(0.01)
    assert found[1] == pytest.approx(math.log(100) * 1e9, rel=1e-8)
    assert found[2] == 1
