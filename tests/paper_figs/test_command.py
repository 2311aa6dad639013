import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import paper_figs
from paper_figs import command

SCRIPTS = (
    "sgp",
    "dpsgd",
    "overview",
    "lsgd",
    "easgd",
    "adpsgd",
    "elastic",
    "compression",
    "spectra",
    "necessity",
    "worst_case",
    "transient",
)


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("arguments", [["--nonsense"], ["sgp"], ["--seed", "one"], ["--jobs"]])
def test_unknown_arguments_exit_with_2(name, arguments, capsys):
    module = importlib.import_module(f"paper_figs.{name}")
    with pytest.raises(SystemExit) as stop:
        command.call(module.main, name, module.__doc__, arguments)
    assert stop.value.code == 2
    assert f"python -m paper_figs.{name}" in capsys.readouterr().err


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize(("option", "value"), [("--seed", "-1"), ("--jobs", "0")])
def test_values_out_of_range_exit_with_2_and_write_nothing(name, option, value, tmp_path, capsys):
    module = importlib.import_module(f"paper_figs.{name}")
    assert command.call(module.main, name, module.__doc__, ["--out", str(tmp_path / "new"), option, value]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert value in error
    assert not (tmp_path / "new").exists()


def test_paths_are_printed_and_arguments_passed_on(tmp_path, capsys):
    seen = {}

    def script(out, quick=False, seed=0, jobs=-1):
        seen.update(out=out, quick=quick, seed=seed, jobs=jobs)
        return [out / "a.png"]

    assert command.call(script, "name", "About.", ["--out", str(tmp_path), "--quick", "--seed", "3", "--jobs", "2"]) == 0
    assert seen == {"out": tmp_path, "quick": True, "seed": 3, "jobs": 2}
    assert capsys.readouterr().out == f"{tmp_path / 'a.png'}\n"


def test_importing_and_help_do_not_load_matplotlib():
    modules = ", ".join(f"paper_figs.{name}" for name in SCRIPTS)
    code = f"import sys, {modules}; print('matplotlib' in sys.modules)"
    root = Path(paper_figs.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
