"""``straggler mixing``: how fast a graph with weights contracts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli import options
from experiments.cli.output import number, print_json, print_table, table
from straggler import at_least

if TYPE_CHECKING:
    from numerics.graphs import Graph

_NUMBERS = ("lambda2", "rho", "spectral_gap", "contraction")
_LEFT_OUT = ("lazy", "push")  # of a drawing, where links are two-way: their links look like those of others


def mixing(
    graph: Annotated[str, typer.Argument(metavar="GRAPH", help="Name of a graph, or a file networkx can read.")],
    nodes: options.Nodes = None,
    weights: options.Weights = None,
    rounds: Annotated[
        int | None, typer.Option(parser=options.whole, metavar="R", help="Rounds to multiply; default one period.")
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Show all weights this graph admits, the fastest up to 256 nodes (12 for pairs)."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Draw the weights on the graph into an image, such as w.png.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE.csv", help="Write the mixing matrix where --weights can read it.")
    ] = None,
    graph_set: options.GraphSettings = None,
    as_json: options.Json = False,
) -> None:
    """Show second eigenvalue, rho, spectral gap and contraction of a graph with mixing weights.

    The spectral numbers are those of the product of R rounds; rho is that of one round. The weights fastest,
    fastest-averaging and least-deviation are computed, with a certified lower bound on what any weights reach; where workers
    meet in pairs that change from round to round, fastest weighs every pair of every round, and the bound is on the
    contraction of a period. Other commands take them too, and the files that --save writes.
    """
    from experiments.mixing import design, files
    from numerics import graphs

    if rounds is not None:
        at_least("rounds", rounds, 1)
    if out is not None:
        options.file("--out", out)
    if save is not None:
        files.saves(save)
        options.file("--save", save)
    chosen = options.settings("--graph-set", graph_set)
    with options.understood("--graph-set", chosen):
        topology = graphs.get(graph, nodes, **chosen)
    chosen_weights = files.named_or_read(topology, weights)
    found = design.report(topology, chosen_weights, rounds)
    schedules = design.compared(topology) if compare else [chosen_weights]
    reports = [design.report(topology, one, rounds) for one in schedules]
    if save is not None:
        files.save(chosen_weights, save)
    if out is not None:
        from experiments.mixing.drawing import draw

        hidden = _LEFT_OUT if compare and not topology.directed else ()
        draw(topology, [one for one in schedules if one.provenance()["weights"] not in hidden], out)
    if as_json:
        print_json(found | {"closed_form": _closed_form(topology, found)} | ({"compare": reports} if compare else {}))
        return
    typer.echo(f"{found['graph']}, {found['nodes']} nodes, {found['rounds']} round{'s' if found['rounds'] > 1 else ''}")
    rows = [
        [
            entry["weights"],
            *(number(entry[name]) for name in _NUMBERS),
            number(entry.get("lower_bound") if entry["rounds"] == chosen_weights.period else None),
            "yes" if entry["doubly_stochastic"] else "no",
        ]
        for entry in reports
    ]
    columns = ("weights", *_NUMBERS, "lower bound", "doubly stochastic")
    print_table(table(columns, rows, right=columns[1:-1], whole=("weights",)))


def _closed_form(graph: Graph, found: dict[str, Any]) -> dict[str, Any] | None:
    from experiments.spectra import closed_form

    return closed_form(graph, found["weights"], found["rounds"])
