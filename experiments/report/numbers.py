"""Numbers as a reader wants them: few digits, powers of ten as powers, a dash for what is missing."""

from __future__ import annotations

import math

from markupsafe import Markup

MISSING = Markup("–")
_MINUS = "−"


def number(value: float | None, digits: int = 4) -> Markup:
    """Return a number with ``digits`` significant digits; outside 1e-3 .. 1e5 with a power of ten."""
    if value is None:
        return MISSING
    if math.isnan(value):
        return Markup("not a number")
    if math.isinf(value):
        return Markup("∞" if value > 0 else f"{_MINUS}∞")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if value == 0 or -3 <= power < 5:
        return Markup(f"{value:.{max(0, digits - 1 - power) if value else 0}f}".replace("-", _MINUS))
    return Markup("{}\u2009·\u200910<sup>{}</sup>").format(mantissa.replace("-", _MINUS), str(power).replace("-", _MINUS))


def short(value: float | None) -> Markup:
    """Return a number with at most three significant digits and no trailing zeros: settings rather than results."""
    if value is None or not math.isfinite(value) or (value != 0 and not 1e-4 <= abs(value) < 1e6):
        return number(value, 3)
    if value == int(value):
        return whole(int(value))
    return Markup(f"{value:.3g}".replace("-", _MINUS))


def whole(value: int) -> Markup:
    """Return a whole number in groups of three digits."""
    return Markup(f"{value:,}".replace(",", "\u2009") if abs(value) >= 10_000 else str(value))
