"""Where a search begins: claims about a theorem, small enough to be run many times."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from experiments.applicability import obstacle
from experiments.attack.coordinates import LONG
from experiments.attack.shapes import CHOSEN, DEFAULTS, PROBLEMS, SHAPES
from experiments.attack.witnesses import stored
from experiments.claims import Claim, Option
from experiments.settings import prepare
from straggler import StragglerError

if TYPE_CHECKING:
    from theory.theorem import Theorem

MOST_GRID = 12
"""Claims of the grids that a search begins with."""

LONGEST = 30_000
"""Iterations of the longest runs that a search begins with, where a theorem prescribes the step and asks for many."""

MOST_BORROWED = 4000
"""Iterations of the longest runs that one theorem lends to another."""

REAL = ("logistic", "network")
"""What names of problems on real data begin with; they have nothing that a search could move."""


def seeds(theorem: Theorem) -> list[Claim]:
    """Return claims about a theorem to begin a search with; it speaks about all of them.

    They are those that were good before (`corpus`), those of the grids, the same runs on a quadratic, whose second moments are
    exact, and `generic` ones.
    """
    from experiments import grid

    known = [claim for claim in grid.quick() if claim.theorem == theorem.key and not claim.problem.startswith(REAL)][:MOST_GRID]
    exact = [_on(claim, *PROBLEMS[0], theorem) for claim in known if claim.problem not in ("quadratic", "bump")]
    small = [_small(claim, theorem) for claim in (*known, *exact)]
    return _distinct([*corpus(theorem.key), *(claim for claim in small if claim is not None), *generic(theorem)])


def generic(theorem: Theorem) -> list[Claim]:
    """Return claims that know nothing of a theorem but its systems, its assumptions, and which constants it leaves open."""
    found = []
    for system in theorem.systems:
        for shape, (problem, options) in product(SHAPES.get(system, ({},)), PROBLEMS):
            begun = {"nodes": 4, "iterations": LONG} | shape
            claim = Claim(theorem=theorem.key, system=system, problem=problem, **begun | chosen(theorem))
            found.append(_small(_on(claim, problem, options, theorem), theorem))
    return _distinct([claim for claim in found if claim is not None])


def borrowed(theorem: Theorem, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield claims about other theorems that measure the same as claims about this one, on its own systems, as far as it speaks.

    What makes one bound tight often makes another one tight: a problem, a start, numbers of workers and iterations. Long runs
    stay with the theorem that asked for them.
    """
    from theory import registry

    for claim in claims:
        alike = registry.get(claim.theorem).quantity.name == theorem.quantity.name
        if claim.theorem == theorem.key or not alike or claim.iterations > MOST_BORROWED:
            continue
        settled = chosen(theorem)
        if isinstance(claim.step, float) and isinstance(settled["step"], float):
            settled["step"] = min(claim.step, 0.9999) if theorem.limits_step else claim.step
        fields = claim.model_dump(include={"problem", "problem_options", "nodes", "iterations", "budget"})
        aimed = [
            Claim(**{"theorem": theorem.key, "system": system} | fields | settled | shape)
            for system in theorem.systems
            for shape in SHAPES.get(system, ({},))
        ]
        if claim.system in theorem.systems:
            aimed = [claim.model_copy(update={"theorem": theorem.key} | settled)]
        yield from (each for each in aimed if _spoken_of(each))


def corpus(key: str) -> list[Claim]:
    """Return the claims about a theorem that searches found worth keeping; what they show is evaluated again by every search."""
    return [claim for claim in stored("corpus.toml") if claim.theorem == key]


def chosen(theorem: Theorem) -> dict[str, Any]:
    """Return a step size and the constants that the theorem leaves to whoever applies it."""
    assumed = {assumption.name for assumption in theorem.assumptions}
    step: float | str = 0.95 if theorem.limits_step else 0.1
    if theorem.step is not None:
        step = "prescribed"
    elif "falling-steps" in assumed:
        step = "falling"
    elif "k_0" in theorem.constants:
        step = "decreasing"
    unknown = set(theorem.constants) - ({"k_0"} if step == "falling" else set())
    return {"step": step, "parameters": {name: value for name, value in CHOSEN.items() if name in unknown}}


def _on(claim: Claim, problem: str, options: dict[str, Option], theorem: Theorem) -> Claim:
    """Return the claim on another problem, as far as the theorem speaks about it."""
    assumed = {assumption.name for assumption in theorem.assumptions}
    changed: dict[str, Option] = dict(options)
    if "same-data" in assumed:
        changed["zeta"] = 0.0
    if problem == "quadratic" and "isotropic-quadratic" in assumed:
        changed["mu"] = changed.get("smoothness", 1.0)
    if "second-moment" in assumed and problem == "quadratic":
        changed.setdefault("radius", 4.0)
    return claim.model_copy(update={"problem": problem, "problem_options": changed})


def _small(claim: Claim, theorem: Theorem) -> Claim | None:
    """Return the claim with few iterations and all options spelled out, or None where the theorem does not speak about it."""
    options = DEFAULTS.get(claim.problem, {}) | dict(claim.problem_options)
    if claim.problem in DEFAULTS and options.get("noise") == "none":
        options = {name: value for name, value in options.items() if name != "noise"} | {"sigma": 0.0}
    spelled = claim.model_copy(update={"problem_options": options, "budget": 16})
    longest = LONGEST if theorem.step is not None else claim.iterations
    short = lengthened(_of_length(spelled, min(LONG, claim.iterations)), theorem, longest)
    return short if _spoken_of(short) else None


def lengthened(claim: Claim, theorem: Theorem, longest: int) -> Claim:
    """Return the claim with the fewest iterations, up to ``longest``, with which the conditions of the theorem hold.

    The claim itself is returned where they hold as it is, where they do not ask for many iterations, or where none are enough.
    """
    from theory.evaluate import required

    asked = required(*(theorem.expanded(side) for each in theorem.requires for side in (each.lhs, each.rhs)))
    if "K" not in asked or claim.iterations >= longest or _spoken_of(claim):
        return claim
    few, many = claim.iterations, longest
    if not _spoken_of(_of_length(claim, many)):
        return claim
    while many > max(few + 1, 1.05 * few):
        between = math.ceil(math.sqrt(few * many))
        few, many = (few, between) if _spoken_of(_of_length(claim, between)) else (between, many)
    return _of_length(claim, many)


def _of_length(claim: Claim, iterations: int) -> Claim:
    return claim.model_copy(update={"iterations": iterations})


def _spoken_of(claim: Claim) -> bool:
    """Return whether the theorem of a claim speaks about it; not about one that is malformed."""
    try:
        return obstacle(prepare(claim)) is None
    except (StragglerError, ArithmeticError):
        return False


def _distinct(claims: list[Claim]) -> list[Claim]:
    return list({claim.model_dump_json(): claim for claim in claims}.values())
