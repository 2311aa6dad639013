from xml.dom import minidom

import pytest

import theory
from theory import symbols
from theory.quantities import QUANTITIES
from theory.typeset import latex, math, mathml

PLAIN = {"math", "mrow", "mi", "mn", "mo", "mfrac", "msqrt", "mroot", "msup", "msub", "msubsup", "munder", "mover", "munderover"}


def elements(text):
    document = minidom.parseString(text)
    return {node.tagName for node in document.getElementsByTagName("*")}


@pytest.mark.parametrize("key", theory.keys())
def test_mathml_is_plain_and_well_formed(key):
    theorem = theory.get(key)
    pieces = theorem.mathml()
    for piece in (pieces.claim, pieces.bound, pieces.step, pieces.step_limit, *pieces.conditions, *pieces.definitions):
        assert elements(math(piece)) <= PLAIN
        assert "@" not in piece
        assert ":" not in piece
    assert bool(pieces.step) == (theorem.step is not None)
    assert len(pieces.conditions) == len(theorem.requires)
    assert pieces.bound in pieces.claim


@pytest.mark.parametrize("key", theory.keys())
def test_latex_is_balanced_and_complete(key):
    theorem = theory.get(key)
    for text in (theorem.latex(), theorem._repr_markdown_()):
        assert text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right")
    for symbol in theorem.right_side.free_symbols:
        assert symbols.TABLE[symbol.name].latex in theorem.latex()


def test_symbols_of_the_table():
    for name, entry in symbols.TABLE.items():
        assert entry.symbol.name == name == entry.name
        assert elements(math(entry.mathml)) <= PLAIN
        assert set(entry.units) <= {"x", "f"}


def test_quantities_are_well_formed():
    for quantity in QUANTITIES.values():
        assert elements(math(quantity.mathml)) <= PLAIN


def test_terms_stand_in_the_order_of_a_paper():
    assert latex(theory.get("ours.p1").right_side) == r"\frac{2 \Delta}{K \gamma} + \frac{L \gamma \sigma^{2}}{n}"
    assert latex(theory.get("sgp.theorem-1").right_side) == r"\frac{12 F}{\sqrt{K n}}"
    assert latex(theory.get("sgp.theorem-1").step) == r"\sqrt{\frac{n}{K}}"
    assert mathml(symbols.B_E) == "<mrow><msub><mi>B</mi><mi>E</mi></msub></mrow>"


def test_notebook_shows_statement_and_standing():
    text = theory.get("sgp.lemma-3")._repr_markdown_()
    assert "printed" in text
    assert "False" in text
    assert "$$" in text
    assert "not compared with the print" in text
    assert repr(theory.get("ours.p1")).startswith("<Theorem ours.p1 (ours): mean_grad_norm_sq <= ")
