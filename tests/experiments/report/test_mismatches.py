"""The section of statements whose units do not match."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import sympy as sp

import theory
from experiments.report.mismatches import mismatches
from experiments.report.sections import Section, sections
from theory.conditions import Condition
from theory.symbols import delta, gamma
from theory.units import findings


def test_every_theorem_with_findings_is_listed_and_no_other(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    section = text[text.index('id="units"') : text.index('id="theorems"')]
    expected = [card.key for card in theory.cards() if findings(theory.get(card.key))]
    assert re.findall(r'<a href="#([^"]+)"><code>', section) == expected
    assert section.count('<tr><th scope="row">') == sum(len(findings(theory.get(key))) for key in expected)


def test_units_stand_below_the_parts() -> None:
    shown = {each.section.key: each for each in mismatches(sections([]))}
    places = {str(place.where): place for place in shown["wagma.theorem-4.6:printed"].places}
    below = [
        "".join(node.itertext())
        for node in ET.fromstring(str(places["bound"].formula)).iter("mrow")
        if node.get("class") == "below"
    ]
    assert below == ["[f4x−6]", "[f2x−2]", "[f]"]
    assert places["bound"].repair.count("lacks a factor of units") == 2
    assert "takes" not in str(shown["sgp.theorem-1:printed"].fixed)
    assert "condition 1" in {str(place.where) for place in shown["sgp.theorem-1:printed"].places}


def test_theorems_of_ones_own_are_shown() -> None:
    own = replace(
        theory.get("ours.p1"),
        right_side=gamma * sp.Symbol("drag", positive=True),
        requires=(Condition("delta small", delta, sp.log(delta)),),
    )
    (shown,) = mismatches([Section(own, ())])
    assert [str(place.where) for place in shown.places] == ["bound", "condition 1"]
    assert "drag is not in the table" not in str(shown.places[0].formula)
    assert "the units of drag are not known" in str(shown.places[0].formula)
    assert "<mi>log</mi>" in str(shown.places[1].formula)
    assert mismatches([Section(theory.get("ours.p1"), ())]) == []
