"""Corollaries, produced from theorems: put a step in, tune the step, compare.

What is proved once by hand is the lemma of `tune`; everything else is substitution and termwise bounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from straggler import StragglerError
from theory.card import Card
from theory.chain import Chain, distributed
from theory.conditions import Condition
from theory.evaluate import evaluate, required
from theory.symbols import Expr, K, gamma
from theory.theorem import Theorem


def at_step(theorem: Theorem, step: Expr, card: Card | None = None) -> Theorem:
    """Return the theorem at a prescribed step: gamma is replaced in bound, conditions and definitions.

    Raises
    ------
    StragglerError
        The theorem prescribes a step already.
    """
    if theorem.step is not None:
        raise StragglerError(f"{theorem.key} prescribes its step: {theorem.step}")
    put = {gamma: step}
    return replace(
        theorem,
        card=card or replace(theorem.card, key=f"{theorem.key}@step"),
        right_side=theorem.right_side.subs(put),
        requires=tuple(condition.subs(put) for condition in theorem.requires),
        definitions=tuple((symbol, sp.sympify(value).subs(put)) for symbol, value in theorem.definitions),
        step=step,
        step_limit=None,
        step_cap=None,
    )


@dataclass(frozen=True)
class Tuned:
    """A tuned step, the rate it gives, and the chain that proves the rate."""

    step: Expr
    rate: Expr
    chain: Chain


def tune(start: Expr, drift: Expr, curvature: Expr, largest: Expr) -> Tuned:
    """Tune the step of a bound ``A/(gamma K) + B gamma + C gamma^2`` over ``0 < gamma <= largest``.

    With ``gamma = min{largest, sqrt(A/(B K)), (A/(C K))^(1/3)}`` the bound is at most
    ``A/(largest K) + 2 sqrt(A B/K) + 2 (A/K)^(2/3) C^(1/3)``: the inverse of a minimum is at most the sum of the
    inverses, which gives the first term and one half of each other; and gamma is at most each entry of the minimum,
    which gives the other halves.

    Parameters
    ----------
    start, drift, curvature
        A, B and C; B or C may be zero.
    largest
        The largest admissible step.
    """
    a, b, c, top = sp.symbols("A B C2 top", positive=True)
    by_drift, by_curvature = sp.sqrt(a / (b * K)), sp.cbrt(a / (c * K))
    present = [(b * gamma, b * by_drift)] * bool(drift != 0) + [(c * gamma**2, c * by_curvature**2)] * bool(curvature != 0)
    candidates = [top] + [by_drift] * bool(drift != 0) + [by_curvature] * bool(curvature != 0)
    chain = Chain.of(sp.Add(a / (gamma * K), *[term for term, _ in present]))
    chain = chain.bound(1 / gamma, sp.Add(*[1 / each for each in candidates]), "1/min is at most the sum of the inverses")
    for term, upper in present:
        chain = chain.bound(term, upper, "gamma is at most the step at which this term equals the first one")
    chain = chain.rewritten(sp.Add(*[sp.powsimp(term) for term in distributed(chain.end)]))
    chain = chain.at({a: start, b: drift, c: curvature, top: largest})
    return Tuned(sp.Min(*candidates).subs({a: start, b: drift, c: curvature, top: largest}), chain.end, chain)


def tuned(theorem: Theorem, card: Card) -> Theorem:
    """Return the theorem with its free step tuned by `tune`; conditions on the step are met by construction and drop out.

    Raises
    ------
    StragglerError
        The bound is not of the form ``A/(gamma K) + B gamma + C gamma^2``, or no largest step is known.
    """
    bound = theorem.expanded()
    if theorem.step_limit is None:
        raise StragglerError(f"{theorem.key} has no largest step")
    terms = sp.Add.make_args(bound)  # sums inside a term stay together
    parts = {power: sp.Add(*[term for term in terms if term.as_powers_dict()[gamma] == power]) for power in (-1, 1, 2)}
    start, drift, curvature = parts[-1] * gamma * K, sp.factor_terms(parts[1] / gamma), sp.factor_terms(parts[2] / gamma**2)
    if sp.simplify(start / (gamma * K) + drift * gamma + curvature * gamma**2 - bound) != 0 or start.has(gamma, K):
        raise StragglerError(f"the bound of {theorem.key} is not A/(gamma K) + B gamma + C gamma^2")
    result = tune(start, drift, curvature, theorem.expanded(theorem.step_limit))
    return replace(
        theorem,
        card=card,
        right_side=result.rate,
        requires=tuple(condition for condition in theorem.requires if "gamma" not in required(condition.lhs, condition.rhs)),
        definitions=(),
        step=result.step,
        step_limit=None,
        derivation=result.chain,
    )


_RANGES = {
    "n": (0, 2.5),
    "K": (0, 16),
    "gamma": (-8, 0),
    "L": (-2, 2),
    "sigma": (-2, 2),
    "zeta": (-2, 2),
    "delta": (-2, 2),
    "x0_sq": (-2, 2),
    "tau": (0, 1.5),
    "T": (-1, 2),
    "batch": (0, 2),
    "B_E": (-1, 4),
    "B_2": (-1, 2),
    "C": (0, 2),
    "pull": (-5, -2.6),
    "cosine": (-3, 0),
    "k_0": (0, 3),
    "group": (0, 1.5),
    "quorum": (0, 1.5),
    "faults": (0, 1.5),
    "levels": (0, 1.5),
    "d": (0, 2),
    "slack": (0.61, 2),
}
WHOLE = ("n", "K", "tau", "T", "batch", "group", "quorum", "faults", "levels", "d")
SHARES_OF_N = ("group", "quorum", "faults")
BELOW_ONE = ("rho", "q", "lost")


def draw(names: Sequence[str], size: int, seed: int = 0) -> dict[str, NDArray[np.float64]]:
    """Return random constants, log-uniform over wide ranges (rho, q and lost log-uniform in their distance to one)."""
    rng = np.random.default_rng(seed)
    found: dict[str, NDArray[np.float64]] = {}
    for name in names:
        low, high = (-4.0, -0.01) if name in BELOW_ONE else _RANGES.get(name, (-2, 2))
        values = 10 ** rng.uniform(low, high, size)
        found[name] = 1 - values if name in BELOW_ONE else np.floor(values) if name in WHOLE else values
    for name in SHARES_OF_N:
        if name in found and "n" in found:
            found[name] = np.minimum(found[name], found["n"])
    if "mu" in found and "L" in found:
        found["mu"] = np.minimum(found["mu"], found["L"])
    return found


@dataclass(frozen=True)
class Comparison:
    """Outcome of `compare`: the largest ratio seen, how many draws met the conditions, and the worst of them."""

    ratio: float
    draws: int
    worst: dict[str, float]

    def __bool__(self) -> bool:
        """Whether no draw contradicted the inequality, beyond rounding."""
        return self.draws > 0 and self.ratio <= 1 + 1e-9


def compare(
    smaller: Expr,
    larger: Expr,
    conditions: Sequence[Condition] = (),
    *,
    draws: int = 100_000,
    seed: int = 0,
    fixed: dict[str, Any] | None = None,
) -> Comparison:
    """Return the largest ``smaller/larger`` over random constants that meet the conditions.

    Parameters
    ----------
    smaller, larger
        Expressions of the table's symbols, definitions substituted.
    conditions
        Draws that miss one are dropped.
    draws, seed
        How many constants are drawn before dropping, and from which seed.
    fixed
        Constants that are not drawn, or expressions of the others, by name.
    """
    pinned = {sp.Symbol(name, positive=True): value for name, value in (fixed or {}).items()}
    smaller, larger = (sp.sympify(side).subs(pinned) for side in (smaller, larger))
    kept = [condition.subs(pinned) for condition in conditions]
    names = required(smaller, larger, *[side for condition in kept for side in (condition.lhs, condition.rhs)])
    constants = draw(names, draws, seed)
    admitted = np.ones(draws, dtype=bool)
    for condition in kept:
        admitted &= condition.check(constants).holds
    constants = {name: values[admitted] for name, values in constants.items()}
    if not admitted.any():
        return Comparison(float("nan"), 0, {})
    ratio = np.divide(evaluate(smaller, constants), evaluate(larger, constants))
    index = int(np.argmax(ratio))
    return Comparison(
        float(ratio[index]), int(admitted.sum()), {name: float(values[index]) for name, values in constants.items()}
    )
