import math

import pytest

import theory
from experiments import comparison

KEYS = {"graph", "nodes", "constants", "theorems", "lower_bounds", "left_out", "winners"}
ENTRY = {
    *("system", "theorem", "standing", "K_conditions", "K_non_vacuous", "K_linear", "bound", "best"),
    *("iterations_per_round", "constants", "rounds_to_epsilon"),
}


def by_key(found):
    return {entry["theorem"]: entry for entry in found["theorems"]}


def test_json(cli):
    found = cli("compare", "sgd", "dpsgd", "sgp", "local-sgd", "-n", 8, "--set", "zeta=0.5", "--set", "K=1e7", "--json").json
    assert set(found) == KEYS
    assert all(set(entry) == ENTRY for entry in found["theorems"])
    assert (found["graph"], found["nodes"], found["left_out"], found["lower_bounds"]) == ("ring", 8, [], None)
    second = 1 / 3 + 2 / 3 * math.cos(2 * math.pi / 8)
    entry = by_key(found)["ours.p2-tuned"]
    assert entry["constants"]["rho"] == pytest.approx(second**2)
    for entry in found["theorems"]:
        if entry["bound"] is not None:
            bound = theory.get(entry["theorem"]).bound(**entry["constants"], K=1e7)
            assert entry["bound"] == pytest.approx(bound)
    assert [entry["system"] for entry in found["theorems"] if entry["best"]] == ["sgd", "dpsgd", "sgp", "local-sgd"]
    # without a consensus error nothing is left to win
    assert {winner["system"] for winner in found["winners"]} == {"sgd"}
    assert by_key(found)["ours.p1-tuned"]["K_linear"] == pytest.approx(8 / 2)


def test_updates_are_counted_in_rounds(cli):
    words = ("compare", "adpsgd", "apsgd", "-n", 4, "--set", "T=6", "--set", "sigma=2", "--json")
    found = by_key(cli(*words).json)
    stale = found["apsgd.corollary-2"]
    assert stale["iterations_per_round"] == 4
    assert stale["K_conditions"] == pytest.approx(4 * 7**2 / 2**2 / 4)  # 4 L Delta (T + 1)^2/sigma^2 updates
    # the pair of a worker on a ring of four: E[W'W] = I - (I - P)/4 with P the walk, of second eigenvalue 0
    assert found["adpsgd.corollary-2:rederived"]["constants"]["rho"] == pytest.approx(1 - 1 / 4)
    assert found["adpsgd.corollary-2:rederived"]["K_conditions"] < found["adpsgd.corollary-2:printed"]["K_conditions"]


def test_winners_change_where_bounds_cross(cli):
    found = cli("compare", "dpsgd", "apsgd", "-n", 16, "--json").json
    winners = found["winners"]
    assert [winner["first"] for winner in winners] == sorted(winner["first"] for winner in winners)
    assert (winners[0]["first"], winners[-1]["last"]) == (1, 1e12)
    assert [winner["theorem"] for winner in winners[:2]] == ["ours.p2-tuned", "apsgd.corollary-2"]
    # from where it applies, the server has the smaller bound
    onset = by_key(found)["apsgd.corollary-2"]["K_conditions"]
    assert winners[0]["last"] < onset * 1.2
    assert winners[1]["first"] >= onset * 0.99
    never = cli("compare", "apsgd", "-n", 16, "--set", "zeta=1", "--json").json
    assert never["winners"] == [{"first": 1, "last": 1e12, "system": None, "theorem": None}]
    assert by_key(never)["apsgd.corollary-2"]["K_conditions"] is None


def test_batches(cli):
    """Four gradients per worker and round are one of a quarter of the variance."""
    one, four = (
        by_key(cli("compare", "sgd", "-n", 4, "--set", f"batch={batch}", "--set", f"sigma={sigma}", "--json").json)
        for batch, sigma in ((1, 1), (4, 2))
    )
    assert one["ours.p1-tuned"]["bound"] == four["ours.p1-tuned"]["bound"]


def test_lower_bounds(cli):
    words = ("compare", "sgd", "dpsgd", "-n", 8, "--set", "epsilon=1e-4")
    found = cli(*words, "--json").json
    lower, second = found["lower_bounds"], 1 / 3 + 2 / 3 * math.cos(2 * math.pi / 8)
    assert lower["any_protocol"] == pytest.approx(1e8 / 8 + 4e4)
    assert lower["gossip"] == pytest.approx(1e8 / 8 + 1e4 / math.sqrt(1 - second))
    assert by_key(found)["ours.p1-tuned"]["rounds_to_epsilon"] == pytest.approx(8 * 1e8 / 8, rel=0.01)
    assert "constants not claimed" in cli(*words).out


def test_theorems_that_do_not_speak_about_the_graph_are_left_out(cli):
    found = cli("compare", "dpsgd", "sgp", "-n", 6, "--graph", "star", "--weights", "push", "--json").json
    left = {entry["theorem"] for entry in found["left_out"]}
    assert left == {"ours.p2-tuned", "dpsgd.corollary-2:rederived", "ours.p4-doubly-tuned"}
    assert set(by_key(found)) == {"ours.p4-tuned", "sgp.theorem-1:rederived"}


def test_constants_given_replace_those_of_the_graph(cli):
    found = by_key(cli("compare", "dpsgd", "osgp", "-n", 4, "--set", "rho=0.25", "--set", "B_E=7", "--json").json)
    assert found["ours.p2-tuned"]["constants"]["rho"] == 0.25
    assert found["ours.p5-tuned"]["constants"]["B_E"] == 7
    for name, gap in (("q=0.75", 0.25), ("one_minus_q=0.5", 0.5)):
        slow = by_key(cli("compare", "sgp", "-n", 4, "--set", name, "--set", "C=2", "--json").json)["sgp.theorem-1:rederived"]
        assert slow["constants"].get("one_minus_q", 1 - slow["constants"].get("q", 0)) == gap


def test_table(cli):
    lines = cli("compare", "sgd", "dpsgd", "sgd", "-n", 4, "--graph", "one-peer-exponential").out.splitlines()
    assert lines[0].startswith("one-peer-exponential, 4 nodes; K = 1e+06, L = 1")
    assert [line.split()[1] for line in lines if line.startswith(" sgd")] == list(comparison.CANDIDATES["sgd"])
    assert sum("never" in line for line in lines) == 1  # one round of one peer contracts nothing
    assert sum(line.startswith("left out: dpsgd.corollary-2:rederived: ") for line in lines) == 1
    assert lines[-1] == "K = 1 to 1e+12: sgd (ours.p1-tuned)"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("dpsg -n 4", "unknown system 'dpsg'; did you mean dpsgd"),
        ("sgd", "nodes = None is not admissible"),
        ("sgd -n 1", "nodes = 1 is not admissible"),
        ("sgd -n 4 --graph rng", "unknown graph 'rng'; did you mean ring"),
        ("sgd -n 4 --set sigm=1", "unknown constant 'sigm'; did you mean sigma"),
        ("sgd -n 4 --set sigma=x", "--set sigma = 'x' is not admissible: needs a number"),
        ("sgd -n 4 --set sigma=-1", "sigma = -1.0 is not admissible"),
        ("sgd -n 4 --set K=inf", "K = inf is not admissible: needs a finite number"),
        ("sgd -n 4 --set K=0", "K = 0.0 is not admissible"),
        ("sgd -n 4 --set n=5", "n = 5.0 is not admissible: needs no such constant: --nodes says it"),
        ("sgd -n 4 --set gamma=1", "gamma = 1.0 is not admissible"),
        ("osgp -n 4 --set tau=-1", "tau = -1.0 is not admissible"),
        ("sgd -n 4 --set K", "--set = 'K' is not admissible: needs NAME=VALUE"),
        ("", "Missing argument"),
    ],
)
def test_bad_input(cli, words, line):
    refused = cli("compare", *words.split())
    assert refused.status == 2
    assert refused.out == ""
    assert refused.err.startswith(f"error: {line}")
    assert refused.err.count("\n") == 1
