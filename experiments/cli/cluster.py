"""``straggler cluster``: what a training system achieves on a modelled cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from experiments.cli import options
from experiments.cli.output import number, print_json, print_table, table
from straggler import at_least

ITERATIONS, REPLICAS = 320, 4
"""What is played unless told otherwise: a whole number of periods of 8, 10 and 32."""


def cluster(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="sgd, dpsgd, wagma, ... (an unknown name prints them all).")],
    nodes: options.Nodes = None,
    workload: Annotated[
        str, typer.Option(metavar="FILE|NAME", help="resnet50-64, transformer-wmt, ddppo-navigation, or a TOML file.")
    ] = "resnet50-64",
    graph: Annotated[
        str | None, typer.Option(metavar="G", help="Graph, where the system has one to choose; default its usual one.")
    ] = None,
    iterations: Annotated[
        int, typer.Option(parser=options.whole, metavar="K", help="Iterations to play, n gradients each.")
    ] = ITERATIONS,
    replicas: Annotated[int, typer.Option(parser=options.whole, metavar="R", help="Number of independent runs.")] = REPLICAS,
    seed: Annotated[int, typer.Option(parser=options.whole, metavar="S", help="Seed of all random numbers.")] = 0,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="OPTION=VALUE",
            help="Option of the system (period, barrier, group, compressor, ...), or of the workload: network.bandwidth, ...",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Print throughput, idle time, staleness and traffic of SYSTEM on a modelled cluster, without training anything.

    Sixteen workers unless told otherwise.
    """
    chosen = options.settings("--set", settings)
    with options.understood("--set", chosen):
        found = achieved(system, workload, 16 if nodes is None else nodes, graph, iterations, replicas, seed, chosen)
    if as_json:
        print_json(found)
    else:
        _show(found)


def achieved(
    system: str,
    workload: str,
    nodes: int,
    graph: str | None = None,
    iterations: int = ITERATIONS,
    replicas: int = REPLICAS,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what the command prints as JSON: see `numerics.timeline.report`, and what it was asked for.

    ``settings`` are options of the system (see `numerics.timeline.of_system`) and, with a dot, values of the workload (see
    `numerics.cluster.load`).
    """
    from numerics.cluster import load
    from numerics.timeline import of_system, report

    for name, count, least in (("nodes", nodes, 2), ("iterations", iterations, 1), ("replicas", replicas, 1), ("seed", seed, 0)):
        at_least(name, count, least)
    given = dict(settings or {})
    changes = {name: given.pop(name) for name in list(given) if "." in name}
    asked = load(workload, changes)
    played = of_system(system, asked, nodes, graph, **given)
    found = report(played, iterations, replicas, seed)
    return {
        "system": system,
        "workload": asked.name,
        "changes": changes,
        "nodes": nodes,
        "timeline": played.name,
        "options": played.options(),
        "iterations": iterations,
        "replicas": replicas,
        "seed": seed,
        "unit": f"{asked.gradient.unit} per second",
        **found,
    }


def _show(found: Mapping[str, Any]) -> None:
    title = "{system} on {workload}, {nodes} workers ({timeline}), {iterations} iterations, {replicas} replicas, seed {seed}"
    typer.echo(title.format(**found))
    stale = found["staleness"]
    rows = [
        ["throughput", number(found["throughput"]), found["unit"]],
        ["time of an iteration", number(found["iteration_seconds"]), "s"],
        ["idle", number(100 * found["idle_fraction"]), "% of the workers' time"],
        ["staleness, mean", number(stale["mean"]), "updates or rounds"],
        ["staleness, largest", number(stale["max"]), "updates or rounds"],
        ["traffic of an iteration", number(found["bytes_per_iteration"]), "bytes, all workers together"],
    ]
    print_table(table(("measured", "value", "unit"), rows, right=("value",)))
