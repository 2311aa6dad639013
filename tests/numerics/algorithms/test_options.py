"""Construction by name and the ranges of options."""

from __future__ import annotations

import math

import pytest

from numerics import algorithms, graphs
from numerics.algorithms import DPSGD, OSGP, SGD, SGP, LocalSGD
from straggler import InputError, StragglerError, UnknownName


def test_get_builds_what_the_class_builds():
    assert algorithms.get("osgp", step_size=0.1, overlap=3, momentum=0.5) == OSGP(step_size=0.1, overlap=3, momentum=0.5)
    assert algorithms.get("local-sgd", step_size=0.1, period=4) == LocalSGD(step_size=0.1, period=4)


def test_options_lists_what_get_takes():
    assert set(algorithms.options("dpsgd")) == {"order", "momentum", "nesterov"}
    with pytest.raises(UnknownName, match="dpsgd"):
        algorithms.options("d-psgd")


def test_unknown_names_suggest_near_ones():
    with pytest.raises(UnknownName, match=r"did you mean .*dpsgd"):
        algorithms.get("dpsg", step_size=0.1)
    with pytest.raises(UnknownName, match="did you mean period"):
        algorithms.get("local-sgd", step_size=0.1, periods=3)
    with pytest.raises(UnknownName, match="mix-then-step"):
        algorithms.get("dpsgd", step_size=0.1, order="mix")


@pytest.mark.parametrize("name", algorithms.REGISTRY)
@pytest.mark.parametrize("gamma", [0, -0.1, math.nan, math.inf, "fast", None])
def test_step_sizes_that_are_not_positive_numbers_are_refused(name, gamma):
    with pytest.raises(InputError, match="step_size"):
        algorithms.get(name, step_size=gamma)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("dpsgd", "momentum", 1.0),
        ("sgp", "momentum", -0.1),
        ("sgd", "momentum", math.nan),
        ("osgp", "overlap", -1),
        ("osgp", "overlap", 0.5),
        ("osgp", "send_every", 0),
        ("local-sgd", "period", 0),
        ("local-sgd", "switch", -1),
        ("osgp", "overlap", 10**9),
        ("sgd", "momentum", "a"),
        ("dpsgd", "order", 3),
    ],
)
def test_options_outside_their_range_are_refused(name, option, value):
    with pytest.raises(StragglerError, match=option):
        algorithms.get(name, step_size=0.1, **{option: value})


@pytest.mark.parametrize("cls", [DPSGD, LocalSGD])
@pytest.mark.parametrize("weights", ["push", "uniform"])
def test_mixing_that_is_not_doubly_stochastic_is_refused(cls, weights):
    with pytest.raises(InputError, match="doubly stochastic"):
        cls(step_size=0.1).admit(graphs.star(5).schedule(weights))


@pytest.mark.parametrize("cls", [SGP, OSGP])
def test_push_sum_needs_columns_that_sum_to_one_and_sgd_takes_anything(cls):
    cls(step_size=0.1).admit(graphs.star(5).schedule("push"))
    with pytest.raises(InputError, match="column-stochastic"):
        cls(step_size=0.1).admit(graphs.star(5).schedule("uniform"))
    SGD(step_size=0.1).admit(graphs.star(5).schedule("uniform"))
