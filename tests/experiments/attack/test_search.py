"""Falsify: planted errors and false statements are found from generic seeds, true ones stand, and findings can be repeated."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from experiments.attack import climb, space
from experiments.attack.confirm import FRESH, Confirmation, confirm
from experiments.attack.coordinates import CORNER, Coordinate
from experiments.attack.probe import Probe, probe
from experiments.attack.reproduce import snippet, verdict
from experiments.attack.search import EVALUATIONS, Attack, Ledger, attack
from experiments.claims import Claim
from straggler import InputError
from theory import registry
from theory.symbols import sigma, zeta
from theory.theorem import Theorem


@pytest.fixture
def planted() -> Iterator:
    """Register a theorem with another right side under a key of its own, for the time of a test."""
    keys = []

    def plant(key: str, change) -> Theorem:
        base = registry.get(key)
        card = replace(base.card, key=f"planted.{key.replace(':', '-')}", known_false=False)
        keys.append(card.key)
        return registry.register(replace(base, card=card, right_side=change(sp.sympify(base.right_side))))

    yield plant
    for key in keys:
        registry._extra.pop(key)


LONGER = [pytest.param(key, marks=pytest.mark.slow) for key in ("ours.p1", "ours.p2", "ours.p3", "ours.p6", "ours.gauge-dpsgd")]


@pytest.mark.parametrize("key", ["apsgd.theorem-1", "elastic.b-crash", *LONGER])
def test_a_constant_ten_times_too_small_is_found(key, planted):
    found = attack(planted(key, lambda bound: bound / 10), evaluations=40)
    assert found.falsified
    assert found.closest.probe.sure > 1
    assert verdict(found).startswith("falsified by a factor")


@pytest.mark.slow
@pytest.mark.parametrize(("key", "symbol"), [("ours.p1", sigma), ("ours.p2", zeta), ("ours.p3", sigma)])
def test_a_term_that_was_dropped_is_found(key, symbol, planted):
    assert attack(planted(key, lambda bound: bound.subs(symbol, 0)), evaluations=150).falsified


@pytest.mark.parametrize("key", ["sgp.lemma-3:printed", "eager.lemma-6.2:printed", "lsgd.stationary-points:printed"])
def test_false_statements_are_found_without_knowing_their_counterexamples(key):
    theorem = registry.get(key)
    found = attack(theorem, evaluations=300 if "stationary" in key else 20, begin=space.generic(theorem))
    assert found.falsified
    assert found.known_false
    assert "known to be false" in verdict(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "evaluations"), [("eager.theorem-6.3-bound:printed", 100), ("eager.theorem-6.3:printed", EVALUATIONS)]
)
def test_false_theorems_of_long_runs_are_found_within_the_default_budget(key, evaluations):
    theorem = registry.get(key)
    assert attack(theorem, evaluations=evaluations, begin=space.generic(theorem)).falsified


@pytest.mark.parametrize("key", ["apsgd.theorem-1", "elastic.b-crash", "easgd.lemma-6.1", "sgp.lemma-3:corrected"])
def test_true_statements_stand(key):
    found = attack(registry.get(key), evaluations=40)
    assert not found.falsified
    assert 0 < found.closest.ratio <= 1 + 1e-9
    assert verdict(found) == f"not falsified: closest ratio {found.closest.ratio:.4g}"


def test_the_search_improves_on_its_seeds_and_repeats():
    theorem = registry.get("ours.p3")
    begin = space.generic(theorem)[:3]
    first = attack(theorem, evaluations=50, seed=3, begin=begin)
    assert first == attack(theorem, evaluations=50, seed=3, begin=begin)
    assert first.best["exact"].ratio > 1.2 * max(probe(claim).ratio for claim in begin)
    assert first.evaluations <= 50


@pytest.mark.parametrize("kind", ["exact", "simulation", "exact worst case"])
def test_the_reproducer_prints_the_same_numbers(kind):
    theorem = registry.get("ours.p2")
    quiet = {"dim": 2, "sigma": 0.0, "zeta": 0.3}
    begin = [
        Claim(theorem="ours.p2", system="dpsgd", problem=problem, graph="ring", nodes=3, iterations=10, problem_options=options)
        for problem, options in (("quadratic", quiet), ("cosine", quiet | {"sigma": 0.5}))
    ]
    found = attack(theorem, evaluations=10, begin=begin)
    (shown,) = [each for each in found.shown if each in confirm({kind: [found.best[kind]]})]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(snippet(shown), {})
    assert printed.getvalue().strip() == shown.probe.summary


def test_a_finite_factor_goes_before_a_bound_of_zero():
    claim = Claim(theorem="ours.p2", system="dpsgd", problem="quadratic", graph="ring", nodes=3, iterations=3)
    clear, corner, empty = (
        Confirmation(Probe(claim, {}, bound=bound, value=value, lower=value, witness="exact second moments"))
        for bound, value in ((1.0, 2.0), (0.0, 1e-9), (0.0, 0.0))
    )
    found = Attack("ours.p2", {}, (corner, clear, empty), 3, 0)
    assert found.closest is clear
    assert found.shown in ((clear, corner), (corner, clear))
    assert verdict(found) == "falsified by a factor 2"
    assert verdict(replace(found, confirmed=(corner,))) == "falsified: the left side is at least 1e-09 where the bound is 0"
    assert replace(found, confirmed=(empty,)).shown == ()


def test_sampled_winners_are_judged_on_fresh_seeds_and_share_the_level():
    claim = Claim(
        theorem="ours.p2",
        system="dpsgd",
        problem="cosine",
        graph="ring",
        nodes=4,
        iterations=10,
        problem_options={"dim": 2, "sigma": 2.0, "zeta": 0.1},
    )
    seen = [probe(claim.model_copy(update={"seed": seed})) for seed in range(40)]
    winner = max(seen, key=lambda each: each.value)
    judged = confirm({"simulation": sorted(seen, key=lambda each: each.value)})
    assert [each.probe.claim.seed for each in judged] == [
        each.claim.seed + FRESH for each in sorted(seen, key=lambda each: -each.value)[:3]
    ]
    assert all(each.probe.value < winner.value for each in judged)  # the luck of the winner is gone
    assert sum(each.alpha for each in judged) < 0.01


def test_an_exact_winner_that_its_runs_contradict_gives_way_to_one_before():
    claim = Claim(theorem="ours.p2", system="dpsgd", problem="quadratic", graph="ring", nodes=3, iterations=5)
    honest = probe(claim)
    artefacts = [replace(honest, value=factor * honest.bound, lower=factor * honest.bound) for factor in (2.0, 3.0)]
    judged = confirm({"exact": [honest, honest, *artefacts]})
    assert [(each.ratio, each.agrees) for each in judged] == [(3.0, False), (2.0, False), (honest.ratio, True)]
    found = Attack("ours.p2", {}, judged, 3, 0)
    assert found.closest is judged[-1]
    assert found.shown == (judged[-1],)
    assert not found.falsified


def test_a_bound_of_zero_is_kept_and_no_summit():
    claim = Claim(theorem="ours.p2", system="dpsgd", problem="quadratic", graph="ring", nodes=3, iterations=3)
    ledger = Ledger(registry.get("ours.p2"), 10)
    small, large, loose = (
        Probe(claim, {}, bound, value, value, "computed") for bound, value in ((0, 1e-9), (0, 1e-3), (1, 1e-5))
    )
    heights = [ledger.keep(each) for each in (small, large, loose)]
    assert heights[0] == heights[1] < heights[2] < 0
    assert ledger.best == {"exact, bound zero": large, "exact": loose}
    assert ledger.keep(replace(small, lower=0.0)) == climb.LOWEST
    assert ledger.best["simulation, bound zero"].value == small.value


def test_bad_numbers_are_refused():
    theorem = registry.get("ours.p1")
    with pytest.raises(InputError, match="evaluations = 0"):
        attack(theorem, evaluations=0)
    with pytest.raises(InputError, match="seed = -1"):
        attack(theorem, seed=-1)


SQUARE = [Coordinate(("a",), 0.1, 10.0, corner=True), Coordinate(("b",), 1.0, 2.0), Coordinate(("c",), choices=("x", "y", "z"))]


def hill(point):
    """Highest at the corner of the first coordinate, at 0.7 in the second, and for the last choice of the third."""
    return -3.0 * (point[0] >= CORNER) - (point[1] - 0.7) ** 2 + (point[2] >= 2 / 3)


def test_climbing_finds_corners_choices_and_summits():
    start, generator = np.array([0.8, 0.2, 0.1]), np.random.default_rng(0)
    cornered = climb.corners(hill, start, SQUARE, generator)
    assert cornered[0] < CORNER
    assert cornered[2] >= 2 / 3
    assert climb.ascent(hill, cornered, SQUARE)[1] == pytest.approx(0.7, abs=2e-3)
    assert hill(climb.evolution(hill, start, SQUARE, generator)) > 1 - 1e-3


def test_climbing_stops_where_the_evaluations_are_spent():
    left = [25]

    def height(point):
        if not left[0]:
            raise climb.Spent
        left[0] -= 1
        return hill(point)

    best = climb.evolution(height, np.array([0.8, 0.2, 0.1]), SQUARE, np.random.default_rng(0))
    assert left == [0]
    assert hill(best) >= hill(np.array([0.8, 0.2, 0.1]))
