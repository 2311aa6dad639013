"""Graphs too large for memory are refused before anything is built."""

from __future__ import annotations

import pytest

from numerics import graphs
from straggler import InputError


@pytest.mark.parametrize("name", sorted(graphs.NAMES))
def test_a_graph_whose_matrix_would_not_fit_is_refused_at_once(name) -> None:
    with pytest.raises(InputError, match=r"GiB|power of two"):
        graphs.get(name, 100_000)


def test_infinite_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="a whole number >= 2"):
        graphs.ring(float("inf"))
