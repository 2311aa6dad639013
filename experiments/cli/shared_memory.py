"""``straggler shared-memory``: processes that really update one model without locks, and how stale and how far off they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from experiments.cli import options
from experiments.cli import simulate as words
from experiments.cli.output import console, number, print_json, print_table, table
from straggler import InputError, at_least, positive


def shared_memory(
    problem: Annotated[str, typer.Argument(metavar="PROBLEM", help="logistic-breast-cancer, logistic-digits or logistic:FILE.")],
    processes: Annotated[
        int | None, typer.Option("--processes", "-p", parser=options.whole, metavar="P", help="Default: one for each core.")
    ] = None,
    iterations: Annotated[
        int, typer.Option(parser=options.whole, metavar="K", help="Number of updates, all processes together.")
    ] = 20_000,
    step_size: words.StepSize = 0.02,
    batch: Annotated[int, typer.Option(parser=options.whole, metavar="B", help="Samples of a gradient.")] = 1,
    seed: words.Seed = 0,
    record_every: Annotated[
        int | None,
        typer.Option("--record-every", parser=options.whole, metavar="E", help="Keep every E-th read; default some 8000 in all."),
    ] = None,
    problem_set: words.ProblemSettings = None,
    as_json: options.Json = False,
) -> None:
    """Let processes update one model in shared memory without locks, and measure staleness and the gauge of elastic consistency.

    Every process samples from its own shard of the data. Random numbers come from the seed, but who reads and writes when is
    up to the machine: results differ from run to run, except for one process.
    """
    count = _cores() if processes is None else at_least("processes", processes, 1)
    for name, value in (("iterations", iterations), ("batch", batch)):
        at_least(name, value, 1)
    at_least("seed", seed, 0)
    positive("step size", step_size)
    if not problem.startswith("logistic"):
        from numerics.problems.registry import FACTORIES
        from straggler import UnknownName

        if problem in FACTORIES:
            raise InputError("problem", problem, "real data: logistic-breast-cancer, logistic-digits or logistic:FILE")
        raise UnknownName("problem", problem, ("logistic-breast-cancer", "logistic-digits", "logistic:FILE"))
    if "batch" in options.assignments("--problem-set", problem_set):
        raise InputError("--problem-set", "batch=...", "the option --batch")

    from experiments.cli import build

    made = build.problem(problem, count, None, None, 1.0, None, [*(problem_set or []), f"batch={batch}"])

    from experiments.shared_memory import report
    from numerics.shared_memory import lock_free

    with console(stderr=True).status("running"):
        run = lock_free(made, iterations=iterations, step_size=step_size, seed=seed, every=record_every)
    found = {"problem": problem, "iterations": iterations, "step_size": step_size, "batch": batch, "seed": seed}
    found |= report(run, made, step_size)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _show(found: Mapping[str, Any]) -> None:
    """Print how processes ended, where that was not as planned, and what was measured and predicted as one table."""
    title = "{processes} processes on {problem}, gamma = {step_size}, K = {iterations}, batch {batch}, seed {seed}"
    typer.echo(title.format(**found))
    for outcome in found["outcomes"]:
        if outcome["updates"] < outcome["planned"]:
            typer.echo(outcome["text"])
    stale, late, lost, ends = found["staleness"], found["overtaken"], found["lost"], found["gauge_sq_ci"]
    interval = f"  95 %: {number(ends[0])} .. {number(ends[1])}" if ends else ""
    rows = [
        ["processes that finished", f"{found['processes_finished']} of {found['processes']}"],
        ["gradients per second", number(found["gradients_per_second"])],
        ["f at the start, at the end", f"{number(found['initial_value'])}, {number(found['final_value'])}"],
        ["staleness T: largest, mean", f"{stale['max']}, {number(stale['mean'])}"],
        ["updates of others between read and write: largest, mean", f"{late['max']}, {number(late['mean'])}"],
        ["largest E||x - view||^2 / gamma^2", number(found["gauge_sq"]) + interval],
        ["largest single ||x - view||^2 / gamma^2", number(found["largest_gauge_sq"])],
        *([f"B^2 of {key}", number(bound)] for key, bound in found["predictions"].items()),
        *(
            [f"... with M = {number(found['largest_gradient_norm'])}, the largest gradient", number(bound)]
            for bound in list(found["with_measured_gradients"].values())[-1:]
        ),
        [
            "||lost updates||^2 / gamma^2",
            f"{number(lost['norm_sq'])}, in {lost['coordinates']} of {found['constants']['d']} coordinates",
        ],
        ["reads farther off than staleness alone can make them", f"{lost['readings_beyond_staleness']} of {found['readings']}"],
    ]
    print_table(table(("measured and predicted", "value"), rows))
    spread = stale["histogram"]
    shown = _binned(spread)
    print_table(table(("staleness", "updates"), shown, right=("updates",)))


def _binned(counts: Mapping[int, int]) -> list[list[str]]:
    """Return a histogram over 0, 1, 2-3, 4-7, ..."""
    bins: dict[int, int] = {}
    for level, count in counts.items():
        place = int(level).bit_length()
        bins[place] = bins.get(place, 0) + count
    ends = {place: ((1 << place) >> 1, max((1 << place) - 1, 0)) for place in bins}
    return [[str(low) if low == high else f"{low} - {high}", str(bins[place])] for place, (low, high) in sorted(ends.items())]
