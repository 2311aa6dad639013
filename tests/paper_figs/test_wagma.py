import json
import math
import shlex

import numpy as np
import pytest
from scipy.stats import binom

from paper_figs import bars, training, wagma
from tests.paper_figs import tables

NAMES = {
    *(f"wagma_{figure}.{kind}" for figure in ("throughput", "seconds", "ablations") for kind in ("pdf", "png", "csv")),
    "wagma_throughput_fit.csv",
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    out = tmp_path_factory.mktemp("wagma")
    return out, wagma.main(out, quick=True)


@pytest.mark.slow
def test_every_bar_is_near_what_was_measured(drawn):
    out, paths = drawn
    tables.check_files(paths, out, NAMES)
    table = tables.read(out / "wagma_throughput.csv")
    assert np.allclose(table["relative error [1]"], table["model [images/s]"] / table["measured [images/s]"] - 1)
    fitted, shipped = (tables.where(table, model=name) for name in ("fitted", "workload as it ships"))
    assert len(fitted["system"]) == len(shipped["system"]) == 28
    for bars_, most in ((fitted, 0.035), (shipped, 0.07)):
        assert np.median(np.abs(bars_["relative error [1]"])) < most  # over all bars; 10 % is what was aimed at
    beyond = np.isin(fitted["P [workers]"], (64, 256))
    assert np.array_equal(fitted["fitted to"], ~beyond)
    assert np.median(np.abs(fitted["relative error [1]"][beyond])) < 0.05
    # what is not explained: all-reduces of many that do not wait, most of all eager-SGD's of all workers
    off = beyond & (np.abs(fitted["relative error [1]"]) > 0.1)
    assert set(zip(fitted["system"][off], fitted["P [workers]"][off], strict=True)) == {
        ("eager-SGD", 64),
        ("eager-SGD", 256),
        ("WAGMA-SGD", 256),
    }
    neighbour = tables.where(table, model="fitted, neighbour barrier")
    assert set(neighbour["system"]) == {"D-PSGD", "SGP (2n)"}
    assert (neighbour["relative error [1]"][neighbour["P [workers]"] >= 16] > 0.1).all()


@pytest.mark.slow
def test_every_bar_is_what_the_command_prints(drawn, capsys):
    from experiments.cli import main

    table = tables.read(drawn[0] / "wagma_throughput.csv")
    capsys.readouterr()
    for command, throughput in zip(table["command"], table["model [images/s]"], strict=True):
        name, *words = shlex.split(str(command))
        assert name == "straggler"
        assert main([*words, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["throughput"] == throughput, command


def test_the_fit_sees_no_more_than_sixteen_workers(monkeypatch):
    seen, bar = set(), bars.bar

    def spy(system, workers, settings):
        seen.add(workers)
        return bar(system, workers, settings)

    monkeypatch.setattr(bars, "bar", spy)
    for P in (64, 256):
        monkeypatch.delitem(bars.MEASURED, P)
        monkeypatch.delitem(bars.IDEAL, P)
    found = bars.fit("global")
    assert seen == {4, 16}
    assert found.seconds == pytest.approx(0.599, abs=0.002)
    assert found.bandwidth == math.inf
    assert found.rms == pytest.approx(0.0324, abs=0.001)
    around = [bars.deviations(found.seconds + step, 1e15, "global") for step in (-0.005, 0.0, 0.005)]
    below, here, above = (np.sum(each**2) for each in around)
    assert here < min(below, above)


def test_the_digitised_bars_reproduce_the_speed_ups_of_the_text():
    wagma = bars.measured("WAGMA-SGD", 64)
    quoted = {"local SGD": 1.25, "all-reduce": 1.26, "D-PSGD": 1.23, "SGP (2n)": 1.25, "eager-SGD": 1.13}
    for system, ratio in quoted.items():
        assert wagma / bars.measured(system, 64) == pytest.approx(ratio, abs=0.006), system
    assert bars.measured("WAGMA-SGD", 256) / bars.measured("local SGD", 256) == pytest.approx(1.37, abs=0.006)


@pytest.mark.parametrize("workers", [4, 16, 64])
def test_bars_by_hand_without_a_network(workers):
    """A barrier waits 320 ms for somebody in every step, AD-PSGD for nobody, WAGMA-SGD once in ten steps for the worst."""
    settings = bars.changes(0.6, math.inf, "global")
    most = np.arange(11)
    worst = np.sum(1 - binom.cdf(most, 10, 2 / workers) ** workers)
    seconds = {
        "all-reduce": 0.92,
        "local SGD": 0.92,
        "D-PSGD": 0.92,
        "SGP (2n)": 0.92,
        "AD-PSGD": 0.6 + 0.64 / workers,
        "WAGMA-SGD": 0.6 + 0.032 * worst,
    }
    for system, expected in seconds.items():
        # workers' delays are not quite independent: always two at a time
        assert 128 * workers / bars.bar(system, workers, settings) == pytest.approx(expected, rel=0.015), system


@pytest.mark.slow
def test_what_training_shows(drawn):
    out = drawn[0]
    seconds, ablations = (tables.read(out / f"wagma_{name}.csv") for name in ("seconds", "ablations"))
    for table in (seconds, ablations):
        assert (table["95% low"] <= table["mean"]).all()
        assert (table["mean"] <= table["95% high"]).all()
    reached = {}
    for run in training.SYSTEMS:
        mine = tables.where(seconds, system=run.label, error="at the mean model")
        assert mine["mean"][0] == pytest.approx(8, abs=0.5)  # 20 coordinates of 0.4 at the start
        reached[run.name] = mine["place"][np.argmax(mine["mean"] < 4)]
    assert reached["adpsgd"] <= reached["eager"] <= reached["wagma"] < reached["sgd"] <= reached["dpsgd"]
    end = {}
    for run in training.ABLATIONS:
        mine = tables.where(ablations, system=run.label, against="rounds")
        end[run.label] = mine["mean"][-1]
    errors = list(end.values())  # no groups, fixed groups, S = 4, S = 8, S = P
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 5 * errors[1] > 10 * errors[3]


def test_means_over_bins():
    places = np.array([[0.5, 1.0], [1.5, 1.9], [1.6, 3.5], [9.0, 3.6]])
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    found = training.binned(places, values, np.array([0.0, 1.0, 2.0, 4.0]))
    assert found == pytest.approx(np.array([[1, np.nan], [4, 3], [np.nan, 7]]), nan_ok=True)


def test_interval_of_two_replicas():
    mean, low, high = training.interval(np.array([[1.0, 3.0]]))
    assert mean == 2
    assert (high - mean) == pytest.approx(12.706, rel=1e-4)  # t(1) at 97.5 %, times 1
    assert (mean - low) == pytest.approx(high - mean)
