"""Stored results: one NetCDF file per result, named by the hash of everything that determines it.

A file is written under a temporary name and renamed, so a name that exists is a result that is whole. A process that
is killed leaves at most a temporary file, and the next run takes up what is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from straggler import ResultError, __version__

if TYPE_CHECKING:
    import xarray as xr

FORMAT = 1


def key_of(description: dict[str, Any]) -> str:
    """Return the name of a result: SHA-256 over its description, the format, and version and sources of the toolkit."""
    made_by = {"version": __version__, "format": FORMAT, "sources": sources()}
    payload = json.dumps({"description": description} | made_by, sort_keys=True)
    return hashlib.sha256(payload.encode()).hexdigest()[:24]


@cache
def sources() -> str:
    """Return SHA-256 over the code that runs and measures, so that a changed algorithm does not meet its old results."""
    import numerics

    folder = Path(numerics.__path__[0])
    measuring = sorted(Path(__file__).with_name("measures").glob("*.py"))
    digest = hashlib.sha256()
    for path in [*sorted(folder.rglob("*.py")), *measuring]:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def save(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset to ``path`` as NetCDF-4, whole or not at all.

    Attributes that are neither texts nor numbers are stored as JSON.

    Raises
    ------
    ResultError
        If the file cannot be written; nothing is left under ``path`` or beside it.
    """
    from numerics.dataset import encoded

    plain = dataset.copy()
    plain.attrs = {
        name: value if encoded(value) is value else f"json:{json.dumps(value)}"
        for name, value in (dataset.attrs | {"format": FORMAT}).items()
    }
    # made in memory: the HDF5 library crashes the process when a disk fills up under a file it still has open
    content = plain.to_netcdf(engine="h5netcdf")
    write(path, lambda temporary: temporary.write_bytes(content))


def load(path: Path) -> xr.Dataset:
    """Read a dataset written by `save`; its attributes are what they were.

    Raises
    ------
    ResultError
        If the file is missing, cut short, not a result, or of another format.
    """
    import xarray as xr

    from numerics.dataset import plain_number

    try:
        with xr.open_dataset(path, engine="h5netcdf") as stored:
            dataset = stored.load()
    except FileNotFoundError:
        raise ResultError(f"{path}: no such result file") from None
    except Exception as error:
        raise ResultError(
            f"{path}: not a whole result file ({type(error).__name__}: {_first_line(error)}); delete it to recompute"
        ) from None
    dataset.attrs = {
        name: json.loads(value[5:]) if isinstance(value, str) and value.startswith("json:") else plain_number(value)
        for name, value in dataset.attrs.items()
    }
    if dataset.attrs.get("format") != FORMAT:
        raise ResultError(
            f"{path}: result format {dataset.attrs.get('format')!r}, this version reads {FORMAT}; delete it to recompute"
        )
    return dataset


def write(path: Path, writer: Any) -> None:
    """Call ``writer(temporary)`` and rename the temporary file to ``path``; on failure remove it.

    Raises
    ------
    ResultError
        If writing fails, for instance because no space is left.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        temporary = Path(name)
        writer(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise ResultError(f"{path}: cannot write ({error.strerror or _first_line(error)})") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
