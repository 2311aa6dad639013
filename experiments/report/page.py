"""The page: what is asked of the template, and the file it becomes."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.report import numbers, prose, reproduce
from experiments.report.evidence import Row
from experiments.report.mismatches import mismatches
from experiments.report.sections import Section, sections
from experiments.verdict import VERDICTS
from straggler import __version__

if TYPE_CHECKING:
    from experiments.verify import Outcome
    from theory.references import Paper
    from theory.symbols import Entry

MEANING = {
    "holds": "the measured value lies below the bound: by exact second moments, or with its whole interval",
    "vacuous": "the bound holds, but exceeds the squared gradient norm at the start: it promises no progress",
    "violated": "the measured value lies above the bound; a finding if the statement is known to be false, else a failure",
    "inconclusive": "the budget of replicas ended with the interval still across the bound, or the witnesses disagree",
    "inapplicable": "an assumption or a condition of the theorem is not met; it is named, with the factor by which it fails",
    "diverged": "a replica overflowed",
}


@dataclass(frozen=True)
class Group:
    """Findings of one kind, most important kinds first."""

    title: str
    remark: str
    rows: tuple[Row, ...]


def write(outcomes: Iterable[Outcome], directory: Path) -> Path:
    """Write the report of these outcomes and return its path, ``directory/index.html``.

    The page is one file: styles, formulas (MathML) and drawings (SVG) are inside, nothing is loaded. It is written whole or
    not at all, and the same outcomes give the same bytes.

    Parameters
    ----------
    outcomes
        What `experiments.verify.verify` returned. Theorems without claims are listed too.
    directory
        Folder of the page; made where it does not exist.

    Raises
    ------
    ResultError
        If the file cannot be written.
    """
    from experiments import storage

    path = Path(directory) / "index.html"
    page = render(list(outcomes))
    storage.write(path, lambda temporary: temporary.write_text(page, encoding="utf-8"))
    return path


def render(outcomes: Sequence[Outcome]) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    from experiments.verify import FAMILY_LEVEL
    from theory.symbols import TABLE

    environment = Environment(
        loader=PackageLoader("experiments.report"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose.sentence, "number": numbers.number, "latex": prose.formula, "mathml": prose.statement}
    found = sections(outcomes)
    return environment.get_template("page.html").render(
        sections=found,
        total=len(outcomes),
        counts={verdict: sum(o.finding.verdict == verdict for o in outcomes) for verdict in VERDICTS},
        meaning=MEANING,
        level=FAMILY_LEVEL,
        groups=groups(outcomes),
        mismatches=mismatches(found),
        reproduce=reproduce,
        symbols=_symbols(found),
        symbol_table=TABLE,
        units=prose.units,
        papers=_papers(found),
        corrections=_corrections(found),
        versions=_versions(),
    )


def groups(outcomes: Sequence[Outcome]) -> list[Group]:
    """Return what deserves attention: violations, then runs that diverged or settled nothing, then theorems out of reach."""

    def rows(verdict: str, known_false: bool | None = None) -> tuple[Row, ...]:
        return tuple(
            Row(outcome)
            for outcome in outcomes
            if outcome.finding.verdict == verdict and known_false in (None, outcome.finding.known_false)
        )

    kinds = (
        Group("Violated, and not known to be false", "An error in the theorem or in this toolkit.", rows("violated", False)),
        Group(
            "Violated, and known to be false as stated",
            "The statement stands beside its correction; the violation is what was to be shown.",
            rows("violated", True),
        ),
        Group("Diverged", "", rows("diverged")),
        Group("Inconclusive", "", rows("inconclusive")),
        Group(
            "Inapplicable",
            "The run is not one the theorem speaks about; where a number decides, the factor says how far it is from being one.",
            rows("inapplicable"),
        ),
    )
    return [kind for kind in kinds if kind.rows]


def _symbols(found: Sequence[Section]) -> list[Entry]:
    """Return the entries of the table of symbols that some statement uses, in the order of the table."""
    from theory.symbols import TABLE

    used: set[str] = set()
    for section in found:
        theorem = section.theorem
        used |= {*theorem.constants, *(str(symbol) for symbol, _ in theorem.definitions)}
        used |= {str(symbol) for symbol in theorem.right_side.free_symbols}
    return [entry for name, entry in TABLE.items() if name in used]


def _papers(found: Sequence[Section]) -> list[Paper]:
    """Return the papers that are cited, each once."""
    cited = dict.fromkeys(section.theorem.card.source.paper_key for section in found)
    return [section_paper for section_paper in map(_paper, cited) if section_paper.year]


def _paper(key: str) -> Paper:
    from theory.references import paper

    return paper(key)


def _corrections(found: Sequence[Section]) -> dict[str, str]:
    """Return, for printed statements that stand beside a corrected one, the key of the corrected one."""
    keys = {section.key for section in found}
    pairs = {key: key.replace(":printed", ":corrected") for key in keys if key.endswith(":printed")}
    return {key: corrected for key, corrected in pairs.items() if corrected in keys}


def _versions() -> dict[str, str]:
    parts = {name: version(name) for name in ("numpy", "scipy", "sympy")}
    return {"straggler": __version__, "Python": platform.python_version(), **parts}
