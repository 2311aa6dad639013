"""The examples people read are examples that run: doctests, the readme's Python block, the readme's commands."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli import main
from theory import registry

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PACKAGES = ("theory", "numerics", "experiments", "paper_figs")


def with_examples() -> list[str]:
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if ">>>" in path.read_text()]
    return [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in files]


@pytest.mark.parametrize("module", with_examples())
def test_doctests(module) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_python_example_of_the_readme_runs() -> None:
    code = blocks()[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 16
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    measured, bound = re.search(r"^([\d.]+) <= ([\d.]+)$", printed.getvalue(), re.MULTILINE).groups()
    assert float(measured) <= float(bound)


def test_the_cluster_of_the_readme_runs() -> None:
    code = blocks()[1]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    seconds, stalest = re.search(r"^([\d.]+) s \[(\d+)", printed.getvalue()).groups()
    # 4000 gradients by fifteen workers of 0.6 s and one of 6 s take about 4000 * 0.6 / 15.1 seconds
    assert 150 < float(seconds) < 170
    assert int(stalest) > 15


def test_the_statement_of_the_contributing_guide_is_refuted(monkeypatch) -> None:
    monkeypatch.setattr(registry, "_extra", {})
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(re.sub(r"evaluations=\d+", "evaluations=20", code), "CONTRIBUTING.md", "exec"), {})
    assert "mine.no-consensus-error: falsified by a factor" in printed.getvalue()
    assert "as stated: refuted" in printed.getvalue()


def test_the_worst_case_of_the_readme_runs() -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(blocks()[2], "README.md", "exec"), {})
    worst, bound = re.search(r"^([\d.]+) <= ([\d.]+)$", printed.getvalue(), re.MULTILINE).groups()
    assert 1 < float(worst) < float(bound) < 3 * float(worst)


def tour() -> list[str]:
    return re.findall(r"^    (straggler .*)$", README, re.MULTILINE)


@pytest.mark.parametrize("line", [line for line in tour() if " figure " not in line and " verify " not in line])
def test_the_commands_of_the_readme_run(line, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", shlex.split(line))
    assert main() == 0
    assert capsys.readouterr().out


def test_the_tour_has_five_lines() -> None:
    section = README.split("## From the command line")[1].split("##")[0]
    assert len([line for line in tour() if line in section]) == 5


def test_imports_work_beside_a_clone(tmp_path) -> None:
    """A folder called straggler in the working directory is not taken for the module of that name."""
    (tmp_path / "straggler").mkdir()
    code = "import numerics, theory, straggler; print(straggler.__version__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
