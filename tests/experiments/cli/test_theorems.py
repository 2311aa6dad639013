import math

import pytest

import theory

PROMISED = {"key", "source", "standing", "standing_note", "latex", "step_size", "bound", "conditions"}


def given(numbers):
    return [f"--set={name}={value}" for name, value in numbers.items()]


def test_list_has_every_theorem(cli):
    listed = cli("theorems")
    assert listed.status == 0
    for card in theory.cards():
        row = next(line for line in listed.out.splitlines() if line.split()[:1] == [card.key])
        assert card.title in row
        assert str(card.source) in row
        assert row.rstrip().endswith(card.standing)
    assert [entry["key"] for entry in cli("theorems", "--json").json["theorems"]] == list(theory.keys())


def test_numbers_of_a_free_step(cli):
    """P1: 2 Delta / (gamma K) + gamma L sigma^2 / n for gamma <= 1/L."""
    numbers = {"n": 4, "K": "1e4", "L": 2, "delta": 3, "sigma": 0.5, "gamma": 1}
    found = cli("theorems", "ours.p1", *given(numbers), "--json").json
    assert set(found) >= PROMISED
    assert found["bound"] == pytest.approx(2 * 3 / 1e4 + 2 * 0.25 / 4)
    assert found["step_size"] is None
    assert found["largest_step"] == pytest.approx(0.5)
    assert found["conditions"] == [{"text": "gamma <= 1/L", "holds": False, "factor": pytest.approx(2.0)}]
    assert found["standing"] == "ours"
    assert r"\gamma" in found["latex"]
    assert found["rate"]["exponents"] == {"K": -0.5, "n": -0.5, "gap": 0}
    assert found["rate"]["linear_speedup"] is True
    assert found["rate"]["linear_speedup_from_K"] > 0


def test_numbers_of_a_prescribed_step(cli):
    numbers = {"n": 4, "K": 10_000, "L": 2, "delta": 3, "sigma": 0.5, "rho": 0.25, "zeta": 0}
    found = cli("theorems", "dpsgd.corollary-2", *given(numbers), "--json").json
    assert found["step_size"] == pytest.approx(1 / (2 * 2 + 0.5 * math.sqrt(10_000 / 4)))
    assert found["largest_step"] is None
    assert {check["text"] for check in found["conditions"]} >= {"rho < 1"}
    assert all(set(check) == {"text", "holds", "factor"} for check in found["conditions"])


def test_infinite_factor_is_null(cli):
    numbers = {"n": 4, "K": 10_000, "L": 2, "delta": 3, "sigma": 0, "rho": 0.25, "zeta": 0}
    found = cli("theorems", "dpsgd.corollary-2", *given(numbers), "--json").json
    assert [check["factor"] for check in found["conditions"] if not check["holds"]] == [None, None]


def test_without_numbers_there_are_none(cli):
    found = cli("theorems", "sgp.theorem-1:printed", "--json").json
    assert set(found) >= PROMISED
    assert (found["bound"], found["step_size"]) == (None, None)
    assert {check["holds"] for check in found["conditions"]} == {None}
    assert found["provenance"] == {"tag": "recalled", "confidence": "high"}


@pytest.mark.parametrize("key", theory.keys())
def test_every_statement_can_be_read(cli, key):
    shown = cli("theorems", key)
    theorem = theory.get(key)
    assert shown.status == 0
    assert theorem.quantity.meaning in shown.out
    assert theorem.latex() in shown.out
    for condition in theorem.requires:
        assert condition.text in shown.out
    for assumption in theorem.assumptions:
        assert assumption.text in shown.out
    assert " ".join(theorem.standing_note.split()) in " ".join(shown.out.split())
    assert "Min(" not in shown.out


def test_statement_with_numbers(cli):
    shown = cli("theorems", "ours.p1", *given({"n": 4, "K": "1e4", "L": 2, "delta": 3, "sigma": 0.5, "gamma": 0.1})).out
    assert "At n = 4, K = 10000, L = 2" in shown
    assert "largest step 0.5" in shown
    assert f"bound        {2 * 3 / 1e3 + 0.1 * 2 * 0.25 / 4:.4g}" in shown


def test_the_best_step_is_put_in(cli):
    """P1: sqrt(2 Delta n / (L K sigma^2)), and 2 sqrt(2 Delta L sigma^2 / (n K)) there."""
    numbers = {"n": 4, "K": "1e4", "L": 2, "delta": 3, "sigma": 0.5}
    found = cli("theorems", "ours.p1", *given(numbers), "--best-step", "--json").json
    step = math.sqrt(2 * 3 * 4 / (1e4 * 2 * 0.25))
    assert found["best_step"]["step"] == found["set"]["gamma"] == pytest.approx(step)
    assert found["bound"] == found["best_step"]["bound"] == pytest.approx(2 * math.sqrt(2 * 3 * 2 * 0.25 / (4 * 1e4)))
    assert found["best_step"]["path"] == "closed form"
    assert found["best_step"]["binding"] == []
    assert "sqrt(delta)" in found["best_step"]["expression"]
    shown = cli("theorems", "ours.p1", *given(numbers), "--best-step").out
    assert f"best step    {step:.4g} (closed form; where the bound turns)" in shown
    stopped = cli("theorems", "ours.p1", *given(numbers | {"sigma": 0}), "--best-step").out
    assert "best step    0.5 (closed form; stopped by gamma <= 1/L)" in stopped
    assert cli("theorems", "ours.p1", *given(numbers | {"gamma": 0.1}), "--json").json["best_step"] is None


def test_units_that_do_not_match_are_shown(cli):
    shown = cli("theorems", "sgp.theorem-1:printed").out
    section = shown.split("Units do not match\n")[1].split("\n\nLaTeX")[0]
    assert "step: gamma [x^2 f^-1] = sqrt(n)/sqrt(K) [1]" in section
    assert "definition of F: L sigma^2/2 [f^3 x^-4] + delta [f]" in section
    assert section.endswith("it takes them to be such that x^2 f^-1 = 1")
    assert "Units do not match" not in cli("theorems", "ours.p1").out


def test_all_unit_findings_in_one_table(cli):
    from theory.units import findings

    expected = [finding for card in theory.cards() for finding in findings(theory.get(card.key))]
    found = cli("theorems", "--units", "--json").json
    assert found["theorems"] == len(theory.keys())
    assert [(each["theorem"], each["where"]) for each in found["unit_findings"]] == [(e.theorem, e.where) for e in expected]
    shown = cli("theorems", "--units").out
    assert {line.split()[0] for line in shown.splitlines() if line.lstrip().startswith("sgp.")} == {
        "sgp.theorem-1:printed",
        "sgp.theorem-1:rederived",
        "sgp.theorem-2",
        "sgp.theorem-2-consensus",
    }
    assert f"in {len(expected)} places" in shown


def test_unit_findings_of_one_theorem(cli):
    found = cli("theorems", "dpsgd.theorem-3", "--units", "--json").json
    (finding,) = found["unit_findings"]
    assert finding["theorem"] == "dpsgd.theorem-3:printed"
    assert [part["units"] for part in finding["parts"]] == ["f^2 x^-2", "f^4 x^-6"]
    assert cli("theorems", "dpsgd.theorem-3", "--json").json["unit_findings"] == found["unit_findings"]
    assert "with units that do not match: 0" in cli("theorems", "ours.p1", "--units").out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("ours.p9", "unknown theorem 'ours.p9'; did you mean ours."),
        ("ours.p1 --set n=4 --set K=10", "ours.p1 also needs --set L (Lipschitz constant of every local gradient), delta"),
        ("ours.p1 --set sigm=4", "unknown constant 'sigm'; did you mean sigma"),
        ("ours.p1 --set n=four", "--set n = 'four' is not admissible: needs a number"),
        ("ours.p1 --set n=nan", "n = nan is not admissible: needs a number, not NaN"),
        ("ours.p1 --set n=0", "n = 0.0 is not admissible: needs n >= 1 (number of workers)"),
        ("ours.p1 --set n", "--set = 'n' is not admissible: needs NAME=VALUE"),
        ("ours.p1 --units --set n=3", "Invalid value: --units goes with no --set"),
        ("--best-step", "Invalid value: --best-step needs the KEY of a theorem"),
        ("ours.p1 --best-step --set gamma=0.1", "Invalid value: --best-step looks for gamma"),
        (
            "ours.p1 --best-step --set n=4 --set K=10",
            "ours.p1 also needs --set L (Lipschitz constant of every local gradient), delta",
        ),
        ("ours.p1-tuned --best-step", "ours.p1-tuned prescribes its step"),
        ("ours.p9 --units", "unknown theorem 'ours.p9'"),
        ("--set n=3", "Invalid value: --set needs the KEY of a theorem"),
    ],
)
def test_bad_input(cli, words, line):
    refused = cli("theorems", *words.split())
    assert refused.status == 2
    assert refused.out == ""
    assert refused.err.startswith(f"error: {line}")
    assert refused.err.count("\n") == 1
