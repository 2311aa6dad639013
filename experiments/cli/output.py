"""What commands print: JSON that any reader takes, and tables for people."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE = 200
_UNBOUNDED = 10_000


def plain(value: Any) -> Any:
    """Return ``value`` in types JSON has: numpy numbers and arrays as Python's, NaN and infinities as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def print_json(value: Any) -> None:
    """Print ``value`` as JSON; what JSON has no number for is null."""
    typer.echo(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def number(value: float | None) -> str:
    """Return a number with four digits for a table; nothing for None."""
    return "" if value is None else f"{value:.4g}"


def console(*, stderr: bool = False) -> Console:
    """Return a rich console; where nobody looks at a terminal, lines are long enough not to be folded."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, highlight=False, width=None if stream.isatty() else WIDE)


def print_table(made: Table) -> None:
    """Print a table; on a terminal narrower than what is never folded, lines are longer than it, and no number is cut off."""
    from rich.cells import cell_len
    from rich.measure import Measurement

    screen = console()
    for column in made.columns:
        if column.no_wrap:
            column.min_width = max(cell_len(str(cell)) for cell in (column.header, *column.cells))
    screen.width = max(screen.width, Measurement.get(screen, screen.options.update(max_width=_UNBOUNDED), made).minimum)
    screen.print(made)


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[float], None] | None]:
    """Show a progress bar on stderr while the block runs, if that is a terminal; what it yields is told how much is done."""
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, completed=done)


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = (), whole: Sequence[str] = ()
) -> Table:
    """Return a rich table of plain text, the columns in ``right`` flushed right; these and those in ``whole`` never folded."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        fixed = name in right or name in whole
        made.add_column(Text(name), justify="right" if name in right else "left", overflow="fold", no_wrap=fixed)
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made
