"""``straggler gauge``: how far the views of a system are from its center, beside the B^2 that theory predicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli import options
from experiments.cli import simulate as run
from experiments.cli.output import console, number, print_json, print_table, table

Read = Annotated[
    int | None,
    typer.Option("--record-every", parser=options.whole, metavar="E", help="Read every E-th event; default a thousand in all."),
]


def gauge(
    system: run.System,
    problem: run.ProblemName = "cosine",
    dim: run.Dim = None,
    nodes: options.Nodes = None,
    graph: run.GraphName = "ring",
    weights: options.Weights = None,
    iterations: run.Iterations = 1000,
    replicas: run.Replicas = 16,
    step_size: run.StepSize = 0.05,
    noise: run.Noise = None,
    sigma: run.Sigma = 1.0,
    zeta: run.Zeta = None,
    seed: run.Seed = 0,
    record_every: Read = None,
    system_set: run.SystemSettings = None,
    graph_set: options.GraphSettings = None,
    problem_set: run.ProblemSettings = None,
    timeline: run.Timeline = None,
    timeline_set: run.TimelineSettings = None,
    workload: run.Workload = None,
    out: run.Out = None,
    as_json: options.Json = False,
) -> None:
    """Run SYSTEM and print the largest E||center - view||^2 / gamma^2 over time and workers, by worker, and predicted.

    Elastic consistency asks for a bound B^2 on it. Theorems of the house that give one for such a run are listed with it.
    """
    from experiments.claims import Claim
    from experiments.cli import build

    algorithm = build.algorithm(system, step_size, system_set)
    build.checked(iterations, replicas, seed, sigma, out)
    schedule = build.schedule(graph, nodes, weights, graph_set)
    asked = build.told(timeline, timeline_set, workload)
    clock = build.timeline(timeline, algorithm, schedule, asked)
    made = build.problem(problem, schedule.n, dim, noise, sigma, zeta, problem_set)

    from dataclasses import fields

    from experiments.gauging import predicted, read
    from numerics.gauge import gauge as measure

    with console(stderr=True).status("gauging"):
        readings = measure(
            algorithm,
            made,
            schedule,
            iterations=iterations,
            replicas=replicas,
            seed=seed,
            every=record_every,
            timeline=clock,
        )
    told = {f.name: value for f in fields(algorithm) if isinstance(value := getattr(algorithm, f.name), int | float | str | bool)}
    told.pop("step_size", None)
    chosen = {name: value for name, value in asked.items() if not isinstance(value, tuple)}
    claim = Claim(
        theorem="",
        system=system,
        problem=problem,
        graph=graph,
        nodes=schedule.n,
        iterations=iterations,
        options=told,
        timeline=timeline,
        timeline_options=chosen,
    )
    found = read(readings, schedule.n)
    bounds = predicted(claim, algorithm, made, readings, (schedule, clock))
    if out is not None:
        _store(readings, out)
    answer = {
        "system": system,
        "problem": problem,
        "nodes": schedule.n,
        "iterations": iterations,
        "replicas": replicas,
        "seed": seed,
        "gauge_sq": found.gauge_sq,
        "gauge_sq_ci": found.interval,
        "predicted_B_sq": min(bounds.values()) if bounds else None,
        "predictions": bounds,
        "at": {"iteration": found.iteration, "worker": found.worker},
        "by_worker": found.by_worker,
        "time": float(readings["time"].mean()) if "time" in readings else None,
        "constants": readings.constants,
    }
    if as_json:
        print_json(answer)
        return
    _show(answer)
    if out is not None:
        typer.echo(f"written to {out}")


def _store(readings: object, out: Path) -> None:
    from experiments import storage

    storage.save(readings, out)  # type: ignore[arg-type]


def _show(answer: dict[str, object]) -> None:
    """Print the reading, the predictions and the workers as short tables."""
    ends, where, largest = answer["gauge_sq_ci"], answer["at"], answer["gauge_sq"]
    assert isinstance(where, dict)
    assert isinstance(largest, float)
    interval = f"  95 %: {number(ends[0])} .. {number(ends[1])}" if isinstance(ends, tuple) else ""
    worker = "" if where["worker"] is None else f", worker {where['worker']}"
    typer.echo("{system} on {problem}, n = {nodes}, K = {iterations}, {replicas} replicas, seed {seed}".format(**answer))
    label = f"largest E||center - view||^2 / gamma^2 (iteration {where['iteration']}{worker})"
    rows = [[label, number(largest) + interval]]
    bounds = answer["predictions"]
    assert isinstance(bounds, dict)
    rows += [[f"B^2 of {key}", number(bound)] for key, bound in bounds.items()] or [["B^2", "none is known for such a run"]]
    if isinstance(answer["time"], float):
        rows.append(["seconds on the cluster", number(answer["time"])])
    print_table(table(("measured and predicted", "value"), rows))
    workers = answer["by_worker"]
    assert isinstance(workers, list)
    if len(workers) <= 64:
        shown = [[str(i), number(value)] for i, value in enumerate(workers)]
        print_table(table(("worker", "mean over time"), shown, right=("mean over time",)))
