"""Mixing weights that an optimisation found, as schedules that algorithms run on, beside the weights that have a name."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from straggler import InputError, UnknownName

if TYPE_CHECKING:
    from numerics.graphs import Graph
    from numerics.mixing import PeriodicSchedule
    from theory.best_mixing import Design

DESIGNED: dict[str, str] = {
    "fastest": "smallest second eigenvalue modulus, no negative weights",
    "fastest-averaging": "smallest spectral norm of W - J, negative weights allowed",
    "least-deviation": "smallest steady deviation under noise, negative weights allowed",
}
"""Weights that are computed for a graph, beside those of `numerics.graphs.WEIGHTS`."""

COMPARED_NODES = 256
"""Up to this many nodes a comparison of weights designs the fastest ones unasked."""


def mixing(graph: Graph, weights: str | None = None) -> PeriodicSchedule:
    """Return the mixing schedule of a graph with weights of either kind: those that have a name, or designed ones.

    Parameters
    ----------
    graph
        The communication graph.
    weights
        A name of `numerics.graphs.WEIGHTS` or of `DESIGNED`; None is the graph's default.

    Raises
    ------
    UnknownName
        If there are no such weights.
    InputError, StragglerError
        See `design`, and `numerics.graphs.Graph.schedule`.
    """
    from numerics.graphs import WEIGHTS

    if weights is None or weights in WEIGHTS:
        return graph.schedule(weights)
    return schedule(graph, design(graph, weights), weights)


def design(graph: Graph, weights: str) -> Design:
    """Return the certified best weights of one of the kinds in `DESIGNED` on a static two-way graph.

    Graphs with the same links share one design within a process.

    Raises
    ------
    UnknownName
        If the kind is not known.
    InputError
        If the graph has one-way links or changes from round to round.
    StragglerError
        If no solver closes the gap.
    """
    if weights not in DESIGNED:
        from numerics.graphs import WEIGHTS

        raise UnknownName("weights", weights, [*WEIGHTS, *DESIGNED])
    if not designable(graph):
        raise InputError("weights", weights, f"a graph of two-way links that stays as it is, which {graph.name} does not")
    return _designed(graph.n, np.packbits(graph.phases[0]).tobytes(), weights)


@lru_cache(maxsize=64)
def _designed(n: int, packed: bytes, weights: str) -> Design:
    from theory import best_mixing

    makers: dict[str, Callable[..., Design]] = {
        "fastest": best_mixing.fastest_chain,
        "fastest-averaging": best_mixing.fastest_averaging,
        "least-deviation": best_mixing.least_deviation,
    }
    adjacency = np.unpackbits(np.frombuffer(packed, dtype=np.uint8), count=n * n).reshape(n, n)
    return makers[weights](adjacency.astype(bool))


def designable(graph: Graph) -> bool:
    """Return whether weights can be designed for a graph: one phase, two-way links."""
    return len(graph.phases) == 1 and not graph.directed


def schedule(graph: Graph, found: Design, weights: str) -> PeriodicSchedule:
    """Return the mixing schedule with designed weights; negative ones are kept as a dense matrix."""
    from numerics.mixing import Dense, PeriodicSchedule, operator_from_matrix

    matrix = found.matrix
    operator = Dense(matrix) if matrix.min() < 0 else operator_from_matrix(matrix, f"{weights} weights on {graph.name}")
    origin = {"weights": weights, "params": dict(graph.params), "lower_bound": found.lower_bound}
    return PeriodicSchedule([operator], graph.name, origin)


def report(graph: Graph, mixes: PeriodicSchedule, rounds: int | None = None) -> dict[str, Any]:
    """Return the contraction of a graph with a mixing schedule, see `numerics.mixing.contraction.report`.

    Designed weights add what was minimised (``objective``), its ``value``, the certified ``lower_bound`` of all weights, the
    ``certified_gap`` between the two, the ``method`` and the number of ``orbits`` of links.
    """
    from numerics.mixing.contraction import report as contraction_report

    described = contraction_report(mixes, rounds)
    if described["weights"] not in DESIGNED:
        return described
    found = design(graph, described["weights"])
    return described | {
        "objective": found.objective,
        "value": found.value,
        "lower_bound": found.lower_bound,
        "certified_gap": found.gap,
        "method": found.method,
        "orbits": found.orbits,
    }


def compared(graph: Graph) -> list[PeriodicSchedule]:
    """Return the schedules of all weights the graph admits: those with a name in the order of the registry, then the fastest."""
    from numerics.graphs import WEIGHTS

    schedules = []
    for weights in WEIGHTS:
        try:
            schedules.append(mixing(graph, weights))
        except InputError:  # weights that need two-way links, on a graph with one-way links
            continue
    if designable(graph) and graph.n <= COMPARED_NODES:
        schedules.append(mixing(graph, "fastest"))
    return schedules
