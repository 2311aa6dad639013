import numpy as np
import pytest

from paper_figs import overview
from tests.paper_figs import tables


@pytest.mark.slow
def test_measured_exact_and_bounds_agree(tmp_path):
    tables.check_files(
        overview.main(tmp_path, quick=True, seed=5), tmp_path, {f"overview.{kind}" for kind in ("pdf", "png", "csv")}
    )
    table = tables.read(tmp_path / "overview.csv")
    exact, mean, half = (table[name] for name in ("exact [f^2/x^2]", "mean grad norm^2 [f^2/x^2]", "95% half width [f^2/x^2]"))
    assert np.all(np.abs(mean - exact) < 3 * half)
    for name in ("printed bound", "our bound"):
        applies = table[f"{name} applies"]
        assert applies.any()
        assert np.all(exact[applies] < table[f"{name} [f^2/x^2]"][applies])
    assert table["our bound applies"].all()
    assert len(np.unique(table["system"])) == 3
