"""``straggler simulate``: run an algorithm and say what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli import options
from experiments.cli.output import console, number, print_json, print_table, table

System = Annotated[
    str, typer.Argument(metavar="SYSTEM", help="sgd, dpsgd, sgp, adpsgd, lsgd, wagma, ... (an unknown name prints them all).")
]
ProblemName = Annotated[str, typer.Option("--problem", metavar="P", help="Name of a problem, or logistic:FILE (LIBSVM).")]
Dim = Annotated[int | None, typer.Option(parser=options.whole, metavar="D", help="Dimension; default 10, or that of the data.")]
GraphName = Annotated[str, typer.Option("--graph", metavar="G", help="Name of a graph, or a file networkx can read.")]
Iterations = Annotated[int, typer.Option(parser=options.whole, metavar="K", help="Number of iterations.")]
Replicas = Annotated[int, typer.Option(parser=options.whole, metavar="R", help="Number of independent runs.")]
StepSize = Annotated[float, typer.Option(metavar="G", help="Step size gamma.")]
Noise = Annotated[
    str | None,
    typer.Option(metavar="KIND", help="gaussian, rademacher, minibatch or none; default gaussian, minibatch on real data."),
]
Sigma = Annotated[float, typer.Option(metavar="S", help="Root of the gradient variance of one worker.")]
Zeta = Annotated[float | None, typer.Option(metavar="Z", help="Heterogeneity of a synthetic problem; default 0.")]
Seed = Annotated[int, typer.Option(parser=options.whole, metavar="S", help="Seed of all random numbers.")]
Every = Annotated[int, typer.Option("--record-every", parser=options.whole, metavar="E", help="Record every E-th iteration.")]
SystemSettings = Annotated[
    list[str] | None, typer.Option("--set", metavar="OPTION=VALUE", help="Option of the system: momentum, period, overlap, ...")
]
ProblemSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--problem-set",
        metavar="OPTION=VALUE",
        help="Further option of the problem: mu, split, nu (variance sigma^2 + nu ||grad f_i||^2), ...",
    ),
]
Record = Annotated[
    list[str] | None,
    typer.Option("--record", metavar="QUANTITY", help="Also record zeta, sigma, view_grad_norm_sq, ... along the run."),
]
Timeline = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who is active when: independent, worst-delay, late, ..., or cluster, with seconds."),
]
TimelineSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--timeline-set",
        metavar="OPTION=VALUE",
        help="Option of the timeline: delay, partners; mode, network.bandwidth, ... of a cluster.",
    ),
]
Workload = Annotated[
    str | None,
    typer.Option(metavar="FILE|NAME", help="Cluster of --timeline cluster: resnet50-64 (the default), ..., or a TOML file."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE.nc", help="Write the trajectories as NetCDF.")]


def simulate(
    system: System,
    problem: ProblemName = "cosine",
    dim: Dim = None,
    nodes: options.Nodes = None,
    graph: GraphName = "ring",
    weights: options.Weights = None,
    iterations: Iterations = 1000,
    replicas: Replicas = 8,
    step_size: StepSize = 0.05,
    noise: Noise = None,
    sigma: Sigma = 1.0,
    zeta: Zeta = None,
    seed: Seed = 0,
    record_every: Every = 1,
    system_set: SystemSettings = None,
    graph_set: options.GraphSettings = None,
    problem_set: ProblemSettings = None,
    record: Record = None,
    timeline: Timeline = None,
    timeline_set: TimelineSettings = None,
    workload: Workload = None,
    out: Out = None,
    jobs: options.Jobs = 1,
    as_json: options.Json = False,
) -> None:
    """Run SYSTEM and print the mean squared gradient norm at its center, with a 95 % interval over replicas.

    Eight workers on a ring minimise a ten-dimensional cosine unless told otherwise.
    """
    from experiments.cli import build

    algorithm = build.algorithm(system, step_size, system_set)
    build.checked(iterations, replicas, seed, sigma, out)
    options.jobs(jobs)
    schedule = build.schedule(graph, nodes, weights, graph_set)
    clock = build.timeline(timeline, algorithm, schedule, build.told(timeline, timeline_set, workload))
    made = build.problem(problem, schedule.n, dim, noise, sigma, zeta, problem_set)

    from experiments.cli.summary import summary
    from numerics import simulate as run
    from numerics.simulation import DEFAULT_QUANTITIES

    with console(stderr=True).status("simulating"):
        dataset = run(
            algorithm,
            made,
            schedule,
            iterations=iterations,
            replicas=replicas,
            seed=seed,
            record_every=record_every,
            quantities=list(dict.fromkeys([*DEFAULT_QUANTITIES, *(record or [])])),
            timeline=clock,
            jobs=jobs,
        )
    if out is not None:
        from experiments import storage

        storage.save(dataset, out)
    found = summary(dataset)
    if as_json:
        print_json(found)
        return
    _show(found, weights, timeline)
    if out is not None:
        typer.echo(f"written to {out}")


def _show(found: dict[str, object], weights: str | None, timeline: str | None) -> None:
    """Print the summary of a run as two short tables; the heading names weights and timeline that were chosen."""
    low_high = found["mean_grad_norm_sq_ci"]
    interval = f"  95 %: {number(low_high[0])} .. {number(low_high[1])}" if isinstance(low_high, tuple) else ""
    labels = {
        "mean ||grad f(center)||^2": number(found["mean_grad_norm_sq"]) + interval,  # type: ignore[arg-type]
        "mean (1/n) sum_i ||view_i - center||^2": number(found["mean_consensus_sq"]),  # type: ignore[arg-type]
        "f(center) at the end": number(found["final_value"]),  # type: ignore[arg-type]
        "seconds on the cluster": number(found["time"]),  # type: ignore[arg-type]
        "staleness of a gradient, mean": number(found["mean_staleness"]),  # type: ignore[arg-type]
        "staleness of a gradient, largest": number(found["largest_staleness"]),  # type: ignore[arg-type]
        "seconds in the loop": number(found["loop_seconds"]),  # type: ignore[arg-type]
    }
    chosen = "".join(f", {name} {value}" for name, value in (("weights", weights), ("timeline", timeline)) if value is not None)
    run = "n = {nodes}, d = {dim}, K = {iterations}, {replicas} replicas, seed {seed}".format(**found)
    typer.echo(f"{found['system']} on {found['problem']}, {found['graph']} graph{chosen}, {run}")
    print_table(table(("measured", "value"), [row for row in labels.items() if row[1]]))
    constants = found["constants"]
    assert isinstance(constants, dict)
    print_table(table(("constant", "value"), [[name, number(value)] for name, value in constants.items()], right=("value",)))
    recorded = found["recorded"]
    assert isinstance(recorded, dict)
    if recorded:
        rows = [[name, number(entry["mean"]), number(entry["max"])] for name, entry in recorded.items()]
        print_table(table(("recorded", "mean", "largest"), rows, right=("mean", "largest")))
    diverged = found["diverged"]
    if diverged:
        assert isinstance(diverged, dict)
        first = ", ".join(f"{replica} at {iteration}" for replica, iteration in list(diverged.items())[:8])
        typer.echo(f"{len(diverged)} of {found['replicas']} replicas diverged (replica at iteration: {first})")
