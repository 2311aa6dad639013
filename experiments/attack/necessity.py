"""Necessity: how much of a theorem can be seen, by a search for runs that refute what says more than it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from experiments import measures
from experiments.attack import witnesses
from experiments.attack.confirm import FRESH
from experiments.attack.coordinates import Coordinate, coordinates, locate, place
from experiments.attack.interrupted import Interrupted
from experiments.attack.jury import Jury, Standing, bounds
from experiments.attack.probe import Probe, sweep
from experiments.attack.space import borrowed, seeds
from experiments.claims import Claim
from experiments.settings import prepare
from numerics.typing import Floats
from straggler import InputError, StragglerError, UnknownName, at_least

if TYPE_CHECKING:
    from theory.theorem import Theorem

EVALUATIONS = 200
"""Runs of a search, unless said otherwise."""

STEP = 0.15
"""How far a small move goes in the unit interval of a coordinate."""

APART = Coordinate(("apart",), 1e-2, 1e3, corner=True)
"""How far the workers start from each other, where a theorem does not ask them to start together."""

WILD = 0.15
"""Share of the moves that start anywhere."""

MISSED = (1.0, 1.25, 1.6, 2.5, 6.0, np.inf)
"""Factors by which a mutant undercuts its theorem where moves against it start."""

CLOSER = 2.0
"""By how much a search may still bring the left side closer to the stated bound than any run so far."""

MANY = 64
"""Workers that a move goes up to: what a term divided by n hides behind shows where there are many."""

AIMS = 6
"""Claims that one is chosen from, before any is run."""


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

    def __repr__(self) -> str:
        """Return the counts on one line."""
        refuted, total = (sum(pair[place] for pair in self.counts().values()) for place in (0, 1))
        stated = "refuted" if self.stated.refuted else f"left side / bound {self.stated.factor:.4g}"
        return f"<{self.theorem.key}: {refuted} of {total} mutants refuted; as stated {stated}; {self.evaluations} evaluations>"

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

    def hidden(self, found: Standing) -> float | None:
        """Return by which factor at most a surviving bound is below the stated one, where no run comes that close to the latter.

        No run seen could have refuted such a mutant: what was changed hides behind the other terms. None elsewhere.
        """
        from theory.mutants import reach

        if found.refuted or not self.stated.factor > 0:
            return None
        factor = reach(found.mutant)
        return factor if factor * self.stated.factor < 1 else None

    def claims(self) -> list[Claim]:
        """Return few claims that refute again what was refuted, chosen greedily."""
        left = [found for found in self.standings if found.refuted]
        probes = list({id(found.probe): found.probe for found in left if found.probe is not None}.values())
        against = bounds([found.mutant for found in left], probes) if left else np.zeros((0, 0))
        falls = np.array([[probe.refutes(float(bound)) for probe, bound in zip(probes, row, strict=True)] for row in against])
        chosen: list[Claim] = []
        while falls.any():
            best = int(falls.sum(axis=0).argmax())
            falls = falls[~falls[:, best]]
            claim = probes[best].claim
            chosen.append(claim.model_copy(update={"seed": claim.seed % FRESH}))
        return chosen


def examine(key: str, *, evaluations: int = EVALUATIONS, seed: int = 0) -> Necessity:
    """Return what becomes of the mutants of a theorem in a search of a given length.

    Parameters
    ----------
    key
        Key of the theorem.
    evaluations
        Number of claims that are run after those that refuted something before; 0 for these alone.
    seed
        Seed of the search. Nothing else is drawn: two searches with one seed are the same.

    Raises
    ------
    UnknownName
        No theorem has this key.
    InputError
        A number is out of range.
    Interrupted
        The search was interrupted; it has the outcome so far, in a list.
    """
    from theory import registry

    theorem = registry.get(key)
    at_least("evaluations", evaluations, 0)
    search = _Search(theorem, at_least("seed", seed, 0))
    try:
        search.replay(witnesses.of(theorem.key))
        if evaluations:
            begun = list(islice(borrowed(theorem, search.shuffled(witnesses.kept())), evaluations // 4))
            begun += seeds(theorem)[: max(1, evaluations // 2 - len(begun))]
            search.replay(begun)
            search.roam(evaluations - len(begun))
    except KeyboardInterrupt:
        raise Interrupted([search.found]) from None
    return search.found


def examine_all(
    keys: Sequence[str],
    *,
    evaluations: int = EVALUATIONS,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[float], None] | None = None,
) -> list[Necessity]:
    """Return what becomes of the mutants of several theorems, in order; see `examine`.

    Parameters
    ----------
    keys
        Keys of theorems.
    evaluations, seed
        As for `examine`, each theorem by itself.
    jobs
        Number of processes, -1 for one per core. The outcome does not depend on it.
    progress
        Called with the number of theorems finished so far.

    Raises
    ------
    Interrupted
        The search was interrupted; it has the outcomes so far, and in one process that of the theorem at hand.
    """
    import joblib

    from theory import registry

    yours = registry.registered()
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1)
    found: list[Necessity] = []
    try:
        for each in parallel(joblib.delayed(_examine)(key, evaluations, seed, yours) for key in keys):
            found.append(each)
            if progress is not None:
                progress(len(found))
    except KeyboardInterrupt as stopped:
        raise Interrupted(found + (stopped.found if isinstance(stopped, Interrupted) else [])) from None
    return found


def _examine(key: str, evaluations: int, seed: int, registered: Iterable[Theorem]) -> Necessity:
    """Examine a theorem in a process that may not know those registered in the one that asks."""
    from theory import registry

    for theorem in registered:
        if theorem.key not in registry.keys():  # noqa: SIM118 (a function, not a dictionary)
            registry.register(theorem)
    return examine(key, evaluations=evaluations, seed=seed)


def chosen(keys: Sequence[str], standings: Sequence[str], *, every: bool = False) -> list[str]:
    """Return the full keys of theorems asked for by key, by standing, or all; one at least, each once.

    Raises
    ------
    UnknownName
        A theorem or a standing is unknown.
    InputError
        Nothing is asked for.
    """
    from theory import registry

    cards = registry.cards()
    known = sorted({card.standing for card in cards})
    for name in standings:
        if name not in known:
            raise UnknownName("standing", name, known)
    asked = [registry.resolve(key) for key in keys]
    asked += [card.key for card in cards if every or card.standing in standings]
    if not asked:
        raise InputError("KEY", "", "the key of a theorem, --standing or --all")
    return list(dict.fromkeys(asked))


class _Search:
    def __init__(self, theorem: Theorem, seed: int) -> None:
        self.theorem, self.done = theorem, 0
        self.jury, self.pool = Jury(theorem), list[Probe]()
        self.columns: list[Floats] = []
        self.reached: dict[int, float] = {}
        special = theorem.quantity.name in measures.SPECIAL
        self.together = special or any(assumption.name == "same-start" for assumption in theorem.assumptions)
        self.random = np.random.default_rng(np.random.SeedSequence(seed))

    @property
    def found(self) -> Necessity:
        """The outcome so far."""
        return Necessity(self.theorem, tuple(self.jury.standings), self.done)

    def shuffled(self, claims: Sequence[Claim]) -> list[Claim]:
        """Return claims in random order."""
        return [claims[int(at)] for at in self.random.permutation(len(claims))]

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
        if heard:
            self.jury.hear(heard)
            self.pool.extend(heard)
            self.columns.append(self.jury.bounds(heard))
        return bool(heard)

    def roam(self, budget: int) -> None:
        """Spend a budget of runs on the mutants that still stand, in turn: half of it on terms alone, then on all."""
        spent = 0
        for share, only_terms in ((0.5, True), (1.0, False)):
            while spent < share * budget and self.pool and (rows := self.standing(only_terms)):
                for row in rows:
                    if spent < budget and not self.jury.standings[row].refuted:
                        spent += 1
                        self.run(self.aimed(row, self.origin(row)))

    def standing(self, only_terms: bool) -> list[int]:
        """Return numbers of the mutants that still stand, of all or of those that leave out a term."""
        from theory.mutants import TERM

        rows = [row for row in self.jury.open if not only_terms or self.jury.standings[row].mutant.kind == TERM]
        return [row for row in rows if not self.far(row)]

    def far(self, row: int) -> bool:
        """Return whether a mutant is nowhere as far below the stated bound as the left side is, even if that came closer yet."""
        from theory.mutants import reach

        if row not in self.reached:
            self.reached[row] = reach(self.jury.standings[row].mutant)
        return self.reached[row] * min(1.0, CLOSER * self.jury.standings[0].factor) < 1

    def origin(self, row: int) -> Claim:
        """Return where the next move against a mutant starts: where it is closest to falling among runs in which it is missed.

        A mutant falls only where its bound is well below that of the theorem. By how much, at least, is drawn: without that, all
        moves would start where the theorem itself is tight, whether the change of the mutant matters there or not.
        """
        bounds = np.concatenate(self.columns, axis=1)
        with np.errstate(all="ignore"):
            missed = np.nan_to_num(bounds[0] / bounds[row], nan=1.0, posinf=np.inf)
            close = np.nan_to_num(np.array([found.lower for found in self.pool]) / bounds[row], nan=0.0)
        if self.random.random() < WILD:
            return self.pool[int(self.random.integers(len(self.pool)))].claim
        needed = min(float(self.random.choice(MISSED)), float(missed.max()))
        return self.pool[int(np.where(missed >= needed, close, -np.inf).argmax())].claim

    def aimed(self, row: int, claim: Claim) -> Claim:
        """Return a claim near another one: of a few, that where the change of a mutant is missed most, or any."""
        near = [self.moved(claim) for _ in range(AIMS if self.random.random() < 0.5 else 1)]
        return near[0] if len(near) == 1 else max(near, key=lambda other: self.missed(row, other))

    def missed(self, row: int, claim: Claim) -> float:
        """Return by which factor a mutant undercuts its theorem at a claim, without running it; 0 where it cannot be run."""
        try:
            constants = prepare(claim).constants
            stated, mutated = (self.jury.standings[at].mutant.bound(**constants) for at in (0, row))
        except StragglerError:
            return 0.0
        return float(stated / mutated) if mutated > 0 else np.inf if stated > 0 else 0.0

    def moved(self, claim: Claim) -> Claim:
        """Return a claim near another one: one to three coordinates moved a little, or anywhere, or to an end."""
        axes = [axis if axis.path != ("nodes",) else replace(axis, high=MANY) for axis in coordinates(claim, self.theorem)]
        axes += [] if self.together else [APART]
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
