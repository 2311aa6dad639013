"""Starting the command in a process of its own: what it imports, how it leaves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from straggler import __version__

ROOT = Path(__file__).parents[3]
HEAVY = ["sympy", "cvxpy", "matplotlib", "sklearn", "torch", "xarray", "scipy", "pandas", "networkx", "joblib", "numpy"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def python(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], env=ENVIRONMENT, text=True, check=False, **options)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "words", [["--help"], ["theorems"], ["theorems", "--json"], ["simulate", "--help"], ["verify", "--help"]]
)
def test_listing_and_help_import_nothing_heavy(words, tmp_path):
    code = f"import sys; from experiments.cli import main; main({words!r}); print([m for m in {HEAVY!r} if m in sys.modules])"
    done = python("-c", code, capture_output=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.returncode == 0
    assert done.stderr == ""


def test_bad_input_leaves_with_two_and_one_line(tmp_path):
    done = python("-m", "experiments.cli", "theorems", "dpsgd.theorm-1", capture_output=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: unknown theorem 'dpsgd.theorm-1'; did you mean dpsgd.theorem-1, ")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_behind_stdout(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = python("-m", "experiments.cli", "theorems", "--json", stdout=full, stderr=subprocess.PIPE, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"error: output: {os.strerror(28)}\n"


def test_reader_that_goes_away(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = python("-m", "experiments.cli", "theorems", "--json", stdout=pipe, stderr=subprocess.PIPE, cwd=tmp_path)
    assert done.returncode == 141
    assert done.stderr == ""


def test_version_and_help(cli):
    assert cli("--version").out == f"straggler {__version__}\n"
    plain = cli()
    assert plain.status == 0
    assert plain.out == cli("--help").out
    for command in ("theorems", "mixing", "simulate", "verify", "cite", "figures", "figure"):
        assert f"\n  {command} " in plain.out
