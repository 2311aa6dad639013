from pathlib import Path
from typing import Any

import pytest

from experiments.claims import Claim
from experiments.verdict import VERDICTS

PROMISED = {
    *("theorem", "standing", "problem", "graph", "nodes", "iterations", "measured", "measured_ci", "exact"),
    *("worst_case", "bound", "verdict", "reason", "factor"),
}
MILD = {"dim": 4, "zeta": 0.0}
HOLDS = Claim(theorem="ours.p1", system="sgd", problem="quadratic", nodes=4, iterations=50, problem_options=MILD)
FALSE = Claim(
    theorem="sgp.lemma-3:printed",
    system="sgp",
    problem="cosine",
    graph="one-peer-exponential",
    nodes=4,
    iterations=4,
    step=0.1,
    problem_options={"dim": 1, "smoothness": 1e-3, "sigma": 0.0, "zeta": 1.0, "start": 0.0, "noise": "none", "tilt": "pair"},
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def inapplicable():
    return HOLDS.model_copy(update={"theorem": "ours.p2", "system": "dpsgd", "graph": "ring", "step": 2.0})


@pytest.fixture
def grid(monkeypatch):
    from experiments import grid

    def use(*claims, full=()):
        monkeypatch.setattr(grid, "quick", lambda: list(claims))
        monkeypatch.setattr(grid, "full", lambda: [*claims, *full])

    return use


@pytest.fixture
def verify(cli):
    return lambda *words: cli("verify", "--jobs", 1, *words)


def test_json(verify, grid, tmp_path):
    grid(HOLDS, inapplicable())
    shown = verify("--json")
    assert shown.status == 0
    assert shown.err == ""
    found = shown.json
    assert all(set(claim) >= PROMISED for claim in found["claims"])
    assert set(found["counts"]) == set(VERDICTS)
    assert found["counts"] | {"holds": 1, "inapplicable": 1} == found["counts"]
    holding, other = found["claims"]
    assert (holding["theorem"], holding["verdict"], holding["nodes"], holding["iterations"]) == ("ours.p1", "holds", 4, 50)
    low, high = holding["measured_ci"]
    assert low < holding["measured"] < high < holding["bound"]
    assert holding["reproducer"] is None
    assert holding["factor"] == pytest.approx(holding["bound"] / holding["exact"])
    assert (other["verdict"], other["measured"], other["exact"]) == ("inapplicable", None, None)
    assert other["factor"] == pytest.approx(2)
    assert "gamma <= (1 - sqrt(rho))/(2L)" in other["reason"]
    assert (tmp_path / "results").is_dir()


def test_table_reasons_and_counts(verify, grid):
    grid(HOLDS, inapplicable())
    lines = verify().out.splitlines()
    header = next(line for line in lines if line.split()[:1] == ["theorem"])
    columns = "theorem standing system problem graph n K measured exact worst bound bound/measured verdict"
    assert header.split() == columns.split()
    row = next(line.split() for line in lines if line.split()[:1] == ["ours.p1"])
    assert row[:7] == ["ours.p1", "ours", "sgd", "quadratic", "complete", "4", "50"]
    assert row[-1] == "holds"
    reason = next(line for line in lines if line.startswith("inapplicable: ours.p2: needs gamma <="))
    assert "fails by a factor 2 [quadratic on ring, n = 4, K = 50]" in reason
    assert lines[-1] == "2 claims: 1 holds, 1 inapplicable"


def test_table_on_a_narrow_terminal(verify, grid, monkeypatch):
    monkeypatch.setattr("experiments.cli.output.WIDE", 80)
    grid(HOLDS)
    lines = verify().out.splitlines()
    assert max(len(line) for line in lines) <= 80
    row = next(i for i, line in enumerate(lines) if line.split()[:1] == ["ours.p1"])
    assert lines[row].split()[-1] == "holds"
    assert lines[row + 1].strip() == "quadratic, complete, n=4, K=50"


def test_known_false_statement_is_a_finding_and_an_unknown_one_a_failure(verify, grid, monkeypatch):
    grid(FALSE)
    known = verify("--json")
    assert known.json["claims"][0]["verdict"] == "violated"
    assert known.status == 0
    table = verify().out
    assert "known to be false as stated" in table
    printed: list[Any] = []
    exec(known.json["claims"][0]["reproducer"], {"print": printed.append})
    assert printed[0].verdict == "violated"
    assert "to see sgp.lemma-3:printed violated again:\n\n    from experiments.claims import Claim\n" in table
    monkeypatch.setattr("experiments.verify.known_false", lambda key: False)
    unknown = verify("--json")
    assert unknown.status == 1
    assert unknown.err == ""
    assert unknown.json["claims"][0]["fails"] is True


def test_theorem_takes_all_standings(verify, grid):
    corrected = FALSE.model_copy(update={"theorem": "sgp.lemma-3:corrected"})
    grid(HOLDS, FALSE, corrected)

    def keys(*words):
        return [claim["theorem"] for claim in verify("--json", *words).json["claims"]]

    assert keys("--theorem", "sgp.lemma-3") == ["sgp.lemma-3:printed", "sgp.lemma-3:corrected"]
    assert keys("--theorem", "sgp.lemma-3:corrected", "--theorem", "ours.p1") == ["ours.p1", "sgp.lemma-3:corrected"]


def test_one_claim_is_no_plural(verify, grid):
    grid(HOLDS)
    assert verify().out.splitlines()[-1] == "1 claim: 1 holds"


def test_quick_is_the_default_and_full_another_grid(verify, grid):
    grid(HOLDS, full=(HOLDS.model_copy(update={"nodes": 5}),))
    assert [len(verify("--json", *words).json["claims"]) for words in ((), ("--quick",), ("--full",))] == [1, 1, 2]


def test_results_are_reused(verify, grid, tmp_path, monkeypatch):
    grid(HOLDS)
    first = verify("--json", "--store", "kept").out
    stored = sorted((tmp_path / "kept").iterdir())
    assert stored
    monkeypatch.setattr("numerics.simulate", None)
    assert verify("--json", "--store", "kept").out == first
    assert sorted((tmp_path / "kept").iterdir()) == stored


def test_report(verify, grid, tmp_path, monkeypatch):
    from experiments import report

    def write(outcomes, directory: Path) -> Path:
        directory.mkdir()
        page = directory / "index.html"
        page.write_text(" ".join(outcome.finding.theorem for outcome in outcomes))
        return page

    monkeypatch.setattr(report, "write", write, raising=False)
    grid(HOLDS)
    assert verify("--report", "page").out.endswith("report: page/index.html\n")
    assert (tmp_path / "page" / "index.html").read_text() == "ours.p1"
    assert verify("--report", "page2", "--json").json["report"] == "page2/index.html"


def test_stored_result_cut_short(verify, grid, tmp_path):
    grid(HOLDS)
    verify()
    stored = next((tmp_path / "results").iterdir())
    stored.write_bytes(stored.read_bytes()[:1000])
    refused = verify("--json")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith(f"error: results/{stored.name}: not a whole result file (")
    assert refused.err.endswith("delete it to recompute\n")
    assert refused.err.count("\n") == 1


def test_full_disk(verify, grid, tmp_path, monkeypatch):
    def write(self, content):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write)
    grid(HOLDS)
    refused = verify()
    assert refused.status == 2
    assert refused.err.count("\n") == 1
    assert "cannot write (No space left on device)" in refused.err
    assert names(tmp_path / "results") == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--theorem ours.p9", "unknown theorem 'ours.p9'; did you mean ours."),
        ("--theorem ours.p3", "--theorem = 'ours.p3' is not admissible: needs a theorem this grid has claims about: ours.p1"),
        ("--quick --full", "Invalid value: --quick and --full exclude each other"),
        ("--store file", "--store = 'file' is not admissible: needs the name of a folder"),
        ("--report file", "--report = 'file' is not admissible: needs the name of a folder"),
        ("--report file/page", "--report = 'file/page' is not admissible: needs a place that can be written"),
        ("--jobs 0", "jobs = 0 is not admissible"),
        ("extra", "Got unexpected extra argument"),
    ],
)
def test_bad_input(verify, grid, tmp_path, words, line):
    (tmp_path / "file").touch()
    grid(HOLDS)
    refused = verify(*words.split())
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith(f"error: {line}")
    assert refused.err.count("\n") == 1
    assert names(tmp_path) == ["file"]
