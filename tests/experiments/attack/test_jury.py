"""The jury: every mutant judged by every probe, and nothing refuted by luck."""

from dataclasses import replace

import pytest

import theory
from experiments.attack.jury import Jury, bounds
from experiments.attack.probe import probe, sweep
from experiments.claims import Claim
from theory.mutants import mutants

QUIET = {"dim": 2, "sigma": 0.0, "zeta": 0.0}
NOISY = {"dim": 2, "sigma": 1.0, "zeta": 0.0, "start": 0.0}


def claim(**options):
    return Claim(theorem="ours.p1", system="sgd", problem="quadratic", nodes=2, iterations=40, problem_options=options, budget=16)


def by_text(jury):
    return {standing.mutant.text: standing for standing in jury.standings}


def test_bounds_are_those_of_each_mutant_at_each_probe():
    theorem = theory.get("ours.p1")
    probes = [*sweep(claim(**QUIET)), *sweep(claim(**NOISY))]
    found = bounds(mutants(theorem), probes)
    for row, mutant in enumerate(mutants(theorem)):
        for column, each in enumerate(probes):
            assert found[row, column] == pytest.approx(mutant.bound(**each.constants), rel=1e-12)
    assert (found[0] == [each.bound for each in probes]).all()


def test_corners_refute_the_terms():
    jury = Jury(theory.get("ours.p1"))
    jury.hear(sweep(claim(**QUIET)))
    dropped = by_text(jury)
    assert dropped["without 2 Delta/(K gamma)"].refuted
    assert not dropped["without L gamma sigma^2/n"].refuted
    jury.hear(sweep(claim(**NOISY)))
    assert by_text(jury)["without L gamma sigma^2/n"].refuted
    assert jury.confirmations == 0
    assert not jury.standings[0].refuted


def test_a_survivor_keeps_the_run_that_came_closest():
    jury = Jury(theory.get("ours.p1"))
    probes = sweep(claim(**QUIET))
    jury.hear(probes)
    assert jury.standings[0].factor == pytest.approx(max(each.ratio for each in probes))
    assert 0 < jury.standings[0].factor <= 1


def test_a_lucky_sample_refutes_nothing():
    options = {"theorem": "ours.p1", "system": "sgd", "problem": "cosine", "nodes": 2, "iterations": 20, "budget": 16}
    honest = probe(Claim(**options, problem_options=NOISY))
    assert honest.witness == "16 replicas"
    jury = Jury(theory.get("ours.p1"))
    jury.hear([replace(honest, value=3 * honest.bound, lower=2 * honest.bound)])
    assert jury.confirmations == 1
    assert not jury.standings[0].refuted
    # noise is all there is, so what forgets it is refuted by the fresh runs
    confirmed = by_text(jury)["without L gamma sigma^2/n"]
    assert confirmed.refuted
    assert confirmed.probe.claim.seed != honest.claim.seed
    assert confirmed.probe.witness == "64 replicas"


def test_nothing_heard_is_nothing_refuted():
    jury = Jury(theory.get("ours.p1"))
    jury.hear([])
    assert not any(standing.refuted for standing in jury.standings)
    assert [standing.factor for standing in jury.standings] == [0.0] * len(jury.standings)
