import dataclasses
import pickle
import subprocess
import sys

import pytest

import theory
from straggler import InputError, UnknownName
from theory import registry
from theory.catalogue import CARDS
from theory.references import PAPERS, bibtex
from theory.theorem import Theorem

EXPECTED = {
    "sgd": ["ghadimi-lan", "ghadimi-lan-tuned"],
    "dpsgd": ["theorem-1", "corollary-2", "theorem-3:printed", "theorem-3:corrected"],
    "sgp": ["theorem-1:printed", "theorem-1:rederived", "theorem-2", "lemma-3:printed", "lemma-3:corrected"],
    "local-sgd": ["wang-joshi"],
    "adpsgd": ["theorem-1:printed", "corollary-2:printed", "corollary-2:rederived"],
    "apsgd": ["theorem-1", "corollary-2"],
    "wagma": [
        *(f"lemma-4.{i}" for i in (2, 3, 4, 5)),
        *(f"theorem-4.{i}:{standing}" for i in (1, 6) for standing in ("printed", "corrected")),
    ],
    "eager": [f"{name}:{standing}" for name in ("lemma-6.2", "theorem-6.3") for standing in ("printed", "corrected")],
    "lsgd": [
        "theorem-1",
        "multi-leader",
        *(f"{name}:{standing}" for name in ("limsup", "stochastic-leader") for standing in ("printed", "rederived")),
        "one-over-k:rederived",
        "infrequent-leader",
        "stationary-points:printed",
        "stationary-points:corrected",
        "limit-points",
        "angle-small-lambda",
        "angle-large",
    ],
    "easgd": [
        "round-robin-stability",
        "admm-instability",
        "lemma-6.1",
        *(f"{name}:{standing}" for name in ("lemma-6.1-corollary", "strongly-convex") for standing in ("printed", "rederived")),
        "moved-stationary-point",
    ],
    "elastic": [
        *(f"{name}:{standing}" for name in ("nc-1", "nc-p", "sc-1", "sc-p") for standing in ("printed", "rederived")),
        *(
            f"b-{name}:{standing}"
            for name in ("shared-memory", "error-feedback", "variance-bounded")
            for standing in ("printed", "rederived")
        ),
        *(f"b-{name}" for name in ("crash", "omission", "async-messages", "norm-bounded")),
    ],
    "qsgd": ["lemma-3.1:printed", "lemma-3.1:rederived", "lemma-3.1-mean", "lemma-3.1-sparsity"],
    "mem-sgd": ["theorem-2.4:printed", "lemma-3.1", "lemma-3.2:printed", "lemma-3.2:rederived", "lemma-3.3"],
    "ef-sgd": ["lemma-3", *(f"theorem-{i}:{standing}" for i in (2, 3) for standing in ("printed", "rederived"))],
    "ours": [
        "elastic-nc",
        "elastic-sc",
        "elastic-composition",
        "unbiased-compression",
        "detached-error-feedback",
        *(f"gauge-{name}" for name in ("dpsgd", "adpsgd", "sgp", "local-sgd", "lsgd", "wagma", "eager")),
        "p1",
        "p1-tuned",
        "p2",
        "p2-tuned",
        "p2-consensus",
        "p3",
        "p3-tuned",
        "p3-consensus",
        "p4",
        "p4-consensus",
        "p4-doubly",
        "p4-doubly-consensus",
        "p5",
        "p6",
        "wagma-any-step",
    ],
}


KNOWN_FALSE = {
    "sgp.lemma-3:printed",
    "lsgd.stationary-points:printed",
    "eager.lemma-6.2:printed",
    "eager.theorem-6.3-bound:printed",
    "eager.theorem-6.3:printed",
}


def test_the_promised_theorems_are_there():
    assert {f"{paper}.{name}" for paper, names in EXPECTED.items() for name in names} <= set(theory.keys())
    assert len(set(theory.keys())) == len(theory.keys())


@pytest.mark.parametrize("key", theory.keys())
def test_card_and_theorem_agree(key):
    theorem = theory.get(key)
    assert theorem.card is CARDS[key]
    assert theorem.key == key
    assert theorem.card.source.paper_key in PAPERS
    assert key.endswith(f":{theorem.standing}") or ":" not in key
    assert (theorem.standing == "printed") == (theorem.card.provenance.tag != "derived")
    if theorem.standing in ("ours", "corrected", "rederived"):
        assert theorem.proof or theorem.derivation
    if theorem.card.provenance.tag == "recalled":
        assert "ecalled" in theorem.standing_note


def test_attributes_of_a_paper():
    from theory.papers import sgp

    assert sgp.theorem_1 is theory.get("sgp.theorem-1") is theory.get("sgp.theorem-1:printed")
    assert theory.get("sgp.theorem-1:rederived") is sgp.theorem_1_rederived


def test_keys_without_standing():
    assert theory.resolve("dpsgd.theorem-3") == "dpsgd.theorem-3:printed"
    assert theory.resolve("dpsgd.corollary-2:printed") == "dpsgd.corollary-2"
    assert theory.resolve("ours.p2:ours") == "ours.p2"
    for wrong in ("sgp.theorem-9", "ours.p2:printed", ""):
        with pytest.raises(UnknownName, match="theorem"):
            theory.get(wrong)


def test_unknown_keys_are_refused_in_a_line_of_reasonable_length():
    with pytest.raises(UnknownName) as refused:
        theory.get("zzzz")
    assert str(refused.value) == "unknown theorem 'zzzz'; to list them: straggler theorems"
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)
    with pytest.raises(UnknownName, match=r"did you mean .*ours\.p2"):
        theory.get("ours.p22")


def test_search():
    assert "sgp.lemma-3:corrected" in theory.search("push-sum mean square")
    assert set(theory.search("lian 2017 corollary")) == {"dpsgd.corollary-2", "dpsgd.corollary-2:rederived"}
    assert theory.for_system("osgp") == ("ours.p5", "ours.p5-tuned", "ours.p5-consensus")


def test_a_theorem_of_your_own(monkeypatch):
    monkeypatch.setattr(registry, "_extra", {})
    old = theory.get("ours.p1")
    mine = Theorem(dataclasses.replace(old.card, key="mine.first"), old.quantity, old.right_side)
    registry.register(mine)
    assert theory.get("mine.first") is mine
    assert theory.keys()[-1] == "mine.first"
    with pytest.raises(InputError, match=r"mine\.first"):
        registry.register(mine)


def test_listing_does_not_import_sympy():
    code = "import sys, theory; print([str(c.source) for c in theory.cards()] and 'sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_bibtex():
    text = bibtex(["lian-2017", "assran-2019", "lian-2017"])
    assert text.count("@inproceedings{lian-2017,") == 1
    assert "eprint = {1811.10792}" in text
    assert text.count("{") == text.count("}")
    with pytest.raises(UnknownName, match="nobody-1999"):
        bibtex(["nobody-1999"])


def test_these_and_no_others_are_known_to_be_false():
    assert {card.key for card in theory.cards() if card.known_false} == KNOWN_FALSE
