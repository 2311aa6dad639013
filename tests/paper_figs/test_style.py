import numpy as np
import pytest

from paper_figs import convergence, style
from straggler import ResultError


def test_csv_reads_back_exactly():
    numbers = [1 / 3, 1e-300, np.pi * 1e20]
    text = style.as_csv({"label": ["a, b", 'say "c"', "d"], "x [m]": np.array(numbers)})
    header, *lines = text.splitlines()
    assert header == "label,x [m]"
    assert lines[0].startswith('"a, b",')
    assert [float(line.rsplit(",", 1)[1]) for line in lines] == numbers


def test_columns_of_different_length_are_an_error():
    with pytest.raises(ValueError, match="shorter"):
        style.as_csv({"a": [1, 2], "b": [1]})


def test_a_bound_is_solid_where_it_holds_and_dotted_where_not():
    with style.sheet(1) as (_, (axes,)):
        x, holds = np.arange(1.0, 6.0), np.array([False, False, True, True, False])
        style.where_it_holds(axes, x, 10 * x, holds, color="#000000", label="bound")
        solid, dotted = axes.lines
    assert np.array_equal(np.isfinite(solid.get_ydata()), holds)
    # the dotted pieces reach the solid one, so that no gap is left between them
    assert np.array_equal(np.isfinite(dotted.get_ydata()), [True, True, True, True, True])
    assert (solid.get_linestyle(), dotted.get_linestyle()) == ("-", ":")
    assert axes.get_legend_handles_labels()[1] == ["bound"]


def test_the_same_figure_has_the_same_bytes(tmp_path):
    files = []
    for folder in ("first", "second"):
        with style.sheet(1) as (figure, (axes,)):
            axes.plot([1, 2], [3, 4])
            files.append(style.save(figure, {"": {"x": [1, 2]}}, tmp_path / folder, "name"))
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_nothing_is_left_where_a_figure_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with style.sheet(1) as (figure, _), pytest.raises(ResultError):
        style.save(figure, {}, tmp_path / "file", "name")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_slope_and_its_interval():
    horizons = np.array([10.0, 100.0, 1000.0, 10000.0])
    exponents = -0.5 + np.array([-0.02, 0.0, 0.02])
    samples = 7 * horizons[:, None] ** exponents
    samples[0] *= 5  # before the fit begins
    slope, error = convergence.Curve(None, horizons, samples).slope(100)
    assert slope == pytest.approx(-0.5)
    # Student quantile at 2 degrees of freedom, 4.3027, times 0.02 / sqrt(3)
    assert error == pytest.approx(4.3027 * 0.02 / np.sqrt(3), rel=1e-4)
