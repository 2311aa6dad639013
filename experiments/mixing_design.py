"""Mixing weights that an optimisation found, as schedules that algorithms run on, beside the weights that have a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from straggler import InputError, ResultError, UnknownName

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


@lru_cache(maxsize=8)
def design(graph: Graph, weights: str) -> Design:
    """Return the certified best weights of one of the kinds in `DESIGNED` on a static two-way graph.

    Raises
    ------
    UnknownName
        If the kind is not known.
    InputError
        If the graph has one-way links or changes from round to round.
    StragglerError
        If no solver closes the gap.
    """
    from theory import best_mixing

    makers: dict[str, Callable[..., Design]] = {
        "fastest": best_mixing.fastest_chain,
        "fastest-averaging": best_mixing.fastest_averaging,
        "least-deviation": best_mixing.least_deviation,
    }
    if weights not in makers:
        raise UnknownName("weights", weights, DESIGNED)
    if not designable(graph):
        raise InputError("weights", weights, f"a graph of two-way links that stays as it is, which {graph.name} does not")
    return makers[weights](graph.phases[0])


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


def report(graph: Graph, weights: str | None, rounds: int | None = None) -> dict[str, Any]:
    """Return the contraction of a graph with weights of either kind, see `numerics.mixing.contraction.report`.

    Designed weights add what was minimised (``objective``), its ``value``, the certified ``lower_bound`` of all weights, the
    ``certified_gap`` between the two, the ``method`` and the number of ``orbits`` of links.
    """
    from numerics.graphs import WEIGHTS
    from numerics.mixing.contraction import report as contraction_report

    if weights not in DESIGNED:
        if weights is not None and weights not in WEIGHTS:
            raise UnknownName("weights", weights, [*WEIGHTS, *DESIGNED])
        return contraction_report(graph.schedule(weights), rounds)
    found = design(graph, weights)
    return contraction_report(schedule(graph, found, weights), rounds) | {
        "objective": found.objective,
        "value": found.value,
        "lower_bound": found.lower_bound,
        "certified_gap": found.gap,
        "method": found.method,
        "orbits": found.orbits,
    }


def compare(graph: Graph, rounds: int | None = None) -> list[dict[str, Any]]:
    """Return the reports of all weights the graph admits: those with a name in the order of the registry, then the fastest."""
    from numerics.graphs import WEIGHTS

    reports = []
    for weights in WEIGHTS:
        try:
            reports.append(report(graph, weights, rounds))
        except InputError:  # weights that need two-way links, on a graph with one-way links
            continue
    if designable(graph) and graph.n <= COMPARED_NODES:
        reports.append(report(graph, "fastest", rounds))
    return reports


def draw(graph: Graph, weights: Sequence[str], path: Path) -> None:
    """Draw the graph once per kind of weights, links as wide as their weights and nodes coloured by what they keep.

    Parameters
    ----------
    graph
        A static graph.
    weights
        Names of weights, of either kind.
    path
        The image to write; written under another name first, so that nothing partial is left.

    Raises
    ------
    InputError
        If the graph changes from round to round, or the format of the image is not known.
    """
    import matplotlib.pyplot as plt
    import networkx as nx
    import numpy as np

    if len(graph.phases) != 1:
        raise InputError("graph to draw", graph.name, "one that stays as it is from round to round")
    matrices = {}
    for name in weights:
        one = schedule(graph, design(graph, name), name) if name in DESIGNED else graph.schedule(name)
        matrices[name] = one.at(0).matrix()
    net = nx.from_numpy_array(graph.phases[0].T, create_using=nx.DiGraph if graph.directed else nx.Graph)
    place = _places(graph, net)
    fig, axes = plt.subplots(1, len(matrices), figsize=(3.6 * len(matrices), 4.0), squeeze=False, layout="constrained")
    top = max(float((matrix - np.diag(np.diag(matrix))).max()) for matrix in matrices.values())
    for ax, (name, matrix) in zip(axes[0], matrices.items(), strict=True):
        spectrum = np.sort(np.abs(np.linalg.eigvals(matrix)))
        given = np.array([matrix[j, i] for i, j in net.edges()])
        colours = ["#b2182b" if value < -1e-12 else "#333333" for value in given]
        widths = (6.0 * np.abs(given) / top).tolist()
        nx.draw_networkx_edges(net, place, ax=ax, width=widths, edge_color=colours)
        size = float(np.clip(4000 / graph.n, 12, 220))
        dots = nx.draw_networkx_nodes(
            net, place, ax=ax, node_color=np.diag(matrix).tolist(), node_size=size, cmap="viridis", vmin=0.0, vmax=1.0
        )
        dots.set_edgecolor("#333333")
        ax.set_title(f"{name}\ngap {1 - spectrum[-2]:.4g}", fontsize=10)
        ax.set_axis_off()
    fig.colorbar(dots, ax=axes[0].tolist(), shrink=0.6, label="weight a worker keeps, $W_{ii}$")
    fig.suptitle(f"{graph.name}, {graph.n} workers; a link is as wide as its weight, red where negative", fontsize=10)
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        fig.savefig(partial, dpi=160)
        partial.replace(path)
    except ValueError as error:  # matplotlib's word for a format it does not know
        raise InputError("--out", str(path), f"an image that can be written ({error})") from None
    except OSError as error:
        raise ResultError(f"cannot write {path}: {error}") from None
    finally:
        partial.unlink(missing_ok=True)
        plt.close(fig)


def _places(graph: Graph, net: Any) -> Any:
    """Return positions of the nodes: a circle where the graph is one by nature, a layout by distances elsewhere."""
    import networkx as nx

    if graph.name in ("ring", "complete", "exponential"):
        return nx.circular_layout(net)
    return nx.kamada_kawai_layout(net.to_undirected()) if graph.n <= 150 else nx.spring_layout(net, seed=0)
