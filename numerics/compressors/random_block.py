"""One of B blocks of neighbouring coordinates at random, the same for all workers or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from array_api_compat import device

from numerics.compressors.base import REAL_BITS, Compressor
from numerics.compressors.draws import Draws
from numerics.typing import Array
from straggler import InputError, at_least


@dataclass(frozen=True)
class RandomBlock(Compressor):
    """Keep one of B blocks, each with probability 1/B; set the other coordinates to zero.

    Block b has the coordinates from ``floor(b d/B)`` up to ``floor((b+1) d/B)``. ``E Q(x) = x/B`` and ``E||Q(x) - x||^2`` is
    exactly ``(1 - 1/B) ||x||^2``; scaled by B it is unbiased with ``(B - 1) ||x||^2``.
    Source: DEF (Xu, Huang; arXiv 2004.05298), random block-wise sparsification; blocks shared by all workers can be summed by a
    ring all-reduce.

    Parameters
    ----------
    blocks
        Number of blocks B, 1 <= B <= d.
    shared
        All vectors that a replica hands in with one call share their block, which takes one uniform number; otherwise every
        vector has its own.
    scaled
        Multiply by B what is kept.
    """

    blocks: int
    shared: bool = True
    scaled: bool = False
    name: ClassVar[str] = "random-block"
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", at_least("blocks of random-block", self.blocks, 1))
        object.__setattr__(self, "shared", bool(self.shared))
        object.__setattr__(self, "scaled", bool(self.scaled))

    @property
    def unbiased(self) -> bool:
        """Whether it is scaled."""
        return self.scaled

    def check(self, d: int) -> None:
        """Raise `InputError` unless B <= d."""
        if self.blocks > d:
            raise InputError(f"blocks of {self.name}", self.blocks, f"1 <= blocks <= {d} (coordinates of the vector)")

    def bits(self, d: int) -> float:
        """Return 32 ceil(d/B): who receives the values draws the block from the sender's stream."""
        self.check(d)
        return float(REAL_BITS * -(-d // self.blocks))

    def _error(self, d: int) -> float:
        return (self.blocks - 1) / (1 if self.scaled else self.blocks)

    def _tiles(self, x: Array, draws: Draws | None, out: Array) -> None:
        self._kernel(x, draws, out)

    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        assert draws is not None
        workers, _, d = x.shape
        block = np.floor(draws.uniforms(1 if self.shared else workers, 1) * self.blocks).astype(np.int64)
        # floor(b d/B) <= j < floor((b+1) d/B), in whole numbers.
        first, last = block * d // self.blocks, (block + 1) * d // self.blocks
        places = np.arange(d)
        chosen = np.broadcast_to((places >= first) & (places < last), x.shape)
        kept = xp.where(xp.asarray(chosen.copy(), device=device(x)), x, xp.zeros_like(x))
        return kept * float(self.blocks) if self.scaled else kept
