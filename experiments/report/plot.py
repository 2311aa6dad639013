"""Measured against bound over K: a small drawing in SVG that takes its colours from the page.

Written by hand rather than by matplotlib: forty drawings take milliseconds, weigh a few kilobytes each, have no ids that
could collide on one page, and follow its light, dark and printed colours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from experiments.report import prose
from experiments.report.axes import Axis, label
from experiments.report.evidence import Row

if TYPE_CHECKING:
    from experiments.verify import Outcome
    from numerics.typing import Floats
    from theory.theorem import Theorem

CURVES = 3
_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 612, 12, 256
_NAMES = {
    "mean_grad_norm_sq": "mean of E‖∇f(x̄)‖²",
    "mean_view_grad_norm_sq": "mean of E‖∇f(yᵢ)‖²",
    "mean_consensus_sq": "mean of E‖yᵢ − x̄‖²",
    "lemma3_per_node_ratio": "left side / right side",
    "lemma3_rms_ratio": "left side / right side",
}


@dataclass(frozen=True)
class Curve:
    """What is drawn of one claim, over the iteration counts ``horizon``; NaN where there is nothing to draw."""

    row: Row
    horizon: Floats
    running: Floats
    low: Floats
    high: Floats
    bound: Floats
    exact: float | None

    @property
    def values(self) -> Iterable[float]:
        """Every value that the vertical axis must hold."""
        return (*self.running, *self.low, *self.high, *self.bound, *(() if self.exact is None else (self.exact,)))


@dataclass(frozen=True)
class Plot:
    """A drawing, the claims it shows in the order of the letters a, b, c, and which marks occur in it."""

    svg: Markup
    rows: tuple[Row, ...]
    prescribed: bool
    exact: bool
    infinite: bool


def draw(theorem: Theorem, outcomes: Sequence[Outcome]) -> Plot | None:
    """Return the plot of up to three claims with evidence; None where there is nothing to draw.

    Solid, with a band: the running mean and its pointwise 95 % interval. Dashed: the bound at K = k with the same step, where
    its conditions hold there; where a theorem prescribes the step for each K, a bar at the K of the claim. A diamond is the
    exact expectation; an arrow on the upper edge an infinite value.
    """
    curves = [_curve(theorem, outcome) for outcome in _chosen(outcomes)]
    if not curves:
        return None
    x = Axis.around((k for curve in curves for k in curve.horizon), _LEFT, _RIGHT, padding=0.02)
    y = Axis.around((value for curve in curves for value in curve.values), _BOTTOM, _TOP)
    rows = tuple(curve.row for curve in curves)
    unit = prose.units(theorem.quantity.units.items())
    name = _NAMES.get(theorem.quantity.name, theorem.quantity.name.replace("_", " "))
    said = f"{name} and its bound over K, log-log. " + "; ".join(
        f"{a}: {row.summary}" for a, row in zip("abc", rows, strict=False)
    )
    parts = [*_frame(x, y, f"{name} [{unit}]")]
    for place, curve in enumerate(curves, start=1):
        parts.append(f'<g class="series-{place}">{"".join(_marks(curve, x, y, theorem.step is not None))}</g>')
    parts += _letters(curves, x, y)
    opening = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(_WIDTH, _HEIGHT, said)
    drawing = opening + Markup(f"{''.join(parts)}</svg>")
    infinite = any(np.isinf(curve.running).any() for curve in curves)
    return Plot(drawing, rows, theorem.step is not None, any(curve.exact is not None for curve in curves), infinite)


def _chosen(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return up to three outcomes with evidence, each as unlike those before it as there is."""
    left = [outcome for outcome in outcomes if outcome.evidence is not None and max(outcome.evidence.running) > 0]
    chosen: list[int] = []
    seen: set[object] = set()

    def news(place: int) -> tuple[bool, int, int]:
        return left[place].claim.problem not in seen, len(_features(left[place]) - seen), -place

    while len(chosen) < min(CURVES, len(left)):
        chosen.append(max((place for place in range(len(left)) if place not in chosen), key=news))
        seen |= _features(left[chosen[-1]])
    return [left[place] for place in sorted(chosen)]


def _features(outcome: Outcome) -> set[object]:
    claim, finding = outcome.claim, outcome.finding
    return {claim.problem, claim.graph, str(claim.options), finding.verdict, ("exact", finding.exact is not None)}


def _curve(theorem: Theorem, outcome: Outcome) -> Curve:
    evidence = outcome.evidence
    assert evidence is not None
    horizon = np.array(evidence.horizon, dtype=float)
    bound = np.full(horizon.shape, np.nan)
    if theorem.step is None:
        here: dict[str, Any] = outcome.constants | {"K": horizon}
        bound = np.where(theorem.applies(**here), theorem.bound(**here), bound)
    elif outcome.finding.bound is not None:
        bound[-1] = outcome.finding.bound
    running = np.array(evidence.running)
    finite = np.isfinite(running) & (running > 0)
    low, high = (np.where(finite, side, np.nan) for side in (evidence.running_low, evidence.running_high))
    # an interval that reaches zero has no place on a logarithmic axis; it ends at a tenth of the mean
    return Curve(Row(outcome), horizon, running, np.maximum(low, running / 10), high, bound, evidence.exact)


def _frame(x: Axis, y: Axis, y_label: str) -> Iterable[str]:
    for value in x.ticks(whole=True):
        yield f'<path class="grid" d="M{x(value):.1f} {_TOP}V{_BOTTOM}"/>'
        yield f'<text x="{x(value):.1f}" y="{_BOTTOM + 16}" text-anchor="middle">{label(value)}</text>'
    for value in y.ticks():
        yield f'<path class="grid" d="M{_LEFT} {y(value):.1f}H{_RIGHT}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{label(value)}</text>'
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}"/>'
    yield f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">iterations K [1]</text>'
    middle = (_TOP + _BOTTOM) / 2
    yield f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{y_label}</text>'


def _marks(curve: Curve, x: Axis, y: Axis, prescribed: bool) -> Iterable[str]:
    shown = np.isfinite(curve.running) & (curve.running > 0)
    k = curve.horizon
    if shown.any():
        there, back = _points(k[shown], curve.high[shown], x, y), _points(k[shown][::-1], curve.low[shown][::-1], x, y)
        yield f'<polygon class="band" points="{there} {back}"/>'
        yield f'<polyline class="measured" points="{_points(k[shown], curve.running[shown], x, y)}"/>'
    if shown.sum() == 1:
        yield f'<circle class="dot" cx="{x(k[shown][0]):.1f}" cy="{y(curve.running[shown][0]):.1f}" r="3"/>'
    for at in k[np.isinf(curve.running)]:
        yield f'<path class="dot" d="M{x(at):.1f} {_TOP}l5 9h-10z"/>'
    known = np.isfinite(curve.bound) & (curve.bound > 0)
    if prescribed and known.any():
        yield f'<path class="level" d="M{x(k[-1]) - 9:.1f} {y(curve.bound[-1]):.1f}h18"/>'
    elif known.any():
        yield f'<polyline class="bound" points="{_points(k[known], curve.bound[known], x, y)}"/>'
    if curve.exact is not None and curve.exact > 0:
        yield f'<path class="exact" d="M{x(k[-1]):.1f} {y(curve.exact) - 5:.1f}l5 5l-5 5l-5 -5z"/>'


def _letters(curves: Sequence[Curve], x: Axis, y: Axis) -> Iterable[str]:
    """Yield a letter at the end of each measured curve, moved apart where they would overlap."""
    ends = [
        (y(c.running[-1]) if math.isfinite(c.running[-1]) and c.running[-1] > 0 else _TOP + 8, place, c)
        for place, c in enumerate(curves)
    ]
    last = -math.inf
    for wanted, place, curve in sorted(ends, key=lambda end: end[:2]):
        last = max(wanted + 4, last + 13)
        yield f'<text class="letter series-{place + 1}" x="{x(curve.horizon[-1]) + 10:.1f}" y="{last:.1f}">{"abc"[place]}</text>'


def _points(k: Floats, values: Floats, x: Axis, y: Axis) -> str:
    return " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in zip(k, values, strict=True))
