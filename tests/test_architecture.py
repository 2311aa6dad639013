"""The arrows of the house, what importing costs, and how the source is kept."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("theory", "numerics", "experiments", "paper_figs")
FORBIDDEN = {
    "theory": {"numerics", "experiments", "paper_figs"},
    "numerics": {"theory", "experiments", "paper_figs"},
    "experiments": {"paper_figs"},
    "paper_figs": set(),
}
"""Which rooms a room must not import; tests and benchmarks are not part of the house and nothing imports them either."""

HEAVY = {
    "numerics": ("sympy", "cvxpy", "matplotlib", "sklearn", "torch", "xarray", "networkx", "joblib", "pandas"),
    "theory": ("sympy", "cvxpy", "matplotlib", "sklearn", "torch", "xarray", "networkx"),
    "theory.registry": ("sympy", "cvxpy", "matplotlib"),
    "straggler": ("numpy", "scipy", "sympy", "cvxpy"),
}


def modules(*folders: str) -> list[Path]:
    """Python files below these folders of the repository, ``straggler.py`` included where ``.`` is one of them."""
    found = [ROOT / "straggler.py"] if "." in folders else []
    return found + sorted(file for folder in folders if folder != "." for file in (ROOT / folder).rglob("*.py"))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def imported(file: Path) -> Iterator[str]:
    """Absolute names of the modules a file imports anywhere, relative imports resolved; also those named in a string call."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            yield ".".join(part for part in (base, node.module) if part)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] in ("import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
            elif isinstance(first, ast.JoinedStr) and first.values and isinstance(first.values[0], ast.Constant):
                yield str(first.values[0].value)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_only_what_the_design_allows(room):
    broken = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in modules(room)
        for name in imported(file)
        if name.split(".")[0] in FORBIDDEN[room] | {"tests", "benchmarks"}
    ]
    assert not broken, "\n".join(broken)


def test_the_ground_floor_imports_no_room():
    assert not {name.split(".")[0] for name in imported(ROOT / "straggler.py")} & {*ROOMS, "tests", "benchmarks"}


def test_imports_are_found_in_every_form(tmp_path, monkeypatch):
    """The detector itself: plain, from, relative, inside functions, and by name."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "theory" / "papers" / "x.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        "import numerics.graphs as g\nfrom numerics import mixing\nfrom .. import chain\nfrom ..derive import tuned\n"
        "def late():\n    from experiments.cli import main\n    import importlib\n"
        "    importlib.import_module('paper_figs')\n    importlib.import_module(f'paper_figs.{late}')\n"
    )
    found = set(imported(file))
    assert found >= {"numerics.graphs", "numerics", "theory", "theory.derive", "experiments.cli", "paper_figs", "paper_figs."}


@pytest.mark.parametrize("module", HEAVY)
def test_importing_is_light(module):
    """Checked in a fresh interpreter, where nothing else has imported them."""
    check = f"import {module}, sys; print(*[name for name in {HEAVY[module]} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_files_are_short():
    """The house rule: about a hundred lines in the middle, and nine in ten under 250."""
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in modules(".", *ROOMS, "benchmarks")}
    counted = [length for file, length in lengths.items() if length > 15 or file.name != "__init__.py"]
    assert statistics.median(counted) <= 130
    long = [str(file.relative_to(ROOT)) for file, length in lengths.items() if length >= 250]
    assert len(long) <= len(counted) / 10, long


def test_nothing_is_left_for_later():
    words = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME" + r")\b")
    suffixes = {".py", ".md", ".toml", ".txt", ".cff", ".html", ".css", ".js", ".j2", ".yml"}
    folders = (*ROOMS, "tests", "benchmarks", ".ci")
    files = [f for f in ROOT.iterdir() if f.is_file() and (f.suffix in suffixes or f.name == "Makefile")]
    files += [f for folder in folders for f in (ROOT / folder).rglob("*") if f.suffix in suffixes or f.parent.name == ".ci"]
    found = [str(file.relative_to(ROOT)) for file in files if words.search(file.read_text(encoding="utf-8"))]
    assert not found


def test_everything_public_says_what_it_is():
    """Modules, and public classes and functions at their top level; methods are left to the linter."""
    silent = []
    for file in modules(".", *ROOMS):
        kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        named = [node for node in tree(file).body if isinstance(node, kinds) and not node.name.startswith("_")]
        where = str(file.relative_to(ROOT))
        silent += [where] * (ast.get_docstring(tree(file)) is None)
        silent += [f"{where}: {node.name}" for node in named if ast.get_docstring(node) is None]
    assert not silent


def test_every_room_is_packaged_and_typed():
    for room in ROOMS:
        assert (ROOT / room / "__init__.py").is_file()
    source = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f'"{room}*"' in source for room in ROOMS)
