"""``straggler cite``: the papers a run stands on."""

from __future__ import annotations

from typing import Annotated

import typer

TOOLKIT = "straggler"


def cite(
    systems: Annotated[list[str], typer.Argument(metavar="SYSTEM...", help="Names of systems, as `simulate` takes them.")],
) -> None:
    """Print BibTeX entries for what runs of these systems used, the toolkit included."""
    from numerics.algorithms import REGISTRY
    from straggler import UnknownName
    from theory import bibtex

    keys: list[str] = []
    for system in systems:
        if system not in REGISTRY:
            raise UnknownName("system", system, REGISTRY)
        keys += REGISTRY[system].references
    typer.echo(bibtex([*keys, TOOLKIT]))
