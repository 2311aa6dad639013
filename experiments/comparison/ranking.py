"""Systems held against each other by what is proved about them, on one graph and at the same constants.

Everything is counted in rounds, of one batch of gradients from each of the n workers: theorems that count updates of single
workers are converted. This is about gradients, not about time: what a round takes is for a cluster to say. Theorems about
different quantities are never ranked together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.comparison.contenders import CANDIDATES, NOT_COMPARED, NOTES, ONE_ITERATION_PER_ROUND
from experiments.comparison.setting import Setting
from straggler import InputError, StragglerError, UnknownName

if TYPE_CHECKING:
    from theory.theorem import Theorem

ROUNDS = 10.0 ** (np.arange(241) / 20)
"""Numbers of rounds at which winners are looked for: 1 to 1e12, twenty per decade."""


@dataclass(frozen=True)
class Entry:
    """A theorem of a system at the constants; the onsets, in rounds, are inf where they are never reached.

    ``bound`` is the one after K rounds, inf where the theorem does not apply, and ``step`` the step size that was chosen for it,
    None where the theorem leaves no choice; ``rounds_to_epsilon`` is None without epsilon. ``assumed`` has the constants that
    were not given, value and reason, and ``never`` the conditions that fail whatever K is.
    """

    system: str
    theorem: str
    quantity: str
    standing: str
    K_conditions: float
    K_non_vacuous: float
    K_linear: float
    bound: float
    step: float | None
    iterations_per_round: float
    constants: dict[str, float]
    assumed: dict[str, tuple[float, str]]
    note: str = ""
    never: tuple[str, ...] = ()
    rounds_to_epsilon: float | None = None
    best: bool = False
    bounds: NDArray[np.float64] = field(default_factory=lambda: np.full(ROUNDS.shape, np.inf), repr=False)

    def plain(self) -> dict[str, Any]:
        """Return everything but the curve of bounds."""
        return {name: value for name, value in asdict(replace(self, bounds=np.empty(0))).items() if name != "bounds"}


@dataclass(frozen=True)
class Region:
    """Rounds over which one system has the smallest bound of a quantity; None where no theorem applies."""

    quantity: str | None
    first: float
    last: float
    system: str | None
    theorem: str | None


def known(systems: Sequence[str]) -> tuple[str, ...]:
    """Return the systems without repetition.

    Raises
    ------
    UnknownName
        No system has this name. InputError: one has no theorem to compare by; the message says why.
    """
    for system in systems:
        if system in NOT_COMPARED:
            raise InputError("system", system, f"one with a theorem to compare by: {NOT_COMPARED[system]}")
        if system not in CANDIDATES:
            raise UnknownName("system", system, CANDIDATES)
    return tuple(dict.fromkeys(systems))


def rounds_of(system: str, theorem: Theorem, constants: Mapping[str, Any]) -> float:
    """Return how many iterations of a theorem make one round."""
    from theory.lower_bounds import per_round

    return 1.0 if _of_one_worker(system, theorem) else per_round(theorem, dict(constants))


def _of_one_worker(system: str, theorem: Theorem) -> bool:
    return system in ONE_ITERATION_PER_ROUND and theorem.iteration is not None and theorem.iteration.gradients == 1


def entries(systems: Sequence[str], setting: Setting) -> tuple[list[Entry], list[dict[str, str]]]:
    """Return the theorems of the systems at the constants, and those left out with the reason: key and why.

    The smallest bound of each system after K rounds is marked as its best, for each quantity apart.
    """
    import theory

    found: list[Entry] = []
    left_out = []
    for system in known(systems):
        own = []
        for key in CANDIDATES[system]:
            theorem = theory.get(key)
            try:
                constants, assumed = setting.constants(system, theorem)
            except StragglerError as error:
                left_out.append({"system": system, "theorem": key, "why": str(error)})
                continue
            own.append(_entry(system, theorem, constants, assumed, setting.common))
        first: dict[str, Entry] = {}
        for entry in sorted(own, key=lambda entry: entry.bound):
            if math.isfinite(entry.bound):
                first.setdefault(entry.quantity, entry)
        found += [replace(entry, best=first.get(entry.quantity) is entry) for entry in own]
    return found, left_out


def _entry(
    system: str,
    theorem: Theorem,
    constants: dict[str, float],
    assumed: dict[str, tuple[float, str]],
    common: Mapping[str, float],
) -> Entry:
    from theory.transient import best, bound_at, reach, transient

    # an unbiased start: what a theorem does not ask for it ignores
    needed = {"n": common["n"], "L": common["L"], "delta": common["delta"], **constants}
    times = rounds_of(system, theorem, needed)
    onsets = transient(theorem, best_step=True, **needed)
    bound, step = best(theorem, **needed, K=common["K"] * times)
    epsilon = common.get("epsilon")
    return Entry(
        system=system,
        theorem=theorem.key,
        quantity=theorem.quantity.name,
        standing=theorem.standing,
        K_conditions=onsets.conditions / times,
        K_non_vacuous=onsets.non_vacuous / times,
        K_linear=math.inf if _of_one_worker(system, theorem) else onsets.linear / times,
        bound=bound,
        step=None if math.isnan(step) or not math.isfinite(bound) else step,
        iterations_per_round=times,
        constants=constants,
        assumed=assumed,
        note=NOTES.get((system, theorem.key), ""),
        never=() if math.isfinite(onsets.conditions) else _failing(theorem, needed),
        rounds_to_epsilon=None if epsilon is None else reach(theorem, epsilon, best_step=True, **needed) / times,
        bounds=bound_at(theorem, ROUNDS * times, best_step=True, **needed),
    )


def _failing(theorem: Theorem, constants: Mapping[str, float]) -> tuple[str, ...]:
    """Return the conditions that fail at the largest K and a small step, those without the step if there are any."""
    from theory.transient import MOST

    here = {**constants, "K": MOST} | ({"gamma": 1e-12} if "gamma" in theorem.constants else {})
    texts = [check.text for check in theorem.conditions(**here) if not check.holds]
    return tuple([text for text in texts if "gamma" not in text] or texts)


def regions(found: Sequence[Entry]) -> list[Region]:
    """Return who has the smallest bound over which rounds, quantity by quantity; of equal bounds the first system wins."""
    told = []
    for quantity in dict.fromkeys(entry.quantity for entry in found):
        mine = [entry for entry in found if entry.quantity == quantity]
        bounds = np.array([entry.bounds for entry in mine])
        winners = np.where(np.isfinite(bounds).any(axis=0), bounds.argmin(axis=0), -1)
        starts = [0, *(np.flatnonzero(np.diff(winners)) + 1)]
        ends = [*starts[1:], len(ROUNDS)]
        for start, end in zip(starts, ends, strict=True):
            winner = mine[winners[start]] if winners[start] >= 0 else None
            span = float(ROUNDS[start]), float(ROUNDS[end - 1])
            told.append(Region(quantity, *span, winner and winner.system, winner and winner.theorem))
    return told or [Region(None, float(ROUNDS[0]), float(ROUNDS[-1]), None, None)]
