"""The communication graph: who may send to whom, in each phase of a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.graphs.weights import WEIGHTS
from numerics.mixing import PeriodicSchedule, operator_from_matrix
from straggler import InputError, UnknownName, at_least

Adjacency = NDArray[np.bool_]

MOST_NODES = 8192
"""Largest graph: its mixing matrix takes 512 MiB in float64."""


def node_count(source: str, n: int) -> int:
    """Return the number of nodes asked for, or raise `InputError` below 2 and where the mixing matrix would not fit memory."""
    if at_least(source, n, 2) > MOST_NODES:
        raise InputError(source, n, f"at most {MOST_NODES} (the mixing matrix would take {8 * n * n / 2**30:.3g} GiB)")
    return int(n)


@dataclass(frozen=True, eq=False)
class Graph:
    """A directed or undirected communication graph on n workers, static or periodic in time.

    Parameters
    ----------
    name
        Name shown to people and stored in provenance.
    n
        Number of workers, at least 2.
    phases
        One boolean array ``A[receiver, sender]`` of shape (n, n) per phase, without self-loops; round k uses phase
        k mod len(phases).
    directed
        Whether some phase is not symmetric.
    params
        What else was chosen to build it (shape, degree, seed, ...), ready for JSON.

    Raises
    ------
    InputError
        If n < 2, a phase has the wrong shape, or the union of the phases is not strongly connected.
    """

    name: str
    n: int
    phases: tuple[Adjacency, ...]
    directed: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from scipy.sparse.csgraph import connected_components

        node_count(f"nodes of {self.name}", self.n)
        for phase in self.phases:
            if phase.shape != (self.n, self.n) or phase.diagonal().any():
                raise InputError(f"phase of {self.name}", phase.shape, f"a ({self.n}, {self.n}) adjacency without self-loops")
        parts, _ = connected_components(self.union, directed=True, connection="strong")
        if parts != 1:
            raise InputError(
                f"number of strongly connected components of {self.name}", int(parts), "1: every worker must reach every other"
            )

    @cached_property
    def union(self) -> Adjacency:
        """Edges of any phase, ``A[receiver, sender]`` of shape (n, n)."""
        union: Adjacency = np.any(self.phases, axis=0)
        return union

    @cached_property
    def diameter(self) -> int:
        """Largest number of hops between two workers over the union of the phases (Delta of SGP, assumption 3)."""
        from scipy.sparse.csgraph import shortest_path

        return int(shortest_path(self.union, unweighted=True).max())

    @property
    def max_degree(self) -> int:
        """Largest in- or out-degree of a worker in one phase, not counting itself (SGP Lemma 3 has D = max_degree + 1)."""
        return int(max(max(phase.sum(axis=0).max(), phase.sum(axis=1).max()) for phase in self.phases))

    @property
    def default_weights(self) -> str:
        """Weights used when none are named: ``metropolis`` where links are two-way, ``push`` where they are not."""
        return "push" if self.directed else "metropolis"

    def schedule(self, weights: str | None = None) -> PeriodicSchedule:
        """Return the mixing schedule with the given weights.

        Parameters
        ----------
        weights
            ``uniform``, ``metropolis``, ``max-degree``, ``lazy`` or ``push`` (see `numerics.graphs.weights`);
            None is `default_weights`.

        Raises
        ------
        UnknownName
            If the weights are not known.
        InputError
            If the weights need two-way links and the graph has one-way links.
        """
        chosen = self.default_weights if weights is None else weights
        if chosen not in WEIGHTS:
            raise UnknownName("weights", chosen, WEIGHTS)
        rule = WEIGHTS[chosen]
        operators = [operator_from_matrix(rule(phase), f"{chosen} weights on {self.name}") for phase in self.phases]
        return PeriodicSchedule(operators, self.name, {"weights": chosen, "params": dict(self.params)})

    def __repr__(self) -> str:
        options = "".join(f", {key}={value!r}" for key, value in self.params.items())
        return f"Graph({self.name!r}, n={self.n}{options})"
