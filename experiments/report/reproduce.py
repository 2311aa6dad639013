"""How to see a finding again: the command, and a few lines of Python."""

from __future__ import annotations

import shlex
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.claims import Claim


def command(claim: Claim) -> str | None:
    """Return the command that examines the theorem on the grid the claim is from; None for a claim of no grid."""
    quick, full = _grids()
    dumped = claim.model_dump_json()
    if dumped not in full:
        return None
    return shlex.join(["straggler", "verify", *([] if dumped in quick else ["--full"]), "--theorem", claim.theorem])


def snippet(claim: Claim, claims: int) -> str:
    """Return Python that examines this one claim at the error level it has in a grid of ``claims``, and prints the finding."""
    from experiments.verify import FAMILY_LEVEL

    return (
        "from experiments.claims import Claim\n"
        "from experiments.verify import examine\n\n"
        f"{assignment(claim)}"
        f"print(examine(claim, alpha={FAMILY_LEVEL!r} / {claims}).finding)\n"
    )


def assignment(claim: Claim) -> str:
    """Return Python that makes the claim again, under the name ``claim``."""
    fields = claim.model_dump(exclude_defaults=True)
    arguments = "".join(f"    {name}={_plain(value)!r},\n" for name, value in fields.items())
    return f"claim = Claim(\n{arguments})\n"


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, dict) else value


@cache
def _grids() -> tuple[frozenset[str], frozenset[str]]:
    from experiments import grid

    quick = frozenset(claim.model_dump_json() for claim in grid.quick())
    return quick, quick | frozenset(claim.model_dump_json() for claim in grid.full())
