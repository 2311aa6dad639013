"""``straggler compare``: who is proved to win where."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.cli import options
from experiments.cli.output import console, number, print_json, table

_ONSETS = ("K_conditions", "K_non_vacuous", "K_linear", "bound")


def compare(
    systems: Annotated[
        list[str], typer.Argument(metavar="SYSTEM...", help="sgd, dpsgd, sgp, osgp, local-sgd, adpsgd, apsgd; one or more.")
    ],
    nodes: options.Nodes = None,
    graph: Annotated[str, typer.Option("--graph", metavar="G", help="Name of a graph, or a file networkx can read.")] = "ring",
    weights: options.Weights = None,
    constants: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A constant: K=1e6, sigma=2, epsilon=1e-3, rho=0.9 (not the graph's), ..."
        ),
    ] = None,
    graph_set: options.GraphSettings = None,
    as_json: options.Json = False,
) -> None:
    """Compare systems by their theorems: from which K these apply, say something and speed up linearly, and who wins where.

    K counts rounds, of one batch of gradients from each worker. Bounds are compared, not runs, and gradients, not seconds.
    """
    from experiments import comparison

    asked = comparison.known(systems)
    from experiments.cli.theorems import given_constants
    from numerics import graphs

    given = given_constants(constants)
    chosen = options.settings("--graph-set", graph_set)
    with options.understood("--graph-set", chosen):
        topology = graphs.get(graph, nodes, **chosen)
    setting = comparison.Setting(topology, weights, given)
    found, left_out = comparison.entries(asked, setting)
    regions, lower = comparison.regions(found), setting.lower_bounds(topology.diameter)
    if as_json:
        print_json(
            {
                "graph": topology.name,
                "nodes": topology.n,
                "constants": setting.common,
                "theorems": [entry.plain() for entry in found],
                "lower_bounds": lower,
                "left_out": left_out,
                "winners": [vars(region) for region in regions],
            }
        )
        return
    shown = ", ".join(f"{name} = {value:g}" for name, value in setting.common.items() if name != "n")
    typer.echo(f"{topology.name}, {topology.n} nodes; {shown}")
    rows = [
        [entry.system, entry.theorem, *(_onset(getattr(entry, name)) for name in _ONSETS), "yes" if entry.best else ""]
        for entry in found
    ]
    console().print(table(("system", "theorem", *_ONSETS, "best"), rows, right=_ONSETS, whole=("system", "theorem")))
    for entry in left_out:
        typer.echo(f"left out: {entry['theorem']}: {entry['why']}")
    if lower is not None:
        typer.echo(
            f"\nOrders of the rounds to epsilon = {setting.common['epsilon']:g} (constants not claimed) and of the theorems"
        )
        for name, rounds in (*lower.items(), *((entry.theorem, entry.rounds_to_epsilon) for entry in found)):
            typer.echo(f"  {name:<30}{_onset(rounds)}")
        typer.echo()
    for region in regions:
        who = "no theorem applies" if region.system is None else f"{region.system} ({region.theorem})"
        typer.echo(f"K = {number(region.first)} to {number(region.last)}: {who}")


def _onset(value: float | None) -> str:
    return "never" if value == float("inf") else number(value)
