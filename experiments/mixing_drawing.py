"""Mixing weights drawn on their graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from straggler import InputError, ResultError

if TYPE_CHECKING:
    from numerics.graphs import Graph
    from numerics.mixing import PeriodicSchedule


def draw(graph: Graph, schedules: Sequence[PeriodicSchedule], path: Path) -> None:
    """Draw the graph once per kind of weights, links as wide as their weights and nodes coloured by what they keep.

    Parameters
    ----------
    graph
        A static graph.
    schedules
        The graph with each kind of weights.
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
    matrices = {one.provenance()["weights"]: one.at(0).matrix() for one in schedules}
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
