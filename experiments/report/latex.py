"""The LaTeX of proofs and assumptions as presentation MathML.

Proofs use a small vocabulary: letters, norms, fractions, roots, scripts and sums. It is read here, so that a page needs
no script and no network; a command outside the vocabulary is refused rather than guessed.
"""

from __future__ import annotations

import re
from html import escape

from straggler import StragglerError, UnknownName

_TOKEN = re.compile(r"\\text\{[^}]*\}|\\(?:[A-Za-z]+|.)|\S", re.DOTALL)
_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "varrho": "ϱ", "sigma": "σ", "tau": "τ", "phi": "φ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Omega": "Ω", "infty": "∞", "ell": "ℓ",
    "top": "⊤", "ldots": "…", "dots": "…", "cdots": "⋯",
}  # fmt: skip
_RELATIONS = {
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "approx": "≈", "to": "→", "in": "∈",
    "notin": "∉", "subseteq": "⊆", "preceq": "⪯", "leftarrow": "←", "mid": "∣", "sim": "∼",
    "=": "=", "<": "<", ">": ">",
}  # fmt: skip
_SIGNS = {"+": "+", "-": "−", "pm": "±", "mp": "∓", "cdot": "·", "times": "×", "otimes": "⊗", "circ": "∘"}
_FENCES = {"(": "(", ")": ")", "[": "[", "]": "]", "|": "|", r"\|": "‖", "langle": "⟨", "rangle": "⟩", r"\{": "{", r"\}": "}"}
_OPEN, _CLOSE = ("(", "[", r"\{", "langle"), (")", "]", r"\}", "rangle")
_LARGE = {"sum": "∑", "prod": "∏", "bigcup": "⋃"}
_FUNCTIONS = ("sup", "inf", "max", "min", "log", "exp", "diag", "arg", "det", "cos", "lim", "liminf", "limsup", "vol", "ln")
_SPACES = {r"\,": "0.17em", r"\;": "0.28em", r"\ ": "0.3em", "quad": "1em"}
_PLAIN = {"nabla": "∇", "partial": "∂", ",": ",", ";": ";", ":": ":", "/": "/", ".": ".", "'": "′", "*": "*", "!": "!"}
_ACCENTS = {"bar": "¯", "hat": "^", "tilde": "~", "overline": "¯"}
_ALPHABETS = {"mathbb": {"E": "𝔼", "R": "ℝ", "P": "ℙ", "N": "ℕ"}, "mathbf": {"1": "𝟏"}}
# formulas of this many tokens may break before relations, and pieces of a formula as long as that before signs
_LONG = 12


def pieces(latex: str) -> list[str]:
    """Return a formula as bare rows of MathML; a long one is cut before relations and signs outside brackets, for lines to break.

    Raises
    ------
    StragglerError
        If a command is unknown or a group is left open.
    """
    return _Reader(latex).pieces()


class _Reader:
    """Reads the tokens of one formula from left to right."""

    def __init__(self, latex: str) -> None:
        self._latex = latex
        self._tokens = [_bare(token) for token in _TOKEN.findall(latex)]
        self._at = 0

    def pieces(self) -> list[str]:
        found: list[str] = []
        row: list[str] = []
        start = depth = norms = 0
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            depth += (token in _OPEN) - (token in _CLOSE)
            norms += token == r"\|"
            relation = token in _RELATIONS and len(self._tokens) >= _LONG
            joint = relation or (token in ("+", "-") and self._at - start >= _LONG)
            if joint and depth == 0 and norms % 2 == 0 and row:
                found.append("".join(row))
                row, start = [], self._at
            row.append(self._scripted())
        return [*found, "".join(row)]

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> str:
        token = self._peek()
        if token is None:
            raise StragglerError(f"the formula {self._latex!r} ends too early")
        self._at += 1
        return token

    def _scripted(self) -> str:
        large, function = self._peek() in _LARGE, self._peek() in _FUNCTIONS
        base = self._atom()
        scripts: dict[str, str] = {}
        while self._peek() in ("_", "^"):
            place = self._next()
            scripts[place] = self._argument()
        space = '<mspace width="0.17em"/>' if function else ""
        if not scripts:
            return base + space
        low, high = scripts.get("_"), scripts.get("^")
        names = ("munder", "mover", "munderover") if large else ("msub", "msup", "msubsup")
        name = names[2] if low and high else names[0] if low else names[1]
        return f"<{name}>{base}{low or ''}{high or ''}</{name}>{space}"

    def _argument(self) -> str:
        return self._group("}") if self._peek() == "{" and self._next() else self._atom(single=True)

    def _group(self, end: str) -> str:
        row = []
        while self._peek() != end:
            row.append(self._scripted())
        self._next()
        return f"<mrow>{''.join(row)}</mrow>"

    def _words(self) -> str:
        """Return the raw text of a group or of one token."""
        first = self._next()
        if first != "{":
            return first
        words = []
        while (token := self._next()) != "}":
            words.append(token)
        return "".join(words)

    def _atom(self, single: bool = False) -> str:
        infix = self._at > 0 and self._tokens[self._at - 1] not in {*_RELATIONS, *_SIGNS, *_OPEN, "{", ",", "_", "^"}
        token = self._next()
        if token == "{":
            return self._group("}")
        if token.isdigit():
            while not single and (follows := self._peek()) is not None and follows.isdigit():
                token += self._next()
            return f"<mn>{token}</mn>"
        if token in _SIGNS:
            return f'<mo form="{"infix" if infix else "prefix"}">{_SIGNS[token]}</mo>'
        if token in _RELATIONS:
            return f'<mo form="infix">{escape(_RELATIONS[token])}</mo>'
        if token in _FENCES:
            return f'<mo stretchy="false" lspace="0" rspace="0">{_FENCES[token]}</mo>'
        return self._command(token)

    def _command(self, token: str) -> str:
        if token in ("frac", "tfrac", "dfrac"):
            return f"<mfrac>{self._argument()}{self._argument()}</mfrac>"
        if token == "sqrt":
            return f"<msqrt>{self._argument()}</msqrt>"
        if token in _ACCENTS:
            wide = ' stretchy="true"' if token == "overline" else ' stretchy="false"'
            return f'<mover accent="true">{self._argument()}<mo{wide}>{_ACCENTS[token]}</mo></mover>'
        if token == "left":
            return self._fenced()
        if token in ("mathrm", "mathbf", "mathbb", "operatorname"):
            words = self._words()
            letter = _ALPHABETS.get(token, {}).get(words)
            return f"<mi>{letter}</mi>" if letter else f'<mi mathvariant="normal">{escape(words)}</mi>'
        if token.startswith(r"\text{"):
            return f"<mtext>{escape(token[6:-1]).replace(' ', '&#xa0;')}</mtext>"
        if token in ("textstyle", "displaystyle"):
            return "<mrow></mrow>"
        return _symbol(token)

    def _fenced(self) -> str:
        opening = _FENCES[self._next()]
        inside = self._group("right")
        return f"<mrow><mo>{opening}</mo>{inside}<mo>{_FENCES[self._next()]}</mo></mrow>"


def _bare(token: str) -> str:
    r"""Return a token without the backslash of a named command; ``\|`` and the like keep theirs."""
    return token[1:] if re.fullmatch(r"\\[A-Za-z]{2,}", token) else token


def _symbol(token: str) -> str:
    if token in _LARGE:
        return f"<mo>{_LARGE[token]}</mo>"
    if token in _FUNCTIONS:
        return f"<mi>{token}</mi>"
    if token in _SPACES:
        return f'<mspace width="{_SPACES[token]}"/>'
    if token in _PLAIN:
        return f'<mo lspace="0" rspace="{"0.2em" if token in ",;" else "0"}">{_PLAIN[token]}</mo>'
    if token in _LETTERS:
        return f"<mi>{_LETTERS[token]}</mi>"
    if len(token) == 1 and token.isalpha():
        return f"<mi>{token}</mi>"
    raise UnknownName("LaTeX command", token, [*_LETTERS, *_RELATIONS, *_SIGNS, *_LARGE, *_FUNCTIONS, "frac", "sqrt", "left"])
