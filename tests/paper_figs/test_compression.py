import numpy as np
import pytest

from paper_figs import compressed_runs, compression
from paper_figs.compressed_runs import RUNS, Course
from tests.paper_figs import tables

NAMES = {f"compression_{figure}.{kind}" for figure in ("error", "rate") for kind in ("pdf", "png", "csv")}
BY_LABEL = {run.label: run for run in RUNS}


def test_bits_of_a_message_by_hand():
    expected = {"SGD": 32 * 65, "EF, sign": 65 + 32, "EF, one bit": 65 + 64, "EF, TopK": 4 * (32 + 7), "DEF, RandomK": 4 * 32}
    assert {label: BY_LABEL[label].bits for label in expected} == expected


def test_varied_options_change_the_bits_and_nothing_else():
    for run in RUNS:
        varied = compression.variants(run, quick=False)
        assert len(varied) == len(run.sweep)
        assert [each.options[run.of] for each in varied] == list(run.sweep)
        assert np.all(np.diff([each.bits for each in varied]) > 0)


def test_the_round_in_which_a_level_is_reached():
    losses = np.array([[0.4, 0.05, 0.3], [0.2, 0.04, 0.3], [0.05, 0.2, 0.2]])
    found = compression.reached(Course(RUNS[0], 0.1, np.array([1.0, 10.0, 40.0]), losses))
    # half of the way from 0.2 to 0.05 on a logarithmic scale, and of that from 10 to 40
    assert found == pytest.approx([20.0, 1.0, np.inf])


@pytest.mark.parametrize("label", ["SGD", "EF, TopK", "EF, sign", "DEF, RandomK"])
def test_replicas_do_not_depend_on_each_other(label):
    steps = np.array([0.05, 0.2, 0.4])
    at, whole = compressed_runs.played(BY_LABEL[label], steps, 4, 20, seed=2)
    again, part = compressed_runs.played(BY_LABEL[label], steps[1:2], 5, 20, seed=2)
    assert np.array_equal(at, again)
    assert whole[:, 1] == pytest.approx(part[:, 0], rel=1e-9)
    assert at[0] == 1
    assert at[-1] == 20


@pytest.mark.slow
def test_quick_figures_and_what_their_numbers_claim(tmp_path):
    tables.check_files(compression.main(tmp_path, quick=True, seed=3), tmp_path, NAMES)
    errors, rates = (tables.read(tmp_path / f"compression_{name}.csv") for name in ("error", "rate"))
    last = {label: tables.where(errors, method=label) for label in np.unique(errors["method"])}
    final = {label: table["mean loss above the lowest [f]"][-1] for label, table in last.items()}
    assert final["EF, TopK"] < 0.6 * final["TopK, no feedback"]
    for table in last.values():
        bits = table["bits sent by a worker"]
        assert np.array_equal(bits, table["rounds"] * table["bits of a message"])
    fewest = {label: tables.where(rates, method=label)["bits to 0.1, median"].min() for label in ("SGD", "EF, TopK")}
    assert fewest["EF, TopK"] < fewest["SGD"] / 10
