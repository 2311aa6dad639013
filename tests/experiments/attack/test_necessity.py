"""How much of a theorem can be seen: the search, what it keeps, and what it reaches over all theorems."""

import tomllib
from dataclasses import replace

import pytest

import theory
from experiments.attack import probe, witnesses
from experiments.attack.interrupted import Interrupted
from experiments.attack.jury import Jury
from experiments.attack.necessity import chosen, examine, examine_all
from experiments.claims import Claim
from straggler import InputError, StragglerError, UnknownName
from theory import registry
from theory.mutants import TERM, implied_by

OURS, CLOSE = "ours.p1", "elastic.nc-1:rederived"


@pytest.fixture
def registered(monkeypatch):
    """Enter theorems for the time of a test."""
    monkeypatch.setattr(registry, "_extra", {})
    return registry.register


def outcome(found):
    return [(each.mutant.text, each.refuted, each.factor) for each in found.standings]


def test_two_searches_with_one_seed_are_the_same():
    first, again = (examine(OURS, evaluations=12, seed=3) for _ in range(2))
    assert outcome(first) == outcome(again)
    assert first.evaluations == again.evaluations


def test_what_refuted_before_refutes_at_once():
    found = examine(CLOSE, evaluations=0)
    assert found.counts()[TERM] == (3, 3)
    assert found.evaluations == len(witnesses.of(CLOSE))


def test_estimates_that_flatter_the_worst_model_show_the_price_of_an_election():
    key = "lsgd.stochastic-leader:rederived"
    found = {each.mutant.term: each for each in examine(key, evaluations=0).standings if each.mutant.kind == TERM}
    (term,) = (term for term in found if "sigma_f" in term)
    assert found[term].refuted
    assert found[term].probe.claim.options["election"] == "flattering"


def test_a_search_without_witnesses_sees_the_terms(monkeypatch):
    monkeypatch.setattr(witnesses, "of", lambda _: [])
    found = examine(OURS, evaluations=30)
    assert found.counts()[TERM] == (2, 2)
    assert found.evaluations <= 30
    assert not found.fails


def test_few_claims_show_again_what_was_seen(monkeypatch):
    found = examine(OURS, evaluations=30)
    kept = tuple(Claim(**fields) for fields in tomllib.loads(witnesses.written(found.claims()))["claim"])
    assert len(kept) <= sum(each.refuted for each in found.standings)
    monkeypatch.setattr(witnesses, "kept", lambda: kept)
    again = examine(OURS, evaluations=0)
    assert {each.mutant.text for each in again.standings if each.refuted} >= {
        each.mutant.text for each in found.standings if each.refuted
    }


def test_what_is_printed_from_python_is_short():
    found = examine(CLOSE, evaluations=0)
    fallen = sum(each.refuted for each in found.standings[1:])
    assert repr(found).startswith(f"<{CLOSE}: {fallen} of {len(found.standings) - 1} mutants refuted; as stated left")
    assert len(repr(found)) < 200
    assert repr(found.standings[1]).startswith("<without ")
    assert "refuted" in repr(found.standings[1])


def test_an_interrupted_search_hands_over_what_it_found(monkeypatch):
    ran = []

    def sweep(claim):
        if ran:
            raise KeyboardInterrupt
        ran.append(claim)
        return probe.sweep(claim)

    monkeypatch.setattr("experiments.attack.necessity.sweep", sweep)
    with pytest.raises(Interrupted) as stopped:
        examine_all([OURS, CLOSE], evaluations=0)
    (found,) = stopped.value.found
    assert found.theorem.key == OURS
    jury = Jury(found.theorem)
    jury.hear(probe.sweep(*ran))
    assert [each.factor for each in found.standings] == [each.factor for each in jury.standings]
    assert found.stated.factor > 0


def test_a_false_theorem_of_ones_own_is_refuted_as_stated(registered):
    true = theory.get(OURS)
    false = replace(true, card=replace(true.card, key="mine.false"), right_side=true.right_side / 10)
    known = replace(false, card=replace(false.card, key="mine.known", known_false=True))
    registered(false)
    registered(known)
    first, second = examine_all(["mine.false", "mine.known"], evaluations=20)
    assert first.stated.refuted
    assert first.fails
    assert second.stated.refuted
    assert not second.fails


@pytest.mark.slow
def test_a_superfluous_term_survives(registered):
    """A term that was added for nothing is what no run can see."""
    from theory.symbols import K, L, delta

    true = theory.get(OURS)
    padded = replace(true, card=replace(true.card, key="mine.padded"), right_side=true.right_side + 7 * L * delta / K**2)
    registered(padded)
    found = {each.mutant.text: each for each in examine("mine.padded", evaluations=40).standings}
    assert not found["without 7 Delta L/K^2"].refuted
    assert found["without 2 Delta/(K gamma)"].refuted


@pytest.mark.slow
def test_processes_agree():
    alone, together = (examine_all([OURS, CLOSE], evaluations=4, jobs=jobs) for jobs in (1, 2))
    assert [outcome(each) for each in alone] == [outcome(each) for each in together]


@pytest.mark.parametrize(
    ("keys", "standings", "every", "expected"),
    [
        (["elastic.nc-1"], [], False, ["elastic.nc-1:printed"]),
        (["ours.p1", "ours.p1"], [], False, ["ours.p1"]),
        ([], ["corrected"], False, [card.key for card in theory.cards() if card.standing == "corrected"]),
        (["ours.p1"], [], True, ["ours.p1", *(card.key for card in theory.cards() if card.key != "ours.p1")]),
    ],
)
def test_what_is_asked_for(keys, standings, every, expected):
    assert chosen(keys, standings, every=every) == expected


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="KEY"):
        chosen([], [])
    with pytest.raises(UnknownName, match="rederived"):
        chosen([], ["redrived"])
    with pytest.raises(StragglerError, match=r"evaluations = -1"):
        examine(OURS, evaluations=-1)
    with pytest.raises(UnknownName):
        examine("ours.p99")


def test_every_witness_is_about_a_theorem_and_well_formed():
    kept = witnesses.kept()
    assert {claim.theorem for claim in kept} <= set(theory.keys())
    assert tomllib.loads(witnesses.written(kept))["claim"][0]["theorem"] == kept[0].theorem


@pytest.mark.slow
def test_what_can_be_seen_of_the_rederived_bounds():
    """No rederived bound is refuted as stated, and every one without any of its terms is."""
    found = examine_all(chosen([], ["rederived"]), evaluations=0)
    assert not [each.theorem.key for each in found if each.stated.refuted]
    dropped = [(one.theorem.key, each) for one in found for each in one.standings if each.mutant.kind == TERM]
    assert len(dropped) == 60
    assert not [(key, each.mutant.text) for key, each in dropped if not each.refuted]


@pytest.mark.slow
def test_what_can_be_seen_of_our_bounds_and_of_corrected_ones():
    """Of statements without a term, those that stand hide behind other terms or follow from another theorem, but for three."""
    found = examine_all(chosen([], ["ours", "corrected"]), evaluations=0)
    assert not [each.theorem.key for each in found if each.stated.refuted]
    dropped = [(one, each) for one in found for each in one.standings if each.mutant.kind == TERM]
    refuted = [each for _, each in dropped if each.refuted]
    assert not [each.mutant.text for each in refuted if implied_by(each.mutant)]
    assert len(dropped) == 130
    assert len(refuted) >= 109
    standing = [(one, each) for one, each in dropped if not each.refuted and implied_by(each.mutant) is None]
    seen = [each.mutant.theorem.key for one, each in standing if one.hidden(each) is None]
    assert seen.count("wagma.theorem-4.6:corrected") == 3
    assert len(seen) <= 5
