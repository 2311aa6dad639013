"""``straggler verify``: the theorems held against what really happens."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from experiments.cli import options
from experiments.cli.output import console, number, print_json, print_table, progress, table
from straggler import InputError

if TYPE_CHECKING:
    from experiments.claims import Claim
    from experiments.verdict import Finding
    from experiments.verify import Outcome

_COLOURS = {"holds": "green", "vacuous": "yellow", "inconclusive": "yellow", "violated": "red", "diverged": "red"}
_COLUMNS = (
    *("theorem", "standing", "system", "problem", "graph", "n", "K"),
    *("measured", "exact", "worst", "bound", "bound/measured", "verdict"),
)
_NARROW = ("claim", "measured", "bound", "ratio", "verdict")
_NARROW_BELOW = 150
_RIGHT = ("ratio", "n", "K", "measured", "exact", "worst", "bound", "bound/measured")


def verify(
    quick: Annotated[bool, typer.Option("--quick", help="The small grid (default).")] = False,
    full: Annotated[bool, typer.Option("--full", help="The large grid.")] = False,
    theorem: Annotated[
        list[str] | None, typer.Option("--theorem", metavar="KEY", help="Only claims of this theorem, in all its standings.")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", metavar="DIR", help="Write an HTML report into this folder.")] = None,
    jobs: options.Jobs = -1,
    store: Annotated[Path, typer.Option("--store", metavar="DIR", help="Folder of results, kept and reused.")] = Path("results"),
    as_json: options.Json = False,
) -> None:
    """Run the grid of claims and print a verdict for each: holds, vacuous, violated, inconclusive, inapplicable or diverged.

    Finished runs are stored: started again after an interruption, it goes on where it was.
    """
    if quick and full:
        raise typer.BadParameter("--quick and --full exclude each other")
    options.jobs(jobs)
    if not store.is_dir():  # one that is there may hold all that is asked for
        options.folder("--store", store)
    if report is not None:
        options.folder("--report", report)

    from experiments import grid

    claims = _chosen(grid.full() if full else grid.quick(), theorem or [])

    from experiments.verify import counts
    from experiments.verify import verify as examine

    with progress("claims", len(claims)) as advance:
        outcomes = examine(claims, store=store, jobs=jobs, progress=advance)
    findings = [outcome.finding for outcome in outcomes]
    tally = counts(findings)
    page = None
    if report is not None:
        from experiments.report import write

        page = write(outcomes, report)
    if as_json:
        plain = [_plain(outcome, len(outcomes)) for outcome in outcomes]
        shown = {"grid": "full" if full else "quick", "claims": plain, "counts": tally}
        print_json(shown | ({"report": str(page)} if page else {}))
    else:
        show(outcomes, tally)
        if page is not None:
            typer.echo(f"report: {page}")
    if any(finding.fails for finding in findings):
        raise typer.Exit(1)


def show(outcomes: list[Outcome], tally: dict[str, int]) -> None:
    """Print the verdict table, a reason for everything that does not simply hold, reproducers, and the counts."""
    from rich.text import Text

    findings = [outcome.finding for outcome in outcomes]
    screen = console()
    narrow = screen.width < _NARROW_BELOW
    made = table(_NARROW if narrow else _COLUMNS, (), right=_RIGHT, whole=("verdict",))
    for finding in findings:
        cells = _few_cells(finding) if narrow else _cells(finding)
        made.add_row(*(Text(cell) for cell in cells), Text(finding.verdict, _COLOURS.get(finding.verdict, "")))
    print_table(made)
    reasons: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.verdict != "holds":
            reasons.setdefault(f"{finding.verdict}: {finding.theorem}: {finding.reason}", []).append(finding)
    for reason, group in reasons.items():
        where = ", ".join(f"{f.problem} on {f.graph}, n = {f.nodes}, K = {f.iterations}" for f in group)
        known = " (known to be false as stated: a finding, not a failure)" if group[0].known_false else ""
        screen.print(Text(f"{reason}{known} [{where}]"))
    for outcome in outcomes:
        code = _reproducer(outcome, len(outcomes))
        if code is not None:
            typer.echo(f"\nto see {outcome.finding.theorem} {outcome.finding.verdict} again:\n\n{textwrap.indent(code, '    ')}")
    total = ", ".join(f"{number_of} {verdict}" for verdict, number_of in tally.items() if number_of)
    screen.print(Text(f"{len(findings)} claim{'s' if len(findings) != 1 else ''}: {total}"))


def _ratio(finding: Finding) -> float | None:
    """Return bound / measured, where the bound was tested."""
    return finding.factor if finding.verdict != "inapplicable" else None


def _few_cells(finding: Finding) -> list[str]:
    """Return a row for a narrow terminal, with the exact value for the measured one where there is one."""
    setting = f"{finding.problem}, {finding.graph}, n={finding.nodes}, K={finding.iterations}"
    measured = finding.measured if finding.exact is None else finding.exact
    return [f"{finding.theorem}\n{setting}", *(number(value) for value in (measured, finding.bound, _ratio(finding)))]


def _cells(finding: Finding) -> list[str]:
    return [
        finding.theorem,
        finding.standing,
        finding.system,
        finding.problem,
        finding.graph,
        str(finding.nodes),
        str(finding.iterations),
        *(number(value) for value in (finding.measured, finding.exact, finding.worst_case, finding.bound, _ratio(finding))),
    ]


def _plain(outcome: Outcome, claims: int) -> dict[str, Any]:
    return outcome.finding.as_dict() | {"fails": outcome.finding.fails, "reproducer": _reproducer(outcome, claims)}


def _reproducer(outcome: Outcome, claims: int) -> str | None:
    """Return Python that shows a violation or a divergence again, on a grid of ``claims``; None for other findings."""
    if outcome.finding.verdict not in ("violated", "diverged"):
        return None
    from experiments.report.reproduce import snippet

    return snippet(outcome.claim, claims)


def _chosen(claims: list[Claim], keys: list[str]) -> list[Claim]:
    """Return the claims of the theorems asked for; a key without a standing means all its standings."""
    from theory import resolve

    chosen: set[str] = set()
    for key in keys:
        full, present = resolve(key), {claim.theorem for claim in claims}
        meant = {name for name in present if name == full or (":" not in key and name.partition(":")[0] == key)}
        if not meant:
            raise InputError("--theorem", key, f"a theorem this grid has claims about: {', '.join(sorted(present))}")
        chosen |= meant
    return [claim for claim in claims if not keys or claim.theorem in chosen]
