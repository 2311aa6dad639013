import numpy as np
import pytest

from paper_figs import easgd, stability, stationary
from tests.paper_figs import tables

NAMES = {
    *(f"easgd_{figure}.{kind}" for figure in ("stability", "stationary") for kind in ("pdf", "png", "csv")),
    "easgd_stability_summary.csv",
    "easgd_stability_example.csv",
    "easgd_stationary_points.csv",
}


def turns(n, step, alpha):
    """The maps F_1, ..., F_n of the paper on (x_1, ..., x_n, center), multiplied."""
    whole = np.eye(n + 1)
    for i in range(n):
        turn = np.eye(n + 1)
        turn[np.ix_([i, n], [i, n])] = [[1 - step - alpha, alpha], [alpha, 1 - alpha]]
        whole = turn @ whole
    return whole


@pytest.mark.parametrize(("n", "step", "alpha"), [(2, 1.9, 0.04), (3, 0.7, 0.9), (3, 1.5, 0.3), (8, 0.2, 0.99)])
def test_a_lap_has_the_radius_of_the_product_of_the_maps_of_the_paper(n, step, alpha):
    expected = np.abs(np.linalg.eigvals(turns(n, step, alpha))).max()
    assert stability.radius("easgd", n, step, alpha) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("step", [0.1, 1.0, 1.9])
def test_three_workers_cease_to_be_stable_at_the_printed_boundary_and_two_a_little_later(step):
    edge = float(stability.boundary(np.array(step)))
    assert stability.radius("easgd", 3, step, edge - 1e-6) < 1 < stability.radius("easgd", 3, step, edge + 1e-6)
    assert stability.radius("easgd", 3, step, edge) == pytest.approx(1, abs=1e-12)
    assert stability.radius("easgd", 2, step, edge + 1e-6) < 1 - 1e-4


@pytest.mark.parametrize("penalty", stationary.PENALTIES)
def test_points_at_rest_are_stationary_for_the_elastic_objective_and_not_for_f(penalty):
    y = stationary.resting(penalty)
    points = np.array([y, -y, 0.0])
    slope = stationary.slope(points)
    assert slope[:2] + penalty * points[:2] == pytest.approx(0, abs=1e-12)
    assert np.all(np.abs(slope) >= min(penalty, stationary.TILT))


def test_the_slope_is_that_of_the_value_and_continuous():
    x = np.array([-3.0, -1.2, -0.7, 0.0, 0.4, 2.0])
    numeric = (stationary.value(x + 1e-6) - stationary.value(x - 1e-6)) / 2e-6
    assert stationary.slope(x) == pytest.approx(numeric, abs=1e-8)
    ends = np.array([-1.0, 1.0])
    assert stationary.slope(ends) == pytest.approx(stationary.slope(ends * (1 + 1e-12)), abs=1e-9)


@pytest.mark.slow
def test_quick_figures_and_what_their_numbers_claim(tmp_path):
    tables.check_files(easgd.main(tmp_path, quick=True), tmp_path, NAMES)
    found = {path.stem: tables.read(path) for path in tmp_path.glob("*.csv")}

    maps = found["easgd_stability"]
    elastic = tables.where(maps, system="easgd")
    step, alpha = elastic["eta [x^2/F]"], elastic["alpha [1] or rho [F/x^2]"]
    inside = (step <= 2) & (alpha <= (4 - 2 * step) / (4 - step))
    assert np.all(elastic["stable"][inside])
    assert np.mean(elastic["stable"] != inside) < 0.01  # of a lap the region is sufficient, and almost exact

    summary = tables.where(found["easgd_stability_summary"], system="admm")
    assert summary["unstable share [1]"] == pytest.approx([0.155, 0.355], abs=0.015)
    assert summary["largest radius [1]"][0] == pytest.approx(1.0013, abs=1e-4)
    assert summary["radius at the example [1]"] == pytest.approx([1.00097, 1.0023], abs=5e-5)

    example = found["easgd_stability_example"]
    laps, (admm, elastic) = example["laps"], list(example.values())[1:]
    assert admm[0] == elastic[0] == 1000
    assert np.all(np.diff(elastic) < 0)
    assert admm.min() < 20
    late = laps >= 7000
    growth = (admm[late][-1] / admm[late][0]) ** (1 / (laps[late][-1] - laps[late][0]))
    assert growth == pytest.approx(1.00097, abs=1e-4)

    points = found["easgd_stationary_points"]
    assert points["largest |f'| of EAGD at the end [f/x]"] == pytest.approx(points["lambda y [f/x]"], rel=3e-3)
    led = tables.where(found["easgd_stationary"], algorithm="LGD")
    assert led["|f'| worker 2 [f/x]"][-1] < 0.02
