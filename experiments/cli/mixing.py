"""``straggler mixing``: how fast a graph with weights contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli import options
from experiments.cli.output import console, number, print_json, table
from straggler import InputError, at_least

if TYPE_CHECKING:
    from numerics.graphs import Graph

_NUMBERS = ("lambda2", "rho", "spectral_gap", "contraction")


def mixing(
    graph: Annotated[str, typer.Argument(metavar="GRAPH", help="Name of a graph, or a file networkx can read.")],
    nodes: options.Nodes = None,
    weights: options.Weights = None,
    rounds: Annotated[
        int | None, typer.Option(parser=options.whole, metavar="R", help="Rounds to multiply; default one period.")
    ] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Show all weights this graph admits.")] = False,
    graph_set: options.GraphSettings = None,
    as_json: options.Json = False,
) -> None:
    """Show second eigenvalue, rho, spectral gap and contraction of a graph with mixing weights.

    The spectral numbers are those of the product of R rounds; rho is that of one round.
    """
    from numerics import graphs

    if rounds is not None:
        at_least("rounds", rounds, 1)
    chosen = options.settings("--graph-set", graph_set)
    with options.understood("--graph-set", chosen):
        topology = graphs.get(graph, nodes, **chosen)
    found = report(topology, weights, rounds)
    reports = _all(topology, rounds) if compare else [found]
    if as_json:
        print_json(found | {"closed_form": _closed_form(topology, found)} | ({"compare": reports} if compare else {}))
        return
    typer.echo(f"{found['graph']}, {found['nodes']} nodes, {found['rounds']} round{'s' if found['rounds'] > 1 else ''}")
    rows = [
        [entry["weights"], *(number(entry[name]) for name in _NUMBERS), "yes" if entry["doubly_stochastic"] else "no"]
        for entry in reports
    ]
    console().print(table(("weights", *_NUMBERS, "doubly stochastic"), rows, right=_NUMBERS, whole=("weights",)))


def report(graph: Graph, weights: str | None, rounds: int | None) -> dict[str, Any]:
    """Return the contraction of a graph with the given weights; see `numerics.mixing.contraction.report`."""
    from numerics.mixing.contraction import report as contraction_report

    return contraction_report(graph.schedule(weights), rounds)


def _closed_form(graph: Graph, found: dict[str, Any]) -> dict[str, Any] | None:
    from experiments.spectra import closed_form

    return closed_form(graph, found["weights"], found["rounds"])


def _all(graph: Graph, rounds: int | None) -> list[dict[str, Any]]:
    """Return the reports of all weights the graph admits, in the order of the registry."""
    from numerics.graphs import WEIGHTS

    reports = []
    for weights in WEIGHTS:
        try:
            reports.append(report(graph, weights, rounds))
        except InputError:  # weights that need two-way links, on a graph with one-way links
            continue
    return reports
