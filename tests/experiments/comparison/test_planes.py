import numpy as np
import pytest

import theory
from experiments import comparison
from experiments.comparison import drawing, planes
from experiments.comparison.setting import Setting
from numerics import graphs
from straggler import InputError, UnknownName
from theory.transient import transient

SYSTEMS = ("dpsgd", "sgp", "local-sgd", "eager")


@pytest.fixture(scope="module")
def family():
    return planes.Family("ring", {}, None, {"zeta": 0.1})


@pytest.fixture(scope="module")
def found(family):
    return {name: planes.plane(name, SYSTEMS, family, family.at(16)) for name in planes.PLANES}


def bounds_at(graph, **given):
    """Smallest bound of each system from the comparison at one point."""
    entries, _ = comparison.entries(SYSTEMS, Setting(graph, None, {"zeta": 0.1, **given}))
    return [min(entry.bound for entry in entries if entry.system == s and entry.quantity == "mean_grad_norm_sq") for s in SYSTEMS]


@pytest.mark.parametrize(("n", "row"), [(4, 0), (4, 50), (64, 20), (256, 96)])
def test_workers_and_rounds_agree_with_the_comparison(found, n, row):
    plane = found["n-K"]
    column = plane.x.tolist().index(n)
    expected = bounds_at(graphs.ring(n), K=float(plane.y[row]))
    assert plane.bounds[:, row, column] == pytest.approx(expected, rel=1e-9)
    assert plane.systems[plane.winners[row, column]] == SYSTEMS[int(np.argmin(expected))]


@pytest.mark.parametrize(("n", "row"), [(8, 0), (64, 7)])
def test_staleness_counts_rounds(found, n, row):
    plane = found["n-staleness"]
    late = float(plane.y[row])
    expected = bounds_at(graphs.ring(n), tau=late, T=late * n)
    assert plane.bounds[:, row, plane.x.tolist().index(n)] == pytest.approx(expected, rel=1e-9)


def test_captions_are_no_wider_than_told(found):
    assert max(map(len, drawing.caption([*found.values()], 70))) <= 70


def test_bounds_without_staleness_are_said_to_be_level(found):
    plane = found["n-staleness"]
    assert plane.level == ("dpsgd", "sgp")
    assert plane.plain()["level"] == plane.level
    assert "the same for every staleness: dpsgd, sgp" in " ".join(drawing.caption([plane], 140))
    assert found["n-K"].level == ()
    assert "the same" not in " ".join(drawing.caption([found["n-K"]], 140))


@pytest.mark.parametrize(("row", "column"), [(0, 0), (20, 40), (48, 10)])
def test_contraction_is_of_one_symmetric_matrix(found, row, column):
    """The push-sum constants of a matrix that has the contraction: ||W^j - J|| = second^j."""
    plane = found["rho-zeta"]
    rho, zeta = 1 - plane.x[column], plane.y[row]
    second = rho**0.5
    total, squares = second / (1 - second), rho / (1 - rho)
    plain = bounds_at(graphs.ring(16), rho=rho, zeta=zeta, B_E=total**2, B_2=squares, C=1.0, q=second)
    own = bounds_at(graphs.ring(16), rho=rho, zeta=zeta, B_E=(1 + total) ** 2, B_2=1 + squares)
    expected = [own[0], *plain[1:]]
    assert plane.bounds[:, row, column] == pytest.approx(expected, rel=1e-6)


def test_lines_of_linear_speed_up_are_the_onsets(found, family):
    plane = found["n-K"]
    for column, nodes in ((2, 8), (6, 32)):
        assert plane.x[column] == nodes
        setting = family.at(nodes)
        for system in ("dpsgd", "local-sgd"):
            onsets = []
            for key in comparison.CANDIDATES[system]:
                constants, _ = setting.constants(system, theory.get(key))
                onsets.append(
                    transient(theory.get(key), best_step=True, **{"L": 1.0, "delta": 1.0, "n": nodes} | constants).linear
                )
            assert plane.K_linear[system][column] == pytest.approx(min(onsets), rel=0.05)
    assert not np.isfinite(plane.K_linear["eager"]).any()


def test_what_has_no_bound_is_left_out_and_nobody_wins_there(family):
    plane = planes.plane("rho-zeta", ("apsgd", "osgp"), family, family.at(16))
    assert (plane.winners == -1).all()
    assert plane.left_out["osgp"].startswith("rho does not say")
    assert plane.left_out["apsgd"] == "its conditions fail everywhere here"
    assert {entry for row in plane.plain()["winner"] for entry in row} == {None}


def test_quantities_do_not_meet_in_a_plane(family):
    assert planes.common_quantity(("mem-sgd", "dpsgd", "sgp")) == "mean_grad_norm_sq"
    assert planes.common_quantity(("mem-sgd",)) == "weighted_average_suboptimality"
    plane = planes.plane("rho-zeta", ("dpsgd", "mem-sgd"), family, family.at(16))
    assert plane.left_out == {"mem-sgd": "no theorem about mean_grad_norm_sq"}


def test_families():
    assert [*planes.Family("torus", {}, None, {}).settings()][:3] == [4, 9, 16]
    with pytest.raises(InputError, match="many numbers of nodes"):
        planes.Family("torus", {"shape": (4, 4)}, None, {}).settings()
    with pytest.raises(UnknownName, match="n-K"):
        planes.plane("n-k", SYSTEMS, planes.Family("ring", {}, None, {}), None)


def test_a_drawing_has_every_system_that_wins(found):
    labels = [entry.get_label() for entry in drawing.key(list(found.values()))]
    for plane in found.values():
        for index in np.unique(plane.winners):
            assert f"smallest bound: {plane.systems[index]}" in labels
    assert "linear speed-up above: dpsgd" in labels
    assert set(drawing.COLOURS) == set(comparison.CANDIDATES)
    assert len(set(drawing.COLOURS.values())) == len(drawing.COLOURS)
