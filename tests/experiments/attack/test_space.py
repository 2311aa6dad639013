"""Where searches begin: seeds of every theorem, and coordinates that give claims and take them back."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.applicability import obstacle
from experiments.attack import space
from experiments.attack.coordinates import CORNER, Coordinate, coordinates, locate, place
from experiments.claims import Claim
from experiments.settings import prepare
from theory import registry

SOME = (
    "ours.p2",
    "sgp.lemma-3:printed",
    "apsgd.theorem-1",
    "lsgd.theorem-1",
    "easgd.lemma-6.1",
    "ef-sgd.lemma-3",
    "ours.gauge-eager",
)


@pytest.mark.parametrize("key", SOME)
def test_seeds_are_short_and_about_the_theorem(key):
    theorem = registry.get(key)
    seeds = space.seeds(theorem)
    assert len({claim.model_dump_json() for claim in seeds}) == len(seeds) >= 4
    for claim in seeds:
        assert claim.theorem == key
        assert claim.system in theorem.systems
        assert claim.budget == 16
        assert obstacle(prepare(claim)) is None


def test_seeds_go_beyond_the_grid_and_reach_quadratics_and_corners():
    claims = space.generic(registry.get("ours.p2"))
    options = [claim.problem_options for claim in claims]
    assert {"quadratic", "cosine", "huber"} <= {claim.problem for claim in claims}
    assert any(found["sigma"] == 0 for found in options)
    assert any(found["start"] == 0 for found in options)
    assert any(found.get("tilt") == "pair" for found in options)


def test_theorems_that_need_many_iterations_get_them():
    (claim, *_) = space.seeds(registry.get("adpsgd.corollary-2:rederived"))
    assert claim.iterations > 1000
    assert claim.step == "prescribed"


def test_a_theorem_of_your_own_has_seeds():
    base = registry.get("ours.p3")
    mine = registry.register(replace(base, card=replace(base.card, key="mine.p3")))
    try:
        assert len(space.seeds(mine)) > 3
    finally:
        registry._extra.pop("mine.p3")


@pytest.mark.parametrize("key", SOME)
def test_a_claim_is_where_its_coordinates_say(key):
    """Reading a claim off and placing it again gives it back, as far as numbers lie in the range."""
    theorem = registry.get(key)
    for claim in space.seeds(theorem):
        moves = coordinates(claim, theorem)
        again = place(claim, moves, locate(claim, moves))
        for move in moves:
            here, there = move.read(claim), move.read(again)
            if move.choices or not (move.low <= here <= move.high):
                assert move.choices == () or here not in move.choices or here == there
            else:
                assert there == pytest.approx(here, rel=1e-9, abs=1e-12)


def test_every_point_of_the_cube_is_a_claim():
    theorem = registry.get("ours.p2")
    generator = np.random.default_rng(5)
    for claim in space.generic(theorem):
        moves = coordinates(claim, theorem)
        for point in (np.zeros(len(moves)), np.ones(len(moves)), generator.random(len(moves))):
            placed = place(claim, moves, point)
            assert Claim.model_validate(placed.model_dump()) == placed
            assert placed.problem_options.get("mu", 0) <= placed.problem_options["smoothness"]


def test_coordinates_spread_the_unit_interval_over_their_range():
    log = Coordinate(("step",), 1e-2, 1e2)
    assert [log.value(u) for u in (0.0, 0.5, 1.0)] == pytest.approx([1e-2, 1.0, 1e2])
    noise = Coordinate(("problem_options", "sigma"), 1e-3, 10.0, corner=True)
    assert noise.value(CORNER / 2) == 0 < noise.value(CORNER) == pytest.approx(1e-3)
    assert noise.unit(0.0) == 0
    assert noise.value(noise.unit(0.7)) == pytest.approx(0.7)
    whole = Coordinate(("nodes",), 2, 8, whole=True)
    assert {whole.value(u) for u in np.linspace(0, 1, 99)} == set(range(2, 9))
    graph = Coordinate(("graph",), choices=("ring", "path"))
    assert [graph.value(u) for u in (0.0, 0.49, 0.5, 1.0)] == ["ring", "ring", "path", "path"]


@pytest.mark.parametrize("few", [1, 2, 10, 19, 30])
def test_claims_are_lengthened_to_about_the_fewest_iterations_wherever_these_lie(monkeypatch, few):
    theorem = registry.get("dpsgd.corollary-2:rederived")
    claim = Claim(theorem=theorem.key, system="dpsgd", problem="quadratic", nodes=4, iterations=few, step="prescribed", budget=16)
    for fewest in range(few, 60):
        monkeypatch.setattr(space, "_spoken_of", lambda claim, fewest=fewest: claim.iterations >= fewest)
        assert fewest <= space.lengthened(claim, theorem, 100).iterations <= max(fewest + 1, 1.05 * fewest)
