import numpy as np
import pytest

from numerics.streams import Streams
from paper_figs import adpsgd, bias, calibrated, scaling, waiting
from tests.paper_figs import tables

NAMES = {
    *(
        f"adpsgd_{figure}.{kind}"
        for figure in ("convergence", "slow_worker", "scaling", "bias")
        for kind in ("pdf", "png", "csv")
    ),
    "adpsgd_convergence_seconds.csv",
    "adpsgd_slow_worker_curves.csv",
    "adpsgd_scaling_lead.csv",
}


def test_seconds_times_speed_up_of_the_printed_table_are_one_workers_epoch():
    pairs = [pair for rows in calibrated.PRINTED.values() for pair in rows]
    assert [seconds * speed_up for seconds, speed_up in pairs] == pytest.approx([calibrated.SERIAL] * 12, abs=0.08)


@pytest.mark.parametrize("slowdown", [1, 2, 10, 100])
def test_epochs_by_hand(slowdown):
    compute, message = calibrated.COMPUTE, calibrated.MESSAGE
    # a ring all-reduce of b bytes takes 2 (n-1) steps of b/n bytes; two neighbours write through one card
    assert calibrated.epoch("sgd", slowdown) == pytest.approx(slowdown * compute + 2 * 15 / 16 * message, rel=1e-9)
    # what is sent during the first rounds cannot matter for a mean over a thousand
    assert calibrated.epoch("dpsgd", slowdown) == pytest.approx(slowdown * compute + 2 * message, rel=2e-3)
    # 15 workers at full speed, and one that is slower; the server's card takes 16 messages one after the other
    assert calibrated.epoch("adpsgd", slowdown) == pytest.approx(1.22 * 16 / (15 + 1 / slowdown), rel=2e-3)
    assert calibrated.epoch("apsgd", slowdown) == pytest.approx(16 * message, rel=2e-3)


TOLERANCE = {"sgd": (1e-9, 0.01, 0.01, 0.13), "dpsgd": (0.035, 0.115, 0.04, 0.13), "adpsgd": (1e-3, 0.03, 0.03, 0.03)}
"""Of the slowdowns 1, 2, 10, 100; the first entries of AllReduce and AD-PSGD are fitted, all others predicted."""


@pytest.mark.parametrize("system", TOLERANCE)
def test_the_cluster_fitted_without_a_slow_worker_predicts_the_printed_table(system):
    for slowdown, (seconds, _), tolerance in zip((1, 2, 10, 100), calibrated.PRINTED[system], TOLERANCE[system], strict=True):
        assert calibrated.epoch(system, slowdown) == pytest.approx(seconds, rel=tolerance), slowdown


def test_who_waits_is_slowed_by_the_factor_and_who_does_not_by_one_worker_of_16():
    alike, slow = ({name: calibrated.epoch(name, factor) for name in calibrated.NAMES} for factor in (1, 100))
    assert slow["sgd"] - alike["sgd"] == pytest.approx(99 * calibrated.COMPUTE, rel=1e-9)
    assert 1 - alike["adpsgd"] / slow["adpsgd"] == pytest.approx(1 / 16, abs=0.002)


def test_means_in_seconds_are_taken_at_common_times():
    gradients = np.arange(3.0)
    errors = np.array([[4.0, 8.0, 6.0], [2.0, 6.0, 4.0], [0.0, 4.0, 2.0]])
    times = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 4.0], [2.0, 4.0, 8.0]])
    run = waiting.Run("sgd", 1, gradients, errors, times)
    mean, low, high = run.against_seconds(np.array([1.0, 2.0, 3.0]))
    columns = [(2, 7, 5.5), (0, 6, 5), (np.nan, 5, 4.5)]
    assert mean == pytest.approx([np.mean(column) for column in columns], nan_ok=True)
    # Student quantile at 2 degrees of freedom, 4.3027, times the standard error of three values
    half = 4.3027 * np.std(columns[0], ddof=1) / np.sqrt(3)
    assert (high - low)[0] / 2 == pytest.approx(half, rel=1e-4)


def test_the_biased_minimiser_by_hand():
    objective = bias.problem().objective
    assert bias.predicted(1) == pytest.approx(0, abs=1e-12)
    for slowdown in (2, 7, 100):
        # the tilts sum to zero, so the others' is minus that of the slow worker
        weight = (1 - slowdown) / (1 + 15 * slowdown)
        off = weight * objective.tilts[0] / np.diag(objective.hessian())
        assert bias.predicted(slowdown) == pytest.approx(np.linalg.norm(off), rel=1e-9)


@pytest.mark.parametrize("slowdown", [2, 10])
def test_ad_psgd_completes_in_proportion_to_speed_and_ends_where_that_leads(slowdown):
    clock = calibrated.timeline("adpsgd", slowdown=slowdown)
    workers = np.concatenate([span.workers[:, 0, 0] for span in clock.spans(16000, Streams(0, range(1)))])
    counts = np.bincount(workers, minlength=16)
    assert counts[0] / counts[1:] == pytest.approx(1 / slowdown, rel=0.01)
    measured = bias.distance("adpsgd", slowdown, 500, 3, 1)
    assert measured == pytest.approx(bias.predicted(slowdown), rel=0.08)


@pytest.mark.parametrize("system", ["sgd", "dpsgd", "apsgd", "adpsgd"])
def test_a_link_that_is_wide_enough_is_no_link(system):
    wide = scaling.speed_ups(system, 16, 16.0, 20, 3, 2)
    assert np.array_equal(wide, scaling.speed_ups(system, 16, None, 20, 3, 2))
    narrow = scaling.speed_ups(system, 16, 1.0, 20, 3, 2)
    assert np.all(narrow < 0.9 * wide) or system == "apsgd"


@pytest.mark.slow
def test_quick_figures_and_what_their_numbers_claim(tmp_path):
    tables.check_files(adpsgd.main(tmp_path, quick=True, seed=3), tmp_path, NAMES)
    found = {path.stem: tables.read(path) for path in tmp_path.glob("*.csv")}

    errors, low, high = ("mean grad norm^2 [f^2/x^2]", "95% low [f^2/x^2]", "95% high [f^2/x^2]")
    for table, axis in (("adpsgd_convergence", "gradients"), ("adpsgd_convergence_seconds", "time")):
        reached = {}
        for system in calibrated.NAMES:
            for slowdown in calibrated.SLOWDOWNS:
                mine = tables.where(found[table], system=system, slowdown=slowdown)
                at = next(column for name, column in mine.items() if name.startswith(axis))
                assert np.all(mine[low] <= mine[errors])
                assert np.all(mine[errors] <= mine[high])
                early = mine[errors] > 0.1
                assert np.all(np.diff(mine[errors][early]) < 0)
                # noise of 16 gradients keeps gamma L sigma^2 / (2n)
                assert mine[errors][-5:].mean() == pytest.approx(0.1 * 4 / 32, rel=0.4)
                reached[system, slowdown] = at[~early][0]
        for slowdown in calibrated.SLOWDOWNS:
            for system in calibrated.NAMES:
                gained = reached["adpsgd", slowdown] / reached[system, slowdown]
                epochs = [calibrated.epoch(name, slowdown, 100) for name in ("adpsgd", system)]
                # as many gradients, and as much less time as an epoch takes less
                assert gained == pytest.approx(1 if axis == "gradients" else epochs[0] / epochs[1], rel=0.15)

    table = found["adpsgd_slow_worker"]
    assert table["relative error [1]"] == pytest.approx(table["modelled epoch [s]"] / table["printed epoch [s]"] - 1)
    assert table["fitted"].sum() == 2
    assert np.abs(table["relative error [1]"][table["fitted"]]).max() < 1e-3

    scaled = found["adpsgd_scaling"]
    assert np.all(scaled["speed-up [1]"] < scaled["n [workers]"])
    ends = {
        (system, link): tables.where(scaled, system=system, shared=link, n=128)["speed-up [1]"][0]
        for system in calibrated.NAMES
        for link in (8.0, np.inf)
    }
    assert ends["sgd", 8.0] < 0.25 * ends["sgd", np.inf]
    assert ends["adpsgd", 8.0] > 0.7 * ends["adpsgd", np.inf]
    assert ends["apsgd", np.inf] == pytest.approx(calibrated.COMPUTE / calibrated.MESSAGE, rel=0.01)
    lead = tables.where(found["adpsgd_scaling_lead"], n=128)["lead [1]"]
    assert np.all(np.diff(lead) < 0)

    distances = found["adpsgd_bias"]
    for system in ("sgd", "dpsgd"):
        assert np.all(tables.where(distances, system=system)["distance [x]"] < 2e-3)
    mine = tables.where(distances, system="adpsgd")
    assert np.all(np.diff(mine["distance [x]"]) > 0)
    assert mine["distance [x]"][1:] == pytest.approx(mine["predicted for AD-PSGD [x]"][1:], rel=0.08)
