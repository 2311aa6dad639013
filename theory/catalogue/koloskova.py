"""Cards: the unified theory of decentralised SGD."""

from __future__ import annotations

from theory.card import Card, Provenance, Source

CARDS = (
    Card(
        "koloskova.theorem-2",
        "Decentralised SGD, tuned step, in terms of the consensus rate p",
        Source("koloskova-2020", "Theorem 2, non-convex"),
        "koloskova",
        "theorem_2",
        ("dpsgd",),
        "rederived",
        "The paper states orders (recalled); these constants are derived by the program from ours.p2-tuned, for one local step "
        "per round (tau = 1), uniformly bounded noise (M = 0) and P = 1.",
        Provenance("derived"),
    ),
)
