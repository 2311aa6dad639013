"""Stored results are whole or absent, and a damaged one is refused in one line."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from experiments import storage
from straggler import ResultError


@pytest.fixture
def dataset() -> xr.Dataset:
    values = np.random.default_rng(0).standard_normal((5, 3))
    return xr.Dataset({"sample": (("k", "replica"), values)}, attrs={"system": "sgp", "seed": 3, "constants": {"L": 1.0, "n": 8}})


def test_round_trip_keeps_values_and_nested_attributes(tmp_path, dataset) -> None:
    path = tmp_path / "deep" / "result.nc"
    storage.save(dataset, path)
    loaded = storage.load(path)
    np.testing.assert_array_equal(loaded["sample"], dataset["sample"])
    assert loaded.attrs == dataset.attrs | {"format": storage.FORMAT}
    assert (type(loaded.attrs["seed"]), loaded.constants) == (int, {"L": 1.0, "n": 8})
    assert [p.name for p in path.parent.iterdir()] == ["result.nc"]


@pytest.mark.parametrize("keep", [0, 1, 100, 2000])
def test_a_file_cut_short_is_refused(tmp_path, dataset, keep) -> None:
    path = tmp_path / "result.nc"
    storage.save(dataset, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ResultError, match=r"result\.nc: not a whole result file") as caught:
        storage.load(path)
    assert "\n" not in str(caught.value)


def test_another_format_is_refused(tmp_path, dataset, monkeypatch) -> None:
    path = tmp_path / "result.nc"
    monkeypatch.setattr(storage, "FORMAT", 99)
    storage.save(dataset, path)
    monkeypatch.undo()
    with pytest.raises(ResultError, match="result format 99, this version reads 1"):
        storage.load(path)


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(ResultError, match="no such result file"):
        storage.load(tmp_path / "nothing.nc")


def test_a_failing_write_leaves_nothing_behind(tmp_path) -> None:
    def full(_) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ResultError, match="No space left on device"):
        storage.write(tmp_path / "result.nc", full)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room", [1, 3000, 5000])
def test_a_full_disk_is_one_line_and_no_crash(tmp_path, room) -> None:
    """In a process of its own, whose files may not grow beyond ``room`` bytes."""
    code = f"""
import pathlib, resource, signal, numpy, xarray
from experiments import storage
from straggler import ResultError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
try:
    storage.save(xarray.Dataset({{"sample": ("k", numpy.arange(3000.0))}}), pathlib.Path("result.nc"))
except ResultError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "result.nc: cannot write (File too large)\n", "")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_no_final_name(tmp_path) -> None:
    def interrupted(temporary) -> None:
        temporary.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.write(tmp_path / "result.nc", interrupted)
    assert list(tmp_path.iterdir()) == []


def test_the_key_depends_on_everything(monkeypatch) -> None:
    first = storage.key_of({"seed": 1, "gamma": 0.1})
    assert first == storage.key_of({"gamma": 0.1, "seed": 1})
    assert first != storage.key_of({"seed": 1, "gamma": 0.1 + 1e-15})
    monkeypatch.setattr(storage, "__version__", "another")
    assert first != storage.key_of({"seed": 1, "gamma": 0.1})
    monkeypatch.undo()
    assert first == storage.key_of({"seed": 1, "gamma": 0.1})
    monkeypatch.setattr(storage, "sources", lambda: "changed")
    assert first != storage.key_of({"seed": 1, "gamma": 0.1})


@pytest.mark.parametrize("name", ["base.py", "deep/own.py"])
def test_the_key_depends_on_the_code_that_runs(tmp_path, monkeypatch, name) -> None:
    import numerics

    for file in ("base.py", "deep/own.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("x = 1")
    monkeypatch.setattr(numerics, "__path__", [str(tmp_path)])
    before = storage.sources.__wrapped__()
    assert storage.sources.__wrapped__() == before
    (tmp_path / name).write_text("x = 2")
    assert storage.sources.__wrapped__() != before
