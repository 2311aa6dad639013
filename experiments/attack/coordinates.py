"""The coordinates of a claim that a search moves, each from the unit interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.claims import Claim
from numerics.typing import Floats

if TYPE_CHECKING:
    from theory.theorem import Theorem

CORNER = 0.1
"""Part of the unit interval that stands for zero exactly, which isolates the terms of a bound that do not vanish there."""

LONG = 200
"""Iterations that a search goes up to; twice those of the claim that it starts from, where these are more."""

GRAPHS: dict[str, tuple[str, ...]] = {
    "dpsgd": ("ring", "path", "star", "complete", "one-peer-exponential"),
    "adpsgd": ("ring", "path", "star", "complete"),
    "sgp": ("one-peer-exponential", "exponential", "ring", "path", "star", "complete"),
    "osgp": ("one-peer-exponential", "exponential", "complete"),
}
"""Graphs of the systems that work on any."""

SYNTHETIC = ("quadratic", "cosine", "rational", "saddle", "huber", "hard-instance")


NONE_AT_ALL = ("delay", "overlap", "count", "faults")
"""Whole numbers among the options of systems and timelines that may be zero."""

SHARES = ("detached",)
"""Numbers among them that are between zero and one."""


@dataclass(frozen=True)
class Coordinate:
    """One number or choice of a claim.

    Parameters
    ----------
    path
        Where it is: a field of `Claim`, or a field and a key in it.
    low, high
        Range, in which the unit interval is spread out in logarithm unless ``linear``.
    whole, linear, corner
        Whether it is a whole number, evenly spread, and whether zero belongs to it besides its range.
    choices
        What it is one of, for coordinates that are no numbers.
    share_of
        Name of the option of which this one is a share, which is what ``low`` and ``high`` are about then.
    """

    path: tuple[str, ...]
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    linear: bool = False
    corner: bool = False
    choices: tuple[str, ...] = ()
    share_of: str = ""

    @property
    def continuous(self) -> bool:
        """Whether small moves are small changes."""
        return not self.whole and not self.choices

    def value(self, unit: float) -> Any:
        """Return the value at a point of the unit interval."""
        if self.choices:
            return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]
        if self.corner:
            if unit < CORNER:
                return 0 if self.whole else 0.0
            unit = (unit - CORNER) / (1 - CORNER)
        found = self.low + (self.high - self.low) * unit if self.linear else self.low * (self.high / self.low) ** unit
        return round(found) if self.whole else float(min(found, self.high))

    def unit(self, value: Any) -> float:
        """Return the point of the unit interval whose value is nearest."""
        if self.choices:
            return (self.choices.index(value) + 0.5) / len(self.choices) if value in self.choices else 0.0
        if self.corner and value == 0:
            return 0.0
        low, high = self.low, self.high
        along = (value - low) / (high - low) if self.linear else math.log(max(value, low) / low) / math.log(high / low)
        along = float(min(max(along, 0.0), 1.0))
        return CORNER + (1 - CORNER) * along if self.corner else along

    def read(self, claim: Claim) -> Any:
        """Return the value a claim has here."""
        field = getattr(claim, self.path[0])
        if len(self.path) == 1:
            return field
        return field[self.path[1]] / field[self.share_of] if self.share_of else field[self.path[1]]


def place(claim: Claim, coordinates: Sequence[Coordinate], point: Floats) -> Claim:
    """Return the claim at a point of the unit cube of its coordinates."""
    changed: dict[str, Any] = {}
    for coordinate, unit in zip(coordinates, point, strict=True):
        field, *key = coordinate.path
        value = coordinate.value(float(unit))
        if not key:
            changed[field] = value
            continue
        options = changed.setdefault(field, dict(getattr(claim, field)))
        # what is a share comes after what it is a share of
        options[key[0]] = value * options[coordinate.share_of] if coordinate.share_of else value
    return claim.model_copy(update=changed)


def locate(claim: Claim, coordinates: Sequence[Coordinate]) -> Floats:
    """Return the point of the unit cube at which a claim is."""
    return np.array([coordinate.unit(coordinate.read(claim)) for coordinate in coordinates])


def coordinates(claim: Claim, theorem: Theorem) -> list[Coordinate]:
    """Return the coordinates of a claim that a search may move without leaving what the theorem assumes by its nature.

    What else a theorem asks of the numbers is asked where the claim is evaluated.
    """
    longest = LONG if claim.iterations <= LONG else 2 * claim.iterations
    found = [Coordinate(("iterations",), 1, longest, whole=True)]
    if isinstance(claim.step, float):
        limited = theorem.limits_step
        found.append(Coordinate(("step",), 0.01, 0.9999, linear=True) if limited else Coordinate(("step",), 1e-3, 2.0))
    if claim.problem in SYNTHETIC:
        found += _of_problem(claim, theorem)
    if not {"shape", "p", "degree"} & set(claim.graph_options):
        found.append(Coordinate(("nodes",), 2, max(8, claim.nodes), whole=True))
    graphs = GRAPHS.get(claim.system, ())
    if claim.graph in graphs and claim.weights is None:
        found.append(Coordinate(("graph",), choices=graphs))
    found += _numbers("options", claim.options)
    found += _numbers("timeline_options", claim.timeline_options)
    found += [Coordinate(("parameters", name), value / 100, value * 100) for name, value in claim.parameters.items() if value > 0]
    return found


def _of_problem(claim: Claim, theorem: Theorem) -> list[Coordinate]:
    """Return the coordinates of a synthetic problem: those its options name, which `space` spells out in every seed."""
    assumed = {assumption.name for assumption in theorem.assumptions}
    known = {
        "dim": Coordinate(("problem_options", "dim"), 1, max(8, int(claim.problem_options.get("dim", 1))), whole=True),
        "sigma": Coordinate(("problem_options", "sigma"), 1e-3, 30.0, corner=True),
        "start": Coordinate(("problem_options", "start"), 1e-2, 1e3, corner=True),
        "knee": Coordinate(("problem_options", "knee"), 1e-3, 10.0),
        "skew": Coordinate(("problem_options", "skew"), 0.1, 30.0),
        "spread": Coordinate(("problem_options", "spread"), 0.1, 10.0, corner=True),
        "radius": Coordinate(("problem_options", "radius"), 0.1, 1e2),
        "tilt": Coordinate(("problem_options", "tilt"), choices=("gaussian", "pair", "halves")),
    }
    if "isotropic-quadratic" not in assumed:
        known["smoothness"] = Coordinate(("problem_options", "smoothness"), 1e-3, 30.0)
        known["mu"] = Coordinate(("problem_options", "mu"), 1e-4, 1.0, share_of="smoothness")
    if "same-data" not in assumed:
        known["zeta"] = Coordinate(("problem_options", "zeta"), 1e-3, 30.0, corner=True)
    return [coordinate for name, coordinate in known.items() if name in claim.problem_options]


def _numbers(field: str, options: Mapping[str, Any]) -> list[Coordinate]:
    """Return the coordinates of the numbers among the options of a system or a timeline."""
    found = []
    for name, value in options.items():
        if isinstance(value, bool | str):
            continue
        if isinstance(value, int):
            found.append(Coordinate((field, name), 1, max(8, 4 * value), whole=True, corner=name in NONE_AT_ALL))
        elif value > 0 and name not in SHARES:
            found.append(Coordinate((field, name), value / 100, value * 100))
        else:
            found.append(Coordinate((field, name), 0.0, 1.0, linear=True))
    return found
