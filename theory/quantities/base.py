"""What a quantity is, and the pieces of presentation MathML that several share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A quantity: name, meaning, LaTeX, presentation MathML, and units in powers of ``x`` and ``f``."""

    name: str
    meaning: str
    latex: str
    mathml: str
    units: Mapping[str, int]


GRADIENT_SQ = {"f": 2, "x": -2}
XBAR = "<msup><mover><mi>x</mi><mo>¯</mo></mover><mrow><mo>(</mo><mi>k</mi><mo>)</mo></mrow></msup>"
OVER_K = "<mfrac><mn>1</mn><mi>K</mi></mfrac><munder><mo>∑</mo><mrow><mi>k</mi><mo>&lt;</mo><mi>K</mi></mrow></munder>"
OVER_N = "<mfrac><mn>1</mn><mi>n</mi></mfrac><munder><mo>∑</mo><mi>i</mi></munder>"


def mean_square(inside: str, sums: str = "") -> str:
    """Return MathML of the expected squared norm of ``inside``, under sums."""
    return f"<mrow>{sums}<mi>𝔼</mi><msup><mrow><mo>‖</mo>{inside}<mo>‖</mo></mrow><mn>2</mn></msup></mrow>"


def gradient(point: str) -> str:
    """Return MathML of the gradient of the objective at a point."""
    return f"<mo>∇</mo><mi>f</mi><mo>(</mo>{point}<mo>)</mo>"


def largest_ratio(over: str, upper: str, lower: str) -> str:
    """Return MathML of the maximum of a fraction."""
    return f"<mrow><munder><mi>max</mi><mrow>{over}</mrow></munder><mfrac><mrow>{upper}</mrow><mrow>{lower}</mrow></mfrac></mrow>"
