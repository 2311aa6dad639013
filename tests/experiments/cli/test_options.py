"""Reading words of the command line."""

import pytest
import typer

from experiments.cli.options import assignments, settings, value, whole
from experiments.cli.output import plain
from straggler import InputError


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("1e4", 10000), ("10_000", 10000), ("-3", -3), ("2.0", 2)])
def test_whole_numbers(text, number):
    assert whole(text) == number


@pytest.mark.parametrize("text", ["1.5", "x", "", "inf", "nan", "1e400"])
def test_not_whole_numbers(text):
    with pytest.raises(typer.BadParameter, match="is not a whole number"):
        whole(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [("3", 3), ("0.5", 0.5), ("1e-3", 1e-3), ("true", True), ("Off", False), ("3,4", (3, 4)), ("1,", (1,)), ("label", "label")],
)
def test_values(text, read):
    assert value(text) == read
    assert type(value(text)) is type(read)


def test_names_may_be_dashed_and_the_last_counts():
    assert settings("--set", ["send-every=2", "send_every=3", "order=a=b"]) == {"send_every": 3, "order": "a=b"}
    assert settings("--set", None) == {}


@pytest.mark.parametrize("item", ["n", "n=", "=3", "=", ""])
def test_malformed_assignments(item):
    with pytest.raises(InputError, match="NAME=VALUE"):
        assignments("--set", [item])


def test_json_has_no_nan():
    import numpy as np

    shown = plain({"a": float("nan"), "b": np.float64("inf"), "c": np.array([1.0, np.nan]), "d": (np.int64(3), True, None, "x")})
    assert shown == {"a": None, "b": None, "c": [1.0, None], "d": [3, True, None, "x"]}
    assert type(shown["d"][0]) is int
