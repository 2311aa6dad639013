"""Mixing weights drawn on their graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.mixing.layout import crowding, is_grid, lines, places
from experiments.storage import write
from straggler import InputError

if TYPE_CHECKING:
    from numerics.graphs import Graph
    from numerics.mixing import PeriodicSchedule

_RED = "#c40024"


def draw(graph: Graph, schedules: Sequence[PeriodicSchedule], path: Path) -> None:
    """Draw the graph once per kind of weights: links as wide and dark as they weigh, red below zero, nodes by what they keep.

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
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    if len(graph.phases) != 1:
        raise InputError("graph to draw", graph.name, "one that stays as it is from round to round")
    matrices = {one.provenance()["weights"]: one.at(0).matrix() for one in schedules}
    net = nx.from_numpy_array(graph.phases[0].T, create_using=nx.DiGraph if graph.directed else nx.Graph)
    place = places(graph, net)
    sender, receiver = np.array(net.edges()).T
    given = {
        name: matrix[receiver, sender] if graph.directed else (matrix[receiver, sender] + matrix[sender, receiver]) / 2
        for name, matrix in matrices.items()
    }
    top = max(float(np.abs(each).max()) for each in given.values())
    least = min(float(each.min()) for each in given.values())
    least = least if least < -1e-6 * top else 0.0
    zero = -least / (top - least)
    # a jump at zero: the lightest red is still red
    reds = [(0.0, _RED), (zero, "#ee8899")] if least < 0 else []
    shades = LinearSegmentedColormap.from_list("links", [*reds, (zero, "#e0e0e0"), (1.0, "#222222")])
    links = ScalarMappable(Normalize(least, top), shades)
    kept = Normalize(min(0.0, *(float(np.diag(matrix).min()) for matrix in matrices.values())), 1.0)
    fig, axes = plt.subplots(1, len(matrices), figsize=(3.4 * len(matrices) + 2.0, 4.2), squeeze=False, layout="constrained")
    widest = float(np.clip(40 / np.sqrt(len(sender) * crowding(graph) / graph.n), 0.8, 2.5 if graph.directed else 4.5))
    for ax, (name, matrix) in zip(axes[0], matrices.items(), strict=True):
        spectrum = np.sort(np.abs(np.linalg.eigvals(matrix)))
        order = np.argsort(np.where(given[name] < 0, 2 * top, np.abs(given[name])))  # heavy links over light, negative over all
        edges, weights = np.stack([sender, receiver], axis=1)[order].tolist(), given[name][order]
        widths = (0.15 * widest + 0.85 * widest * np.abs(weights) / top).tolist()
        size = float(np.clip(4000 / crowding(graph), 12, 220))
        colours = links.to_rgba(weights).tolist()
        if graph.directed:
            nx.draw_networkx_edges(net, place, ax=ax, edgelist=edges, width=widths, edge_color=colours, node_size=int(size))
        else:
            drawn = lines(graph, place, edges)
            copies = [len(pieces) for pieces in drawn]
            flat = LineCollection(
                [piece for pieces in drawn for piece in pieces],
                linewidths=np.repeat(widths, copies),
                colors=np.repeat(colours, copies, axis=0),
                zorder=1,
            )
            ax.add_collection(flat)
            ax.autoscale_view()
        kept_by = np.diag(matrix).tolist()
        dots = nx.draw_networkx_nodes(
            net, place, ax=ax, node_color=kept_by, node_size=size, cmap="viridis", vmin=kept.vmin, vmax=kept.vmax
        )
        dots.set_edgecolor("#333333")
        dots.set_clip_on(False)
        ax.set_title(f"{name}\ngap $1 - |\\lambda_2|$ = {1 - spectrum[-2]:.4g}", fontsize=10)
        ax.set_aspect("equal")
        ax.set_axis_off()
    fig.colorbar(dots, ax=axes[0].tolist(), shrink=0.7, label="what a worker keeps, $W_{ii}$")
    label = "$W_{ij}$" if graph.directed else "$(W_{ij} + W_{ji})/2$"
    fig.colorbar(links, ax=axes[0].tolist(), shrink=0.7, label=f"weight of a link, {label}")
    cut = "; links cut at the border go on at the opposite side" if is_grid(graph) and max(graph.params["shape"]) > 2 else ""
    fig.suptitle(f"{graph.name}, {graph.n} workers{cut}", fontsize=11)
    try:
        write(path, lambda file: fig.savefig(file, format=path.suffix[1:].lower(), dpi=160))
    except ValueError as error:  # matplotlib's word for a format it does not know
        raise InputError("--out", str(path), f"an image that can be written ({error})") from None
    finally:
        plt.close(fig)
