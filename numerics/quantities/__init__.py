"""Quantities: the numbers a theorem speaks about, measured on a state.

Their names are shared with the symbolic quantities of the theory, which join ``mean_`` to the name of the measured
one for its average over iterations.
"""

from __future__ import annotations

from numerics.quantities.base import Quantity, Snapshot
from numerics.quantities.general import GENERAL
from numerics.quantities.group import GROUP
from straggler import UnknownName

__all__ = ["QUANTITIES", "Quantity", "Snapshot", "get"]

QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in (*GENERAL, *GROUP)}


def get(name: str) -> Quantity:
    """Return the quantity called ``name``."""
    if name not in QUANTITIES:
        raise UnknownName("quantity", name, QUANTITIES)
    return QUANTITIES[name]
