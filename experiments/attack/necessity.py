"""Necessity: how much of a theorem can be seen, by a search for runs that refute what says more than it does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.attack import witnesses
from experiments.attack.coordinates import coordinates, locate, place
from experiments.attack.jury import Jury, Standing
from experiments.attack.probe import sweep
from experiments.attack.space import seeds
from experiments.claims import Claim
from straggler import StragglerError, at_least

if TYPE_CHECKING:
    from theory.theorem import Theorem

EVALUATIONS = 200
"""Runs of a search, unless said otherwise."""

STEP = 0.15
"""How far a small move goes in the unit interval of a coordinate."""


@dataclass(frozen=True)
class Necessity:
    """What became of the mutants of a theorem.

    Parameters
    ----------
    theorem
        The theorem.
    standings
        The statement itself, then its mutants.
    evaluations
        How many claims were run.
    """

    theorem: Theorem
    standings: tuple[Standing, ...]
    evaluations: int

    @property
    def stated(self) -> Standing:
        """The statement itself."""
        return self.standings[0]

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return how many mutants of each kind are refuted, and how many there are."""
        from theory.mutants import KINDS

        return {
            kind: (sum(found.refuted for found in of_kind), len(of_kind))
            for kind in KINDS
            for of_kind in [[found for found in self.standings if found.mutant.kind == kind]]
        }

    @property
    def fails(self) -> bool:
        """Whether the statement itself is refuted, and nobody knew that it is false."""
        return self.stated.refuted and not self.theorem.card.known_false

    def claims(self) -> list[Claim]:
        """Return few claims that refute again what was refuted."""
        chosen: list[Claim] = []
        for found in self.standings:
            if found.refuted and found.probe is not None and not any(_same(found.probe.claim, claim) for claim in chosen):
                chosen.append(found.probe.claim)
        return chosen


def examine(key: str, *, evaluations: int = EVALUATIONS, seed: int = 0) -> Necessity:
    """Return what becomes of the mutants of a theorem in a search of a given length.

    Parameters
    ----------
    key
        Key of the theorem.
    evaluations
        Number of claims that are run; 0 for those alone that refuted something before.
    seed
        Seed of the search. Nothing else is drawn: two searches with one seed are the same.

    Raises
    ------
    UnknownName
        No theorem has this key.
    InputError
        A number is out of range.
    """
    from theory import registry

    theorem = registry.get(key)
    search = _Search(theorem, at_least("evaluations", evaluations, 0), at_least("seed", seed, 0))
    search.replay(witnesses.of(theorem.key))
    if evaluations:
        search.replay(seeds(theorem)[: max(1, evaluations // 2)])
        search.roam()
    return Necessity(theorem, tuple(search.jury.standings), search.done)


class _Search:
    def __init__(self, theorem: Theorem, evaluations: int, seed: int) -> None:
        self.theorem, self.left, self.done = theorem, evaluations, 0
        self.jury, self.pool = Jury(theorem), list[Claim]()
        self.random = np.random.default_rng(np.random.SeedSequence(seed))

    def replay(self, claims: Iterable[Claim]) -> None:
        """Run claims, all mutants heard at once."""
        for claim in claims:
            self.run(claim)

    def run(self, claim: Claim) -> bool:
        """Run a claim; return whether it says anything."""
        self.done += 1
        try:
            heard = sweep(claim)
        except StragglerError:  # a move may leave what a system or a problem admits
            return False
        self.jury.hear(heard)
        if heard:
            self.pool.append(claim)
        return bool(heard)

    def roam(self) -> None:
        """Spend what is left on the mutants that still stand, in turn: a small move from where each is closest to falling."""
        budget = self.left
        tries = 0
        while tries < budget and self.jury.open and self.pool:
            for row in self.jury.open:
                if tries >= budget:
                    break
                if self.jury.standings[row].refuted:
                    continue
                tries += 1
                self.run(self.moved(self.origin(row)))

    def origin(self, row: int) -> Claim:
        """Return where the next move against a mutant starts."""
        closest = self.jury.standings[row].probe
        if closest is None or self.random.random() < 0.3:
            return self.pool[self.random.integers(len(self.pool))]
        return closest.claim

    def moved(self, claim: Claim) -> Claim:
        """Return a claim near another one: one to three coordinates moved a little, or anywhere, or to an end."""
        axes = coordinates(claim, self.theorem)
        point = locate(claim, axes)
        for axis in self.random.choice(len(axes), size=min(len(axes), int(self.random.integers(1, 4))), replace=False):
            how = self.random.random()
            if how < 0.5:
                point[axis] = np.clip(point[axis] + STEP * self.random.standard_normal(), 0, 1)
            elif how < 0.8:
                point[axis] = self.random.random()
            else:
                point[axis] = float(self.random.integers(2))
        return place(claim, axes, point)


def _same(one: Claim, other: Claim) -> bool:
    """Return whether two claims are one run, perhaps of different length."""
    neither: dict[str, Any] = {"iterations": 1, "seed": 1}
    return one.iterations <= other.iterations and one.model_copy(update=neither) == other.model_copy(update=neither)
