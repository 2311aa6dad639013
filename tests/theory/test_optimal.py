"""Best steps and periods against brute force, and against textbook cases."""

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import theory
from straggler import InputError, StragglerError
from theory.conditions import Condition
from theory.evaluate import evaluate
from theory.optimal import best_step
from theory.period import BUDGET, COMMUNICATION, best_period
from theory.roots import positive_root
from theory.symbols import gamma, group, n
from theory.transient import best

VALUES = (
    "n=16 K=1e5 L=2 mu=0.1 delta=3 sigma=1.5 zeta=0.5 rho=0.5 tau=4 T=4 B_E=20 B_2=3 batch=1 nu=0.1 lambda_=0.02 lambda_G=0.1"
)
MORE = "pull=0.001 sigma_f=0.1 R_0=2 x0_center=1 x0_workers=1 M=1 group=4 quorum=8 lost=0.5 B=2 blow_up=1 detached=0.5"
CONSTANTS = {name: float(value) for name, value in (pair.split("=") for pair in f"{VALUES} {MORE}".split())}
FREE = [
    card.key
    for card in theory.cards()
    if (theorem := theory.get(card.key)).step is None and theorem.expanded().has(gamma) and theorem.conditions() is not None
]
UNBOUNDED_BELOW = {
    "easgd.lemma-6.1-corollary:printed",
    "easgd.lemma-6.1-corollary:rederived",
    "elastic.b-variance-bounded:rederived",
    "lsgd.limsup:printed",
    "lsgd.stochastic-leader:printed",
}
"""Without a term that falls with the step; beside those on distances, which are smallest where nobody moves."""


def settled(theorem, **changes):
    """The constants, without noise or heterogeneity where the theorem asks for that."""
    texts = " ".join(condition.text for condition in theorem.requires)
    zeros = {name: 0.0 for name in ("zeta", "sigma") if f"{name} = 0" in texts}
    return CONSTANTS | changes | zeros


def admitted(theorem, constants):
    values = np.asarray(theorem.bound(**constants), dtype=float)
    return np.where(theorem.applies(**constants) if theorem.requires else True, np.nan_to_num(values, nan=np.inf), np.inf)


def no_best(theorem):
    distance = "_distance" in theorem.quantity.name or "_drift" in theorem.quantity.name or "consensus" in theorem.quantity.name
    return theorem.key in UNBOUNDED_BELOW or (distance and not theorem.quantity.name.startswith("last_"))


@pytest.mark.parametrize("key", FREE)
def test_no_step_of_a_fine_grid_is_better(key):
    theorem = theory.get(key)
    constants = settled(theorem)
    if no_best(theorem):
        with pytest.raises(StragglerError, match="the smaller, the smaller the step is"):
            best_step(theorem, **constants)
        return
    found = best_step(theorem, **constants)
    steps = np.geomspace(1e-9, 1e3, 120_001)  # one in 2e-4
    values = admitted(theorem, constants | {"gamma": steps})
    least = int(np.argmin(values))
    assert found.bound <= values[least] * (1 + 1e-12)
    assert found.bound == pytest.approx(values[least], rel=3e-4)  # at a limit, off by the grid
    assert found.step == pytest.approx(steps[least], rel=1e-3)
    assert not theorem.requires or theorem.applies(**constants, gamma=found.step)
    if found.expression is not None:
        assert evaluate(found.expression, constants) == pytest.approx(found.step, rel=1e-8)


@pytest.mark.parametrize("key", [key for key in FREE if not no_best(theory.get(key))])
def test_golden_sections_find_the_same(key):
    theorem = theory.get(key)
    constants = settled(theorem)
    found = best_step(theorem, **constants)
    assert best(theorem, **constants) == (pytest.approx(found.bound, rel=1e-8), pytest.approx(found.step, rel=1e-4))


def test_both_paths_are_taken():
    paths = {key: best_step(t, **settled(t)).path for key in FREE if not no_best(t := theory.get(key))}
    assert {paths[key] for key in ("ours.p1", "ours.p2", "sgd.ghadimi-lan", "lsgd.limit-points")} == {"closed form"}
    assert {paths[key] for key in ("dpsgd.theorem-1", "ours.elastic-sc", "ours.p4-view", "adpsgd.theorem-1:printed")} == {
        "numerical"
    }


@pytest.mark.parametrize(
    "key", ["ours.p1", "ours.p2", "sgd.ghadimi-lan", "ours.p3", "apsgd.theorem-1", "ef-sgd.theorem-2:printed"]
)
@settings(max_examples=8, deadline=None)
@given(
    st.tuples(*[st.floats(-2, 2)] * 4),
    st.floats(1, 8),
    st.sampled_from([0.0, 0.9, 0.999]),
    st.sampled_from(["", "sigma", "zeta"]),
)
def test_the_closed_form_is_what_the_search_finds(key, logs, log_k, rho, absent):
    """The two paths agree wherever both can be taken, with terms that vanish and steps at their largest."""
    from theory import optimal

    theorem = theory.get(key)
    drawn = {name: 10.0**log for name, log in zip(("L", "sigma", "delta", "zeta"), logs, strict=True)}
    constants = settled(theorem, **(drawn | {"K": 10.0**log_k, "rho": rho} | ({absent: 0.0} if absent else {})))
    closed = best_step(theorem, **constants)
    searched = optimal._numerical(theorem, theorem.expanded(), {k: v for k, v in constants.items() if k != "gamma"})
    assert closed.path == "closed form"
    assert closed.bound == pytest.approx(searched.bound, rel=1e-10)
    assert closed.step == pytest.approx(searched.step, rel=1e-7)
    assert closed.binding == searched.binding


def test_the_numerical_step_has_ten_digits():
    """sqrt(a/b) of P1, by the search alone."""
    from theory import optimal

    theorem = theory.get("ours.p1")
    constants = {"n": 16.0, "L": 2.0, "sigma": 1.5, "delta": 3.0, "K": 1e5}
    found = optimal._numerical(theorem, theorem.expanded(), constants)
    assert found.step == pytest.approx(math.sqrt(2 * 3 * 16 / (1e5 * 2 * 1.5**2)), rel=1e-10)


def test_a_largest_step_binds():
    found = best_step(theory.get("ours.p1"), n=4, L=2, sigma=0.01, delta=3, K=10)
    assert (found.step, found.binding) == (0.5, ("gamma <= 1/L",))
    quiet = best_step(theory.get("ours.p1"), n=4, L=2, sigma=0, delta=3, K=10)
    assert (quiet.step, quiet.expression, quiet.path) == (0.5, 1 / sp.Symbol("L", positive=True), "closed form")


def test_a_strict_limit_is_not_reached():
    loose = theory.get("ours.p1")
    theorem = replace(loose, requires=(Condition("gamma < 1/L", loose.requires[0].lhs, loose.requires[0].rhs, strict=True),))
    found = best_step(theorem, n=4, L=2, sigma=0, delta=3, K=10)
    assert theorem.applies(n=4, L=2, sigma=0, delta=3, K=10, gamma=found.step)
    assert 0.5 * (1 - 1e-8) < found.step < 0.5
    assert found.binding == ("gamma < 1/L",)


@pytest.mark.parametrize(
    ("key", "changes", "words"),
    [
        ("ours.p1-tuned", {}, "prescribes its step"),
        ("lsgd.theorem-1", {}, "does not depend on the step"),
        ("ours.p2", {"rho": 1.0}, "no step meets the conditions of ours.p2 at these constants"),
        ("local-sgd.wang-joshi", {"zeta": 1.0}, r"zeta = 0 \(iid data\) fails by a factor inf"),
        ("ef-sgd.theorem-2:printed", {"sigma": 0.0, "M": 0.0}, "falls as the step grows"),
    ],
)
def test_where_there_is_no_best_step(key, changes, words):
    with pytest.raises(StragglerError, match=words):
        best_step(theory.get(key), **(CONSTANTS | changes))


def test_bad_constants():
    with pytest.raises(StragglerError, match="needs"):
        best_step(theory.get("ours.p1"), n=4)
    with pytest.raises(InputError, match="one number"):
        best_step(theory.get("ours.p1"), **(CONSTANTS | {"K": [1e3, 1e4]}))
    with pytest.raises(InputError, match="L = -1"):
        best_step(theory.get("ours.p1"), **(CONSTANTS | {"L": -1.0}))


@given(
    st.sampled_from([(1,), (3,), (1, 2), (1, 3), (2, 3), (2, 4), (4, 6)]),
    st.tuples(st.floats(-6, 6), st.floats(-6, 6), st.floats(-6, 6)),
)
@settings(max_examples=60, deadline=None)
def test_roots_in_closed_form(powers, logs):
    a, b, level = (10.0**log for log in logs)
    symbols = sp.symbols("a b level", positive=True)
    root = positive_root(dict(zip(powers, symbols, strict=False)), symbols[2])
    z = float(evaluate(root, {"a": a, "b": b, "level": level}))
    assert sum(c * z**k for k, c in zip(powers, (a, b), strict=False)) == pytest.approx(level, rel=1e-9)
    assert positive_root(dict(zip((1, 2, 5), symbols, strict=True)), symbols[2]) is None


def cheapest(theorem, constants, budget, compute, communication, most=10_000):
    """Every period in turn: the first that no other beats, and its bound."""
    periods = np.arange(1.0, most + 1)
    iterations = budget * periods / (periods * compute + communication)
    values = admitted(theorem, constants | {"tau": periods, "K": iterations})
    values = np.where(iterations / periods >= 1, values, np.inf)
    return int(periods[np.argmin(values)]), float(values.min())


@pytest.mark.parametrize("step", [0.0005, 0.002, 0.01])
@pytest.mark.parametrize("communication", [0.0, 3.0, 100.0])
@pytest.mark.parametrize(
    "key", ["local-sgd.wang-joshi", "local-sgd.wang-joshi-mixing", "ours.p3", "lsgd.infrequent-leader", "ours.wagma-any-step"]
)
def test_no_other_period_is_better(key, step, communication):
    theorem = theory.get(key)
    constants = settled(theorem, gamma=step)
    best, least = cheapest(theorem, constants, 1e4, 1.0, communication)
    found = best_period(theorem, 1e4, communication=communication, **constants)
    assert found.bound == pytest.approx(least, rel=1e-12)
    # at a limit of the dynamics the bound is flat to rounding: any of the equal periods will do
    assert found.value == best or found.bound <= least * (1 + 1e-13)
    assert found.iterations == pytest.approx(1e4 * found.value / (found.value + communication))
    assert found.step == step


@pytest.mark.parametrize("key", ["ours.p3", "local-sgd.wang-joshi"])
def test_periods_with_a_step_for_each(key):
    theorem = theory.get(key)
    constants = settled(theorem, sigma=3.0, zeta=0.0, L=0.5)
    found = best_period(theorem, 1e5, communication=50.0, **constants)
    steps = np.geomspace(1e-5, 1, 20_001)
    least = []
    for period in range(1, 120):
        iterations = 1e5 * period / (period + 50)
        least.append(admitted(theorem, constants | {"tau": float(period), "K": iterations, "gamma": steps}).min())
    assert found.value == int(np.argmin(least)) + 1 > 1
    assert found.bound == pytest.approx(min(least), rel=1e-6)


def test_a_prescribed_step_too():
    theorem = theory.get("ours.p3-tuned")
    constants = settled(theorem, sigma=0.2, zeta=0.0)
    best, least = cheapest(theorem, constants, 3e3, 1.0, 50.0)
    found = best_period(theorem, 3e3, communication=50.0, **constants)
    assert (found.value, found.path) == (best, "numerical")
    assert found.bound == pytest.approx(least, rel=1e-12)


def test_the_period_of_local_sgd_in_closed_form():
    """tau = sqrt(2 Delta c / (T gamma^3 L^2 sigma^2)) balances 2 Delta c/(gamma T tau) and gamma^2 L^2 sigma^2 tau."""
    found = best_period(
        theory.get("local-sgd.wang-joshi"), 1e5, communication=20.0, **(CONSTANTS | {"zeta": 0.0, "gamma": 0.002})
    )
    assert found.path == "closed form"
    assert found.expression.has(BUDGET, COMMUNICATION)
    at = math.sqrt(2 * 3 * 20 / (1e5 * 0.002**3 * 4 * 1.5**2))
    assert found.value in (math.floor(at), math.ceil(at))
    assert found.binding == ()


def test_what_binds_a_period():
    local = theory.get("local-sgd.wang-joshi")
    constants = CONSTANTS | {"zeta": 0.0, "gamma": 0.002}
    assert best_period(local, 1e5, communication=0.0, **constants).binding == ("tau >= 1",)
    assert best_period(local, 40.0, communication=20.0, **constants).binding == ("one round",)
    tight = best_period(theory.get("local-sgd.wang-joshi-mixing"), 1e5, communication=20.0, **constants)
    assert tight.binding == ("gamma L + 5 gamma^2 L^2 tau^2 / (1 - sqrt(rho))^2 <= 1",)


def test_groups_that_cost_more_the_larger_they_are():
    theorem = theory.get("ours.wagma-any-step")
    constants = settled(theorem, gamma=0.002)
    found = best_period(theorem, 1e5, compute=1 + sp.log(n / group), communication=20.0, variable=group, **constants)
    sizes = np.arange(1.0, 17)
    iterations = 1e5 * 4 / (4 * (1 + np.log(16 / sizes)) + 20)
    values = admitted(theorem, constants | {"group": sizes, "K": iterations})
    assert found.value == int(sizes[np.argmin(values)])
    assert found.bound == pytest.approx(values.min(), rel=1e-12)


@pytest.mark.parametrize(
    ("key", "options", "words"),
    [
        ("ours.p1", {}, "does not depend on tau"),
        ("wagma.lemma-4.2", {}, "does not depend on K"),
        ("ours.p3", {"variable": n}, "tau or group"),
        ("ours.p3", {"communication": -1.0}, "communication = -1"),
        ("ours.p3", {"communication": 1e9}, "time for one round"),
        ("ours.p3-tuned", {"gamma": 0.1}, "prescribes its step"),
        ("ours.p3", {"gamma": 5.0}, "no tau meets the conditions"),
    ],
)
def test_where_there_is_no_best_period(key, options, words):
    with pytest.raises(StragglerError, match=words):
        best_period(theory.get(key), 1e4, **(CONSTANTS | options))
