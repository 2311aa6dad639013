"""Kinds of noise by name."""

from __future__ import annotations

from numerics.noise.additive import Gaussian, NoNoise, Rademacher
from numerics.noise.base import Noise
from numerics.noise.minibatch import Minibatch
from straggler import UnknownName

NAMES = ("gaussian", "minibatch", "none", "rademacher")


def get(name: str, *, sigma: float = 1.0, batch: int = 1, replacement: bool = True) -> Noise:
    """Return the noise called ``name``.

    Parameters
    ----------
    name
        One of `NAMES`.
    sigma
        Root of ``E||noise||^2`` of the additive kinds; ``none`` and ``minibatch`` have no use for it.
    batch, replacement
        Size and kind of the minibatches; the additive kinds have no use for them.

    Raises
    ------
    UnknownName, InputError
        For another name, a sigma that is negative or not finite, a batch below 1.
    """
    if name == "none":
        return NoNoise()
    if name == "gaussian":
        return Gaussian(sigma)
    if name == "rademacher":
        return Rademacher(sigma)
    if name == "minibatch":
        return Minibatch(batch, replacement=replacement)
    raise UnknownName("noise", name, NAMES)
