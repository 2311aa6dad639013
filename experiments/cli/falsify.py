"""``straggler falsify``: a search for a run on which a theorem fails."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli import options
from experiments.cli.output import console, number, print_json, print_table, progress, table
from straggler import at_least

if TYPE_CHECKING:
    from experiments.attack.confirm import Confirmation
    from experiments.attack.search import Attack

_COLUMNS = ("witness", "left side", "bound", "ratio", "at least", "where")
_RIGHT = ("left side", "bound", "ratio", "at least")


def falsify(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Key of a theorem; without a standing, the printed one.")],
    evaluations: Annotated[
        int | None,
        typer.Option(
            "--evaluations", parser=options.whole, metavar="N", help="Short runs that the search may take; default 600."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", parser=options.whole, metavar="S", help="Seed of the search: the same finds the same.")
    ] = 0,
    as_json: options.Json = False,
) -> None:
    """Search problems, graphs, noise, starts and delays that a theorem speaks about for the largest ratio left side / bound.

    What is found is confirmed on fresh runs and printed with a reproducer. Exit status 1 if the theorem is falsified and not
    marked as known to be false.
    """
    at_least("seed", seed, 0)
    if evaluations is not None:
        at_least("evaluations", evaluations, 1)

    from theory import registry

    theorem = registry.get(key)

    from experiments.attack.interrupted import Interrupted
    from experiments.attack.search import EVALUATIONS, attack

    most = EVALUATIONS if evaluations is None else evaluations
    try:
        with progress("evaluations", most) as advance:
            found = attack(theorem, evaluations=most, seed=seed, progress=advance)
    except Interrupted as stopped:
        typer.echo(so_far(stopped.found), err=True)
        raise
    if as_json:
        print_json(plain(found))
    else:
        show(found)
    if found.falsified and not found.known_false:
        raise typer.Exit(1)


def show(found: Attack) -> None:
    """Print what each witness reached and where, the verdict, and how to see it again."""
    from rich.text import Text

    from experiments.attack.reproduce import snippet, verdict, where

    screen = console()
    rows = []
    for each in found.shown:
        probe = each.probe
        numbers = (probe.value, probe.bound, probe.ratio, probe.sure)
        rows.append([probe.witness, *(number(value) for value in numbers), where(probe)])
    print_table(table(_COLUMNS, rows, right=_RIGHT, whole=("witness",)))
    for each in found.confirmed:
        if not each.agrees:
            screen.print(Text(f"the witnesses disagree: {each.probe.witness} {each.probe.value:.6g}, runs {each.simulated}"))
    spent = f"{found.evaluations} evaluation{'s' if found.evaluations != 1 else ''}"
    screen.print(Text(f"{found.theorem}: {verdict(found)} ({spent}, seed {found.seed})"))
    if found.closest is not None:
        typer.echo(f"\nto see it again:\n\n{textwrap.indent(snippet(found.closest), '    ')}")


def so_far(found: Attack) -> str:
    """Return what a search had found when it was interrupted, one line per kind of witness."""
    from experiments.attack.reproduce import where

    best = [f"  {kind}: ratio {number(probe.ratio)}, {where(probe)}" for kind, probe in found.best.items() if probe.ratio > 0]
    return "\n".join([f"{found.theorem}: best of {found.evaluations} evaluations, unconfirmed:", *(best or ["  nothing"])])


def plain(found: Attack) -> dict[str, Any]:
    """Return what was found in plain values."""
    from experiments.attack.reproduce import snippet, verdict

    closest = found.closest
    return {
        "theorem": found.theorem,
        "known_false": found.known_false,
        "falsified": found.falsified,
        "verdict": verdict(found),
        "ratio": closest.ratio if closest else None,
        "ratio_at_least": closest.probe.sure if closest else None,
        "evaluations": found.evaluations,
        "seed": found.seed,
        "witnesses": [_row(each) for each in found.confirmed],
        "reproducer": snippet(closest) if closest else None,
    }


def _row(each: Confirmation) -> dict[str, Any]:
    probe = each.probe
    return {
        "witness": probe.witness,
        "left_side": probe.value,
        "left_side_at_least": probe.lower,
        "bound": probe.bound,
        "ratio": probe.ratio,
        "refutes": each.refutes,
        "agrees": each.agrees,
        "simulated": None if each.simulated is None else list(each.simulated),
        "claim": probe.claim.model_dump(mode="json"),
        "constants": probe.constants,
    }
