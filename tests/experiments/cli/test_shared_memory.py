"""`straggler shared-memory`."""

from __future__ import annotations

import pytest

PROMISED = {
    "processes", "processes_finished", "outcomes", "staleness", "gauge_sq", "gauge_sq_ci", "predicted_B_sq", "predictions",
    "final_value", "gradients_per_second", "lost", "seed", "constants",
}  # fmt: skip


def test_json_has_the_promised_keys(cli):
    shown = cli("shared-memory", "logistic-breast-cancer", "--processes", 2, "--iterations", 2000, "--batch", 2, "--json")
    assert (shown.status, shown.err) == (0, "")
    assert shown.json.keys() >= PROMISED
    assert shown.json["processes_finished"] == shown.json["processes"] == 2
    assert shown.json["batch"] == 2
    assert shown.json["final_value"] < shown.json["initial_value"]


def test_the_table_and_one_process_that_is_never_late(cli):
    shown = cli("shared-memory", "logistic-digits", "--processes", 1, "--iterations", 200)
    assert shown.status == 0
    assert "1 of 1" in shown.out
    assert "B^2 of elastic.b-shared-memory:rederived" in shown.out
    assert shown.out.split()[-2:] == ["0", "200"]


def test_a_file(cli, tmp_path):
    rows = [f"{1 if k % 3 else -1} 1:{k % 5} 2:{k % 7}" for k in range(40)]
    (tmp_path / "data.svm").write_text("\n".join(rows))
    found = cli("shared-memory", "logistic:data.svm", "-p", 2, "--iterations", 50, "--json").json
    assert (found["constants"]["d"], found["updates"]) == (3, 50)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("logistic-digits --processes 0", "processes = 0"),
        ("logistic-digits --iterations 0", "iterations = 0"),
        ("logistic-digits --processes 5 --iterations 4", "needs a whole number >= 5"),
        ("logistic-digits --step-size 0", "step size = 0.0"),
        ("logistic-digits --step-size nan", "step size = nan"),
        ("logistic-digits --batch 0", "batch = 0"),
        ("logistic-digits --seed -1", "seed = -1"),
        ("logistic-digits --record-every 0", "every = 0"),
        ("logistic-digits --problem-set batch=2", "the option --batch"),
        ("logistic-digits --processes 9999", "1797"),
        ("logistic-digits --iterations 1e13", "not enough shared memory"),
        ("logistic-digit", "did you mean logistic-digits"),
        ("logistic:", "logistic:FILE"),
        ("logistic:nowhere.svm", "nowhere.svm"),
        ("cosine", "real data"),
    ],
)
def test_bad_input_is_one_line(cli, words, said):
    shown = cli("shared-memory", *words.split())
    assert (shown.status, shown.out) == (2, "")
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    assert said in shown.err
