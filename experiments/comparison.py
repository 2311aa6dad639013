"""Systems held against each other by what is proved about them, on one graph and at the same constants.

Everything is counted in rounds, of one batch of gradients from each of the n workers: theorems that count updates of single
workers are converted. This is about gradients, not about time: what a round takes is for a cluster to say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.mixing_files import named_or_read
from straggler import InputError, UnknownName, at_least

if TYPE_CHECKING:
    from numerics.graphs import Graph
    from theory.theorem import Theorem

CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "sgd": ("ours.p1-tuned", "sgd.ghadimi-lan-tuned"),
    "dpsgd": ("ours.p2-tuned", "dpsgd.corollary-2:rederived"),
    "sgp": ("ours.p4-tuned", "ours.p4-doubly-tuned", "sgp.theorem-1:rederived"),
    "osgp": ("ours.p5-tuned",),
    "local-sgd": ("ours.p3-tuned",),
    "adpsgd": ("adpsgd.corollary-2:rederived", "adpsgd.corollary-2:printed"),
    "apsgd": ("apsgd.corollary-2",),
}
"""The theorems that prescribe their step, and so depend on K alone once the constants are given."""

DEFAULTS: Mapping[str, float] = {"K": 1e6, "L": 1.0, "delta": 1.0, "sigma": 1.0, "zeta": 0.0, "batch": 1.0, "x0_sq": 0.0}
"""Constants that are not given; T is n - 1 (workers that take turns), tau 4 for local SGD and 1 for overlap SGP."""

ROUNDS = 10.0 ** (np.arange(241) / 20)
"""Numbers of rounds at which winners are looked for: 1 to 1e12, twenty per decade."""

_PERIODS = {"local-sgd": 4.0, "osgp": 1.0}


@dataclass(frozen=True)
class Entry:
    """A theorem of a system at the constants; the onsets, in rounds, are inf where they are never reached.

    ``bound`` is the one after K rounds, inf where the theorem does not apply; ``rounds_to_epsilon`` is None without epsilon.
    """

    system: str
    theorem: str
    standing: str
    K_conditions: float
    K_non_vacuous: float
    K_linear: float
    bound: float
    iterations_per_round: float
    constants: dict[str, float]
    rounds_to_epsilon: float | None = None
    best: bool = False
    bounds: NDArray[np.float64] = field(default_factory=lambda: np.full(ROUNDS.shape, np.inf), repr=False)

    def plain(self) -> dict[str, Any]:
        """Return everything but the curve of bounds."""
        return {name: value for name, value in asdict(replace(self, bounds=np.empty(0))).items() if name != "bounds"}


@dataclass(frozen=True)
class Region:
    """Rounds over which one system has the smallest bound; None where no theorem applies."""

    first: float
    last: float
    system: str | None
    theorem: str | None


class Setting:
    """A graph and constants; what theorems ask of the graph is computed once it is asked for.

    Parameters
    ----------
    graph
        The communication graph.
    weights
        Its mixing weights, by name or in a file; default those of the graph.
    given
        Constants by the names of the table; they replace defaults and what the graph would say.

    Raises
    ------
    InputError
        ``n``, which is that of the graph, ``gamma``, which the theorems prescribe, or a number that is not finite.
    """

    def __init__(self, graph: Graph, weights: str | None, given: Mapping[str, float]) -> None:
        for name, why in (("n", "no such constant: --nodes says it"), ("gamma", "no such constant: theorems prescribe it")):
            if name in given:
                raise InputError(name, given[name], why)
        for name, value in given.items():
            if not math.isfinite(value):
                raise InputError(name, value, "a finite number")
        self.schedule, self.given = named_or_read(graph, weights), dict(given)
        self.common = {**DEFAULTS, "n": float(graph.n), "T": graph.n - 1.0, **given}
        self._push: dict[int, dict[str, float]] = {}

    @cached_property
    def _rho(self) -> float:
        from numerics.mixing.contraction import rho

        return float(rho(self.schedule))

    @cached_property
    def _one_symmetric(self) -> bool:
        if self.schedule.period != 1:
            return False
        matrix = self.schedule.at(0).matrix()
        return bool(np.allclose(matrix, matrix.T, rtol=0, atol=1e-12))

    @cached_property
    def _pairs(self) -> float:
        from numerics.timeline import pairs

        return float(pairs.rho(pairs.probabilities(pairs.neighbours(self.schedule))))

    def constants(self, system: str, theorem: Theorem) -> dict[str, float]:
        """Return what a theorem needs but K; raise `InputError` where the graph is none it speaks about."""
        from theory.assumptions import contracting, doubly_stochastic, symmetric

        asked = (contracting, doubly_stochastic, symmetric)
        # the pairs of AD-PSGD average half and half, whatever the weights
        mixes = system != "adpsgd" and any(assumption in theorem.assumptions for assumption in asked)
        if mixes and not self.schedule.doubly_stochastic:
            raise InputError("mixing weights", str(self.schedule.name), "doubly stochastic ones")
        if symmetric in theorem.assumptions and not self._one_symmetric:
            raise InputError("mixing", str(self.schedule.name), "one symmetric matrix for all rounds")
        needed = set(theorem.constants)
        found = {"tau": _PERIODS.get(system, 1.0), **self.common}
        if "batch" not in needed:  # the mean of a batch stands for one gradient
            found["sigma"] /= math.sqrt(found["batch"])
        if "rho" in needed - set(self.given):
            found["rho"] = self._pairs if system == "adpsgd" else self._rho
        if needed & ({"B_E", "B_2", "C", "q"} - set(self.given)):
            found = self._push_sum(system, found["tau"]) | found
        if "q" in needed:  # either says the other
            needed |= {"one_minus_q"}
        return {name: value for name, value in found.items() if name in needed - {"K"}}

    def _push_sum(self, system: str, tau: float) -> dict[str, float]:
        from numerics.mixing import push_sum_constants

        overlap = at_least("tau", tau, 0) if system == "osgp" else 0  # type: ignore[arg-type]
        if overlap not in self._push:
            self._push[overlap] = push_sum_constants(self.schedule, overlap)
        rate = {"q", "one_minus_q"}
        return {name: value for name, value in self._push[overlap].items() if not (name in rate and rate & set(self.given))}

    def lower_bounds(self, diameter: int) -> dict[str, float] | None:
        """Return the orders of the rounds any method, and any gossip on this graph, needs to epsilon; None without epsilon.

        Their constants are not claimed. The gossip form is left out where the weights admit none: not doubly stochastic, or
        a round that does not contract.
        """
        from theory.evaluate import evaluate
        from theory.lower_bounds import ANY_PROTOCOL, GOSSIP

        if "epsilon" not in self.common:
            return None
        found = {"any_protocol": float(evaluate(ANY_PROTOCOL, {**self.common, "diameter": diameter}))}
        contraction = self.common.get("rho", self._rho)
        if self.schedule.doubly_stochastic and contraction < 1:
            found["gossip"] = float(evaluate(GOSSIP, {**self.common, "rho": contraction}))
        return found


def known(systems: Sequence[str]) -> tuple[str, ...]:
    """Return the systems without repetition; raise `UnknownName` for one that has no theorem to compare by."""
    for system in systems:
        if system not in CANDIDATES:
            raise UnknownName("system", system, CANDIDATES)
    return tuple(dict.fromkeys(systems))


def entries(systems: Sequence[str], setting: Setting) -> tuple[list[Entry], list[dict[str, str]]]:
    """Return the theorems of the systems at the constants, and those left out with the reason: key and why.

    The smallest bound of each system after K rounds is marked as its best.
    """
    import theory

    found: list[Entry] = []
    left_out = []
    for system in known(systems):
        own = []
        for key in CANDIDATES[system]:
            theorem = theory.get(key)
            try:
                constants = setting.constants(system, theorem)
            except InputError as error:
                left_out.append({"system": system, "theorem": key, "why": str(error)})
                continue
            own.append(_entry(system, theorem, constants, setting.common))
        best = min((entry.bound for entry in own), default=math.inf)
        first = next((entry.theorem for entry in own if entry.bound == best < math.inf), None)
        found += [replace(entry, best=entry.theorem == first) for entry in own]
    return found, left_out


def _entry(system: str, theorem: Theorem, constants: dict[str, float], common: Mapping[str, float]) -> Entry:
    from theory.lower_bounds import per_round
    from theory.transient import bound_at, reach, transient

    times = per_round(theorem, {"n": common["n"]})
    needed = {"L": common["L"], "delta": common["delta"], **constants}
    onsets = transient(theorem, **needed)
    return Entry(
        system=system,
        theorem=theorem.key,
        standing=theorem.standing,
        K_conditions=onsets.conditions / times,
        K_non_vacuous=onsets.non_vacuous / times,
        K_linear=onsets.linear / times,
        bound=bound_at(theorem, common["K"] * times, **needed),
        iterations_per_round=times,
        constants=constants,
        rounds_to_epsilon=reach(theorem, common["epsilon"], **needed) / times if "epsilon" in common else None,
        bounds=bound_at(theorem, ROUNDS * times, **needed),
    )


def regions(found: Sequence[Entry]) -> list[Region]:
    """Return who has the smallest bound over which rounds, in order; of equal bounds the first system wins."""
    if not found:
        return [Region(float(ROUNDS[0]), float(ROUNDS[-1]), None, None)]
    bounds = np.array([entry.bounds for entry in found])
    winners = np.where(np.isfinite(bounds).any(axis=0), bounds.argmin(axis=0), -1)
    starts = [0, *(np.flatnonzero(np.diff(winners)) + 1)]
    ends = [*starts[1:], len(ROUNDS)]
    told = []
    for start, end in zip(starts, ends, strict=True):
        winner = found[winners[start]] if winners[start] >= 0 else None
        told.append(Region(float(ROUNDS[start]), float(ROUNDS[end - 1]), winner and winner.system, winner and winner.theorem))
    return told
