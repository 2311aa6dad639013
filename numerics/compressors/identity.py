"""No compression: the yardstick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from numerics.compressors.base import REAL_BITS, Compressor
from numerics.compressors.draws import Draws
from numerics.typing import Array


@dataclass(frozen=True)
class Identity(Compressor):
    """``Q(x) = x``."""

    name: ClassVar[str] = "identity"

    @property
    def unbiased(self) -> bool:
        """True."""
        return True

    def bits(self, d: int) -> float:
        """Return 32 d."""
        return float(REAL_BITS * d)

    def _error(self, d: int) -> float:
        return 0.0

    def _portable(self, x: Array, draws: Draws | None, xp: Any) -> Array:
        return x
