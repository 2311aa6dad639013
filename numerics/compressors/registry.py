"""Compressors by name."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from numerics.compressors.base import Compressor
from numerics.compressors.identity import Identity
from numerics.compressors.max_min import MaxMin
from numerics.compressors.one_bit import OneBit
from numerics.compressors.qsgd import QSGD
from numerics.compressors.random_block import RandomBlock
from numerics.compressors.random_k import RandomK
from numerics.compressors.scaled_sign import ScaledSign
from numerics.compressors.top_k import TopK
from straggler import InputError, UnknownName

REGISTRY: dict[str, type[Compressor]] = {
    kind.name: kind for kind in (Identity, MaxMin, OneBit, QSGD, RandomBlock, RandomK, ScaledSign, TopK)
}
NAMES = tuple(sorted(REGISTRY))


def get(name: str, **options: Any) -> Compressor:
    """Return the compressor called ``name``.

    Parameters
    ----------
    name
        One of `NAMES`.
    options
        The parameters of its class, such as ``k=4``.

    Raises
    ------
    UnknownName
        For another name, or an option that this compressor has not.
    InputError
        For an option that is missing or out of range.
    """
    if name not in REGISTRY:
        raise UnknownName("compressor", name, NAMES)
    known = {field.name: field.default for field in fields(REGISTRY[name])}
    for option in options:
        if option not in known:
            raise UnknownName(f"option of {name}", option, known)
    for option, default in known.items():
        if default is MISSING and option not in options:
            raise InputError(f"{option} of {name}", None, "a value: there is no default")
    return REGISTRY[name](**options)
