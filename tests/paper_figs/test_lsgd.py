import math

import numpy as np
import pytest

from paper_figs import completion, elections, landscape, lsgd
from tests.paper_figs import tables

NAMES = {
    *(f"lsgd_{figure}.{kind}" for figure in ("landscape", "completion", "elections") for kind in ("pdf", "png", "csv")),
    "lsgd_landscape_ends.csv",
    "lsgd_completion_floors.csv",
}


def plain_gradient(x, y):
    r = math.hypot(x, y)
    slope = math.cos(math.pi * r) / r - math.sin(math.pi * r) / (math.pi * r**2)
    return slope * x / r, slope * y / r


def plain_descent(rounds, led):
    """EAGD (or LGD) on sinc by loops over numbers, after ``rounds`` rounds; the center last."""
    f = lambda x, y: np.sinc(math.hypot(x, y))  # noqa: E731
    workers = [list(start) for start in landscape.STARTS]
    center = [sum(w[j] for w in workers) / 4 for j in range(2)]
    for _ in range(rounds):
        goal = min(workers, key=lambda w: f(*w)) if led else center
        goal, before = list(goal), [list(w) for w in workers]
        for worker, old in zip(workers, before, strict=True):
            gradient = plain_gradient(*old)
            for j in range(2):
                worker[j] = old[j] - 0.1 * gradient[j] - 0.1 * (old[j] - goal[j])
        center = [center[j] + 0.1 * sum(old[j] - center[j] for old in before) for j in range(2)]
    return np.array([*workers, center])


@pytest.mark.parametrize("led", [False, True])
def test_trajectories_are_those_of_plain_loops(led):
    points, values = landscape.trace(12)["LGD" if led else "EAGD"]
    for k in (1, 12):
        expected = plain_descent(k, led)
        assert points[k, :4] == pytest.approx(expected[:4], rel=1e-9)
        assert led or points[k, 4] == pytest.approx(expected[4], rel=1e-9)
        assert values[k, :4] == pytest.approx(np.sinc(np.hypot(*expected[:4].T)), abs=1e-9)


def test_the_floor_by_hand():
    assert [completion.floor(rank) for rank in (1, 10, 100)] == pytest.approx([0.0125, 0.125, 1.25])


def test_wilson_interval():
    share, z = 34 / 182, 1.959963984540054
    middle, half = share + z**2 / 364, z * math.sqrt(share * (1 - share) / 182 + z**2 / (4 * 182**2))
    expected = [(middle + sign * half) / (1 + z**2 / 182) for sign in (-1, 1)]
    assert elections.interval(34, 182) == pytest.approx(expected, rel=1e-9)


def test_elections_do_not_depend_on_the_block():
    whole, loss = elections.leaders("few", "minibatch", 3, 5, range(4))
    part, part_loss = elections.leaders("few", "minibatch", 3, 5, range(2, 4))
    assert np.array_equal(whole[:, 2:], part)
    np.testing.assert_allclose(loss[2:], part_loss, rtol=1e-12)  # products of other shapes may round in another order


@pytest.mark.slow
def test_quick_figures_and_what_their_numbers_claim(tmp_path):
    tables.check_files(lsgd.main(tmp_path, quick=True, seed=3), tmp_path, NAMES)
    found = {path.stem: tables.read(path) for path in tmp_path.glob("*.csv")}

    ends = found["lsgd_landscape_ends"]
    assert ends["best value [f]"] == pytest.approx([-0.0913, -0.2172], abs=5e-5)
    assert ends["x_1 of worker 1 [x]"] == pytest.approx([3.43, 1.43], abs=0.02)
    assert ends["x_2 of worker 1 [x]"] == pytest.approx([-0.60, 0.06], abs=0.01)
    assert np.all(ends["largest distance between workers [x]"] < 1e-3)

    floors = found["lsgd_completion_floors"]
    assert floors["EAGD after 49 iterations, mean [f]"] == pytest.approx(floors["floor [f]"], rel=0.1)
    assert np.all(floors["LGD after 49 iterations, mean [f]"] < 1e-6 * floors["floor [f]"])
    runs = tables.where(found["lsgd_completion"], algorithm="EAGD", rank=10)
    assert np.all(runs["lowest value [f]"] <= runs["median value [f]"])
    # the mean of (1/4)||UU' - XX'||^2 over normal U and X is (1/2) m r (m + 1); the best of eight is a little below
    assert runs["median value [f]"][0] == pytest.approx(0.5 * 10 * 1000 * 1001, rel=0.1)

    led = found["lsgd_elections"]
    same, few = (tables.where(led, scene=scene) for scene in ("same", "few"))
    covered = (same["95% low [1]"] <= 0.25) & (same["95% high [1]"] >= 0.25)
    assert covered.sum() >= 6
    for election in ("exact", "minibatch"):
        assert tables.where(same, election=election)["leads"].sum() == 100
    exact, minibatch = (tables.where(few, election=election) for election in ("exact", "minibatch"))
    # who has few samples soon fits them, and its losses look good to those who elect by them
    assert exact["95% low [1]"][3] < 0.25 < minibatch["95% low [1]"][3]
    assert minibatch["final loss on all data [f]"][0] > exact["final loss on all data [f]"][0]
