"""A change of units must not change a theorem. Where it does, the expression trees show the place.

Two independent paths: numbers before and after a change of units, and units inferred from the trees.
"""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import theory
from theory import units
from theory.conditions import Condition
from theory.derive import draw
from theory.dimensions import PURE, Inference, Units, table_units
from theory.evaluate import evaluate, required
from theory.quantities import QUANTITIES
from theory.symbols import TABLE, K, L, delta, gamma, n, sigma, x0_sq

# The steps of these carry no length scale, or their constants add unlike units: a property of the printed statements
UNBALANCED = {
    "adpsgd.corollary-2:printed",
    "adpsgd.corollary-2:rederived",
    "dpsgd.corollary-2",
    "dpsgd.corollary-2:rederived",
    "dpsgd.theorem-3:printed",
    "ef-sgd.theorem-2-step",
    "elastic.nc-1:printed",
    "elastic.nc-1:rederived",
    "elastic.nc-p:printed",
    "elastic.nc-p:rederived",
    "sgp.theorem-1:printed",
    "sgp.theorem-1:rederived",
    "sgp.theorem-2",
    "sgp.theorem-2-consensus",
    "wagma.theorem-4.1:printed",
    "wagma.theorem-4.1:corrected",
    "wagma.theorem-4.6:printed",
    "wagma.theorem-4.6:corrected",
}

# A condition has L where L^2 belongs; an example fixes its own units. Bound and step are free of it
UNBALANCED_CONDITIONS = {"eager.theorem-6.3:printed", "easgd.moved-stationary-point"}

KEYS = theory.keys()
BALANCED = [key for key in KEYS if key not in UNBALANCED | UNBALANCED_CONDITIONS]
CHANGES = ((3.0, 1.0), (1.0, 7.0))
GAMMA = Units.of(TABLE["gamma"].units)


def scale(found, x, f):
    return x ** float(found.x) * f ** float(found.f)


def constants_of(theorem, *expressions):
    constants = draw(required(*map(theorem.expanded, expressions)), 40, seed=4)
    for name in ("tau", "T"):
        if name in constants:
            constants[name] += 1
    if "n" in constants:  # somebody else, and somebody who is late
        constants["n"] += 1 + constants.get("quorum", 0)
    if "gamma" in constants and "mu" in constants:  # where powers of 1 - gamma mu are real
        constants["gamma"] = np.minimum(constants["gamma"], 0.1 / constants["mu"] / constants.get("lambda_", 1))
    return constants


def values(theorem, expression):
    """The expression at random constants, and after each change of units."""
    constants = constants_of(theorem, expression)
    scaled = [
        {name: numbers * scale(Units.of(TABLE[name].units), *change) for name, numbers in constants.items()} for change in CHANGES
    ]
    return [np.atleast_1d(evaluate(theorem.expanded(expression), here)) for here in (constants, *scaled)]


def scales_like(theorem, expression, expected):
    before, *after = values(theorem, expression)
    finite = np.isfinite(before) & (np.abs(before) > 0)
    assert finite.mean() >= 0.25
    return all(
        np.allclose(now[finite] / before[finite], scale(expected, *change), rtol=1e-7)
        for now, change in zip(after, CHANGES, strict=True)
    )


def scale_alike(theorem, left, right):
    """Whether two sides change by one factor; a side that is zero has any units."""
    if 0 in (left, right):
        return True
    ratio = sp.sympify(left) / sp.sympify(right)
    return scales_like(theorem, ratio, PURE)


def numerically_balanced(theorem):
    """Every statement of a theorem, judged by numbers alone."""
    bound = Units.of(theorem.quantity.units) if theorem.right_side != 0 else None
    judged = {"bound": bound is None or scales_like(theorem, theorem.right_side, bound)}
    for where, step in (("step", theorem.step), ("largest step", theorem.step_limit), ("cap of the step", theorem.step_cap)):
        if step is not None:
            judged[where] = scales_like(theorem, step, GAMMA)
    return judged | {f"condition {c.text}": scale_alike(theorem, c.lhs, c.rhs) for c in theorem.requires}


def symbolically_balanced(theorem):
    """The same statements, by what was found in them or in a definition that they use."""
    wrong = {finding.where for finding in units.findings(theorem)}
    parts = {"bound": [theorem.right_side], "step": [theorem.step], "largest step": [theorem.step_limit]}
    parts |= {"cap of the step": [theorem.step_cap]} | {f"condition {c.text}": [c.lhs, c.rhs] for c in theorem.requires}

    def used(expression):
        found = set()
        for symbol, value in theorem.definitions:
            if expression.has(symbol):
                expression = expression.subs(symbol, value)
                found.add(f"definition of {units.plain(symbol)}")
        return found

    return {
        where: not wrong & ({where} | set().union(*(used(sp.sympify(part)) for part in found)))
        for where, found in parts.items()
        if None not in found
    }


@pytest.mark.parametrize("key", KEYS)
def test_both_paths_agree_on_every_statement(key):
    theorem = theory.get(key)
    numbers = numerically_balanced(theorem)
    assert symbolically_balanced(theorem) == numbers
    assert (numbers["bound"] and numbers.get("step", True)) is (key not in UNBALANCED)
    assert all(numbers.values()) is (key in BALANCED)
    assert bool(units.findings(theorem)) is (key not in BALANCED)


@pytest.mark.parametrize("key", sorted({*UNBALANCED, "eager.theorem-6.3:printed"}))
def test_findings_say_what_meets_and_what_would_repair_it(key):
    for finding in units.findings(theory.get(key)):
        assert finding.text.count("[") >= 2
        assert "needs a factor of units" in finding.repair
        assert finding.text in str(finding)


def test_the_step_of_sgp():
    found = {finding.where: finding for finding in units.findings(theory.get("sgp.theorem-1:printed"))}
    assert found["definition of F"].text == "L sigma^2/2 [f^3 x^-4] + delta [f]"
    assert found["step"].text == "gamma [x^2 f^-1] = sqrt(n)/sqrt(K) [1]"
    assert found["step"].repair == "sqrt(n)/sqrt(K) needs a factor of units x^2 f^-1, such as 1/L"
    assert set(found) > {"definition of P_1", "definition of P_2"}
    assert [str(each) for each in units.fixed_units(found.values())] == ["x^2 f^-1"]


def test_the_consensus_constant_of_dpsgd():
    (finding,) = units.findings(theory.get("dpsgd.theorem-3:printed"))
    assert finding.where == "definition of A"
    assert [str(part.units) for part in finding.clash.parts] == ["f^2 x^-2", "f^4 x^-6"]
    assert finding.repair == "L^2 S/D_1 needs a factor of units x^4 f^-2, such as gamma^2 or 1/L^2"


def test_a_hidden_length():
    assert [str(each) for each in units.fixed_units(units.findings(theory.get("dpsgd.corollary-2")))] == ["x"]


@pytest.mark.parametrize(
    "key",
    [
        "adpsgd.corollary-2:printed",
        "eager.theorem-6.3:printed",
        "dpsgd.corollary-2",
        "dpsgd.theorem-3:printed",
        "ef-sgd.theorem-2-step",
        "elastic.nc-1:printed",
        "elastic.nc-p:printed",
        "sgp.theorem-1:printed",
    ],
)
def test_cards_say_that_units_do_not_match(key):
    assert "unit" in theory.get(key).standing_note


def replaced_somewhere(expression, old, new):
    """Every expression that differs in one occurrence: each term of each sum in turn has ``new`` for ``old``."""
    if expression.is_Add:
        for place, term in enumerate(expression.args):
            for changed in replaced_somewhere(term, old, new):
                yield sp.Add(*expression.args[:place], changed, *expression.args[place + 1 :])
    elif expression.has(old):
        changed = expression.subs(old, new)
        if changed != expression:
            yield changed


@pytest.mark.parametrize("key", [key for key in BALANCED if theory.get(key).right_side.has(L, sigma, gamma)])
def test_a_wrong_power_in_one_term_is_found(key):
    """L for L^2 and L^2 for L; sigma for sigma^2; and the step squared."""
    theorem = theory.get(key)
    planted = 0
    for old, new in ((L, L**2), (L, sp.sqrt(L)), (sigma, sp.sqrt(sigma)), (gamma, gamma**2)):
        for changed in replaced_somewhere(theorem.right_side, old, new):
            assert "bound" in {finding.where for finding in units.findings(replace(theorem, right_side=changed))}, changed
            planted += 1
    assert planted


@pytest.mark.parametrize("key", BALANCED)
def test_an_unlike_term_is_found_wherever_it_is(key):
    theorem = theory.get(key)
    odd = delta * x0_sq  # f x^2 is the unit of nothing here
    if theorem.right_side != 0:
        assert "bound" in {each.where for each in units.findings(replace(theorem, right_side=theorem.right_side + odd))}
    if theorem.step is not None:
        assert "step" in {each.where for each in units.findings(replace(theorem, step=theorem.step + odd))}
    for place, condition in enumerate(theorem.requires):
        if condition.lhs == 0:
            continue
        changed = replace(condition, lhs=condition.lhs + odd)
        requires = (*theorem.requires[:place], changed, *theorem.requires[place + 1 :])
        assert f"condition {condition.text}" in {each.where for each in units.findings(replace(theorem, requires=requires))}
    for place, (symbol, value) in enumerate(theorem.definitions):
        definitions = (*theorem.definitions[:place], (symbol, value + odd), *theorem.definitions[place + 1 :])
        found = units.findings(replace(theorem, definitions=definitions))
        assert [each.where for each in found] == [f"definition of {units.plain(symbol)}"], "once, and not again where it is used"


@pytest.mark.parametrize("key", BALANCED)
def test_definitions_have_the_units_of_the_table(key):
    theorem = theory.get(key)
    known = table_units()
    for symbol, value in reversed(theorem.definitions):
        known[symbol] = Inference(known).units(sp.sympify(value))
        assert known[symbol] == Units.of(TABLE[str(symbol)].units), symbol


def test_units_are_powers_of_the_two_base_units():
    for entry in (*TABLE.values(), *QUANTITIES.values()):
        assert set(entry.units) <= {"x", "f"}, entry.name


@pytest.mark.parametrize(
    ("expression", "kind", "shown"),
    [
        (sp.log(K * delta), "log", "f"),
        (sp.exp(-gamma / L), "exp", "x^4 f^-2"),
        (K**L, "^", "f x^-2"),
        (delta**n, "^", "f"),
        (sp.Min(delta, sigma), "min", "f"),
        (sp.Piecewise((delta, sigma > L), (sigma, True)), "cases", "f"),
        (sp.sqrt(delta) + sp.Rational(1, 2), "+", "f^(1/2)"),
    ],
)
def test_places_other_than_sums(expression, kind, shown):
    inference = Inference(table_units())
    assert inference.units(expression) is None
    clash = next(clash for clash in inference.clashes if clash.kind == kind)
    assert shown in {str(part.units) for part in clash.parts}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (sp.log(gamma * L), "1"),
        (sp.Max(0, delta), "f"),
        (delta + 0 * L, "f"),
        (sp.Abs(sigma) ** sp.Rational(3, 2), "f^(3/2) x^(-3/2)"),
        ((1 - gamma * L) ** K, "1"),
        (sp.exp(sp.Rational(1, 2)) * delta, "f"),
        (sp.Piecewise((delta, L * gamma < 1), (0, True)), "f"),
    ],
)
def test_what_goes_together(expression, expected):
    inference = Inference(table_units())
    assert str(inference.units(expression)) == expected
    assert not inference.clashes


def test_a_theorem_of_ones_own_is_a_finding_and_no_error():
    foreign = sp.Symbol("drag", positive=True)
    own = theory.get("ours.p1")
    changed = replace(own, right_side=own.right_side + foreign * gamma, requires=(Condition("drag small", foreign, gamma),))
    (finding,) = units.findings(changed)
    assert finding.text == "the units of drag are not known: it is not in the table of symbols"
    assert finding.as_dict()["parts"] == []
    assert units.fixed_units([finding]) == ()
    mixed = replace(own, right_side=own.right_side + delta + gamma)
    (finding,) = units.findings(mixed)
    assert len(finding.clash.parts) == 3
    assert finding.repair == "", "no one constant repairs both"
    assert len(units.fixed_units([finding])) == 2
