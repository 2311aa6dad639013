"""The jury of a theorem: which of its mutants the probes heard so far refute, and how close they come to the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from experiments import measures
from experiments.attack.confirm import again, level
from experiments.attack.probe import WORST, Probe
from numerics.typing import Floats

if TYPE_CHECKING:
    from theory.mutants import Mutant
    from theory.theorem import Theorem

REPLICAS = 64
"""Replicas of a confirmation."""


@dataclass(frozen=True)
class Standing:
    """How a mutant stands: refuted, or not yet.

    Parameters
    ----------
    mutant
        The mutant.
    refuted
        Whether a run is known to exceed its bound: exactly, or with confidence.
    probe
        The run that exceeds it most, or comes closest; None where no run has a left side above zero.
    bound
        The mutated bound there.
    """

    mutant: Mutant
    refuted: bool = False
    probe: Probe | None = None
    bound: float = math.nan

    @property
    def factor(self) -> float:
        """Left side over mutated bound: above 1 it is refuted; the inverse is how loose a surviving mutant is."""
        if self.probe is None or self.probe.lower <= self.probe.rounding:
            return 0.0
        return self.probe.lower / self.bound if self.bound > 0 else math.inf

    def __repr__(self) -> str:
        """Return the mutant and what became of it."""
        return f"<{self.mutant.text}: {'refuted' if self.refuted else 'survives'}, left side / bound {self.factor:.4g}>"


def bounds(mutants: Sequence[Mutant], probes: Sequence[Probe]) -> Floats:
    """Return the bounds of mutants of one theorem at probes of it, shape (mutants, probes)."""
    names = set(mutants[0].theorem.constants) | {"q", "one_minus_q"}
    shared = [name for name in names if all(name in probe_.constants for probe_ in probes)]
    numbers = {name: np.array([probe_.constants[name] for probe_ in probes]) for name in shared}
    return np.array([np.broadcast_to(mutant.bound(**numbers), len(probes)) for mutant in mutants])


class Jury:
    """Judges all mutants of a theorem by every probe it hears.

    What exact witnesses show counts at once. What samples suggest is confirmed on fresh seeds first, because the best of many
    noisy values flatters; the j-th confirmation is at level 1 % times 6/(pi^2 j^2), so all of them together at 1 %.
    """

    def __init__(self, theorem: Theorem) -> None:
        from theory.mutants import mutants

        self.theorem = theorem
        self.standings = [Standing(mutant) for mutant in mutants(theorem)]
        self.confirmations = 0
        self._measure = measures.get(theorem.quantity.name)

    def hear(self, probes: Sequence[Probe]) -> None:
        """Judge every mutant by these probes."""
        if not probes:
            return
        bounds = self.bounds(probes)
        for place, probe_ in self._suspicious(probes, bounds):
            confirmed = probe_ if self._certain(probe_) else self._confirmed(probe_)
            if confirmed is not None:
                self._judge(confirmed, bounds[:, place])
        with np.errstate(all="ignore"):
            close = np.array([probe_.lower for probe_ in probes]) / bounds
        for row, standing in enumerate(self.standings):
            if standing.refuted:
                continue
            # above one are runs that did not stand up to confirmation
            allowed = np.where(np.isfinite(close[row]) & (close[row] > 0), close[row], -1.0)
            best = int(allowed.argmax())
            if standing.factor < allowed[best] <= 1:
                self.standings[row] = replace(standing, probe=probes[best], bound=float(bounds[row, best]))

    def bounds(self, probes: Sequence[Probe]) -> Floats:
        """Return the bounds of all mutants at all probes, shape (mutants, probes)."""
        return bounds([standing.mutant for standing in self.standings], probes)

    @property
    def open(self) -> list[int]:
        """Numbers of the mutants that are not refuted, the statement itself left out."""
        return [row for row, standing in enumerate(self.standings) if row and not standing.refuted]

    def _suspicious(self, probes: Sequence[Probe], bounds: Floats) -> list[tuple[int, Probe]]:
        """Return few probes whose left sides, as estimated, are above all mutated bounds that still stand and are exceeded."""
        standing = np.array([not standing.refuted for standing in self.standings])
        # what is not certain is only a reason to look again, so its best estimate will do
        falls = standing & np.array(
            [
                [replace(probe_, lower=probe_.value).refutes(float(bound)) for bound in bounds[:, place]]
                for place, probe_ in enumerate(probes)
            ]
        )
        # of horizons against which equally many fall, that which leaves least to chance
        with np.errstate(all="ignore"):
            margins = np.nan_to_num(np.array([probe_.lower for probe_ in probes])[:, None] / bounds.T, nan=0.0)
        chosen: list[tuple[int, Probe]] = []
        while falls.any():
            sure = np.where(falls, np.clip(margins, 0.0, 2.0), 0.0).sum(axis=1)
            best = int(sure.argmax()) if sure.any() else int(falls.sum(axis=1).argmax())
            chosen.append((best, probes[best]))
            falls &= ~falls[best]
        return chosen

    def _certain(self, found: Probe) -> bool:
        """Return whether a probe needs no confirmation: it is exact, every run counts, or the run knows no chance."""
        exact = found.witness in (self._measure.witness, WORST) and found.lower == found.value
        return exact or self._measure.pathwise or found.witness == self._measure.sampled.format(2)

    def _confirmed(self, found: Probe) -> Probe | None:
        self.confirmations += 1
        return again(found.claim, level(self.confirmations), size=REPLICAS)

    def _judge(self, found: Probe, bounds: Floats) -> None:
        for row, standing in enumerate(self.standings):
            bound = float(bounds[row])
            candidate = Standing(standing.mutant, found.refutes(bound), found, bound)
            if (candidate.refuted, candidate.factor) > (standing.refuted, standing.factor):
                self.standings[row] = candidate
