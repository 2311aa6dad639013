import math

import pytest

from experiments.report import numbers, prose
from experiments.report.axes import Axis, label


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0123449, "0.01234"),
        (0.0099999, "0.01000"),
        (1.12e78, "1.120\u2009·\u200910<sup>78</sup>"),
        (-2.5e-7, "−2.500\u2009·\u200910<sup>−7</sup>"),
        (12345.6, "12346"),
        (0.0, "0"),
        (math.inf, "∞"),
        (None, "–"),
    ],
)
def test_numbers(value: float | None, expected: str) -> None:
    assert numbers.number(value) == expected


def test_settings_have_no_trailing_zeros() -> None:
    assert [numbers.short(x) for x in (1.0, 0.5, 0.0316227, 2000.0, 20000.0)] == ["1", "0.5", "0.0316", "2000", "20\u2009000"]


def test_sentences() -> None:
    shown = prose.sentence("needs K >= 60^2 n L^4 / (1-q)^4; sigma^2 < 3, x_0, see ours.p2-tuned; fails by a factor 1.12e+78")
    assert "K ≥ 60<sup>2</sup> n L<sup>4</sup> / (1−q)<sup>4</sup>" in shown
    assert "σ<sup>2</sup> &lt; 3, x<sub>0</sub>" in shown
    assert '<a href="#ours.p2-tuned">ours.p2-tuned</a>' in shown
    assert "1.12\u2009·\u200910<sup>78</sup>" in shown


def test_sentences_are_escaped() -> None:
    assert prose.sentence("<script>alert(1)</script> & more") == "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"


def test_formulas_outside_the_vocabulary_are_shown_as_they_are() -> None:
    assert prose.formula(r"\weird<x", ".") == r"<code>\weird&lt;x</code>."


def test_punctuation_stays_with_its_formula() -> None:
    (shown,) = prose.paragraphs("so $a$, and\n$b$. Then")
    assert shown.count('<span class="unit"><math>') == 2
    assert "</math>,</span> and" in shown


def test_proofs_are_cut_into_paragraphs() -> None:
    assert len(prose.paragraphs("One.\n\nTwo is\nlong.\nThree.")) == 3


def test_units() -> None:
    assert prose.units({"f": 2, "x": -2}.items()) == "f² x⁻²"
    assert prose.units({"f": 1}.items()) == "f"
    assert prose.units({}.items()) == "1"


@pytest.mark.parametrize("values", [(1e-7, 3e3), (0.4, 0.6), (1.0, 1.0), (1, 4), (2e-3, 5e-2)])
def test_axes_hold_their_values_and_have_ticks(values: tuple[float, float]) -> None:
    axis = Axis.around(values, 0.0, 100.0)
    assert all(0 < axis(value) < 100 for value in values)
    assert 1 <= len(axis.ticks()) <= 7
    assert all(0 <= axis(tick) <= 100 for tick in axis.ticks())
    middle = math.sqrt(axis.low * axis.high)
    assert axis(middle) == pytest.approx(50)


def test_counts_have_whole_ticks() -> None:
    assert Axis.around((1, 4), 0.0, 1.0).ticks(whole=True) == [1, 2, 3, 4]


def test_tick_labels() -> None:
    assert [label(x) for x in (0.001, 0.3, 1.0, 50.0, 10000.0)] == ["0.001", "0.3", "1", "50", "10000"]
    assert label(1e-6) == '10<tspan dy="-4" font-size="75%">−6</tspan>'
    assert label(3e6).startswith("3·10<tspan")
