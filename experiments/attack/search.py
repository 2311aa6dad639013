"""The search for the run on which a theorem's left side is largest against its bound."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from experiments import measures
from experiments.attack import climb, programs, space
from experiments.attack.confirm import Confirmation, confirm
from experiments.attack.coordinates import coordinates, locate, place
from experiments.attack.interrupted import Interrupted
from experiments.attack.probe import WORST, Probe, sweep
from experiments.claims import Claim
from numerics.typing import Floats
from straggler import at_least

if TYPE_CHECKING:
    from theory.theorem import Theorem

EVALUATIONS = 600
"""Evaluations of a search, unless asked for more: under half a minute for most theorems."""

STARTS = 3
"""Claims from which the search climbs: the best seeds, of different kinds."""

PROGRAMS = 0.2
"""Part of the evaluations that are exact worst cases, where there are any."""

ROUND = 500
"""Iterations that count as one evaluation; longer runs count as several."""

SLOW = {"stationary_leader_grad_norm": 20, "frozen_leader_grad_norm": 20}
"""Quantities whose measurement takes as long as so many short runs."""

SAMPLED, EXACT, ZERO = "simulation", "exact", ", bound zero"


@dataclass(frozen=True)
class Attack:
    """What a search found.

    Parameters
    ----------
    theorem
        Key of the theorem.
    best
        The probe of largest ratio by kind of witness: ``exact`` (moments, and runs without chance), ``exact worst case``,
        ``simulation``; as the search saw it. Those with a bound of zero are kinds of their own, such as ``exact, bound zero``:
        their ratio is infinite, and says least.
    confirmed
        The best of them again, held against fresh runs; what is said about the theorem rests on these.
    evaluations
        How many were spent.
    seed
        What the search was begun with.
    """

    theorem: str
    best: dict[str, Probe]
    confirmed: tuple[Confirmation, ...]
    evaluations: int
    seed: int

    @property
    def closest(self) -> Confirmation | None:
        """The confirmed probe of largest ratio, among those that refute the theorem if any does; None where none applied.

        What no witness contradicts goes first, then a finite ratio before an infinite one, whose left side may be as small as it
        likes.
        """
        return max(self.confirmed, key=lambda each: (*_trusted(each), math.isfinite(each.ratio), each.ratio), default=None)

    @property
    def shown(self) -> tuple[Confirmation, ...]:
        """The confirmed probe of largest ratio of every kind of witness: exact, worst case, sampled; of zero over zero none."""
        kinds: dict[str, Confirmation] = {}
        for each in sorted(self.confirmed, key=lambda each: (*_trusted(each), each.ratio)):
            kinds[_kind(each.probe)] = each
        return tuple(each for kind, each in kinds.items() if not kind.endswith(ZERO) or each.refutes)

    @property
    def falsified(self) -> bool:
        """Whether some confirmed probe is above its bound."""
        return any(each.refutes for each in self.confirmed)

    @property
    def known_false(self) -> bool:
        """Whether the card of the theorem says that it is false as stated."""
        from theory import registry

        return registry.card(self.theorem).known_false


@dataclass
class Ledger:
    """Evaluates claims, keeps the best, and stops where the evaluations are spent.

    ``records`` has, by kind of witness, the probes that were the best of their kind at some time, in order.
    """

    theorem: Theorem
    limit: float
    progress: Callable[[float], None] | None = None
    spent: float = 0.0
    records: dict[str, list[Probe]] = field(default_factory=dict)
    known: dict[str, float] = field(default_factory=dict)

    @property
    def best(self) -> dict[str, Probe]:
        """The best probe of every kind of witness."""
        return {kind: records[-1] for kind, records in self.records.items()}

    def __call__(self, claim: Claim) -> float:
        """Return the logarithm of the ratio at a claim, at the best horizon of its run; -inf where it proves nothing.

        Where the bound is zero it is `climb.LOWEST`: an infinite ratio would end every climb.
        """
        text = claim.model_dump_json()
        if text not in self.known:
            if self.spent >= self.limit:
                raise climb.Spent
            self.spend(max(1.0, claim.iterations / ROUND) * SLOW.get(self.theorem.quantity.name, 1))
            self.known[text] = max((self.keep(found) for found in self._probes(claim)), default=-math.inf)
        return self.known[text]

    def spend(self, evaluations: float) -> None:
        """Count evaluations."""
        self.spent += evaluations
        if self.progress is not None:
            self.progress(self.spent)

    def keep(self, found: Probe) -> float:
        """Remember a probe if it is the best of its kind and return the logarithm of its ratio, as `__call__` does."""
        kind = _kind(found)
        records = self.records.get(kind, [])
        if not records or _rank(found) > _rank(records[-1]):  # of the horizons of one run the last that is better counts
            self.records[kind] = [*(each for each in records if not _same_run(each, found)), found]
        if found.ratio == math.inf:
            return climb.LOWEST
        return math.log(found.ratio) if found.ratio > 0 else -math.inf

    def _probes(self, claim: Claim) -> list[Probe]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # runs that overflow are part of every search
            try:
                return sweep(claim, horizons(claim.iterations))
            except (ArithmeticError, ValueError, np.linalg.LinAlgError):  # such a claim cannot be run, or overflowed on its way
                return []


def attack(
    theorem: Theorem,
    *,
    evaluations: int = EVALUATIONS,
    seed: int = 0,
    begin: Sequence[Claim] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Attack:
    """Search for a run that refutes a theorem.

    Parameters
    ----------
    theorem
        A theorem that is registered, so that claims about it can be examined.
    evaluations
        How many runs of up to `ROUND` iterations the search may take, >= 1; longer runs count as several.
    seed
        Seed of the search; the result depends on nothing else.
    begin
        Claims to begin with; None for `space.seeds`.
    progress
        Called with the evaluations spent so far.

    Raises
    ------
    InputError
        If a number is outside its range.
    Interrupted
        If the search is interrupted; it has what was found so far, of which nothing is confirmed.
    """
    solved = int(PROGRAMS * at_least("evaluations", evaluations, 1)) if programs.applies(theorem) else 0
    ledger = Ledger(theorem, evaluations - solved, progress)
    generator = np.random.default_rng(at_least("seed", seed, 0))
    try:
        _search(ledger, space.seeds(theorem) if begin is None else begin, generator)
        programs.hardest(theorem, ledger, solved)
        confirmed = confirm(ledger.records)
    except KeyboardInterrupt:
        raise Interrupted(Attack(theorem.key, ledger.best, (), math.ceil(ledger.spent), seed)) from None
    return Attack(theorem.key, ledger.best, confirmed, math.ceil(ledger.spent), seed)


def _search(ledger: Ledger, begin: Sequence[Claim], generator: np.random.Generator) -> None:
    """Climb from the best of the claims to begin with until the evaluations are spent."""
    rated = _rated(ledger, begin)
    left = ledger.limit - ledger.spent
    chosen = _starts(rated)
    shares = [0.5, 0.3, 0.2] if len(chosen) == STARTS else [1 / max(1, len(chosen))] * len(chosen)
    for claim, share in zip(chosen, shares, strict=False):
        landscape, granted = _Landscape(ledger, claim), share * left
        point = climb.corners(landscape.within(0.2 * granted), landscape.point, landscape.moves, generator)
        point = climb.evolution(landscape.within(0.5 * granted), point, landscape.moves, generator)
        climb.ascent(landscape.within(0.2 * granted), point, landscape.moves)


def _kind(found: Probe) -> str:
    if found.witness == WORST:
        return WORST
    kind = SAMPLED if found.lower < found.value else EXACT
    return kind if found.bound > 0 else kind + ZERO


def _rank(found: Probe) -> tuple[float, float]:
    """Return by what probes of a kind are compared: infinite ratios by their left sides."""
    return found.ratio, found.value if found.ratio == math.inf else 0.0


def _trusted(found: Confirmation) -> tuple[bool, bool]:
    return found.refutes, found.agrees


def _same_run(one: Probe, other: Probe) -> bool:
    return one.claim.model_copy(update={"iterations": other.claim.iterations}) == other.claim


def horizons(iterations: int) -> tuple[int, ...]:
    """Return every fifth of the horizons of a run, backwards from its end: enough to see where a mean is largest."""
    return tuple(int(k) for k in measures.horizons(iterations)[::-5])[::-1]


class _Landscape:
    """The logarithm of the ratio around a claim, over the unit cube of its coordinates."""

    def __init__(self, ledger: Ledger, claim: Claim) -> None:
        self.ledger, self.claim, self.moves = ledger, claim, coordinates(claim, ledger.theorem)
        self.point: Floats = locate(claim, self.moves)

    def within(self, evaluations: float) -> climb.Height:
        """Return the landscape as a function that raises `climb.Spent` once so many more evaluations are spent."""
        end = self.ledger.spent + evaluations

        def height(point: Floats) -> float:
            if self.ledger.spent >= end:
                raise climb.Spent
            return self.ledger(self._long_enough(place(self.claim, self.moves, point)))

        return height

    def _long_enough(self, claim: Claim) -> Claim:
        """Return the claim, with as many iterations as the theorem asks for where it has fewer."""
        longest = int(next(move.high for move in self.moves if move.path == ("iterations",)))
        return space.lengthened(claim, self.ledger.theorem, longest)


def _rated(ledger: Ledger, claims: Sequence[Claim]) -> list[tuple[float, Claim]]:
    """Return the seeds with what they reach, best first, as far as the evaluations allow."""
    rated = []
    for claim in claims:
        if ledger.spent >= ledger.limit:
            break
        rated.append((ledger(claim), claim))
    return sorted(rated, key=lambda each: -each[0])


def _starts(rated: Sequence[tuple[float, Claim]]) -> list[Claim]:
    """Return the best seeds, no two of the same system on the same problem and timeline."""
    chosen: dict[tuple[object, ...], Claim] = {}
    for height, claim in rated:
        if math.isfinite(height) or height > 0:
            chosen.setdefault((claim.system, claim.problem, claim.timeline), claim)
    return list(chosen.values())[:STARTS]
