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
    r"\mu": "μ",
    r"\nu": "ν",
    r"\lambda": "λ",
    r"\alpha": "α",
    r"\varepsilon": "ε",
    r"\theta": "θ",
    r"\omega": "ω",
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
_CURVATURE = {"f": 1, "x": -2}
_ETA = dict.fromkeys(("wang-joshi-2021", "teng-2019", "zhang-2015"), r"\eta")

n = define("n", "number of workers", least=1, called={"wang-joshi-2021": "m", "teng-2019": "p", "zhang-2015": "p"})
d = define("d", "dimension of the parameter", least=1)
K = define("K", "number of iterations", least=1, called={"ghadimi-lan-2013": "N", "koloskova-2020": "T", "wang-joshi-2021": "K"})
gamma = define("gamma", "step size", latex=r"\gamma", units={"x": 2, "f": -1}, strict=True, called=_ETA)
L = define(
    "L",
    "Lipschitz constant of every local gradient",
    units=_CURVATURE,
    strict=True,
    called={"teng-2019": "M", "zhang-2015": "h (quadratics)"},
)
mu = define("mu", "constant of strong convexity", latex=r"\mu", units=_CURVATURE, strict=True, called={"teng-2019": "m"})
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

nu = define(
    "nu", "what the gradient variance adds per squared gradient norm: it is at most sigma^2 + nu ||grad f||^2", latex=r"\nu"
)
lambda_ = define(
    "lambda_",
    "strength of the pull to the leader or center, in the step x - gamma (g + lambda (x - z))",
    latex=r"\lambda",
    units=_CURVATURE,
    called={"zhang-2015": r"\rho"},
)
lambda_G = define("lambda_G", "strength of the pull to the leader of all groups", latex=r"\lambda_G", units=_CURVATURE)
pull = define(
    "pull",
    "share of the distance to the leader or center that a worker moves, in the step x - gamma g - alpha (x - z): gamma lambda",
    latex=r"\alpha",
    called={"teng-2019": r"\lambda (in the algorithm)"},
)
sigma_f = define("sigma_f", "root of the variance of the values a leader is elected on", latex=r"\sigma_f", units={"f": 1})
k_0 = define("k_0", "offset of steps that fall as 1/(k + k_0)", latex="k_0", least=1, called={"stich-2018": "a"})
cosine = define(
    "cosine",
    "cosine of the angle between the gradient step and the Newton step",
    latex=r"\cos\theta",
    mathml="<mrow><mi>cos</mi><mi>θ</mi></mrow>",
    called={"teng-2019": r"r / \sqrt\kappa"},
)
R_0 = define("R_0", "distance of the starting point to the minimiser", latex="R_0", units={"x": 1})
x0_center = define(
    "x0_center",
    "start of the center minus the minimiser",
    latex=r"\tilde e_0",
    mathml="<msub><mover><mi>e</mi><mo>~</mo></mover><mn>0</mn></msub>",
    units={"x": 1},
    least=-math.inf,
)
x0_workers = define(
    "x0_workers",
    "mean of the starting points of the workers minus the minimiser",
    latex=r"\bar e_0",
    mathml="<msub><mover><mi>e</mi><mo>¯</mo></mover><mn>0</mn></msub>",
    units={"x": 1},
    least=-math.inf,
)
tilt = define(
    "tilt", "slope at zero of the example whose stationary points EASGD moves", latex="c", units=_CURVATURE, strict=True
)
keep = define("keep", "share of the suboptimality that is left after a period without elections", latex="w")
fast = define(
    "fast", "rate at which EASGD on a quadratic forgets in its faster direction", latex="r", called={"zhang-2015": r"1 - \phi"}
)
slow = define(
    "slow", "rate at which EASGD on a quadratic forgets in its slower direction", latex="s", called={"zhang-2015": r"1 - \gamma"}
)
u_0 = define("u_0", "start of EASGD on a quadratic along its faster direction", latex="u_0", units={"x": 1}, least=-math.inf)
c_1 = define("c_1", "contraction of a gradient step under strong convexity", latex="c_1", called={"zhang-2015": r"\gamma_1"})
contraction = define("contraction", "rate at which the recursion of EASGD forgets its start", latex="r_*")
B = define(
    "B",
    "gauge of elastic consistency: views are within gamma B of the center in mean square",
    units=_F_OVER_X,
)
faults = define(
    "faults",
    "workers that crash, or messages of a round that a worker may lack",
    latex="n_f",
    called={"nadiradze-2021": "f"},
)
lost = define(
    "lost",
    "share of the squared norm that a compressor loses at most: E||C(x) - x||^2 <= theta ||x||^2, theta < 1",
    latex=r"\theta",
    called={"nadiradze-2021": r"\gamma", "karimireddy-2019": r"1 - \delta", "stich-2018": "1 - k/d"},
)
blow_up = define(
    "blow_up",
    "variance of an unbiased compressor: E Q(x) = x and E||Q(x) - x||^2 <= omega ||x||^2",
    latex=r"\omega",
)
levels = define("levels", "levels of a quantiser", latex="s", least=1)
slack = define(
    "slack",
    "how much the steps of Mem-SGD may start beyond the memory of its compressor",
    latex=r"\alpha_m",
    least=4,
    strict=True,
    called={"stich-2018": r"\alpha"},
)
weights = define("weights", "sum over k < K of the weights (k + k_0)^2", latex="S_K")
per_square = define("per_square", "what a recursion adds per squared step", latex="A_2", units=_GRADIENT_SQ)
per_cube = define("per_cube", "what a recursion adds per cubed step", latex="A_3", units={"f": 3, "x": -4})
detached = define(
    "detached",
    "share of its memory that a worker subtracts before it takes a gradient",
    latex=r"\lambda_d",
    called={"xu-2022": r"\lambda"},
)
