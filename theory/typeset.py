"""LaTeX and presentation MathML of expressions, with terms in the order of a paper and roots kept together."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.mathml import MathMLPresentationPrinter

from theory import symbols
from theory.symbols import Expr


def _degree(term: Expr, symbol: sp.Symbol) -> float:
    exponent = term.as_powers_dict().get(symbol, 0)
    return float(exponent) if sp.sympify(exponent).is_number else 0.0


def _paper_order(term: Expr) -> tuple[bool, float, float, str]:
    """Sort key: positive terms first, then rising powers of the step size, then falling powers of 1/K."""
    coefficient, rest = term.as_coeff_Mul()
    return bool(coefficient < 0), _degree(term, symbols.gamma), _degree(term, symbols.K), str(rest)


class _Roots:
    """Keeps the roots of one degree in a product under a single root, which positive symbols make sympy pull apart."""

    def __init__(self) -> None:
        self.below: dict[sp.Dummy, Expr] = {}

    def gathered(self, product: Expr) -> Expr:
        radicands: dict[int, list[Expr]] = {}
        factors: list[Expr] = []
        for factor in product.args:
            base, exponent = factor.as_base_exp()
            if exponent.is_Rational and exponent.q > 1:
                radicands.setdefault(exponent.q, []).append(base**exponent.p)
            else:
                factors.append(factor)
        if all(len(found) < 2 for found in radicands.values()):
            return product
        for degree, found in radicands.items():
            inside = sp.Mul(*found)
            if sp.fraction(inside)[0] == 1:
                # sympy rebuilds denominators, and would pull the root apart again: a name stands for it
                name = sp.Dummy(positive=True)
                self.below[name] = sp.Pow(1 / inside, sp.Rational(1, degree), evaluate=False)
                factors.append(1 / name)
            else:
                factors.append(sp.Pow(inside, sp.Rational(1, degree), evaluate=False))
        return sp.Mul(*factors, evaluate=False)


class _Latex(LatexPrinter):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__({"symbol_names": symbols.latex_names()})
        self._roots = _Roots()

    def _as_ordered_terms(self, expr: Expr, order: Any = None) -> list[Expr]:
        return sorted(expr.args, key=_paper_order)

    def _print_Mul(self, expr: Expr) -> str:
        return str(super()._print_Mul(self._roots.gathered(expr)))

    def _print_Dummy(self, expr: sp.Dummy) -> str:
        return str(self._print(self._roots.below[expr]))


class _MathML(MathMLPresentationPrinter):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self._roots = _Roots()

    def _as_ordered_terms(self, expr: Expr, order: Any = None) -> list[Expr]:
        return sorted(expr.args, key=_paper_order)

    def _print_Mul(self, expr: Expr) -> Any:
        return super()._print_Mul(self._roots.gathered(expr))

    def _print_Dummy(self, expr: sp.Dummy) -> Any:
        return self._print(self._roots.below[expr])

    def _print_Symbol(self, sym: sp.Symbol, style: str = "plain") -> Any:
        # a marker that `mathml` replaces: the table holds markup, and the printer builds a document tree
        node = self.dom.createElement("mi")
        node.appendChild(self.dom.createTextNode(f"@{sym.name}@"))
        return node

    def _print_Exp1(self, expr: Expr) -> Any:
        node = self.dom.createElement("mi")
        node.appendChild(self.dom.createTextNode("e"))
        return node


def latex(expression: Expr) -> str:
    """Return the LaTeX of an expression, without dollar signs."""
    return str(_Latex().doprint(sp.sympify(expression)))


def mathml(expression: Expr) -> str:
    """Return the presentation MathML of an expression: a bare ``<mrow>``, valid in HTML and in XML."""
    text = _MathML().doprint(sp.sympify(expression))
    for entry in symbols.TABLE.values():
        text = text.replace(f"<mi>@{entry.name}@</mi>", entry.mathml)
    text = text.replace("@", "").replace("&InvisibleTimes;", "&#x2062;")
    return proper(f"<mrow>{text}</mrow>")


def proper(row: str) -> str:
    """Return MathML with a minus for the hyphen of a printer, and norm bars that keep to what they enclose."""
    bar = '<mo stretchy="false" lspace="0" rspace="0">‖</mo>'
    return row.replace("<mo>-</mo>", "<mo>−</mo>").replace("<mo>‖</mo>", bar)


def math(*rows: str) -> str:
    """Wrap rows of presentation MathML into one ``<math>`` element for display."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow>{"".join(rows)}</mrow></math>'


def relation(lhs: str, sign: str, rhs: str) -> str:
    """Return presentation MathML for ``lhs sign rhs``."""
    shown = {"<": "&lt;", "<=": "≤", ">": "&gt;"}.get(sign, sign)
    return proper(f"<mrow>{lhs}<mo>{shown}</mo>{rhs}</mrow>")
