"""``straggler falsify``: what it prints, how it leaves, and what it refuses."""

from dataclasses import replace

import pytest

from experiments.attack import probe
from theory import registry

KEYS = {
    *("theorem", "known_false", "falsified", "verdict", "ratio", "ratio_at_least", "evaluations", "seed", "witnesses"),
    "reproducer",
}


@pytest.fixture
def wrong():
    """Register P1 with a bound ten times too small."""
    base = registry.get("ours.p1")
    theorem = replace(base, card=replace(base.card, key="planted.p1"), right_side=base.right_side / 10)
    yield registry.register(theorem).key
    registry._extra.pop(theorem.key)


def test_json_is_what_the_search_found_and_does_not_change(cli):
    words = ("falsify", "elastic.b-crash", "--evaluations", 12, "--seed", 2, "--json")
    ran = cli(*words)
    assert ran.status == 0
    found = ran.json
    assert set(found) == KEYS
    assert (found["theorem"], found["falsified"], found["known_false"], found["seed"]) == ("elastic.b-crash", False, False, 2)
    assert found["evaluations"] <= 12
    assert found["ratio"] == max(each["ratio"] for each in found["witnesses"])
    for each in found["witnesses"]:
        assert each["ratio"] == pytest.approx(each["left_side"] / each["bound"])
        assert each["bound"] == pytest.approx(registry.get("elastic.b-crash").bound(**each["constants"]))
    assert cli(*words).out == ran.out


def test_people_get_a_table_a_verdict_and_a_reproducer(cli):
    ran = cli("falsify", "elastic.b-crash", "--evaluations", 12)
    assert "not falsified: closest ratio" in ran.out
    assert "message-passing on" in ran.out
    assert "found = probe(claim" in ran.out
    assert ran.err == ""  # no progress where nobody looks at a terminal


def test_an_interruption_says_what_was_found(cli, monkeypatch):
    ran = []

    def sweep(claim, *options):
        if len(ran) == 4:
            raise KeyboardInterrupt
        ran.append(claim)
        return probe.sweep(claim, *options)

    monkeypatch.setattr("experiments.attack.search.sweep", sweep)
    stopped = cli("falsify", "elastic.b-crash", "--json")
    assert (stopped.status, stopped.out) == (130, "")
    said, *found, last = stopped.err.splitlines()
    assert said == "elastic.b-crash: best of 5 evaluations, unconfirmed:"
    assert any(line.startswith("  ") and "ratio 0." in line for line in found)
    assert last == "error: interrupted"


def test_a_false_theorem_fails_unless_it_is_known_to_be_false(cli, wrong):
    ran = cli("falsify", wrong, "--evaluations", 10)
    assert ran.status == 1
    assert "falsified by a factor" in ran.out
    assert f"# register the theorem {wrong} first" in ran.out
    known = cli("falsify", "sgp.lemma-3:printed", "--evaluations", 5)
    assert known.status == 0
    assert "falsified by a factor" in known.out
    assert "known to be false as stated" in known.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ours.p22",), "unknown theorem 'ours.p22'; did you mean"),
        (("zzzz",), "unknown theorem 'zzzz'; to list them: straggler theorems\n"),
        (("ours.p1", "--evaluations", 0), "evaluations = 0 is not admissible"),
        (("ours.p1", "--evaluations", "many"), "'many' is not a whole number"),
        (("ours.p1", "--seed", -1), "seed = -1 is not admissible"),
    ],
)
def test_bad_input_is_refused(cli, words, message):
    ran = cli("falsify", *words)
    assert ran.status == 2
    assert message in ran.err
    assert ran.out == ""
