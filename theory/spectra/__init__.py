"""Spectra of mixing matrices in closed form: second eigenvalue, rho, 1 - rho and its leading order, each with its proof.

``theory.spectra.get("ring").at(range(3, 200))`` gives numbers; ``get("ring").rho`` is an expression and ``.proof`` a text.
"""

from __future__ import annotations

from straggler import UnknownName
from theory.spectra import exponential as _exponential
from theory.spectra import gossip, groups, static
from theory.spectra.base import EXPRESSIONS, Spectrum
from theory.spectra.groups import rounds_to_average
from theory.spectra.static import torus_of

FAMILIES: dict[str, Spectrum] = {
    found.key: found
    for module in (static, _exponential, groups, gossip)
    for found in vars(module).values()
    if isinstance(found, Spectrum)
}
"""All families by key."""

__all__ = ["EXPRESSIONS", "FAMILIES", "Spectrum", "get", "rounds_to_average", "torus_of"]


def get(key: str) -> Spectrum:
    """Return the spectrum of a family; raise `UnknownName` for an unknown key."""
    try:
        return FAMILIES[key]
    except KeyError:
        raise UnknownName("spectrum", key, FAMILIES) from None
