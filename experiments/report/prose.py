"""Sentences written for a terminal, set for a page: symbols, powers, formulas between dollar signs, links to theorems."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from markupsafe import Markup, escape

from experiments.report import latex
from straggler import StragglerError

_GREEK = {"gamma": "γ", "sigma": "σ", "zeta": "ζ", "rho": "ρ", "tau": "τ", "lambda": "λ", "Delta": "Δ"}
_SIGNS = {"||": "‖", "&lt;=": "≤", "&gt;=": "≥", "sqrt(": "√(", "grad f": "∇f", "**": "^", " - ": " − ", "(1-q)": "(1−q)"}
_POWER = re.compile(r"\^(\*|-?\d+|\(([^()]*)\)|[A-Za-z])")
_INDEX = re.compile(r"(?<![\w.-])([A-Za-z]|[α-ωΔ])_(\d+|[a-zA-Z])(?![\w])")
_SCIENTIFIC = re.compile(r"(?<![\w.])(\d(?:\.\d+)?)e([+-])0*(\d+)\b")
_UNIT_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def sentence(text: str) -> Markup:
    """Return a plain sentence as HTML: Greek letters, powers and indices, and links where theorems are named by key."""
    shown = str(escape(text))
    for plain, sign in _SIGNS.items():
        shown = shown.replace(plain, sign)
    for name, letter in _GREEK.items():
        shown = re.sub(rf"(?<![A-Za-z]){name}(?![A-Za-z])", letter, shown)
    shown = re.sub(r"(?<=\w)\*(?=\w)", "\u2009", shown)
    shown = _SCIENTIFIC.sub(lambda found: f"{found[1]}\u2009·\u200910^{'-' * (found[2] == '-')}{found[3]}", shown)
    shown = _INDEX.sub(r"\1<sub>\2</sub>", shown)
    shown = _POWER.sub(lambda found: f"<sup>{found[2] or found[1].replace('-', '−')}</sup>", shown)
    return Markup(_linked(shown))


def formula(text: str, after: str = "") -> Markup:
    """Return LaTeX (without dollar signs) as MathML for running text; as code where it lies outside the known vocabulary.

    The formula may break before relations; ``after``, punctuation that follows it, stays on its last line.
    """
    try:
        *rows, last = latex.pieces(text)
    except StragglerError:
        return Markup("<code>{}</code>{}").format(text, after)
    whole = "".join(f"<math><mrow>{row}</mrow></math>" for row in rows)
    end = f"<math><mrow>{last}</mrow></math>{escape(after)}"
    return Markup(f'{whole}<span class="unit">{end}</span>' if after else whole + end)


def statement(row: str, block: bool = False) -> Markup:
    """Return a row of presentation MathML as a ``<math>`` element, for running text or on a line of its own."""
    display = 'display="block"' if block else 'displaystyle="true"'
    return Markup(f"<math {display}>{row}</math>")


def paragraphs(text: str) -> list[Markup]:
    """Return the paragraphs of a proof: cut at blank lines and where a sentence ends a line."""
    found = []
    for block in re.split(r"\n\s*\n|(?<=[.)])\n(?=[A-Z])", text.strip()):
        # words, formula, punctuation; and again
        parts = re.split(r"\$(.*?)\$([.,;:)]*)", block, flags=re.DOTALL)
        shown = [sentence(parts[0])]
        for place in range(1, len(parts), 3):
            shown += [formula(parts[place], parts[place + 1]), sentence(parts[place + 2])]
        found.append(Markup("").join(shown))
    return found


def units(powers: Iterable[tuple[str, int]]) -> str:
    """Return units such as ``f² x⁻²``, and ``1`` for a pure number."""
    shown = [name if power == 1 else f"{name}{str(power).translate(_UNIT_POWERS)}" for name, power in powers]
    return " ".join(shown) or "1"


def _linked(html: str) -> str:
    return _keys().sub(lambda found: f'<a href="#{found[0]}">{found[0]}</a>', html)


@cache
def _pattern(keys: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(keys, key=len, reverse=True)
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, longest_first))})(?![\w:-])")


def _keys() -> re.Pattern[str]:
    from theory import registry

    return _pattern(registry.keys())
