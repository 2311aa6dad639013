"""Logarithmic axes for drawings: ranges, ticks, and their labels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_MULTIPLES = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9))
_FEWEST, _MOST = 3, 7


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis that maps values between ``low`` and ``high`` to coordinates between ``start`` and ``end``."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, values: Iterable[float], start: float, end: float, padding: float = 0.06) -> Axis:
        """Return an axis that holds all positive finite values, with a margin on both sides."""
        logs = [math.log10(value) for value in values if value > 0 and math.isfinite(value)] or [0.0]
        margin = max(padding * (max(logs) - min(logs)), 0.08)
        return cls(10 ** (min(logs) - margin), 10 ** (max(logs) + margin), start, end)

    def __call__(self, value: float) -> float:
        """Return the coordinate of a positive value."""
        share = math.log10(value / self.low) / math.log10(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, whole: bool = False) -> list[float]:
        """Return three to seven ticks where that is possible: powers of ten, thinned or refined; whole numbers if asked."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        inside: list[float] = []
        for multiples in _MULTIPLES:
            found = [multiple * 10.0**power for power in range(first, last + 1) for multiple in multiples]
            inside = [value for value in found if self.low <= value <= self.high and not (whole and value % 1)]
            if len(inside) >= _FEWEST:
                break
        return inside[:: math.ceil(len(inside) / _MOST)] if inside else []


def label(value: float) -> str:
    """Return the label of a tick as the content of an SVG text element."""
    power = math.floor(math.log10(value) + 1e-9)
    if -3 <= power < 5:
        return f"{value:.10g}"
    multiple = value / 10.0**power
    lead = "" if math.isclose(multiple, 1) else f"{multiple:.2g}·"
    return f'{lead}10<tspan dy="-4" font-size="75%">{str(power).replace("-", "−")}</tspan>'
