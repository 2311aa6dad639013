import contextlib
import io
import re
import shlex
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from experiments.report import reproduce, write
from experiments.report.page import groups
from experiments.verify import Outcome
from straggler import ResultError
from theory import registry

VOID = {"meta", "link", "br", "path", "circle", "polyline", "polygon", "mspace", "img", "hr"}


class Reader(HTMLParser):
    """Collects what the tests ask for, and fails where an element is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.headers: list[dict[str, str | None]] = []
        self.attributes: dict[str, dict[str, str | None]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.attributes.setdefault(tag, found)
        if tag not in VOID:
            self.open.append(tag)
        if found.get("id"):
            self.ids.append(found["id"] or "")
        if tag == "th":
            self.headers.append(found)
        if tag == "a":
            self.links.append(found.get("href") or "")
        if tag in ("img", "script", "iframe", "use", "image", "object", "source") or (tag == "link"):
            self.loaded.append(found.get("src") or found.get("href") or tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"{tag} closed at {self.getpos()}"


@pytest.fixture(scope="module")
def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


def section_of(text: str, key: str) -> str:
    return text[text.index(f'<section class="theorem" id="{key}"') :].split("</section>")[0]


def test_elements_are_closed_in_order(read: Reader) -> None:
    assert read.open == []
    assert read.attributes["html"]["lang"] == "en"


def test_nothing_is_loaded(read: Reader, text: str) -> None:
    assert read.loaded == ["data:,"]
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", text)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)


def test_ids_are_unique_and_links_lead_to_them(read: Reader) -> None:
    assert len(set(read.ids)) == len(read.ids)
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)


def test_every_header_has_a_scope(read: Reader) -> None:
    assert read.headers
    assert all(header.get("scope") in ("col", "row") for header in read.headers)


def test_every_formula_and_drawing_is_well_formed(text: str) -> None:
    formulas = re.findall(r"<math.*?</math>", text, re.DOTALL)
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(formulas) > 200
    for found in (*formulas, *drawings):
        assert len(ET.fromstring(found)) or found.startswith("<svg")
    pictures = [ET.fromstring(drawing) for drawing in drawings if 'role="img"' in drawing]
    assert pictures
    assert all(picture.get("aria-label") for picture in pictures)
    assert "nan" not in "".join(drawings)


def test_every_theorem_is_shown(read: Reader, text: str) -> None:
    for card in registry.cards():
        assert read.ids.count(card.key) == 1
        assert f'<h2><code>{card.key}</code> <span class="badge {card.standing}">' in text
    assert "No claim of this grid is about this theorem." in section_of(text, "ours.p5")


def test_evidence_shows_the_numbers_of_the_outcomes(outcomes: list[Outcome], text: str) -> None:
    first = outcomes[0].finding
    shown = section_of(text, "ours.p1")
    assert first.exact is not None
    assert first.bound is not None
    for value in (first.exact, first.bound):
        assert f">{value:.4g}"[:6] in shown
    assert shown.count('<polyline class="measured"') == shown.count('<polyline class="bound"') == 3
    assert "settled by exact second moments" in shown


def test_a_prescribed_step_has_a_bound_at_one_K_only(text: str) -> None:
    shown = section_of(text, "ours.p1-tuned")
    drawing = shown[shown.index("<figure>") : shown.index("<figcaption>")]
    assert drawing.count('class="level"') == 1
    assert 'class="bound"' not in drawing
    assert drawing.count('class="exact"') == 1


def test_infinite_values_are_arrows(text: str) -> None:
    assert section_of(text, "ours.p1").count('class="dot"') == 2  # in the drawing and in its legend


def test_findings_come_first_and_in_order(text: str) -> None:
    places = [
        text.index(f">{title}</h3>")
        for title in ("Violated, and known to be false as stated", "Diverged", "Inconclusive", "Inapplicable")
    ]
    assert places == sorted(places)
    assert places[-1] < text.index('id="theorems"')
    findings = text[places[0] : text.index('id="theorems"')]
    assert "fails by a factor 1.12\u2009·\u200910<sup>78</sup>" in findings
    assert '<a href="#sgp.lemma-3:corrected">' in findings
    assert "&lt;b&gt;the interval&lt;/b&gt; &amp; the bound" in findings


def test_an_unexpected_violation_leads(outcomes: list[Outcome]) -> None:
    wrong = replace(outcomes[0], finding=replace(outcomes[0].finding, verdict="violated"))
    assert groups([*outcomes, wrong])[0].title == "Violated, and not known to be false"
    assert groups(outcomes[:1]) == []


def test_the_violated_lemma_can_be_reproduced(outcomes: list[Outcome], text: str) -> None:
    violated = next(outcome for outcome in outcomes if outcome.finding.verdict == "violated")
    command = reproduce.command(violated.claim)
    assert command is not None
    assert command in text
    assert shlex.split(command) == ["straggler", "verify", "--theorem", violated.claim.theorem]
    assert registry.resolve(violated.claim.theorem) == violated.claim.theorem
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(reproduce.snippet(violated.claim, 89), {})
    assert f"measured={violated.finding.measured!r}" in printed.getvalue()
    assert "verdict='violated'" in printed.getvalue()


def test_claims_of_no_grid_have_no_command(outcomes: list[Outcome]) -> None:
    assert reproduce.command(outcomes[0].claim) is None


def test_claims_of_the_full_grid_say_so() -> None:
    from experiments import grid

    quick = {claim.model_dump_json() for claim in grid.quick()}
    only_full = next(claim for claim in grid.full() if claim.model_dump_json() not in quick)
    assert "--full" in (reproduce.command(only_full) or "")


def test_the_same_outcomes_give_the_same_bytes(outcomes: list[Outcome], page: Path, tmp_path: Path) -> None:
    assert write(outcomes, tmp_path).read_bytes() == page.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_no_outcomes_give_a_page_too(tmp_path: Path) -> None:
    shown = write([], tmp_path / "new").read_text(encoding="utf-8")
    assert "Nothing was violated, diverged, or remained open." in shown


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultError, match="cannot write"):
        write([], tmp_path / "file")
