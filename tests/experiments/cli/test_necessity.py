"""``straggler necessity``: what it prints, how it leaves, and what it refuses."""

from dataclasses import replace

import pytest

import theory
from experiments.attack import probe
from theory import registry

KEY = "elastic.nc-1:rederived"


@pytest.fixture
def false(monkeypatch):
    monkeypatch.setattr(registry, "_extra", {})
    true = theory.get("ours.p1")
    return registry.register(replace(true, card=replace(true.card, key="mine.false"), right_side=true.right_side / 10))


def test_a_table_of_mutants(cli):
    result = cli("necessity", KEY, "--evaluations", "0")
    assert result.status == 0
    assert "without B^2 L^2/K" in result.out
    assert f"{KEY}: refuted" in result.out
    assert "terms 3/3" in result.out
    assert "mutant left/bound verdict where" in [" ".join(line.split()) for line in result.out.splitlines()]


def test_json(cli):
    result = cli("necessity", KEY, "--evaluations", "0", "--json")
    (found,) = result.json["theorems"]
    assert found["counts"]["terms"] == [3, 3]
    assert found["stated"]["verdict"] == "survives"
    assert 0 < found["stated"]["factor"] < 1
    dropped = [mutant for mutant in found["mutants"] if mutant["kind"] == "term"]
    assert all(mutant["verdict"] == "refuted" and mutant["left_side"] > mutant["bound"] for mutant in dropped)
    assert dropped[0]["claim"]["theorem"] == KEY


def test_an_interruption_says_what_was_found(cli, monkeypatch):
    ran = []

    def sweep(claim):
        if ran:
            raise KeyboardInterrupt
        ran.append(claim)
        return probe.sweep(claim)

    monkeypatch.setattr("experiments.attack.necessity.sweep", sweep)
    stopped = cli("necessity", KEY, "--evaluations", "0")
    assert (stopped.status, stopped.out) == (130, "")
    said, found, last = stopped.err.splitlines()
    assert said == "so far, of a search that did not end:"
    assert found.startswith(f"  {KEY}: refuted ")
    assert found.endswith("(2 evaluations)")
    assert last == "error: interrupted"


def test_several_theorems_are_one_row_each(cli):
    result = cli("necessity", KEY, "ours.p1", "--evaluations", "4")
    assert result.status == 0
    assert "2 theorems: refuted" in result.out


def test_what_hides_and_what_follows_is_said(cli):
    result = cli("necessity", "ours.p4-consensus", "dpsgd.theorem-3:corrected", "--evaluations", "0")
    assert "ours.p4-consensus without 8 B_E^2 L^2 gamma^4 sigma^2: hidden, at most 1.5 times below the bound" in result.out
    assert "(1 - sqrt(rho))^2): follows from ours.p2-consensus" in result.out
    (theorem,) = cli("necessity", "ours.p4-consensus", "--evaluations", "0", "--json").json["theorems"]
    found = {each["text"]: each for each in theorem["mutants"]}
    assert found["without 24 B_E^2 L^2 gamma^4 zeta^2"]["hidden"] == pytest.approx(1.5, rel=1e-2)
    assert found["without 12 B_E Delta gamma/K"]["hidden"] is None


def test_claims_are_kept(cli, tmp_path):
    result = cli("necessity", KEY, "--evaluations", "0", "--keep", tmp_path / "mine.toml")
    assert result.status == 0
    assert (tmp_path / "mine.toml").read_text().startswith(f'[[claim]]\ntheorem = "{KEY}"')


def test_a_false_statement_is_a_failure(cli, false):
    result = cli("necessity", false.key, "--evaluations", "10")
    assert result.status == 1
    assert "as stated: refuted" in result.out


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), "--all"),
        (("ours.p99",), "ours.p99"),
        (("ours.p1", "--evaluations", "-3"), "evaluations = -3"),
        (("ours.p1", "--seed", "-1"), "seed = -1"),
        (("--standing", "redrived"), "rederived"),
        (("ours.p1", "--evaluations", "many"), "many"),
        (("ours.p1", "--keep", "."), "--keep = '.' is not admissible: needs the name of a file"),
    ],
)
def test_bad_input_is_one_line(cli, words, named):
    result = cli("necessity", *words)
    assert result.status == 2
    assert named in result.err
    assert result.err.count("\n") == 1
