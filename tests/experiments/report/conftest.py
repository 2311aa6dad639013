"""A handful of outcomes with every verdict, and the page made of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from experiments import grid
from experiments.claims import Claim
from experiments.report import write
from experiments.verify import Evidence, Outcome, examine

ROUGH = {"dim": 3, "smoothness": 1.0, "sigma": 1.0, "zeta": 0.5}
SERIAL = {"system": "sgd", "problem": "quadratic", "nodes": 4, "iterations": 60, "problem_options": ROUGH}
CLAIMS = (
    Claim(theorem="ours.p1", **SERIAL),
    Claim(theorem="ours.p1", **(SERIAL | {"problem": "cosine"})),
    Claim(theorem="ours.p1-tuned", **SERIAL, step="prescribed"),
    Claim(
        theorem="local-sgd.wang-joshi",
        system="local-sgd",
        options={"period": 4},
        problem="saddle",
        nodes=4,
        iterations=40,
        problem_options=ROUGH | {"zeta": 0.0},
    ),
)


def from_grid(key: str, **fields: object) -> Outcome:
    """Return the outcome of the claim of the quick grid about this theorem that has these fields."""
    found = (claim for claim in grid.quick() if claim.theorem == key)
    return examine(next(claim for claim in found if all(getattr(claim, name) == value for name, value in fields.items())), 1e-4)


def evidence_of(outcome: Outcome) -> Evidence:
    assert outcome.evidence is not None
    return outcome.evidence


@pytest.fixture(scope="session")
def outcomes() -> list[Outcome]:
    ordinary = [examine(claim, 1e-4) for claim in CLAIMS]
    first = ordinary[0]
    evidence = evidence_of(first)
    endless = replace(evidence, running=[*evidence.running[:-1], float("inf")], exact=None)
    made_up = [
        replace(
            first,
            finding=replace(
                first.finding, verdict="diverged", reason="a replica overflowed at iteration 7", measured=float("inf")
            ),
            evidence=endless,
        ),
        replace(first, finding=replace(first.finding, verdict="inconclusive", reason="<b>the interval</b> & the bound")),
    ]
    return [
        *ordinary,
        *made_up,
        from_grid("sgp.lemma-3:printed", iterations=4),
        from_grid("sgp.theorem-1:printed", constants="printed"),
    ]


@pytest.fixture(scope="session")
def page(outcomes: list[Outcome], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(outcomes, tmp_path_factory.mktemp("report"))
