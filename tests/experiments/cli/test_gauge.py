"""`straggler gauge`."""

from __future__ import annotations

import json

import pytest

PROMISED = {"gauge_sq", "gauge_sq_ci", "predicted_B_sq"}


def test_json_has_the_promised_keys(cli):
    shown = cli("gauge", "local-sgd", "--graph", "complete", "--set", "period=4", "--iterations", 50, "--json")
    assert shown.status == 0
    found = json.loads(shown.out)
    assert found.keys() >= PROMISED
    assert found["gauge_sq"] < found["predicted_B_sq"]
    assert found["predictions"].keys() == {"ours.gauge-local-sgd"}


def test_where_nothing_is_predicted_it_says_so(cli):
    found = json.loads(cli("gauge", "dpsgd", "--problem", "quadratic", "--iterations", 30, "--json").out)
    assert found["predicted_B_sq"] is None
    assert "none is known" in cli("gauge", "dpsgd", "--problem", "quadratic", "--iterations", 30).out


def test_the_table_names_iteration_and_worker(cli):
    shown = cli("gauge", "dpsgd", "--iterations", 30)
    assert shown.status == 0
    assert "iteration" in shown.out
    assert "B^2 of ours.gauge-dpsgd" in shown.out


@pytest.mark.parametrize("system", ["dpsgd", "adpsgd"])
def test_a_cluster_takes_as_long_as_in_a_run(cli, system):
    words = (system, "--timeline", "cluster", "--iterations", 30, "--replicas", 4)
    seconds = json.loads(cli("gauge", *words, "--json").out)["time"]
    assert seconds > 0
    assert seconds == json.loads(cli("simulate", *words, "--json").out)["time"]
    row = next(line for line in cli("gauge", *words).out.splitlines() if "seconds on the cluster" in line)
    assert float(row.split()[-1]) == pytest.approx(seconds, rel=1e-3)
    assert json.loads(cli("gauge", system, "--iterations", 30, "--json").out)["time"] is None


def test_readings_are_stored(cli, tmp_path):
    from experiments import storage

    shown = cli("gauge", "adpsgd", "--iterations", 30, "--replicas", 4, "--out", tmp_path / "g.nc")
    assert shown.status == 0
    stored = storage.load(tmp_path / "g.nc")
    assert dict(stored.distance_sq.sizes) == {"iteration": 30, "active": 1, "replica": 4}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["nobody"], "unknown system"),
        (["dpsgd", "--iterations", "0"], "iterations"),
        (["dpsgd", "--record-every", "0"], "every"),
        (["dpsgd", "--timeline", "worst-delay"], "one of rounds"),
        (["adpsgd", "--timeline", "worst-delay", "--timeline-set", "delay=-1"], "delay"),
        (["dpsgd", "--sigma", "-1"], "sigma"),
    ],
)
def test_bad_input_is_one_line_and_status_2(cli, words, text):
    shown = cli("gauge", *words)
    assert shown.status == 2
    assert text in shown.err
    assert len(shown.err.strip().splitlines()) == 1
