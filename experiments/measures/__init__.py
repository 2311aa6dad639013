"""Measures: how the quantity that a theorem bounds is sampled, by its name in the theory.

The mean over iterations, the final value, and the largest expectation of anything in `numerics.quantities` come for free
(prefixes ``mean_``, ``last_``, ``largest_``); other quantities have a module of their own here.
"""

from __future__ import annotations

from experiments.measures import compression, elastic_averaging, gauge, geometry, group, leader, push_sum
from experiments.measures.base import Measure, at_worst, averaged, exact_mean, horizons, largest, last
from straggler import UnknownName

SPECIAL: dict[str, Measure] = {
    **push_sum.MEASURES,
    **leader.MEASURES,
    **geometry.MEASURES,
    **elastic_averaging.MEASURES,
    **group.MEASURES,
    **gauge.MEASURES,
    **compression.MEASURES,
}

PREFIXES = {"mean_": averaged, "last_": last, "largest_": at_worst}

__all__ = ["SPECIAL", "Measure", "at_worst", "averaged", "exact_mean", "get", "horizons", "largest", "last"]


def get(quantity: str) -> Measure:
    """Return the measure of a quantity of the theory, by name."""
    if quantity in SPECIAL:
        return SPECIAL[quantity]
    for prefix, sample in PREFIXES.items():
        if quantity.startswith(prefix):
            name = quantity.removeprefix(prefix)
            return Measure(sample(name), average_of=name if prefix == "mean_" else None)
    raise UnknownName("measured quantity", quantity, [*SPECIAL, *(f"{prefix}..." for prefix in PREFIXES)])
