"""The list of commands. A new command is one file and one line here."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from experiments.cli import (
    cite,
    cluster,
    compare,
    falsify,
    figures,
    gauge,
    mixing,
    necessity,
    shared_memory,
    simulate,
    theorems,
    verify,
)
from straggler import UnknownName, __version__


class _Commands(TyperGroup):
    """A group that answers a misspelt command with the nearest ones."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name; raise `UnknownName` where there is none."""
        found = super().get_command(ctx, cmd_name)
        if found is None:
            raise UnknownName("command", cmd_name, self.commands)
        return found


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 fine, 1 a claim is violated that is not marked as known to be false, 2 bad input.",
)
app.command("theorems")(theorems.theorems)
app.command("mixing")(mixing.mixing)
app.command("compare")(compare.compare)
app.command("simulate")(simulate.simulate)
app.command("gauge")(gauge.gauge)
app.command("cluster")(cluster.cluster)
app.command("shared-memory")(shared_memory.shared_memory)
app.command("verify")(verify.verify)
app.command("falsify")(falsify.falsify)
app.command("necessity")(necessity.necessity)
app.command("cite")(cite.cite)
app.command("figures")(figures.figures)
app.command("figure")(figures.figure)


@app.callback(invoke_without_command=True)
def straggler(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Holds the theory of distributed SGD against what really happens."""
    if version:
        typer.echo(f"straggler {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
    else:
        return
    raise typer.Exit


def run(arguments: list[str]) -> None:
    """Run the command that ``arguments`` ask for; whatever stops it is raised, `typer.Exit` included."""
    # not `main`, which has exit statuses of its own and takes a closed pipe for a failed claim
    commands = typer.main.get_command(app)
    with commands.make_context("straggler", arguments) as context:
        commands.invoke(context)
