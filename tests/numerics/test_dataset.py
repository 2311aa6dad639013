"""Runs are written by xarray itself and say the same when they are read back."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr

from experiments import storage
from numerics import algorithms, graphs, problems, simulate
from numerics.dataset import decoded, encoded
from numerics.gauge import gauge
from numerics.moments import exact_moments
from theory.papers import dpsgd

RUNS = {
    "rounds": (algorithms.DPSGD(step_size=0.1), None),
    "options": (algorithms.get("mem-sgd", step_size=lambda k: 0.1 / (k + 1), compressor="top-k", k=2), None),
    "completions": (algorithms.get("adpsgd", step_size=0.1), None),
}


def made(name: str, seed: int = 7, sigma: float = 0.5) -> xr.Dataset:
    algorithm, timeline = RUNS[name]
    problem = problems.quadratic(dim=4, workers=4, sigma=sigma, zeta=0.2)
    graph = graphs.get("bipartite-exponential", 4)
    return simulate(algorithm, problem, graph, iterations=9, replicas=3, seed=seed, timeline=timeline)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("seed", [7, 1 << 90])
def test_xarray_writes_and_reads_a_run(tmp_path, name, seed) -> None:
    run = made(name, seed)
    run.to_netcdf(tmp_path / "run.nc")
    with xr.open_dataset(tmp_path / "run.nc") as found:
        xr.testing.assert_equal(found, run)
        assert found.constants == run.constants
        assert found.provenance == run.provenance
        assert found.grad_norm_sq.attrs == run.grad_norm_sq.attrs
    assert found.provenance["problem"]["noise"] == {"kind": "gaussian", "sigma": 0.5}
    assert type(found.provenance["seed"]) is int
    assert found.provenance["options"].get("compressor") == (None if name != "options" else "top-k")


def test_constants_go_to_theorems_from_a_file(tmp_path) -> None:
    run = made("rounds")
    run.to_netcdf(tmp_path / "run.nc")
    with xr.open_dataset(tmp_path / "run.nc") as found:
        assert [check.holds for check in dpsgd.p2.conditions(**found.constants)]
        assert dpsgd.p2.bound(**found.constants | {"K": 1e4}) == dpsgd.p2.bound(**run.constants | {"K": 1e4})


def test_the_stored_result_is_readable_either_way(tmp_path) -> None:
    run = made("rounds")
    storage.save(run, tmp_path / "run.nc")
    with xr.open_dataset(tmp_path / "run.nc") as found:
        assert (found.constants, found.attrs["seed"]) == (run.constants, 7)
        assert found.provenance == run.provenance | {"format": storage.FORMAT}
    loaded = storage.load(tmp_path / "run.nc")
    assert (loaded.constants, loaded.attrs) == (run.constants, run.attrs | {"format": storage.FORMAT})


def test_readings_and_moments_are_written_too(tmp_path) -> None:
    problem, graph = problems.quadratic(dim=4, workers=4, sigma=0.5), graphs.ring(4)
    for number, each in enumerate((gauge, exact_moments)):
        run = each(RUNS["rounds"][0], problem, graph, iterations=5)
        run.to_netcdf(tmp_path / f"{number}.nc")
        with xr.open_dataset(tmp_path / f"{number}.nc") as found:
            assert found.constants == run.constants
            assert found.constants["K"] == 5


def test_constants_that_are_not_finite_come_back(tmp_path) -> None:
    assert decoded(encoded({"L": math.inf, "zeta": -math.inf})) == {"L": math.inf, "zeta": -math.inf}
    assert np.isnan(decoded(encoded({"rho": math.nan}))["rho"])


def test_other_datasets_have_no_constants() -> None:
    assert xr.Dataset({"x": ("k", [1.0])}, attrs={"title": "weather"}).constants == {}
