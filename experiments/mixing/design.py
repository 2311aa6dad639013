"""Mixing weights that an optimisation found, as schedules that algorithms run on, beside the weights that have a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from straggler import InputError, UnknownName

if TYPE_CHECKING:
    from numerics.graphs import Graph
    from numerics.mixing import PeriodicSchedule
    from numerics.typing import Floats
    from theory.best_mixing import Design, ScheduleDesign

DESIGNED: dict[str, str] = {
    "fastest": "smallest second eigenvalue modulus, no negative weights",
    "fastest-averaging": "smallest spectral norm of W - J, negative weights allowed",
    "least-deviation": "smallest steady deviation under noise, negative weights allowed",
}
"""Weights that are computed for a graph, beside those of `numerics.graphs.WEIGHTS`."""

COMPARED_NODES = 256
"""Up to this many nodes a comparison of weights designs the fastest ones unasked."""

COMPARED_ROUNDS = 12
"""The same where workers meet in pairs that change from round to round."""


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
    from theory.best_mixing import ScheduleDesign

    if weights is None or weights in WEIGHTS:
        return graph.schedule(weights)
    found = design(graph, weights)
    matrices = found.matrices if isinstance(found, ScheduleDesign) else [found.matrix]
    return schedule(graph, matrices, found.lower_bound, weights)


def design(graph: Graph, weights: str) -> Design | ScheduleDesign:
    """Return the certified best weights of one of the kinds in `DESIGNED` on a static two-way graph.

    Where workers meet in pairs that change from round to round, the fastest weights are those of all rounds of a period, see
    `theory.best_mixing.best_schedule`. Graphs with the same links share one design within a process.

    Raises
    ------
    UnknownName
        If the kind is not known.
    InputError
        If the graph has one-way links, or changes from round to round and either does not meet in pairs or the weights are not
        the fastest, or is too large for `theory.best_mixing.work`.
    StragglerError
        If no solver closes the gap.
    """
    if weights not in DESIGNED:
        from numerics.graphs import WEIGHTS

        raise UnknownName("weights", weights, [*WEIGHTS, *DESIGNED])
    if not designable(graph, weights):
        other = " or, for fastest, has workers meet in pairs in every round as bipartite-exponential"
        raise InputError("weights", weights, f"a graph of two-way links that stays as it is{other}, which {graph.name} does not")
    return _designed(graph.n, tuple(np.packbits(phase).tobytes() for phase in graph.phases), weights)


@lru_cache(maxsize=64)
def _designed(n: int, packed: tuple[bytes, ...], weights: str) -> Design | ScheduleDesign:
    from theory import best_mixing

    phases = [np.unpackbits(np.frombuffer(one, dtype=np.uint8), count=n * n).reshape(n, n).astype(bool) for one in packed]
    if len(phases) > 1:
        return best_mixing.best_schedule([np.argwhere(np.triu(phase)) for phase in phases])

    makers: dict[str, Callable[..., Design]] = {
        "fastest": best_mixing.fastest_chain,
        "fastest-averaging": best_mixing.fastest_averaging,
        "least-deviation": best_mixing.least_deviation,
    }
    return makers[weights](phases[0])


def designable(graph: Graph, weights: str = "fastest") -> bool:
    """Return whether weights can be designed for a graph: two-way links, one phase or, for the fastest, phases of pairs."""
    if graph.directed:
        return False
    return len(graph.phases) == 1 or (weights == "fastest" and all(phase.sum(axis=1).max() == 1 for phase in graph.phases))


def schedule(graph: Graph, matrices: Sequence[Floats], lower_bound: float, weights: str) -> PeriodicSchedule:
    """Return the mixing schedule with designed weights, one matrix per round; negative ones are kept as a dense matrix."""
    from numerics.mixing import Dense, PeriodicSchedule, operator_from_matrix

    source = f"{weights} weights on {graph.name}"
    operators = [Dense(matrix) if matrix.min() < 0 else operator_from_matrix(matrix, source) for matrix in matrices]
    origin = {"weights": weights, "params": dict(graph.params), "lower_bound": lower_bound}
    return PeriodicSchedule(operators, graph.name, origin)


def report(graph: Graph, mixes: PeriodicSchedule, rounds: int | None = None) -> dict[str, Any]:
    """Return the contraction of a graph with a mixing schedule, see `numerics.mixing.contraction.report`.

    Designed weights add what was minimised (``objective``), its ``value``, the certified ``lower_bound`` of all weights, the
    ``certified_gap`` between the two, the ``method`` and the number of ``orbits`` of links; those of rounds of pairs, of which
    the bound is that of a period and not tight, have a ``round_gap`` by which one round alone could improve on the others.
    """
    from numerics.mixing.contraction import report as contraction_report
    from theory.best_mixing import ScheduleDesign

    described = contraction_report(mixes, rounds)
    if described["weights"] not in DESIGNED:
        return described
    found = design(graph, described["weights"])
    if isinstance(found, ScheduleDesign):
        return described | {
            "objective": "fastest schedule",
            "value": found.value,
            "lower_bound": found.lower_bound,
            "certified_gap": found.gap,
            "method": "rounds in turn",
            "round_gap": found.round_gap,
        }
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
    if designable(graph) and graph.n <= (COMPARED_NODES if len(graph.phases) == 1 else COMPARED_ROUNDS):
        schedules.append(mixing(graph, "fastest"))
    return schedules
