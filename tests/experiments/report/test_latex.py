import re
import xml.etree.ElementTree as ET

import pytest

from experiments.report import latex
from straggler import StragglerError
from theory import assumptions, assumptions_views, registry

FORMULAS = sorted(
    {found for card in registry.cards() for found in re.findall(r"\$(.*?)\$", registry.get(card.key).proof, re.DOTALL)}
    | {value.latex for module in (assumptions, assumptions_views) for value in vars(module).values() if hasattr(value, "latex")}
)


def tree(formula: str) -> ET.Element:
    return ET.fromstring(f"<math>{''.join(latex.pieces(formula))}</math>")


def shape(element: ET.Element) -> str:
    inside = "".join(shape(child) for child in element)
    text = (element.text or "").strip()
    return text if element.tag in ("mi", "mn", "mo", "mtext") else f"{element.tag[1:]}({inside})"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"\frac12", "ath(frac(12))"),
        (r"\frac\gamma n", "ath(frac(γn))"),
        (r"\frac{10}9", "ath(frac(row(10)9))"),
        (r"x_i^2", "ath(subsup(xi2))"),
        (r"x^2_i", "ath(subsup(xi2))"),
        (r"12x", "ath(12x)"),
        (r"x^12", "ath(sup(x1)2)"),
        (r"\sqrt\rho", "ath(sqrt(ρ))"),
        (r"\bar x_k", "ath(sub(over(x¯)k))"),
        (r"\sum_{s<k}a", "ath(under(∑row(s<k))a)"),
        (r"\left(a\right)^2", "ath(sup(row((row(a)))2))"),
        (r"\|a\|_F^2", "ath(‖asubsup(‖F2))"),
        (r"\mathbb{E}f", "ath(𝔼f)"),
        (r"\mathrm{avg}\,h", "ath(avgspace()h)"),
        (r"\text{all mass}", "ath(all\xa0mass)"),
    ],
)
def test_reads_what_tex_reads(formula: str, expected: str) -> None:
    assert shape(tree(formula)) == expected


def test_every_formula_of_the_house_is_in_the_vocabulary() -> None:
    assert len(FORMULAS) > 100
    for formula in FORMULAS:
        shown = "".join(tree(formula).itertext())
        letters = re.sub(r"\\(?:mathrm|text)\{([^}]*)\}", r"\1", formula)
        digits = re.sub(r"\D", "", letters.replace(r"\mathbf 1", ""))
        assert re.sub(r"\D", "", shown.replace("𝟏", "")) == digits, formula


def test_minus_is_a_sign_in_front_and_an_operator_between() -> None:
    first, second = (element for element in tree("-a-b").iter("mo"))
    assert (first.get("form"), second.get("form")) == ("prefix", "infix")
    assert first.text == "−"


def test_long_formulas_break_before_relations_but_never_inside_brackets() -> None:
    pieces = latex.pieces(r"\mathbb{E}f(\bar x_{k+1})\le\mathbb{E}f(\bar x_k)-\gamma(a_1+a_2+a_3+a_4+a_5+a_6+a_7 = b)")
    assert [piece.startswith('<mo form="infix">') for piece in pieces] == [False, True, True]
    assert [piece[17] for piece in pieces[1:]] == ["≤", "−"]
    assert latex.pieces("a<b") == ['<mi>a</mi><mo form="infix">&lt;</mo><mi>b</mi>']


@pytest.mark.parametrize("formula", [r"\unheard", r"\frac{1", "x^", r"\left(a"])
def test_refuses_what_it_does_not_know(formula: str) -> None:
    with pytest.raises(StragglerError):
        latex.pieces(formula)
