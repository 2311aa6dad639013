import importlib.util
from pathlib import Path

import numpy as np
import pytest

import theory
from straggler import InputError, StragglerError
from theory.derive import draw

_SPEC = importlib.util.spec_from_file_location("references", Path(__file__).with_name("references.py"))
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
REFERENCES = _MODULE.REFERENCES

NAMES = (
    "n",
    "K",
    "gamma",
    "L",
    "sigma",
    "zeta",
    "delta",
    "rho",
    "tau",
    "B_E",
    "B_2",
    "C",
    "q",
    "x0_sq",
    "T",
    "batch",
    "M",
    "group",
    "quorum",
    "epsilon",
    "mu",
    "nu",
    "lambda_",
    "lambda_G",
    "pull",
    "sigma_f",
    "k_0",
    "cosine",
    "R_0",
    "x0_center",
    "x0_workers",
    "tilt",
    "B",
    "d",
    "faults",
    "levels",
    "lost",
    "blow_up",
    "slack",
    "per_square",
    "per_cube",
    "detached",
)


def settings(size, seed=0):
    constants = draw(NAMES, size, seed)
    constants["rho"] = 1 - 10 ** np.random.default_rng(seed).uniform(-2, -0.1, size)
    return constants


def at(constants, index):
    return {name: float(values[index]) for name, values in constants.items()}


def test_every_theorem_has_a_reference():
    assert set(REFERENCES) == set(theory.keys())


@pytest.mark.parametrize("key", theory.keys())
def test_bound_equals_the_plain_formula(key):
    theorem, constants = theory.get(key), settings(25, seed=len(key))
    for index in range(25):
        here = at(constants, index)
        assert theorem.bound(**here) == pytest.approx(REFERENCES[key](**here), rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("key", theory.keys())
def test_arrays_give_what_numbers_give(key):
    theorem, constants = theory.get(key), settings(7, seed=1)
    bounds = np.broadcast_to(theorem.bound(**constants), 7)
    applies = np.broadcast_to(theorem.applies(**constants), 7)
    for index in range(7):
        here = at(constants, index)
        assert bounds[index] == pytest.approx(theorem.bound(**here), rel=1e-13, nan_ok=True)
        assert applies[index] == theorem.applies(**here)
        for name in ("step_size", "largest_step"):
            value = getattr(theorem, name)(**constants)
            assert (value is None) == (getattr(theorem, name)(**here) is None)
            if value is not None:
                assert np.broadcast_to(value, 7)[index] == pytest.approx(getattr(theorem, name)(**here), rel=1e-13)


def test_settings_broadcast_to_a_grid():
    grid = theory.get("ours.p2-tuned").bound(
        n=np.array([[4], [8], [16]]), K=np.logspace(2, 6, 5), L=1, sigma=1, zeta=0.1, rho=0.5, delta=1
    )
    assert grid.shape == (3, 5)
    assert (np.diff(grid, axis=1) < 0).all()
    assert (np.diff(grid, axis=0) < 0).all()


def test_without_arguments_it_is_an_expression():
    theorem = theory.get("dpsgd.theorem-1")
    assert {symbol.name for symbol in theorem.bound().free_symbols} >= {"D_1", "D_2"}
    assert not {symbol.name for symbol in theorem.expanded().free_symbols} & {"D_1", "D_2", "S"}


FLAT = {"ours.p1": 2.0, "ours.p2": 8.0, "ours.p3": 2.0, "ours.p4": 2.0, "ours.p4-doubly": 2.0}


@pytest.mark.parametrize("key", FLAT)
def test_no_noise_and_no_heterogeneity_are_numbers(key):
    quiet = {"n": 4, "K": 1000, "L": 2.0, "sigma": 0, "zeta": 0, "rho": 0.25, "delta": 1, "tau": 1, "B_E": 0, "B_2": 0}
    tuned = theory.get(f"{key}-tuned")
    assert tuned.step_size(**quiet) == pytest.approx(1 / FLAT[key])
    assert tuned.bound(**quiet) == pytest.approx((3 if key == "ours.p4" else 2) * FLAT[key] / 1000)


def test_a_missing_constant_is_named():
    with pytest.raises(StragglerError, match=r"ours\.p2 needs rho \(.*\), which was not given"):
        theory.get("ours.p2").bound(n=4, K=10, gamma=0.1, L=1, sigma=1, zeta=0, delta=1)


@pytest.mark.parametrize(
    ("name", "value"), [("gamma", 0), ("gamma", float("nan")), ("K", 0), ("sigma", -1), ("L", "abc"), ("n", [2, 0])]
)
def test_a_constant_out_of_range_is_refused(name, value):
    good = {"n": 4, "K": 10, "gamma": 0.1, "L": 1, "sigma": 1, "delta": 1}
    with pytest.raises(InputError, match=name):
        theory.get("ours.p1").bound(**{**good, name: value})
