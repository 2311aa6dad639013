"""Kinds of noise by name."""

from __future__ import annotations

from numerics.noise.additive import Gaussian, NoNoise, Rademacher
from numerics.noise.base import Noise
from straggler import UnknownName

NAMES = ("gaussian", "none", "rademacher")


def get(name: str, *, sigma: float = 1.0) -> Noise:
    """Return the noise called ``name``.

    Parameters
    ----------
    name
        One of `NAMES`.
    sigma
        Root of ``E||noise||^2`` of the additive kinds; ``none`` has no use for it.

    Raises
    ------
    UnknownName, InputError
        For another name, or a sigma that is negative or not finite.
    """
    if name == "none":
        return NoNoise()
    if name == "gaussian":
        return Gaussian(sigma)
    if name == "rademacher":
        return Rademacher(sigma)
    raise UnknownName("noise", name, NAMES)
