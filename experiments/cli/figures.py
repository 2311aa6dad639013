"""``straggler figures`` and ``straggler figure``: the scripts of ``paper_figs``, found by name when asked for."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path
from typing import Annotated, Any

import typer

from experiments.cli import options
from experiments.cli.output import print_table, table
from straggler import StragglerError, UnknownName

# The floor above: it may be called by name, but not imported from here.
PACKAGE = "paper_figs"


def figures() -> None:
    """List the figure scripts."""
    print_table(table(("key", "shows"), [[key, text] for key, text in scripts().items()], whole=("key",)))


def figure(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Name of a figure script, see `straggler figures`.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write to.")] = Path("figures"),
    quick: Annotated[bool, typer.Option("--quick", help="A smaller run of the same figures.")] = False,
) -> None:
    """Draw the figures of one paper, and write PDF, PNG and the data as CSV."""
    known, key = scripts(), key.replace("_", "-")
    if key not in known:
        raise UnknownName("figure", key, known)
    options.folder("--out", out)
    script = importlib.import_module(f"{PACKAGE}.{key.replace('-', '_')}")
    for path in script.main(out, quick=quick):
        typer.echo(path)


def scripts() -> dict[str, str]:
    """Return, by key, the first line of the docstring of every script: a module of `PACKAGE` that defines ``main``.

    Sources are read, not imported: a list must not wait for matplotlib.
    """
    package = importlib.import_module(PACKAGE)
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        source = _source(module)
        if source is None:
            continue
        tree = ast.parse(source.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body):
            found[module.name.replace("_", "-")] = (ast.get_docstring(tree) or "").partition("\n")[0]
    if not found:
        raise StragglerError(f"no figure scripts in {', '.join(package.__path__)}")
    return found


def _source(module: pkgutil.ModuleInfo) -> Path | None:
    """Return the source file of a module found by `pkgutil`, or None where it has none."""
    finder: Any = module.module_finder
    spec = finder.find_spec(module.name, None)
    origin = spec.origin if spec is not None else None
    return Path(origin) if origin and origin.endswith(".py") else None
