"""``straggler necessity``: how much of a theorem can be seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli import options
from experiments.cli.output import console, number, print_json, print_table, progress, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.attack.jury import Standing
    from experiments.attack.necessity import Necessity

_NAMES = {"term": "terms", "exponent": "exponents", "constant": "constants"}


def necessity(
    key: Annotated[list[str] | None, typer.Argument(metavar="[KEY...]", help="Keys of theorems, such as ours.p2.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All theorems.")] = False,
    standing: Annotated[
        list[str] | None,
        typer.Option("--standing", metavar="S", help="All theorems of a standing: printed, rederived, corrected, ours."),
    ] = None,
    evaluations: Annotated[
        int | None,
        typer.Option(
            "--evaluations",
            parser=options.whole,
            metavar="N",
            help="Runs of the search, default 200; 0 replays those alone that refuted something before.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", parser=options.whole, metavar="S", help="Seed of the search: the same finds the same.")
    ] = 0,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="FILE", help="Write the claims that refute what was refuted, as TOML.")
    ] = None,
    jobs: options.Jobs = 1,
    as_json: options.Json = False,
) -> None:
    """Change a statement so that it says more, and search for runs that refute the change: what survives nobody can see.

    Each term is left out, its powers of n, K, rho, tau and T are changed by a half and by one, its constant is divided by 2, 10
    and 100. Exit status 1 if the statement itself is refuted and not marked as known to be false.
    """
    options.jobs(jobs)
    if keep is not None:
        options.file("--keep", keep)

    from experiments.attack import necessity as search
    from experiments.attack.interrupted import Interrupted

    keys = search.chosen(key or [], standing or [], every=every)
    most = search.EVALUATIONS if evaluations is None else evaluations
    try:
        with progress("theorems", len(keys)) as advance:
            found = search.examine_all(keys, evaluations=most, seed=seed, jobs=jobs, progress=advance)
    except Interrupted as stopped:
        typer.echo(so_far(stopped.found), err=True)
        raise
    if keep is not None:
        _write(keep, found)
    if as_json:
        print_json({"seed": seed, "theorems": [plain(each) for each in found], "counts": _total(found)})
    elif len(found) == 1:
        show(found[0])
    else:
        _list(found)
    if any(each.fails for each in found):
        raise typer.Exit(1)


def show(found: Necessity) -> None:
    """Print every mutant with what the left side reaches of its bound, its verdict, the run behind it, and the counts."""
    from rich.text import Text

    screen = console()
    made = table(("mutant", "left/bound", "verdict", "where"), (), right=("left/bound",))
    for each in found.standings:
        colour = "red" if each.refuted and each is found.stated else "green" if each.refuted else ""
        said = Text(word(each, found), colour)
        made.add_row(Text(each.mutant.text), Text(number(each.factor)), said, Text(_where(each)))
    print_table(made)
    screen.print(Text(summary(found)))


def _list(found: Sequence[Necessity]) -> None:
    """Print one row per theorem, what terms survive, and the counts."""
    from rich.text import Text

    rows = []
    for each in found:
        counts = (f"{refuted}/{total}" for refuted, total in each.counts().values())
        stated = "refuted" if each.stated.refuted else f"at most {number(each.stated.factor)} of the bound"
        rows.append([each.theorem.key, each.theorem.standing, *counts, stated])
    screen = console()
    names = tuple(_NAMES.values())
    print_table(table(("theorem", "standing", *names, "as stated"), rows, right=names, whole=("theorem", "standing")))
    for each in found:
        left = [term for term in each.standings if term.mutant.kind == "term" and not term.refuted]
        for term in left:
            screen.print(Text(f"{each.theorem.key} {term.mutant.text}: {verdict(term, each)}"))
    screen.print(Text(f"{len(found)} theorems: {_counted(_total(found))}"))


def summary(found: Necessity) -> str:
    """Return one line: what is refuted, by kind, and what is loosest seen of what survives."""
    known = " (known to be false)" if found.theorem.card.known_false else ""
    said = f"refuted{known}" if found.stated.refuted else f"the left side reaches {number(found.stated.factor)} of the bound"
    return f"{found.theorem.key}: {_counted(found.counts())}; as stated: {said} ({found.evaluations} evaluations)"


def so_far(found: Sequence[Necessity]) -> str:
    """Return what a search had found when it was interrupted, one line per theorem."""
    return "\n".join(["so far, of a search that did not end:", *(f"  {summary(each)}" for each in found)])


def word(found: Standing, among: Necessity) -> str:
    """Return what became of a mutant in a word or two."""
    from theory.mutants import implied_by

    if found.refuted:
        return "refuted"
    if found is among.stated:
        return "survives"
    return "implied" if implied_by(found.mutant) else "hidden" if among.hidden(found) else "survives"


def verdict(found: Standing, among: Necessity) -> str:
    """Return what became of a mutant, in words; of one that survives, how large its bound is at least beside the left side."""
    from theory.mutants import implied_by

    if found.refuted:
        return "refuted"
    if other := implied_by(found.mutant):
        return f"follows from {other}"
    if most := among.hidden(found):
        return f"hidden, at most {most:.3g} times below the bound, of which the left side reaches {number(among.stated.factor)}"
    return f"survives, {1 / found.factor:.3g} times the left side" if found.factor > 0 else "survives"


def plain(found: Necessity) -> dict[str, Any]:
    """Return the outcome for a theorem in plain values."""
    return {
        "theorem": found.theorem.key,
        "standing": found.theorem.standing,
        "known_false": found.theorem.card.known_false,
        "evaluations": found.evaluations,
        "counts": {_NAMES[kind]: list(pair) for kind, pair in found.counts().items()},
        "stated": _plain(found.stated, found),
        "mutants": [_plain(each, found) for each in found.standings[1:]],
    }


def _plain(found: Standing, among: Necessity) -> dict[str, Any]:
    from theory.mutants import implied_by

    probe = found.probe
    return {
        "kind": found.mutant.kind,
        "term": found.mutant.term,
        "text": found.mutant.text,
        "verdict": "refuted" if found.refuted else "survives",
        "implied_by": None if found.refuted else implied_by(found.mutant),
        "hidden": None if found is among.stated else among.hidden(found),
        "left_side": probe.lower if probe else None,
        "bound": found.bound,
        "factor": found.factor,
        "witness": probe.witness if probe else None,
        "claim": probe.claim.model_dump(mode="json") if probe else None,
    }


def _where(found: Standing) -> str:
    if found.probe is None:
        return ""
    claim = found.probe.claim
    return f"{claim.system} on {claim.problem}, {claim.graph}, n={claim.nodes}, K={claim.iterations}; {found.probe.witness}"


def _total(found: Sequence[Necessity]) -> dict[str, tuple[int, int]]:
    counted = [each.counts() for each in found]
    return {kind: (sum(each[kind][0] for each in counted), sum(each[kind][1] for each in counted)) for kind in _NAMES}


def _counted(counts: dict[str, tuple[int, int]]) -> str:
    refuted, total = (sum(pair[place] for pair in counts.values()) for place in (0, 1))
    parts = ", ".join(f"{_NAMES[kind]} {seen}/{of_kind}" for kind, (seen, of_kind) in counts.items())
    return f"refuted {refuted} of {total}: {parts}"


def _write(path: Path, found: Sequence[Necessity]) -> None:
    from experiments.attack.witnesses import written
    from experiments.storage import write

    text = written(claim for each in found for claim in each.claims())
    write(path, lambda file: file.write_text(text, encoding="utf-8"))
