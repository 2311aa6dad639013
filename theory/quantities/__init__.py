"""What the theorems bound: named quantities, in symbols.

`numerics` measures quantities of the same names on a run; the name is all the two share.
"""

from __future__ import annotations

from straggler import UnknownName
from theory.quantities import compression, elastic, elastic_averaging, general, group, leader, push_sum
from theory.quantities.base import Quantity
from theory.quantities.general import mean_consensus_sq, mean_grad_norm_sq, mean_view_grad_norm_sq
from theory.quantities.push_sum import lemma3_per_node_ratio, lemma3_rms_ratio

__all__ = [
    "QUANTITIES",
    "Quantity",
    "get",
    "lemma3_per_node_ratio",
    "lemma3_rms_ratio",
    "mean_consensus_sq",
    "mean_grad_norm_sq",
    "mean_view_grad_norm_sq",
]

_FAMILIES = (general, push_sum, leader, elastic_averaging, group, elastic, compression)

QUANTITIES: dict[str, Quantity] = {
    item.name: item for family in _FAMILIES for item in vars(family).values() if isinstance(item, Quantity)
}


def get(name: str) -> Quantity:
    """Return the quantity of this name; raise `UnknownName` otherwise."""
    try:
        return QUANTITIES[name]
    except KeyError:
        raise UnknownName("quantity", name, QUANTITIES) from None
