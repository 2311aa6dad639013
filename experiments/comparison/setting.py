"""What theorems ask of a graph and of the constants that are compared at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.comparison.contenders import DEFAULTS, GAUGES, assumed
from experiments.mixing.files import named_or_read
from straggler import InputError, StragglerError, at_least

if TYPE_CHECKING:
    from numerics.graphs import Graph
    from theory.theorem import Theorem

PUSH_SUM = frozenset({"B_E", "B_2", "C", "q"})


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
        ``n``, which is that of the graph, ``gamma``, which the theorems prescribe, or a number that is out of range.
    """

    def __init__(self, graph: Graph, weights: str | None, given: Mapping[str, float]) -> None:
        from theory.symbols import TABLE

        for name, why in (("n", "no such constant: --nodes says it"), ("gamma", "no such constant: theorems prescribe it")):
            if name in given:
                raise InputError(name, given[name], why)
        for name, value in given.items():
            if not math.isfinite(value):
                raise InputError(name, value, "a finite number")
            TABLE[name].checked(value)
        self.graph, self.schedule, self.given = graph, named_or_read(graph, weights), dict(given)
        self.common = {**DEFAULTS, "n": float(graph.n), **given}
        self._push: dict[int, dict[str, float]] = {}

    @cached_property
    def rho(self) -> float:
        """Contraction of a round in mean square, from its closed form where there is one."""
        from experiments.spectra import closed_form
        from numerics.mixing.contraction import rho

        weights = self.schedule.provenance().get("weights")
        found = closed_form(self.graph, weights, 1) if isinstance(weights, str) and self.schedule.period == 1 else None
        return float(found["rho"]) if found and "rho" in found else float(rho(self.schedule))

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

    @cached_property
    def _gossip(self) -> dict[str, float]:
        from numerics.mixing import gossip_constants

        return gossip_constants(self.schedule)

    def constants(
        self, system: str, theorem: Theorem, varied: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, tuple[Any, str]]]:
        """Return what a theorem needs but K, and which of it was assumed, with the reason.

        Parameters
        ----------
        system, theorem
            Who is compared, and by what.
        varied
            Numbers or arrays that replace what was given and what the graph says. With ``rho`` among them the graph does not
            matter: mixing is by one symmetric matrix.

        Raises
        ------
        InputError
            The graph is none that the theorem speaks about. StragglerError: a constant is missing.
        """
        import theory

        varied = dict(varied or {})
        given = {**self.given, **varied}
        gauge = theory.get(GAUGES[system]) if "B" in theorem.constants and "B" not in given and system in GAUGES else None
        needed = set(theorem.constants) | (set(gauge.constants) if gauge else set())
        if system == "osgp":
            needed.add("tau")
        found: dict[str, Any] = {**self.common, **varied}
        told = assumed(system, needed, found)
        found |= {name: value for name, (value, _) in told.items()}
        if "rho" not in varied:
            self._admit(system, theorem)
        if "batch" not in needed:  # the mean of a batch stands for one gradient
            found["sigma"] = found["sigma"] / np.sqrt(found["batch"])
        if "rho" in needed - set(given):
            found["rho"] = self._pairs if system == "adpsgd" else self.rho
        if needed & (PUSH_SUM - set(given)):
            found = self._push_sum(system, found, varied) | found
        if gauge:
            found["B"] = np.sqrt(gauge.bound(**found))
        if "q" in needed:  # either says the other
            needed |= {"one_minus_q"}
        missing = sorted(set(theorem.constants) - {"K", "gamma", "q"} - set(found))
        if missing:
            raise StragglerError(f"{theorem.key} needs {', '.join(missing)}, which nothing says: --set {missing[0]}=...")
        kept = (set(theorem.constants) | (needed & {"one_minus_q"})) - {"K", "gamma"}
        return {name: value for name, value in found.items() if name in kept}, told

    def _admit(self, system: str, theorem: Theorem) -> None:
        from theory.assumptions import contracting, doubly_stochastic, symmetric

        asked = (contracting, doubly_stochastic, symmetric)
        # the pairs of AD-PSGD average half and half, whatever the weights
        mixes = system != "adpsgd" and any(assumption in theorem.assumptions for assumption in asked)
        if mixes and not self.schedule.doubly_stochastic:
            raise InputError("mixing weights", str(self.schedule.name), "doubly stochastic ones")
        if symmetric in theorem.assumptions and not self._one_symmetric:
            raise InputError("mixing", str(self.schedule.name), "one symmetric matrix for all rounds")

    def _push_sum(self, system: str, found: Mapping[str, Any], varied: Mapping[str, Any]) -> dict[str, Any]:
        """Return B_E, B_2, C and q; of one symmetric matrix where rho is given or varied."""
        from numerics.mixing import push_sum_constants

        if "rho" in {**self.given, **varied}:
            if system == "osgp":
                raise StragglerError("rho does not say what late messages do to push-sum")
            return _symmetric(np.sqrt(np.asarray(found["rho"], dtype=np.float64)), system == "dpsgd")
        if system == "dpsgd":
            return self._gossip
        overlap = at_least("tau", found["tau"], 0) if system == "osgp" else 0
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
        contraction = self.common.get("rho", self.rho)
        if self.schedule.doubly_stochastic and contraction < 1:
            found["gossip"] = float(evaluate(GOSSIP, {**self.common, "rho": contraction}))
        return found


def _symmetric(second: Any, gossip: bool) -> dict[str, Any]:
    """Return B_E, B_2, C and q of one symmetric W with second eigenvalue modulus ``second``: ``||E(k, s)|| = second^(k - s)``."""
    with np.errstate(divide="ignore"):
        gap = np.maximum(1 - second, 0.0)  # what does not contract has infinite sums
        total, squares = second / gap, second**2 / (gap * (1 + second))
    if gossip:
        total, squares = 1 + total, 1 + squares
    return {"B_E": total**2, "B_2": squares, "C": np.ones_like(second), "q": second, "one_minus_q": 1 - second}
