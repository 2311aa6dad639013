"""Labelled datasets of runs, with attributes that netCDF has types for.

Records among the attributes (``constants``, ``problem``, ...) are JSON text, so ``run.to_netcdf(...)`` writes all of a run and
other programs can read it. Importing this module, as every run does, gives xarray's datasets two accessors that decode it,
also after ``xarray.open_dataset``: ``run.constants`` and ``run.provenance``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

LARGEST_INTEGER = (1 << 63) - 1

Reader = Callable[[xr.Dataset], dict[str, Any]]
accessor: Callable[[str], Callable[[Reader], Reader]] = xr.register_dataset_accessor


def labelled(data: dict[str, Any], coordinates: dict[str, Any], attributes: Mapping[str, Any]) -> xr.Dataset:
    """Return a dataset whose attributes can be written: texts and numbers as they are, everything else as JSON text."""
    return xr.Dataset(data, coords=coordinates, attrs={name: encoded(value) for name, value in attributes.items()})


def encoded(value: Any) -> str | int | float:
    """Return a text or a number as it is if netCDF has a type for it, else as JSON text."""
    fits = isinstance(value, str | float) or (type(value) is int and value <= LARGEST_INTEGER)
    return value if fits else json.dumps(value)


def decoded(value: Any) -> Any:
    """Return what an attribute of a run says: records, and integers netCDF is too small for, out of JSON text."""
    if isinstance(value, str) and (value.startswith(("{", "[")) or value.isdecimal()):
        return json.loads(value)
    return plain_number(value)


def plain_number(value: Any) -> Any:
    """Return a number as Python's own, where netCDF readers give numpy's; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


@accessor("constants")
def constants(run: xr.Dataset) -> dict[str, Any]:
    """Return the constants of a run under the names the theorems use, float by name; empty for a dataset without any."""
    found: dict[str, Any] = decoded(run.attrs.get("constants", {}))
    return found


@accessor("provenance")
def provenance(run: xr.Dataset) -> dict[str, Any]:
    """Return system, options, problem, graph, timeline, seed, ... of a run: its attributes but the constants, decoded."""
    return {name: decoded(value) for name, value in run.attrs.items() if name != "constants"}
