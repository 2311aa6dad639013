import sys

import pytest

SCRIPT = '''"""Figures of a paper.

More about it.
"""

import forbidden_at_listing  # noqa


def main(out, quick=False):
    out.mkdir()
    path = out / ("quick.pdf" if quick else "all.pdf")
    path.touch()
    return [path]
'''


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    """A package with one figure script and one module that is none."""
    package = tmp_path / "drawings"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "one_paper.py").write_text(SCRIPT)
    (package / "style.py").write_text('"""Colours."""\n\n\ndef colour():\n    return "red"\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("experiments.cli.figures.PACKAGE", "drawings")
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "drawings"]:
        del sys.modules[name]


def test_list_reads_scripts_without_running_them(cli, scripts):
    shown = cli("figures")
    assert shown.status == 0
    rows = [line.split(maxsplit=1) for line in shown.out.splitlines() if line.strip()]
    assert [[cell.strip() for cell in row] for row in rows[2:]] == [["one-paper", "Figures of a paper."]]


@pytest.mark.parametrize("key", ["one-paper", "one_paper"])
@pytest.mark.parametrize(("words", "name"), [([], "all.pdf"), (["--quick"], "quick.pdf")])
def test_figure_runs_its_script(cli, scripts, tmp_path, key, words, name):
    (scripts / "one_paper.py").write_text(SCRIPT.replace("import forbidden_at_listing  # noqa\n", ""))
    shown = cli("figure", key, "--out", "drawn", *words)
    assert shown.status == 0
    assert shown.out == f"drawn/{name}\n"
    assert (tmp_path / "drawn" / name).exists()


def test_scripts_of_the_house_are_found(cli):
    shown = cli("figures").out
    for key in ("sgp", "dpsgd"):
        assert any(line.split()[:1] == [key] for line in shown.splitlines())


def test_a_folder_that_cannot_be_is_refused_before_drawing(cli, scripts, tmp_path):
    (tmp_path / "file").touch()
    for out, needed in (("file", "the name of a folder"), ("file/deep", "a place that can be written")):
        refused = cli("figure", "one-paper", "--out", out)
        assert (refused.status, refused.out) == (2, "")
        assert refused.err.startswith(f"error: --out = '{out}' is not admissible: needs {needed}")
        assert "drawings.one_paper" not in sys.modules


@pytest.mark.parametrize(
    ("key", "line"), [("one-papr", "unknown figure 'one-papr'; did you mean one-paper"), ("style", "unknown figure")]
)
def test_bad_input(cli, scripts, key, line):
    refused = cli("figure", key)
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith(f"error: {line}")
    assert refused.err.count("\n") == 1
