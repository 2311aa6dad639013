"""``straggler compare``: who is proved to win where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli import options
from experiments.cli.output import number, print_json, print_table, table
from straggler import UnknownName

if TYPE_CHECKING:
    from experiments.comparison import Entry
    from experiments.comparison.planes import Family, Plane
    from experiments.comparison.setting import Setting

_NUMBERS = ("K_conditions", "K_non_vacuous", "K_linear", "bound", "step")
_SYSTEMS = "dpsgd, sgp, wagma-sequential, ...: a system with a theorem about K; one or more."


def compare(
    systems: Annotated[list[str], typer.Argument(metavar="SYSTEM...", help=_SYSTEMS)],
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
    planes: Annotated[
        list[str] | None,
        typer.Option(
            "--planes", metavar="P", help="Planes of regions: n-K, n-staleness, rho-zeta, or all; with --out all unless said."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Draw the planes: an image (png, pdf, svg), or a folder.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Compare systems by their theorems: from which K these apply, say something and speed up linearly, and who wins where.

    K counts rounds, of one batch of gradients from each worker. Bounds are compared, not runs, and gradients, not seconds. Where
    a theorem leaves the step free, it is the admissible one with the least bound. Different quantities are ranked apart.
    """
    from experiments import comparison
    from experiments.comparison import drawing
    from experiments.comparison.planes import Family
    from experiments.comparison.setting import Setting

    asked = comparison.known(systems)
    from experiments.cli.theorems import given_constants
    from numerics import graphs
    from theory.lower_bounds import SOURCE
    from theory.references import paper

    wanted = _wanted(planes, out)
    given = given_constants(constants)
    chosen = options.settings("--graph-set", graph_set)
    with options.understood("--graph-set", chosen):
        topology = graphs.get(graph, nodes, **chosen)
    setting = Setting(topology, weights, given)
    found, left_out = comparison.entries(asked, setting)
    regions, lower = comparison.regions(found), setting.lower_bounds(topology.diameter)
    drawn = _planes(wanted, asked, setting, Family(graph, chosen, weights, given))
    if out is not None:
        paths = drawing.draw(drawn, f"{', '.join(asked)} on {topology.name}, {topology.n} nodes where n is fixed", out)
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
                "regions": [plane.plain() for plane in drawn],
            }
        )
        return
    shown = ", ".join(f"{name} = {value:g}" for name, value in setting.common.items() if name != "n")
    typer.echo(f"{topology.name}, {topology.n} nodes; {shown}")
    for quantity in dict.fromkeys(entry.quantity for entry in found):
        typer.echo(f"\n{quantity}")
        rows = [
            [entry.system, entry.theorem, *(_shown(name, getattr(entry, name)) for name in _NUMBERS), "yes" if entry.best else ""]
            for entry in found
            if entry.quantity == quantity
        ]
        print_table(table(("system", "theorem", *_NUMBERS, "best"), rows, right=_NUMBERS, whole=("system", "theorem")))
    _remarks(found, left_out)
    if lower is not None:
        source = f"{paper(SOURCE).short}, recalled; constants not claimed"
        typer.echo(f"\nOrders of the rounds to epsilon = {setting.common['epsilon']:g} ({source}) and of the theorems")
        for name, rounds in (
            *lower.items(),
            *((f"{entry.theorem} ({entry.system})", entry.rounds_to_epsilon) for entry in found),
        ):
            typer.echo(f"  {name:<58}{_onset(rounds)}")
    for ranked in dict.fromkeys(region.quantity for region in regions):
        mine = [region for region in regions if region.quantity == ranked]
        typer.echo(f"\nSmallest bound of {ranked}, up to K = {number(mine[-1].last)}" if ranked else "")
        for region in mine:
            who = "no theorem applies" if region.system is None else f"{region.system} ({region.theorem})"
            typer.echo(f"from K = {number(region.first)} on: {who}")
    _told(drawn)
    if out is not None:
        for path in paths:
            typer.echo(str(path))


def _wanted(planes: list[str] | None, out: Path | None) -> tuple[str, ...]:
    """Return the planes asked for, all of them where only ``--out`` is; refuse a place where nothing can be drawn."""
    from experiments.comparison.drawing import files
    from experiments.comparison.planes import PLANES

    if out is not None:
        files(out)
        options.writable("--out", out)
    asked = planes or (["all"] if out is not None else [])
    for name in asked:
        if name not in (*PLANES, "all"):
            raise UnknownName("plane", name, (*PLANES, "all"))
    return PLANES if "all" in asked else tuple(dict.fromkeys(asked))


def _planes(wanted: Sequence[str], systems: Sequence[str], setting: Setting, family: Family) -> list[Plane]:
    from experiments.comparison.planes import plane

    return [plane(name, systems, family, setting) for name in wanted]


def _told(planes: Sequence[Plane]) -> None:
    """Say of every plane who has the smallest bound on which share of it, and who is left out."""
    for plane in planes:
        winners = plane.winners
        names = (*plane.systems, "no theorem applies")
        shares = {
            name: float((winners == (-1 if index == len(plane.systems) else index)).mean()) for index, name in enumerate(names)
        }
        shown = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share)
        typer.echo(f"\nplane {plane.name}, {plane.quantity}, shares of its points: {shown}")
        if plane.level:
            typer.echo(f"the same for every {plane.y_name}: the bounds of {', '.join(plane.level)}")
        for system, why in plane.left_out.items():
            typer.echo(f"left out: {system}: {why}")


def _remarks(found: Sequence[Entry], left_out: Sequence[dict[str, str]]) -> None:
    """Say what was assumed, what never applies and why, what was left out, and how a theorem is to be read."""
    for entry in found:
        if entry.never:
            typer.echo(f"never: {entry.theorem} ({entry.system}): {'; '.join(entry.never)}")
    for gone in left_out:
        typer.echo(f"left out: {gone['theorem']} ({gone['system']}): {gone['why']}")
    for entry in found:
        if entry.note:
            typer.echo(f"note: {entry.theorem} ({entry.system}): {entry.note}")
    assumed = {(name, value, why): None for entry in found for name, (value, why) in entry.assumed.items()}
    for name, value, why in assumed:
        who = dict.fromkeys(entry.system for entry in found if entry.assumed.get(name) == (value, why))
        typer.echo(f"assumed: {name} = {number(value)} for {', '.join(who)}: {why}")


def _shown(name: str, value: float | None) -> str:
    """Return an onset, a bound or a step for the table; a bound where the theorem does not apply is none."""
    return "none" if name == "bound" and value == float("inf") else _onset(value)


def _onset(value: float | None) -> str:
    return "never" if value == float("inf") else number(value)
