"""The one table of symbols: what each means, its units, how it is typeset, and which paper calls it what.

Every symbol is a sympy symbol whose name is the ASCII keyword under which numbers arrive (``theorem.bound(n=16, K=1e5)``).
Units count powers of two base units: ``x`` (a parameter) and ``f`` (an objective value).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray

from straggler import InputError

Expr = sp.Expr


@dataclass(frozen=True)
class Entry:
    """One row of the table.

    Attributes
    ----------
    symbol
        The sympy symbol; its name is the keyword.
    meaning
        What it stands for, in words.
    latex, mathml
        How it is typeset (presentation MathML, no namespace).
    units
        Exponents of the base units ``x`` and ``f``; empty for a pure number.
    least, strict
        Admissible numbers are ``>= least`` (``> least`` where strict).
    called
        What papers call it where they differ from the house name, by paper key.
    """

    symbol: sp.Symbol
    meaning: str
    latex: str
    mathml: str
    units: Mapping[str, int] = field(default_factory=dict)
    least: float = 0.0
    strict: bool = False
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The keyword under which a number arrives."""
        return str(self.symbol.name)

    def checked(self, value: ArrayLike) -> NDArray[np.float64]:
        """Return ``value`` as float64; raise `InputError` where an element is NaN or below the admissible range."""
        try:
            numbers = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(self.name, value, "a number or an array of numbers") from None
        ok = numbers > self.least if self.strict else numbers >= self.least
        if not ok.all():
            relation = ">" if self.strict else ">="
            bad = float(numbers[~ok].flat[0]) if numbers.ndim else float(numbers)
            what = "a number, not NaN" if math.isnan(bad) else f"{self.name} {relation} {self.least:g} ({self.meaning})"
            raise InputError(self.name, bad, what)
        return numbers


TABLE: dict[str, Entry] = {}

_GREEK = {
    r"\gamma": "γ",
    r"\sigma": "σ",
    r"\zeta": "ζ",
    r"\rho": "ρ",
    r"\tau": "τ",
    r"\Delta": "Δ",
    r"\beta": "β",
    r"\kappa": "κ",
    r"\varepsilon": "ε",
}


def _mathml(latex: str) -> str:
    base, _, sub = latex.partition("_")
    letter = f"<mi>{_GREEK.get(base, base)}</mi>"
    inner = f"<mn>{sub}</mn>" if sub.isdigit() else f"<mi>{sub}</mi>"
    return f"<msub>{letter}{inner}</msub>" if sub else letter


def define(
    name: str,
    meaning: str,
    *,
    latex: str = "",
    mathml: str = "",
    units: Mapping[str, int] | None = None,
    least: float = 0.0,
    strict: bool = False,
    called: Mapping[str, str] | None = None,
) -> sp.Symbol:
    """Enter a symbol in the table and return it; a second definition of a name is an `InputError`."""
    if name in TABLE:
        raise InputError("symbol", name, "a name that is not in the table yet")
    symbol = sp.Symbol(name, positive=True)
    shown = latex or name
    TABLE[name] = Entry(symbol, meaning, shown, mathml or _mathml(shown), units or {}, least, strict, called or {})
    return symbol


def latex_names() -> dict[sp.Symbol, str]:
    """Return the LaTeX of every symbol, as sympy's printer wants it."""
    return {entry.symbol: entry.latex for entry in TABLE.values()}


_F_OVER_X = {"f": 1, "x": -1}
_GRADIENT_SQ = {"f": 2, "x": -2}

n = define("n", "number of workers", least=1, called={"wang-joshi-2021": "m"})
d = define("d", "dimension of the parameter", least=1)
K = define("K", "number of iterations", least=1, called={"ghadimi-lan-2013": "N", "koloskova-2020": "T", "wang-joshi-2021": "K"})
gamma = define("gamma", "step size", latex=r"\gamma", units={"x": 2, "f": -1}, strict=True, called={"wang-joshi-2021": r"\eta"})
L = define("L", "Lipschitz constant of every local gradient", units={"f": 1, "x": -2}, strict=True)
sigma = define("sigma", "root of the gradient variance of one worker", latex=r"\sigma", units=_F_OVER_X)
zeta = define(
    "zeta",
    "root of the mean square distance between local gradients and the global one",
    latex=r"\zeta",
    units=_F_OVER_X,
    called={"lian-2017": r"\varsigma", "lian-2018": r"\varsigma", "koloskova-2020": r"\hat\zeta"},
)
M = define("M", "bound on the norm of every local gradient", units=_F_OVER_X)
rho = define(
    "rho",
    "contraction of one mixing step in mean square: squared second largest eigenvalue modulus of W, or of E[W'W]",
    latex=r"\rho",
    called={"koloskova-2020": "1 - p", "wang-joshi-2021": r"\zeta^2"},
)
delta = define(
    "delta",
    "initial suboptimality f(x_0) - f*",
    latex=r"\Delta",
    units={"f": 1},
    called={"ghadimi-lan-2013": "L D_f^2 / 2", "lian-2017": "f(0) - f^*", "koloskova-2020": "F_0"},
)
beta = define("beta", "momentum", latex=r"\beta")
x0_spread = define(
    "x0_spread",
    "root mean square distance of the starting points from their mean",
    latex="s_0",
    units={"x": 1},
)
f_star = define(
    "f_star", "infimum of the objective", latex="f^*", mathml="<msup><mi>f</mi><mo>*</mo></msup>", units={"f": 1}, least=-math.inf
)
tau = define("tau", "steps between two averages (local SGD), or rounds a message may be late (overlap SGP)", latex=r"\tau")
T = define("T", "largest staleness: updates between reading a model and stepping by the gradient taken there")
batch = define(
    "batch",
    "stochastic gradients that are summed in one update (sigma^2 is the variance of each)",
    latex="M_b",
    least=1,
    called={"lian-2015": "M", "lian-2018": "M"},
)
G = define(
    "G",
    "root of the second moment that stochastic gradients are bounded by",
    units=_F_OVER_X,
    called={"li-2020": "M", "li-2021": "M"},
)
group = define("group", "workers that average in one group", latex="S_g", least=1, called={"li-2021": "S"})
quorum = define("quorum", "workers, at least, whose gradient of a round is in time for that round", latex="Q", least=1)
epsilon = define("epsilon", "squared gradient norm that is to be reached", latex=r"\varepsilon", units=_GRADIENT_SQ, strict=True)
B_E = define("B_E", "product of the row and column sums of the norms of the push-sum error operators E(k,s)")
B_2 = define("B_2", "largest row sum of the squared norms of the error operators E(k,s)")
C = define("C", "factor of the geometric envelope of the error operators, |E(k,s)| <= C q^(k-s)")
q = define("q", "rate of the geometric envelope of the error operators, |E(k,s)| <= C q^(k-s)")
one_minus_q = define(
    "one_minus_q",
    "1 - q, for envelopes so slow that q rounds to one",
    latex="(1-q)",
    mathml="<mrow><mo>(</mo><mn>1</mn><mo>-</mo><mi>q</mi><mo>)</mo></mrow>",
)
x0_sq = define(
    "x0_sq",
    "mean over workers of the squared norm of the starting point",
    latex=r"\overline{\|x^{(0)}\|^2}",
    mathml="<mover><msup><mrow><mo>‖</mo><msup><mi>x</mi><mrow><mo>(</mo><mn>0</mn><mo>)</mo></mrow></msup><mo>‖</mo></mrow>"
    "<mn>2</mn></msup><mo>¯</mo></mover>",
    units={"x": 2},
)

D_1 = define("D_1", "weight of the gradient norm in D-PSGD Theorem 1")
D_2 = define("D_2", "what the consensus recursion of D-PSGD leaves of one")
A = define("A", "consensus constant of D-PSGD Theorem 3", units=_GRADIENT_SQ)
S = define("S", "noise and heterogeneity as amplified by the mixing matrix", units=_GRADIENT_SQ)
P_1 = define("P_1", "constant of the second condition of SGP Theorem 1")
P_2 = define("P_2", "constant of the third condition of SGP Theorem 1")
F = define("F", "f(x_0) - f* + L sigma^2 / 2 of SGP Theorem 1")
a = define("a", "share of the consensus error that feeds back into itself")
b = define("b", "1 - a/(1 - a), what the feedback leaves of the gradient norm")
H = define("H", "a bound on the mean squared gradient norm at the center", units=_GRADIENT_SQ)
p = define("p", "1 - rho, the consensus rate of Koloskova et al.")
C_1 = define("C_1", "share of the consensus error of AD-PSGD that does not feed back into itself")
C_2 = define("C_2", "weight of the mean gradient at the stale models in AD-PSGD", units={"x": 2, "f": -1})
C_3 = define("C_3", "what noise, consensus error and staleness add to the descent of AD-PSGD")
rhobar = define(
    "rhobar",
    "accumulated consensus error of AD-PSGD Theorem 1",
    latex=r"\bar\rho",
    mathml="<mover><mi>ρ</mi><mo>¯</mo></mover>",
)
kappa = define("kappa", "accumulated consensus error of AD-PSGD at stale models, in gradients that vary", latex=r"\kappa")
rhotilde = define(
    "rhotilde",
    "accumulated consensus error of AD-PSGD, in gradients of constant size",
    latex=r"\tilde\rho",
    mathml="<mover><mi>ρ</mi><mo>~</mo></mover>",
)
